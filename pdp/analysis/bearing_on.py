"""Which rules bear on a difference between two policies: those that can apply where a changed rule does.

INVARIANT (same rules, same answer): what is answered rests on nothing but which effects, with their clauses and duties,
apply to the whole and to each narrower category. So two sides differ only where a rule of one of them applies, and
nothing that does the same applies on the other side. A rule that both have and that cannot apply there may be left
out of both: the differences stay the same, and most rules are left out.
"""

from collections.abc import Iterable, Sequence

from pdp.analysis.meanings import Meaning, Side
from pdp.analysis.stance import Standing
from pdp.analysis.together import bits_of
from pdp.core.decision import Effect
from pdp.core.policy import Rule
from pdp.policy_set import Asked
from pdp.space import FALSE, Formula, Space, Unfolding

Place = str | None
"""A narrower category under which rules are looked at, None for the one asked for."""

_Changed = dict[Place, tuple[int, int]]
"""For each place the bits of the rules of either side that mean something else there than any rule of the other."""


class BearingOn:
    """Leaves out of two standings what does not bear on how they differ. Its parts may be done another way."""

    def __init__(self, sides: Sequence[Side], space: Space) -> None:
        self._sides = tuple(sides)
        self._space = space
        self._known: dict[object, bool] = {}

    def bearing(self, asked: Asked, standings: Sequence[Standing]) -> tuple[Standing, Standing]:
        """Return both *standings* without the rules that cannot apply where they differ. Raises UndecidedError."""
        before, after = standings
        if before.spoken_of is not after.spoken_of:
            # Then a denial has another cause wherever no rule applies.
            return before, after
        places: list[dict[Place, int]] = [{None: one.speaking, **dict(one.keeping)} for one in standings]
        changed = self._changed(places)
        meant = self._meant(changed)
        left: list[Standing] = []
        for number, (found, one) in enumerate(zip(places, standings, strict=True)):
            kept = {
                place: self._bearing_bits(asked, number, place, bits, changed, meant) for place, bits in found.items()
            }
            keeping = tuple((word, kept[word]) for word, _ in one.keeping if kept[word])
            left.append(Standing(kept[None], keeping, one.spoken_of))
        return left[0], left[1]

    def changed_outright(self, standings: Sequence[Standing]) -> tuple[int, int] | None:
        """Return the bits of the rules of either side that mean something else than any rule of the other.

        None where rules mean something else for a narrower category, or an allow rule speaks on one side alone.
        """
        changed = self._changed([{None: one.speaking, **dict(one.keeping)} for one in standings])
        alone = changed.keys() == {None} and standings[0].spoken_of is standings[1].spoken_of
        return changed[None] if alone else None

    def differing(self, asked: Asked, bits: tuple[int, int]) -> tuple[Unfolding, Formula]:
        """Return the question, and that something applies by rules of these *bits* of one side and not of the other."""
        question = self._space.unfolding(asked)
        for side, some in zip(self._sides, bits, strict=True):
            self._name(question, side, some, None)
        return question, self._differs(question, None, bits)

    def _changed(self, places: Sequence[dict[Place, int]]) -> _Changed:
        found: _Changed = {}
        for place in {**places[0], **places[1]}:
            bits = [each.get(place, 0) for each in places]
            meant = [side.meanings_of(some) for side, some in zip(self._sides, bits, strict=True)]
            apart = tuple(
                sum(1 << at for at in bits_of(some) if side.meanings[at] not in theirs)
                for side, some, theirs in zip(self._sides, bits, reversed(meant), strict=True)
            )
            if any(apart):
                found[place] = apart[0], apart[1]
        return found

    def _bearing_bits(
        self, asked: Asked, number: int, place: Place, bits: int, changed: _Changed, meant: object
    ) -> int:
        side = self._sides[number]
        always = changed.get(place, (0, 0))[number]
        return sum(
            1 << at
            for at in bits_of(bits)
            if always >> at & 1 or self.may_meet(asked, (side, at, place), changed, meant)
        )

    def may_meet(self, asked: Asked, rule: tuple[Side, int, Place], changed: _Changed, meant: object) -> bool:
        """Say whether a *rule* may apply, at its place, where one that is *changed* makes a difference.

        *meant* is what those mean that are changed.
        """
        side, at, place = rule
        key = (side.meanings[at], place, meant, asked[2])
        if key not in self._known:
            question = self._space.unfolding(asked)
            self._name(question, side, 1 << at, place)
            for word, bits in changed.items():
                for one, some in zip(self._sides, bits, strict=True):
                    self._name(question, one, some, word)
            differs = self._space.script.either(
                *[self._differs(question, word, bits) for word, bits in changed.items()]
            )
            applies = _applies(question, self._space, side, side.rules[at], place)
            self._known[key] = question.is_conceivable(self._space.script.both(differs, applies))
        return self._known[key]

    def _meant(self, changed: _Changed) -> object:
        return frozenset(
            (place, *(side.meanings_of(some) for side, some in zip(self._sides, bits, strict=True)))
            for place, bits in changed.items()
        )

    def _name(self, question: Unfolding, side: Side, bits: int, place: Place) -> None:
        for rule in side.of_bits(bits):
            question.names(side.policy, rule.conditions, place)

    def _differs(self, question: Unfolding, place: Place, bits: tuple[int, int]) -> Formula:
        """Return that something applies at *place* by one side's changed rules and not by the other's."""
        written = self._space.script
        by_deed: list[dict[object, Formula]] = []
        for side, some in zip(self._sides, bits, strict=True):
            deeds: dict[object, Formula] = {}
            for at in bits_of(some):
                applies = _applies(question, self._space, side, side.rules[at], place)
                deed = _deed(side.meanings[at])
                deeds[deed] = written.either(deeds.get(deed, FALSE), applies)
            by_deed.append(deeds)
        before, after = by_deed
        apart: Iterable[Formula] = [
            written.negated(written.same(before.get(deed, FALSE), after.get(deed, FALSE)))
            for deed in {**before, **after}
        ]
        return written.either(*apart)


def _deed(meaning: Meaning) -> object:
    """Return what a rule does wherever it applies."""
    return meaning.allows, meaning.clause, meaning.duties


def _applies(question: Unfolding, space: Space, side: Side, rule: Rule, place: Place) -> Formula:
    graded = [question.graded(side.policy, name, place) for name in rule.conditions]
    held = [each.not_true if rule.effect is Effect.ALLOW else each.false for each in graded]
    return space.script.both(*[space.script.negated(each) for each in held])
