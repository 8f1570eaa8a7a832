"""Opening a file of words: its digest and its sections."""

from collections.abc import Collection
from hashlib import sha256

from pdp.core.text import Text
from pdp.words.located import LocatedMap
from pdp.words.located_yaml import read_located
from pdp.words.report import Report
from pdp.words.shapes import as_map, unknown


def digest_of(content: bytes) -> str:
    """Return what identifies *content*: its SHA-256 in hexadecimal."""
    return sha256(content).hexdigest()


def open_sections(file_name: str, content: bytes, known: Collection[str]) -> tuple[LocatedMap, Report]:
    """Read the file and return its sections with a report of what is wrong so far.

    A file that cannot be read at all raises InvalidPolicyError here: nothing more could be found in it.
    """
    value, findings = read_located(file_name, content)
    report = Report(file_name, findings)
    if value is None:
        report.raise_if_any()
    sections = LocatedMap((), 1, 1) if value is None else as_map(report, value)
    for key, _ in sections:
        if key.text not in known:
            unknown(report, key, "word-section-unknown", Text(vi="phần", en="section"), known)
    for name in known:
        if sections.get(name) is None:
            message = Text(vi=f"thiếu phần `{name}`", en=f"section `{name}` is missing")
            report.error(sections, "word-section-missing", message, f"{name}:")
    return sections, report
