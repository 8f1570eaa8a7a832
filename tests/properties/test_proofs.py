"""What is proved holds for every request of a grid; the long run is in `proofs`."""

import pytest

from pdp.analysis.invariants import NEVER, Invariant, WithInvariants
from pdp.analysis.proving import Prover
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from tests.builders import the_words
from tests.properties.policy_pairs import Grid, Row, a_policy
from tests.properties.proofs import ProverMaker, drawn, mistake_about, the_prover

SEEDS = range(16)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_proved_holds_for_every_request(seed: int) -> None:
    """No request of a grid breaks an invariant that was proved over the space."""
    assert mistake_about(*drawn(seed)) is None


# --- Broken twins -----------------------------------------------------------------------------------------------------

_GRID = Grid(
    frozenset({frozenset({"teacher"}), frozenset({"authority"}), frozenset({"teacher", "authority"})}), ("read",), ()
)


def _row(effect: str, role: str, *conditions: str) -> Row:
    return (effect, role, "read", "child_data", "education", conditions, "KIDS-1.7", "nothing")


_ALLOW = _row("allow", "teacher", "known")
_POLICIES = {
    "a deny for somebody else": [_ALLOW, _row("deny", "authority", "known")],
    "a deny under another condition": [_ALLOW, _row("deny", "any", "on_web")],
    "a deny that may be unknown": [_ALLOW, _row("deny", "any", "on_web", "off_web")],
    "two denies": [_ALLOW, _row("deny", "authority"), _row("deny", "teacher", "on_web")],
    "a deny for all": [_ALLOW, _row("deny", "any", "known_or_web")],
}
_KEPT = {"a deny for all"}


def _never(*, alone: bool) -> Invariant:
    words = {
        WordKind.ROLE: frozenset({"teacher", "authority"}),
        WordKind.ACTION: frozenset({"read"}),
        WordKind.CATEGORY: frozenset({"child_data"}),
        WordKind.PURPOSE: frozenset({"education"}),
    }
    return Invariant("never", Text("", ""), (), NEVER, words, alone, None, None, "", 1)


@pytest.mark.parametrize("name", _POLICIES)
@pytest.mark.parametrize("alone", [True, False])
def test_a_deny_keeps_an_invariant_only_where_it_speaks(name: str, alone: bool) -> None:
    """For everybody, and wherever the allow rule applies."""
    policy = a_policy(*_POLICIES[name])
    proof = the_prover(WithInvariants(policy, (), dict(policy.conditions))).proof(_never(alone=alone))
    assert proof.holds is (name in _KEPT)


class _EveryDenyIsForEverybody(Prover):
    """Takes a deny rule for somebody for one that speaks for everybody."""

    def _for_everybody(self, invariant: Invariant) -> int:
        return -1


class _NobodyAllows(Prover):
    """Takes whatever has to be asked for impossible."""

    def _may_allow(self, *_: object) -> bool:
        return False


class _AnyDenyKeeps(Prover):
    """Takes a deny rule for one that keeps the invariant without asking whether it applies."""

    def _may_allow(self, _invariant: Invariant, _asked: object, _at: int, denying: int, _possible: object) -> bool:
        return not denying


@pytest.mark.parametrize("twin", [_EveryDenyIsForEverybody, _NobodyAllows, _AnyDenyKeeps])
def test_a_broken_prover_is_noticed(twin: type[Prover]) -> None:
    """Each proves something that a request breaks."""

    def make(stated: WithInvariants) -> Prover:
        return twin(stated, the_words())

    made: ProverMaker = make
    assert any(mistake_about(a_policy(*rows), _never(alone=False), _GRID, made) for rows in _POLICIES.values())
