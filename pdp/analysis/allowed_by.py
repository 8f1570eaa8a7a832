"""Whether one side allows what the other does not, found one allow rule at a time.

INVARIANT (by one rule): what a side allows is allowed by one of its allow rules, where nothing denies it and nothing
is kept back on one way down to a narrowest category. The other side does not allow it for one of three reasons: no
allow rule of its own applies, a rule denies it, or narrower categories are kept back until nothing is left. Each rule
with each way and each reason is a question of a few rules, and the same one for most categories and most roles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from pdp.analysis.kinds import Kind
from pdp.analysis.meanings import Meaning, Side
from pdp.analysis.stance import Stance, Standing
from pdp.analysis.together import Chance, bits_of
from pdp.policy_set import Asked
from pdp.space import TRUE, Formula, Space, Unfolding


class Reason(Enum):
    """Why a side does not allow something."""

    NOTHING_ALLOWS = "no allow rule applies"
    DENIED = "a deny rule applies"
    EMPTIED = "nothing is left of what is asked for"
    ANY = "whatever the reason is"


@dataclass(frozen=True, slots=True)
class Part:
    """Two standings, of the side that allows and of the *other*, which does not for that *reason*."""

    allowing: Standing
    other: Standing
    reason: Reason


@dataclass(frozen=True, slots=True)
class Parts:
    """What one allow rule and one reason come to: *whole*, and each of *ways*, one of which has to be met.

    The whole says nothing of what is kept back from a broad category. Where that is impossible, so is each way.
    *keeping* is the standing that allows, with all that may be kept back.
    """

    whole: Part
    ways: tuple[Part, ...]
    keeping: Standing

    @property
    def outright(self) -> Part:
        """Return what of the whole is seen under no narrower category, on either side."""
        if self.whole.reason is not Reason.EMPTIED:
            return self.whole
        return Part(self.whole.allowing, Standing(0, (), spoken_of=True), Reason.ANY)


class AllowedBy:
    """Takes two standings apart. Its parts may be done another way by a subclass."""

    def __init__(self, sides: Sequence[Side], space: Space, stance_type: type[Stance] = Stance) -> None:
        self._sides = tuple(sides)
        self._space = space
        self._stance_type = stance_type

    def sides(self, kind: Kind) -> tuple[Side, Side]:
        """Return the side that allows where *kind* of difference is met, and the other."""
        before, after = self._sides
        return (after, before) if kind is Kind.NEWLY_ALLOWED else (before, after)

    def parts(self, kind: Kind, standings: Sequence[Standing], category: str) -> Iterator[Parts]:
        """Yield parts: one way of some of them is met wherever *standings* differ so, and none elsewhere.

        None are yielded where no situation can show it.
        """
        side, other_side = self.sides(kind)
        ours, theirs = reversed(standings) if kind is Kind.NEWLY_ALLOWED else standings
        denying = ours.speaking & side.denies
        reasons = list(self._reasons(side, ours, other_side, theirs))
        done = set()
        for at in bits_of(ours.speaking & ~side.denies):
            conditions = side.meanings[at].conditions
            if conditions in done:
                continue
            done.add(conditions)
            by_this = Standing(1 << at | denying, ours.keeping, spoken_of=True)
            ways = Chance(at, by_this).ways(category, side.policy.residuals.inside)
            allowing = theirs.speaking & ~other_side.denies
            if not any(other_side.meanings[each].conditions <= conditions for each in bits_of(allowing)):
                reasons_here = [(Reason.NOTHING_ALLOWS, Standing(allowing, (), spoken_of=True)), *reasons]
            else:
                reasons_here = reasons
            for reason, other in reasons_here:
                yield Parts(
                    Part(Standing(by_this.speaking, (), spoken_of=True), other, reason),
                    tuple(Part(way, other, reason) for way in ways),
                    by_this,
                )

    def _reasons(
        self, side: Side, ours: Standing, other_side: Side, theirs: Standing
    ) -> Iterator[tuple[Reason, Standing]]:
        """Yield why the other side may deny what is denied by no rule that *side* has as well."""
        denying = theirs.speaking & other_side.denies
        if not _denied_as_well(other_side, denying, side, ours.speaking & side.denies):
            yield Reason.DENIED, Standing(denying, (), spoken_of=True)
        kept = dict(ours.keeping)
        if not all(_denied_as_well(other_side, bits, side, kept.get(word, 0)) for word, bits in theirs.keeping):
            yield Reason.EMPTIED, Standing(0, theirs.keeping, spoken_of=True)

    def opened(self, kind: Kind, asked: Asked, part: Part) -> tuple[Unfolding, Formula]:
        """Return the question of *part*, and that it is met."""
        side, other_side = self.sides(kind)
        question = self._space.unfolding(asked)
        allowing = self._stance_type(side, part.allowing, question, self._space)
        other = self._stance_type(other_side, part.other, question, self._space)
        match part.reason:
            case Reason.NOTHING_ALLOWS:
                reason = self._space.script.negated(other.something_allows)
            case Reason.DENIED:
                reason = other.denied_outright
            case Reason.EMPTIED:
                reason = other.emptied
            case Reason.ANY:
                reason = TRUE
        return question, self._space.script.both(allowing.allows_whole, reason)

    def emptied(self, kind: Kind, asked: Asked, parts: Parts) -> tuple[Unfolding, Formula]:
        """Return the question of *parts*, and that the whole is met and yet nothing is left of it."""
        question, met = self.opened(kind, asked, parts.outright)
        keeping = self._stance_type(self.sides(kind)[0], parts.keeping, question, self._space)
        return question, self._space.script.both(met, keeping.emptied)


def _denied_as_well(side: Side, bits: int, by: Side, denying: int) -> bool:
    """Say whether wherever a rule of those *bits* applies, one of those *denying* does, on the other side."""
    there = by.meanings_of(denying)
    return all(any(each.conditions <= meaning.conditions for each in there) for meaning in side.meanings_of(bits))


def same_duties(sides: Sequence[Side], standings: Sequence[Standing]) -> bool:
    """Say whether both sides owe the same wherever both allow or neither does, whatever conditions come to.

    So it is where rules with the same duties apply, the same is kept back from a broad category, and nothing is owed
    for that: what is kept back until nothing is left is owed something only where no rule denies the whole.
    """
    meant = [
        (frozenset(each for each in side.meanings_of(one.speaking) if each.duties), _keeping(side, one))
        for side, one in zip(sides, standings, strict=True)
    ]
    return meant[0] == meant[1] and not any(each.duties for _, kept in meant[0][1] for each in kept)


def _keeping(side: Side, found: Standing) -> tuple[tuple[str, frozenset[Meaning]], ...]:
    return tuple((word, side.meanings_of(bits)) for word, bits in found.keeping)
