"""Findings in policy files as wire messages, and back for a client."""

from pdp.api.v1 import policies_pb2
from pdp.core.errors import RequestError
from pdp.core.finding import Finding, Severity
from pdp.wire.responses import text_from_wire


def finding_to_wire(finding: Finding) -> policies_pb2.Finding:
    """Return *finding* as a message."""
    return policies_pb2.Finding(
        file=finding.file,
        line=finding.line,
        column=finding.column,
        severity=finding.severity.value,
        code=finding.code,
        message=dict(finding.message.as_map()),
        suggestion=finding.suggestion,
    )


def finding_from_wire(message: policies_pb2.Finding) -> Finding:
    """Return the finding that *message* holds; whatever is no warning is an error."""
    severity = Severity.WARNING if message.severity == Severity.WARNING.value else Severity.ERROR
    text = text_from_wire(message.message)
    return Finding(message.file, message.line, message.column, severity, message.code, text, message.suggestion)


def finding_as_mistake(finding: Finding) -> RequestError:
    """Return what is wrong with files that a request brings, with the place in them."""
    place = f"{finding.file}:{finding.line}:{finding.column}"
    return RequestError(finding.code, "files", place, finding.suggestion, finding.message)
