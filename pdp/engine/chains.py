"""How far words may lie in one another."""

from collections.abc import Sequence
from typing import Final

from pdp.engine.matching import Row

LONGEST_CHAIN: Final = 10
"""How many words, each in the next, PyCasbin looks at before it says that the first does not lie in the last."""


def refuse_long_chains(rows: Sequence[Row]) -> None:
    """Raise ValueError for words that lie in one another further than PyCasbin follows: a deny would fall silent."""
    broader: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for row in rows:
        if row.type.startswith("g"):
            broader.setdefault((row.type, row.fields[0]), set()).add((row.type, row.fields[1]))
    reached = set(broader)
    for _ in range(LONGEST_CHAIN):
        reached = {above for word in reached for above in broader.get(word, ())}
    if reached:
        raise ValueError(f"words lie in one another over {LONGEST_CHAIN} steps or more, up to `{min(reached)[1]}`")
