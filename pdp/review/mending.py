"""Mends what is mechanical in a file: spelling and form, never meaning, and never a comment lost."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pdp.core.finding import Finding

BYTE_ORDER_MARK: Final = "\ufeff"
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_WORD: Final = re.compile(r"[^,:\s]+")
_QUOTED: Final = re.compile(r'"([A-Za-z0-9_. -]*)"')
_YES: Final = frozenset({"yes", "true", "on"})
_NO: Final = frozenset({"no", "false", "off"})


@dataclass(frozen=True, slots=True)
class _Place:
    """One line of a file: its text without its end, its end, and where in it a finding points (from 0)."""

    text: str
    end: str
    at: int
    finding: Finding

    @property
    def word(self) -> str:
        """Return the word that the finding points at."""
        found = _WORD.match(self.text, self.at)
        return found[0] if found else ""

    def with_word(self, word: str) -> str:
        """Return the line with another word there."""
        return self.text[: self.at] + word + self.text[self.at + len(self.word) :]


def mended(content: bytes, findings: Iterable[Finding]) -> bytes:
    """Return *content* with those of its *findings* mended that leave no choice, at most one a line.

    What remains has to be looked at again: a mend may show what it hid.
    """
    text = content.decode("utf-8", "surrogateescape")
    if text.startswith(BYTE_ORDER_MARK):
        return text[1:].encode("utf-8", "surrogateescape")  # every place in the first line moves with it
    lines = [match[0] for match in _LINE.finditer(text) if match[0]]
    changed: dict[int, str] = {}
    added: list[str] = []
    for finding in findings:
        number = finding.line - 1
        if finding.code in _ADDED:
            added.append(finding.suggestion)
        elif finding.code in _MENDS and number < len(lines) and number not in changed:
            line = lines[number]
            bare = line.rstrip("\r\n")
            mend = _MENDS[finding.code](_Place(bare, line[len(bare) :] or "\n", finding.column - 1, finding))
            if mend is not None:
                changed[number] = mend
    done = [changed.get(number, line) for number, line in enumerate(lines)]
    if added and done and not done[-1].endswith(("\n", "\r")):
        done[-1] += "\n"
    return "".join([*done, *(f"{row}\n" for row in added)]).encode("utf-8", "surrogateescape")


Mend = Callable[[_Place], str | None]
"""Returns what stands in the place of a line, its end included; None when there is a choice."""


def _spelling(place: _Place) -> str | None:
    """Write a word as it is known, where only capitals, strokes and underscores differ."""
    word, known = place.word, place.finding.suggestion
    if not word or _folded(word) != _folded(known) or word == known:
        return None
    return place.with_word(known) + place.end


def _folded(word: str) -> str:
    return word.lower().replace("-", "_")


def _comment(place: _Place) -> str | None:
    """Move a comment behind a row to a line above it."""
    at = place.text.find("#")
    if at <= 0 or not place.text[:at].strip():
        return None
    return f"{place.text[at:].rstrip()}{place.end}{place.text[:at].rstrip()}{place.end}"


def _quotes(place: _Place) -> str | None:
    """Take the quotes off a field that needs none."""
    found = _QUOTED.match(place.text, place.at)
    if found is None or not found[1].strip():
        return None
    return place.text[: place.at] + found[1] + place.text[found.end() :] + place.end


def _removed(_place: _Place) -> str | None:
    return ""


def _repeated(place: _Place) -> str | None:
    """Take out a name that stands before in the same column, with the `and` before it."""
    head = re.sub(r"\s+and\s+\Z", "", place.text[: place.at])
    if head == place.text[: place.at]:
        return None
    return head + place.text[place.at + len(place.word) :] + place.end


def _yes_or_no(place: _Place) -> str | None:
    word = place.word.lower()
    known = "yes" if word in _YES else "no" if word in _NO else ""
    return place.with_word(known) + place.end if known else None


_MENDS: Final[Mapping[str, Mend]] = {
    "unknown-effect": _spelling,
    "unknown-row-type": _spelling,
    "unknown-role": _spelling,
    "unknown-action": _spelling,
    "unknown-category": _spelling,
    "unknown-purpose": _spelling,
    "unknown-clause": _spelling,
    "unknown-condition": _spelling,
    "unknown-obligation": _spelling,
    "entry-unknown-key": _spelling,
    "trailing-comment": _comment,
    "row-character": _quotes,
    "duplicate-row": _removed,
    "row-repeats": _repeated,
    "entry-not-yes-or-no": _yes_or_no,
    # of any Casbin model
    "row-effect": _spelling,
    "row-type": _spelling,
    "row-comment": _comment,
    "row-quote": _quotes,
    "rule-repeated": _removed,
}

_ADDED: Final = frozenset({"hierarchy-missing"})
"""Findings whose hint is a row to be added."""
