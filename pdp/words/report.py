"""Collecting every problem of one file before anything is refused."""

from typing import Protocol

from pdp.core.errors import InvalidPolicyError
from pdp.core.finding import Finding, Severity
from pdp.core.text import Text


class Place(Protocol):
    """Whatever knows where it stood."""

    @property
    def line(self) -> int:
        """The line, from 1."""

    @property
    def column(self) -> int:
        """The column in characters, from 1."""


class Report:
    """The problems found so far in one file."""

    def __init__(self, file_name: str, findings: tuple[Finding, ...] = ()) -> None:
        self.file_name = file_name
        self._findings = list(findings)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the problems in the order of their places."""
        return tuple(sorted(self._findings, key=lambda finding: finding.place))

    def error(self, place: Place, code: str, message: Text, suggestion: str | None = None) -> None:
        """Add an error at *place*."""
        self._findings.append(
            Finding(self.file_name, place.line, place.column, Severity.ERROR, code, message, suggestion or "")
        )

    def raise_if_any(self) -> None:
        """Raise InvalidPolicyError with all problems, if there is one."""
        if self._findings:
            raise InvalidPolicyError(self.findings)
