"""What a matrix says is what asking the decision point every request says."""

from collections.abc import Mapping

import pytest

from pdp.analysis.cells import Cell
from pdp.analysis.matrix import Matrix
from pdp.analysis.narrowing import Narrowing
from pdp.analysis.stance import Ground, Stance
from pdp.analysis.together import Chance, RuleAt, Together
from pdp.core.decision import Effect
from pdp.core.policy import Rule
from pdp.policy_set import Asked, PolicySet
from pdp.space import FALSE, Formula
from tests.builders import the_words
from tests.properties.matrices import MatrixMaker, a_random_policy, disagreement, the_matrix
from tests.properties.policy_pairs import Row, a_policy


def _row(effect: str, category: str, *conditions: str, role: str = "teacher") -> Row:
    return (effect, role, "read", category, "education", conditions, "KIDS-1.7", "nothing")


_PARTS = ("child_photo", "child_video", "child_activity", "family_access")
_POLICIES: Mapping[str, list[Row]] = {
    "an allow": [_row("allow", "child_data")],
    "an allow under a condition": [_row("allow", "child_data", "known")],
    "either of two": [_row("allow", "child_data", "on_web"), _row("allow", "child_data", "off_web")],
    "a denial that always wins": [_row("allow", "child_data"), _row("deny", "child_photo", role="any")],
    "a denial for what is unknown": [_row("allow", "child_data"), _row("deny", "child_data", "on_web", "off_web")],
    "each part kept back from one role and all at once from another": [
        _row("allow", "child_data", "in_writing", role="primary_guardian"),
        *[_row("deny", word, "on_web", role="primary_guardian") for word in _PARTS[1:]],
        _row("deny", _PARTS[0], "off_web", role="primary_guardian"),
        _row("allow", "child_data"),
        *[_row("deny", word, "known") for word in _PARTS],
    ],
    "a part kept back": [_row("allow", "child_data"), _row("deny", "child_photo", "known")],
    "every part kept back": [_row("allow", "child_data"), _row("deny", "child_data", "not_agreed")],
    "a broader role": [_row("allow", "child_photo", "known", role="school_staff")],
    "a refusal": [_row("allow", "child_data", "agreed"), _row("deny", "child_data", "no_old_ticket")],
}


def _found(rows: list[Row], make: MatrixMaker) -> str | None:
    return disagreement(a_policy(*rows), {name for row in rows for name in row[5]}, make)


@pytest.mark.parametrize("rows", _POLICIES.values(), ids=_POLICIES.keys())
def test_a_matrix_says_what_asking_shows(rows: list[Row]) -> None:
    """What is allowed, denied and allowed under conditions, and the conditions, are what the decision point does."""
    assert _found(rows, the_matrix) is None


@pytest.mark.parametrize("seed", range(4))
def test_a_matrix_of_a_random_policy_says_what_asking_shows(seed: int) -> None:
    """The same holds of random rows."""
    assert disagreement(*a_random_policy(seed)) is None


# --- Broken twins -----------------------------------------------------------------------------------------------------


class _UnknownHelps(Stance):
    """Lets an allow rule apply where nothing is false, and a deny rule only where all is true."""

    def applies(self, rule: Rule, category: str | None = None) -> Formula:
        graded = [self._question.graded(self.side.policy, name, category) for name in rule.conditions]
        held = [each.false if rule.effect is Effect.ALLOW else each.not_true for each in graded]
        return self._script.both(*[self._script.negated(each) for each in held])


class _NothingKeptBack(Stance):
    """Forgets what is kept back from a broad category."""

    def _is_kept_back(self, word: str) -> Formula:
        return FALSE


class _NeverAgainst(Together):
    """Takes no two rules to apply to one request."""

    def can_apply(self, asked: Asked, *rules: RuleAt) -> bool:
        return len(rules) == 1 and super().can_apply(asked, *rules)


class _NothingTold(Together):
    """Takes every condition to come out alike in all situations."""

    def may_fail(self, asked: Asked, condition: str, category: str | None, *, allows: bool) -> bool:
        return False


class _AllIdle(Narrowing):
    """Takes every deny rule of the whole for one that keeps no part back."""

    def without_idle(self, found: Ground) -> Ground:
        return Ground(found.region, (), found.spoken_of)


class _RowsOnce(Matrix):
    """Takes what holds of one cell for what holds of every cell of which the same rules speak as a whole."""

    def alike(self, found: Ground, cell: Cell) -> object:
        return found.region


class _EmptiedAlike(Matrix):
    """Takes whether all is kept back from one role for whether it is from every role."""

    def emptied_alike(self, asked: Asked, chance: Chance) -> object:
        return "all"


def _made_by(kind: type[Matrix]) -> MatrixMaker:
    def make(policy: PolicySet) -> Matrix:
        return kind(policy, the_words().schema)

    return make


def _with(
    stance: type[Stance] = Stance, together: type[Together] = Together, narrowing: type[Narrowing] = Narrowing
) -> MatrixMaker:
    class _Together(together):  # type: ignore[valid-type, misc]
        stance_type = stance

    class _Twin(Matrix):
        together_type = _Together
        narrowing_type = narrowing

    def make(policy: PolicySet) -> Matrix:
        return _Twin(policy, the_words().schema)

    return make


@pytest.mark.parametrize(
    "twin",
    [
        pytest.param(_with(_UnknownHelps), id="unknown helps"),
        pytest.param(_with(_NothingKeptBack), id="nothing kept back"),
        pytest.param(_with(together=_NeverAgainst), id="never against"),
        pytest.param(_with(together=_NothingTold), id="no condition told"),
        pytest.param(_with(narrowing=_AllIdle), id="all idle"),
        pytest.param(_made_by(_RowsOnce), id="rows told by too little"),
        pytest.param(_made_by(_EmptiedAlike), id="what is left told by too little"),
    ],
)
def test_a_broken_matrix_is_noticed(twin: MatrixMaker) -> None:
    """Each twin disagrees with asking about one of the policies."""
    assert any(_found(rows, twin) for rows in _POLICIES.values())
