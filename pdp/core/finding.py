"""A problem in a policy folder, with its place."""

from dataclasses import dataclass
from enum import StrEnum

from pdp.core.hints import hint_in
from pdp.core.text import Text


class Severity(StrEnum):
    """How much a finding matters: a folder with an ERROR is never served, a NOTE is only worth a look."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem at *file*:*line*:*column* (both counted from 1; the column in characters).

    *code* is stable and documented; *suggestion* is the nearest right word or the mend, "" when there is none.
    """

    file: str
    line: int
    column: int
    severity: Severity
    code: str
    message: Text
    suggestion: str = ""

    @property
    def place(self) -> tuple[str, int, int]:
        """Return the sort key of a finding."""
        return (self.file, self.line, self.column)

    def in_locale(self, locale: str) -> str:
        """Return `file:line:column: message [code]` with the hint on a line of its own."""
        head = f"{self.file}:{self.line}:{self.column}: {self.message.in_locale(locale)} [{self.code}]"
        label = "gợi ý" if locale == "vi" else "hint"
        return f"{head}\n  {label}: {hint_in(locale, self.suggestion)}" if self.suggestion else head

    def __str__(self) -> str:
        return self.in_locale("en")
