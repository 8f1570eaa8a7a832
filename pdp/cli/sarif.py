"""Findings in the form of SARIF 2.1.0, which code reviews and build servers show beside the line."""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

from pdp import __version__
from pdp.core.finding import Finding, Severity
from pdp.core.hints import hint_in

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(findings: Iterable[Finding], lang: str) -> dict[str, Any]:
    """Return *findings* as one run, its messages in *lang*."""
    found = tuple(findings)
    codes = sorted({finding.code for finding in found})
    numbers = {code: number for number, code in enumerate(codes)}
    driver = {"name": "pdp validate", "version": __version__, "rules": [{"id": code} for code in codes]}
    run = {
        "tool": {"driver": driver},
        "language": lang,
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, numbers[finding.code], lang) for finding in found],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding, number: int, lang: str) -> dict[str, Any]:
    message = finding.message.in_locale(lang)
    if finding.suggestion:
        message += f" ({'gợi ý' if lang == 'vi' else 'hint'}: {hint_in(lang, finding.suggestion)})"
    return {
        "ruleId": finding.code,
        "ruleIndex": number,
        "level": _LEVELS[finding.severity],
        "message": {"text": message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(finding.file)},
                    "region": {"startLine": finding.line, "startColumn": finding.column},
                }
            }
        ],
    }


_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
