"""Deny rules that keep nothing back from a broad category, because they deny all of it wherever they deny a part."""

from pdp.analysis.meanings import Side
from pdp.analysis.stance import Ground
from pdp.space import Drift, Space


class Narrowing:
    """Tells which deny rules of one side may apply to a narrower category and not to the broader one."""

    def __init__(self, side: Side, space: Space) -> None:
        self._idle = 0
        for at, meaning in enumerate(side.meanings):
            if all(space.drift(one) in {Drift.NONE, Drift.LESS_TRUE} for one in meaning.conditions):
                self._idle |= 1 << at

    def without_idle(self, found: Ground) -> Ground:
        """Return *found* without the rules that speak of the whole and deny it wherever they deny a part."""
        idle = self._idle & found.region
        keeping = tuple((word, bits & ~idle) for word, bits in found.keeping if bits & ~idle)
        return Ground(found.region, keeping, found.spoken_of)
