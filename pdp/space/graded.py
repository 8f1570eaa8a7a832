"""What a condition comes to, as formulas: true, unknown, false for want of a value, plainly false."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pdp.conditions.truth import EMPTY, FALSE, TRUE, UNKNOWN
from pdp.space import script
from pdp.space.script import Formula, Script


@dataclass(frozen=True, slots=True)
class Graded:
    """A value on the scale of pdp/conditions/truth.py: each formula says that it lies beyond one step of it.

    INVARIANT (order of truth): `and` is the greatest of its parts, `or` the least, and each formula follows from the
    next.
    """

    not_true: Formula
    false: Formula
    plainly_false: Formula


CERTAIN: Final = Graded(script.FALSE, script.FALSE, script.FALSE)
DOUBTFUL: Final = Graded(script.TRUE, script.FALSE, script.FALSE)
WANTING: Final = Graded(script.TRUE, script.TRUE, script.FALSE)
REFUTED: Final = Graded(script.TRUE, script.TRUE, script.TRUE)


class Scale:
    """Combines values as the interpreter of conditions does."""

    def __init__(self, written: Script) -> None:
        self._script = written

    def known(self, holds: Formula) -> Graded:
        """Return true where *holds*, else plainly false."""
        fails = self._script.negated(holds)
        return Graded(fails, fails, fails)

    def all_of(self, parts: Iterable[Graded]) -> Graded:
        """Return the greatest of *parts*."""
        return self._level_by_level(self._script.either, list(parts))

    def one_of(self, parts: Iterable[Graded]) -> Graded:
        """Return the least of *parts*; of nothing, plainly false."""
        return self._level_by_level(self._script.both, list(parts))

    def _level_by_level(self, join, parts: list[Graded]) -> Graded:  # type: ignore[no-untyped-def]
        return Graded(
            join(*[part.not_true for part in parts]),
            join(*[part.false for part in parts]),
            join(*[part.plainly_false for part in parts]),
        )

    def negated(self, part: Graded) -> Graded:
        """Return what `not` comes to: what is false for want of a value becomes unknown."""
        not_true = self._script.negated(part.plainly_false)
        false = self._script.negated(part.not_true)
        return Graded(not_true, false, false)

    def chosen(self, test: Formula, then: Graded, otherwise: Graded) -> Graded:
        """Return *then* where *test* holds, else *otherwise*."""
        if test == script.TRUE or then == otherwise:
            return then
        if test == script.FALSE:
            return otherwise
        pick = self._script.chosen
        return Graded(
            pick(test, then.not_true, otherwise.not_true),
            pick(test, then.false, otherwise.false),
            pick(test, then.plainly_false, otherwise.plainly_false),
        )

    def no_truer(self, one: Graded, other: Graded) -> Formula:
        """Return that *one* is as far from true as *other*, or further."""
        implies = self._script.implies
        return self._script.both(
            implies(other.not_true, one.not_true),
            implies(other.false, one.false),
            implies(other.plainly_false, one.plainly_false),
        )

    def has_code(self, part: Graded, code: int) -> Formula:
        """Return that *part* has the value *code* of pdp/conditions/truth.py."""
        written = self._script
        return {
            TRUE: written.negated(part.not_true),
            UNKNOWN: written.both(part.not_true, written.negated(part.false)),
            EMPTY: written.both(part.false, written.negated(part.plainly_false)),
            FALSE: part.plainly_false,
        }[code]
