"""Rules by the texts of the columns in which exactly one text is looked for."""

from collections.abc import Iterable, Sequence

from pdp.engine.index.buckets import FEW, Bucket, Crowd

Key = str | tuple[str, ...] | None


class RowTable:
    """Buckets of the rows *numbers* of *rules* by their texts at *equal*; *choices* tell many in one bucket apart.

    The key of a bucket is the text itself for one column, a tuple for several, and None for none.
    """

    def __init__(
        self,
        rules: Sequence[tuple[str, ...]],
        numbers: Iterable[int],
        equal: Sequence[int],
        choices: Sequence[int],
    ) -> None:
        found: dict[Key, list[int]] = {}
        if len(equal) == 1:
            (only,) = equal
            for number in numbers:
                found.setdefault(rules[number][only], []).append(number)
        elif equal:
            for number in numbers:
                row = rules[number]
                found.setdefault(tuple([row[at] for at in equal]), []).append(number)
        else:
            found[None] = list(numbers)
        self.buckets: dict[Key, Bucket] = {
            key: tuple(rows) if len(rows) <= FEW or not choices else _crowd(rules, rows, choices)
            for key, rows in found.items()
        }


def _crowd(rules: Sequence[tuple[str, ...]], rows: list[int], choices: Sequence[int]) -> Crowd:
    return Crowd(tuple(rows), [[rules[number][at] for number in rows] for at in choices])
