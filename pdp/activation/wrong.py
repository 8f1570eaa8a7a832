"""What keeps a whole folder out, told of its file or of all of it."""

from pdp.core.finding import Finding, Severity
from pdp.core.text import Text


def wrong(file: str, code: str, text: Text, suggestion: str) -> Finding:
    """Return the error *code* of *file*, which is at no place in it."""
    return Finding(file, 1, 1, Severity.ERROR, code, text, suggestion)
