"""Collects the problems of a folder while it is read."""

from pdp.core.finding import Finding, Severity
from pdp.core.text import Text


class FolderReport:
    """Every finding of one folder; reading goes on after each, so that all are told at once."""

    def __init__(self) -> None:
        self._findings: dict[tuple[str, int, int, str, str], Finding] = {}

    def add(self, finding: Finding) -> None:
        """Keep *finding*, once."""
        self._findings.setdefault((*finding.place, finding.code, finding.message.en), finding)

    def error(self, file: str, at: tuple[int, int], code: str, vi: str, en: str, suggestion: str | None = "") -> None:
        """Report an error at *at* = (line, column)."""
        self.add(Finding(file, *at, Severity.ERROR, code, Text(vi, en), suggestion or ""))

    def warning(self, file: str, at: tuple[int, int], code: str, vi: str, en: str, suggestion: str | None = "") -> None:
        """Report something that is served all the same."""
        self.add(Finding(file, *at, Severity.WARNING, code, Text(vi, en), suggestion or ""))

    def note(self, file: str, at: tuple[int, int], code: str, vi: str, en: str, suggestion: str | None = "") -> None:
        """Report something that is worth a look, and may be just as it is meant."""
        self.add(Finding(file, *at, Severity.NOTE, code, Text(vi, en), suggestion or ""))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return all findings in order of their place."""
        return tuple(sorted(self._findings.values(), key=lambda finding: (*finding.place, finding.code)))

    @property
    def has_errors(self) -> bool:
        """Say whether the folder must not be served."""
        return any(finding.severity is Severity.ERROR for finding in self._findings.values())
