"""What the space says of an edit is what asking every request says; the long run is in `policy_pairs`."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import pytest

from pdp.analysis.allowed_by import AllowedBy, Parts, Reason
from pdp.analysis.bearing_on import BearingOn
from pdp.analysis.cells import Cell
from pdp.analysis.changes import Comparison
from pdp.analysis.kinds import Kind
from pdp.analysis.meanings import Duties, Side
from pdp.analysis.narrowing import Narrowing
from pdp.analysis.possible import Possible
from pdp.analysis.stance import Ground, Stance, Standing
from pdp.core.decision import Effect
from pdp.core.policy import Rule
from pdp.policy_set import PolicySet
from pdp.space import FALSE, Formula
from tests.builders import the_words
from tests.properties.policy_pairs import (
    ComparisonMaker,
    Grid,
    Row,
    a_policy,
    disagreement,
    disagreement_about,
    the_comparison,
)

SEEDS = range(8)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_comparison_finds_what_asking_everything_finds(seed: int) -> None:
    """Every difference of the space is met by some request, and each that a request shows is in the space."""
    assert disagreement(seed) is None


# --- Broken twins -----------------------------------------------------------------------------------------------------


class _UnknownHelps(Stance):
    """Lets an allow rule apply where nothing is false, and a deny rule only where all is true."""

    def applies(self, rule: Rule, category: str | None = None) -> Formula:
        graded = [self._question.graded(self.side.policy, name, category) for name in rule.conditions]
        held = [each.false if rule.effect is Effect.ALLOW else each.not_true for each in graded]
        return self._script.both(*[self._script.negated(each) for each in held])


class _AllowWins(Stance):
    """Lets an allow win over a deny."""

    @property
    def allows(self) -> Formula:
        return self.something_allows


class _NothingKeptBack(Stance):
    """Forgets what is kept back from a broad category."""

    def _is_kept_back(self, word: str) -> Formula:
        return FALSE


class _NoDuties(Side):
    """Does not look at what is owed."""

    def _duties(self, rule: Rule) -> Duties:
        return frozenset()


class _AllIdle(Narrowing):
    """Takes every deny rule of the whole for one that keeps no part back."""

    def without_idle(self, found: Ground) -> Ground:
        return Ground(found.region, (), found.spoken_of)


class _NothingBears(BearingOn):
    """Leaves every rule out that both sides have."""

    def may_meet(self, *_: object) -> bool:
        return False


class _NobodyElseDenies(AllowedBy):
    """Takes it that the other side denies something only where no allow rule of its own applies."""

    def _reasons(self, *_: object) -> Iterator[tuple[Reason, Standing]]:
        return iter(())


class _FirstRuleOnly(AllowedBy):
    """Looks at the first allow rule of a side alone."""

    def parts(self, kind: Kind, standings: Sequence[Standing], category: str) -> Iterator[Parts]:
        return islice(super().parts(kind, standings, category), 1)


class _RuledOutForAll(Possible):
    """Takes what is ruled out of one question for what is of all."""

    def is_ruled_out(self, *_: object) -> bool:
        return not all((*self._conceivable.values(), *self._for_somebody.values()))


class _RulesOut(Comparison):
    possible_type = _RuledOutForAll


class _CellsOnce(Comparison):
    """Takes what differs in one cell for what differs in every cell of which an allow rule speaks too."""

    def alike(self, cell: Cell, grounds: tuple[Ground, ...]) -> object:
        return tuple(one.spoken_of for one in grounds)


def _with(
    stance: type[Stance] = Stance,
    side: type[Side] = Side,
    narrowing: type[Narrowing] = Narrowing,
    bearing: type[BearingOn] = BearingOn,
    allowed_by: type[AllowedBy] = AllowedBy,
    most: int = 3,
    kind: type[Comparison] = Comparison,
) -> ComparisonMaker:
    class Twin(kind):  # type: ignore[valid-type, misc]
        stance_type = stance
        side_type = side
        narrowing_type = narrowing
        bearing_type = bearing
        allowed_by_type = allowed_by
        most_roles = most

    def make(before: PolicySet, after: PolicySet) -> Comparison:
        return Twin(before, after, the_words().schema)

    return make


def _row(effect: str, category: str, *conditions: str, owes: str = "nothing", role: str = "teacher") -> Row:
    return (effect, role, "read", category, "education", conditions, "KIDS-1.7", owes)


_KNOWN_ALLOW = _row("allow", "child_data", "known")
_EDITS: Mapping[str, tuple[list[Row], list[Row]]] = {
    "a part kept back": ([_row("allow", "child_data")], [_row("deny", "child_photo", "known")]),
    "a deny": ([_row("allow", "child_data")], [_row("deny", "child_data", "known")]),
    "a deny for what is unknown": ([_row("allow", "child_data")], [_row("deny", "child_data", "on_web", "off_web")]),
    "an allow": ([], [_KNOWN_ALLOW]),
    "an allow with a duty": ([], [_row("allow", "child_data", "known", owes="record_grant")]),
    "a duty beside a role": ([_KNOWN_ALLOW], [_row("allow", "child_data", owes="record_grant", role="authority")]),
    "a deny of the second of two": (
        [_row("allow", "child_data", "agreed"), _row("allow", "child_data", "known")],
        [_row("deny", "child_data", "not_agreed")],
    ),
    "a refusal of a part": ([_row("allow", "child_data", "agreed")], [_row("deny", "child_data", "not_refused")]),
}
_GRID = Grid(
    frozenset({frozenset({"teacher"}), frozenset({"authority"}), frozenset({"teacher", "authority"})}),
    ("read", "share"),
    (),
)


def _found(kept: list[Row], added: list[Row], make: ComparisonMaker) -> str | None:
    beside = _row("deny", "child_video", role="support_staff")
    return disagreement_about(a_policy(beside, *kept), a_policy(beside, *kept, *added), _GRID, make)


@pytest.mark.parametrize(("kept", "added"), _EDITS.values(), ids=_EDITS.keys())
def test_a_comparison_finds_what_an_edit_does(kept: list[Row], added: list[Row]) -> None:
    """An added row changes what asking every request shows."""
    assert _found(kept, added, the_comparison) is None


@pytest.mark.parametrize(
    "twin",
    [
        pytest.param(_with(_UnknownHelps), id="unknown helps"),
        pytest.param(_with(_AllowWins), id="allow wins"),
        pytest.param(_with(_NothingKeptBack), id="nothing kept back"),
        pytest.param(_with(side=_NoDuties), id="no duties"),
        pytest.param(_with(narrowing=_AllIdle), id="all idle"),
        pytest.param(_with(bearing=_NothingBears), id="nothing bears on a difference"),
        pytest.param(_with(allowed_by=_NobodyElseDenies), id="nobody else denies"),
        pytest.param(_with(allowed_by=_FirstRuleOnly), id="the first rule only"),
        pytest.param(_with(kind=_RulesOut), id="ruled out for all"),
        pytest.param(_with(kind=_CellsOnce), id="cells told by too little"),
        pytest.param(_with(most=1), id="one role"),
    ],
)
def test_a_broken_comparison_is_noticed(twin: ComparisonMaker) -> None:
    """Each twin disagrees with asking about one of the edits."""
    assert any(_found(kept, added, twin) for kept, added in _EDITS.values())
