"""Whether one side allows what the other does not, found one allow rule at a time.

INVARIANT (by one rule): what a side allows is allowed by one of its allow rules, with nothing that denies it. So a
difference by that rule is looked for with no other allow rule of the same side, and with none of the other side that
does as much: what remains is a few deny rules, and most sets of roles leave the same ones.
"""

from collections.abc import Iterator, Sequence

from pdp.analysis.kinds import Kind
from pdp.analysis.meanings import Meaning, Side
from pdp.analysis.stance import Standing
from pdp.analysis.together import bits_of


class AllowedBy:
    """Takes two standings apart. Its parts may be done another way by a subclass."""

    def __init__(self, sides: Sequence[Side]) -> None:
        self._sides = tuple(sides)

    def parts(self, kind: Kind, standings: Sequence[Standing]) -> Iterator[tuple[Standing, Standing]]:
        """Yield pairs of standings, one of which shows that *kind* of difference wherever *standings* do, and no other.

        *kind* is of what is newly allowed or newly denied. None are yielded where no situation can show it.
        """
        more = 1 if kind is Kind.NEWLY_ALLOWED else 0
        allowing, other = self._sides[more], self._sides[1 - more]
        ours, theirs = standings[more], standings[1 - more]
        no_more_denied = self._no_more_denied(allowing, ours, other, theirs)
        done = set()
        for at in bits_of(ours.speaking & ~allowing.denies):
            conditions = allowing.meanings[at].conditions
            if conditions in done:
                continue
            done.add(conditions)
            as_much = self._as_much(other, theirs.speaking & ~other.denies, conditions)
            if as_much is not None and no_more_denied:
                continue
            own = Standing(1 << at | ours.speaking & allowing.denies, ours.keeping, spoken_of=True)
            beside = theirs
            if as_much is not None:
                beside = Standing(1 << as_much | theirs.speaking & other.denies, theirs.keeping, spoken_of=True)
            yield (beside, own) if more else (own, beside)

    def _as_much(self, side: Side, allowing: int, conditions: frozenset[int]) -> int | None:
        """Return a rule of those *allowing* that applies wherever all of *conditions* are true."""
        return next((at for at in bits_of(allowing) if side.meanings[at].conditions <= conditions), None)

    def _no_more_denied(self, allowing: Side, ours: Standing, other: Side, theirs: Standing) -> bool:
        """Say whether whatever the *other* side denies or keeps back, the *allowing* side does."""
        kept = dict(ours.keeping)
        places = [(ours.speaking & allowing.denies, theirs.speaking & other.denies)]
        places += [(kept.get(word, 0), bits) for word, bits in theirs.keeping]
        return all(
            all(_is_denied_by(meaning, allowing.meanings_of(mine)) for meaning in other.meanings_of(bits))
            for mine, bits in places
        )


def same_duties(sides: Sequence[Side], standings: Sequence[Standing]) -> bool:
    """Say whether both sides owe the same wherever both allow or neither does, whatever conditions come to.

    So it is where rules with the same duties apply, the same is kept back from a broad category, and nothing is owed
    for that: what is kept back until nothing is left is owed something only where no rule denies the whole.
    """
    meant = [
        (frozenset(each for each in side.meanings_of(one.speaking) if each.duties), keeping_of(side, one))
        for side, one in zip(sides, standings, strict=True)
    ]
    return meant[0] == meant[1] and not any(each.duties for _, kept in meant[0][1] for each in kept)


def keeping_of(side: Side, found: Standing) -> tuple[tuple[str, frozenset[Meaning]], ...]:
    """Return what the rules mean that keep back narrower categories, by category."""
    return tuple((word, side.meanings_of(bits)) for word, bits in found.keeping)


def _is_denied_by(meaning: Meaning, denying: frozenset[Meaning]) -> bool:
    """Say whether one of the rules *denying* applies wherever one of that *meaning* does."""
    return any(each.conditions <= meaning.conditions for each in denying)
