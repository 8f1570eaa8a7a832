"""Text in both languages, and the nearest known word to a mistyped one."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final, NamedTuple

LOCALES: Final = ("vi", "en")


class Text(NamedTuple):
    """One statement in Vietnamese and in English."""

    vi: str
    en: str

    def in_locale(self, locale: str) -> str:
        """Return the statement in *locale*, "vi" or "en"."""
        return self.vi if locale == "vi" else self.en

    def as_map(self) -> Mapping[str, str]:
        """Return {"vi": ..., "en": ...}, the form that the wire and JSON use."""
        return {"vi": self.vi, "en": self.en}


def join_texts(texts: Iterable[Text], vi: str, en: str) -> Text:
    """Join *texts* with the separators *vi* and *en*."""
    parts = tuple(texts)
    return Text(vi=vi.join(part.vi for part in parts), en=en.join(part.en for part in parts))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the word of *known* that is most like *word*, or None when none is near enough to suggest."""
    candidates = sorted(known)
    folded = word.strip().lower().replace("-", "_").replace(" ", "_")
    if folded in candidates:
        return folded
    close = get_close_matches(folded, candidates, n=1, cutoff=0.55)
    if close:
        return close[0]
    containing = [candidate for candidate in candidates if len(folded) >= 3 and (folded in candidate)]
    return min(containing, key=len) if containing else None
