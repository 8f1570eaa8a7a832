"""A column as sets of rows, one for each text, each set the bits of a number: bit n stands for row n."""

from collections.abc import Iterable, Mapping, Sequence


class BitColumn:
    """The rows that hold each text.

    *broader* gives for a word of a question every text that speaks of it: their rows are united beforehand. *always*
    is a text whose rows speak of every word.
    """

    def __init__(
        self, texts: Sequence[str], broader: Mapping[str, Iterable[str]] | None = None, always: str | None = None
    ) -> None:
        rows: dict[str, int] = {}
        for number, text in enumerate(texts):
            rows[text] = rows.get(text, 0) | 1 << number
        self._always = rows.get(always, 0) if always is not None else 0
        self._rows = {text: found | self._always for text, found in rows.items()}
        for word, wider in (broader or {}).items():
            found = self._always
            for text in wider:
                found |= rows.get(text, 0)
            self._rows[word] = found

    def rows(self, word: str) -> int:
        """Return the rows that speak of *word*."""
        return self._rows.get(word, self._always)

    def rows_of_any(self, words: Iterable[str]) -> int:
        """Return the rows that speak of one of *words*; none when there are no words."""
        found = 0
        get, always = self._rows.get, self._always
        for word in words:
            found |= get(word, always)
        return found


def numbers(bits: int) -> list[int]:
    """Return the rows of *bits* in order."""
    found = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return found
