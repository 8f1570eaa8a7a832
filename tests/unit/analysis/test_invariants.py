"""What must never be allowed is read from a file that an admin can read, and can be broken."""

from functools import cache
from pathlib import Path

import pytest

from pdp.analysis.invariants import ALWAYS, NEVER, WithInvariants, read_invariants
from pdp.analysis.proving import Prover
from pdp.core.errors import InvalidPolicyError
from pdp.deciding import decide
from pdp.policy_set import PolicySet, build_policy_set
from tests.builders import POLICIES, the_files, the_policy_set, the_words

OPERATORS = ("homeid", "kidsonline", "kiotviet", "onmeeting", "welearning")


def _content(operator: str) -> bytes:
    return (POLICIES / operator / "invariants.yaml").read_bytes()


@cache
def _stated(operator: str) -> WithInvariants:
    return read_invariants(the_policy_set(operator), f"{operator}/invariants.yaml", _content(operator))


def _twin(operator: str, effect: str) -> PolicySet:
    """Return the policy of *operator* with all its rows replaced by one that allows, or denies, everything."""
    files = dict(the_files(operator))
    path = next(name for name in files if name.endswith(f"{operator}/policy.csv"))
    clause = next(iter(the_policy_set(operator).rules.values())).clause
    kept = [line for line in files[path].decode().splitlines() if not line.startswith("p,")]
    row = f"p, twin, {effect}, any, any, any, any, always, {clause}, nothing"
    files[path] = ("\n".join([row, *kept]) + "\n").encode()
    # The house denies or allows what it likes: its rows could have no effect beside the twin's.
    files = {name: content for name, content in files.items() if not name.startswith("house/")}
    return build_policy_set(operator, list(files.items()), the_words().vocabulary, the_words().schema)


def test_there_are_at_least_forty() -> None:
    """Each operator has some invariants, and together they are forty or more, each tied to sentences of the promise."""
    found = [(operator, one) for operator in OPERATORS for one in _stated(operator).invariants]

    assert len(found) >= 40
    assert {operator for operator, _ in found} == set(OPERATORS)
    assert all(one.clauses and one.text.vi and one.text.en for _, one in found)


@pytest.mark.parametrize("claim", [NEVER, ALWAYS])
@pytest.mark.parametrize("operator", OPERATORS)
def test_every_invariant_can_be_broken(operator: str, claim: str) -> None:
    """A policy that allows everything breaks what must never be, one that denies everything what must always be."""
    twin = _twin(operator, "allow" if claim == NEVER else "deny")
    stated = read_invariants(twin, f"{operator}/invariants.yaml", _content(operator))
    prover = Prover(stated, the_words())

    proofs = [prover.proof(one) for one in stated.invariants if one.claim == claim]

    assert [proof.invariant.name for proof in proofs if proof.holds] == []
    for proof in proofs:
        assert proof.breach is not None
        assert proof.breach.time is not None
        assert decide(twin, proof.breach, (), proof.breach.time).allowed is (claim == NEVER)


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_invariant_holds(operator: str) -> None:
    """What must never happen cannot, and what must always be allowed is: an edit that breaks one is not landed."""
    prover = Prover(_stated(operator), the_words())

    assert [proof.invariant.name for proof in prover.proofs() if not proof.holds] == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        pytest.param("claim: never", "claim: nevr", "invariant-claim", id="claim"),
        pytest.param("to: [child_data]", "to: [chld_data]", "unknown-category", id="category"),
        pytest.param("[KIDS-1.14, KIDS-1.15]", "[KIDS-9.9]", "unknown-clause", id="clause"),
        pytest.param("written_consent_of_primary_guardian", "written_consent", "unknown-condition", id="condition"),
        pytest.param("does: [publish]", "dos: [publish]", "entry-unknown-key", id="key"),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, code: str) -> None:
    """A misspelt word or key refuses the whole file: an invariant that nobody proves is worse than none."""
    content = _content("kidsonline").decode().replace(old, new, 1).encode()

    with pytest.raises(InvalidPolicyError) as raised:
        read_invariants(the_policy_set("kidsonline"), "kidsonline/invariants.yaml", content)

    assert code in {finding.code for finding in raised.value.findings}


def test_invariants_are_no_part_of_the_revision() -> None:
    """Saying what must never happen changes no decision, so the revision stays."""
    policy = the_policy_set("kidsonline")

    assert "invariants.yaml" not in policy.files
    assert Path(POLICIES / "kidsonline" / "invariants.yaml").exists()
