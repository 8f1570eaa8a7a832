"""What is wrong with a model or a policy, each problem with its place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One problem at *file*:*line*:*column*, both counted from 1, the column in characters.

    Rows that did not come from text are counted as lines of a file `rows`. *code* is stable and documented, *message*
    says it by locale ("vi", "en"), *suggestion* is the nearest right word or the mend, "" when there is none.
    *severity* is "error" for what no engine is built from, "warning" for what loads and can hardly be meant, "note" for
    what is worth a look.
    """

    file: str
    line: int
    column: int
    code: str
    message: Mapping[str, str] = field(compare=False)
    suggestion: str = field(default="", compare=False)
    severity: str = field(default="error", compare=False)

    def in_locale(self, locale: str) -> str:
        """Return `file:line:column: message [code]` in "vi" or "en", the hint on a line of its own."""
        head = f"{self.file}:{self.line}:{self.column}: {self.message[locale]} [{self.code}]"
        label = "gợi ý" if locale == "vi" else "hint"
        return f"{head}\n  {label}: {self.suggestion}" if self.suggestion else head

    def __str__(self) -> str:
        return self.in_locale("en")


class InvalidPolicyError(ValueError):
    """A model or policy that no engine is built from; *findings* holds every problem, in order of their places."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(map(str, self.findings)))


def not_text(file: str) -> Finding:
    """Return what is said of a file that is not UTF-8."""
    message = {"vi": "tệp không phải là văn bản UTF-8", "en": "the file is not text in UTF-8"}
    return Finding(file, 1, 1, "text-encoding", message)


def refused_by_pycasbin(file: str, error: Exception) -> Finding:
    """Return what is said of a model or policy that PyCasbin does not load."""
    why = f"{type(error).__name__}: {error}"
    message = {"vi": f"PyCasbin không nạp được: {why}", "en": f"PyCasbin does not load it: {why}"}
    return Finding(file, 1, 1, "load-failed", message)
