"""Collects findings while reading goes on, so that all are told at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from pdp.engine.finding import Finding


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; line and column from 1."""

    file: str
    line: int
    column: int = 1


@dataclass
class Report:
    """The findings so far."""

    findings: list[Finding] = field(default_factory=list)

    def warning(self, place: Place, code: str, vi: str, en: str, suggestion: str | None = "") -> None:
        """Keep a finding about what loads and can hardly be meant."""
        self.add(place, code, vi, en, suggestion, "warning")

    def note(self, place: Place, code: str, vi: str, en: str, suggestion: str | None = "") -> None:
        """Keep a finding about what is worth a look."""
        self.add(place, code, vi, en, suggestion, "note")

    def add(
        self, place: Place, code: str, vi: str, en: str, suggestion: str | None = "", severity: str = "error"
    ) -> None:
        """Keep one more finding, once."""
        message = {"vi": vi, "en": en}
        finding = Finding(place.file, place.line, place.column, code, message, suggestion or "", severity)
        if not any(known == finding and known.message == message for known in self.findings):
            self.findings.append(finding)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the word of *known* that is most like *word*, "" when none is near enough to suggest."""
    close = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return close[0] if close else ""
