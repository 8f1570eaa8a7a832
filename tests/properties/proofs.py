"""Random invariants of random small policies, proved over the space and looked for by asking every request of a grid.

The long run:  python -m tests.properties.proofs --seed 1 --proofs 1000
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from random import Random

from pdp.analysis.invariants import ALWAYS, NEVER, Invariant, WithInvariants
from pdp.analysis.proving import Prover
from pdp.conditions import Evaluator
from pdp.core.circumstances import Circumstances
from pdp.core.decision import Outcome
from pdp.core.request import Request
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.deciding import decide
from pdp.policy_set import PolicySet
from tests.builders import NOON, the_words
from tests.properties.policy_pairs import CATEGORIES, PURPOSES, ROLES, Grid, a_grid, a_pair, requests

ProverMaker = Callable[[WithInvariants], Prover]


def the_prover(stated: WithInvariants) -> Prover:
    """Return what proves."""
    return Prover(stated, the_words())


def an_invariant(random: Random, grid: Grid, policy: PolicySet) -> Invariant:
    """Return an invariant in the words of *grid*, with conditions of *policy*."""

    def some(words: Sequence[str]) -> frozenset[str]:
        return frozenset(random.sample(words, random.randint(1, len(words))))

    names = [name for name in grid.conditions if name in policy.conditions]
    return Invariant(
        name="drawn",
        text=Text("", ""),
        clauses=(),
        claim=random.choice((NEVER, NEVER, NEVER, ALWAYS)),
        words={
            WordKind.ROLE: some(ROLES),
            WordKind.ACTION: some(grid.actions),
            WordKind.CATEGORY: some(CATEGORIES),
            WordKind.PURPOSE: some(PURPOSES),
        },
        alone=random.random() < 0.5,
        unless=random.choice((None, *names)),
        given=random.choice((None, *names)),
        file="",
        line=1,
    )


def is_broken_by(policy: PolicySet, invariant: Invariant, roles: frozenset[str], request: Request) -> bool:
    """Say whether the answer to *request* of a subject that holds *roles* breaks *invariant*."""
    inside = [role in invariant.words[WordKind.ROLE] for role in roles]
    asked = {
        WordKind.ACTION: request.action,
        WordKind.CATEGORY: request.resource.type,
        WordKind.PURPOSE: request.purpose,
    }
    if not (all(inside) if invariant.alone else any(inside)):
        return False
    if any(word not in invariant.words[kind] for kind, word in asked.items()):
        return False
    circumstances = Circumstances(request, (), NOON, policy.hierarchies, policy.granting)
    evaluator = Evaluator(policy.conditions, circumstances)
    if invariant.unless is not None and evaluator.named(invariant.unless).outcome is Outcome.TRUE:
        return False
    if invariant.given is not None and evaluator.named(invariant.given).outcome is not Outcome.TRUE:
        return False
    return decide(policy, request, (), NOON).allowed is (invariant.claim == NEVER)


def mistake_about(policy: PolicySet, invariant: Invariant, grid: Grid, make: ProverMaker = the_prover) -> str | None:
    """Return a request of *grid* that breaks what is proved of *policy*, None when there is none.

    What is not proved has a request that breaks it: the prover asks the policy before it says so.
    """
    if not _holds(policy, invariant, make):
        return None
    return _broken(policy, invariant, grid)


def _holds(policy: PolicySet, invariant: Invariant, make: ProverMaker = the_prover) -> bool:
    return make(WithInvariants(policy, (invariant,), dict(policy.conditions))).proof(invariant).holds


def _broken(policy: PolicySet, invariant: Invariant, grid: Grid) -> str | None:
    named = {name for rule in policy.rules.values() for name in rule.conditions}
    named |= {name for name in (invariant.unless, invariant.given) if name is not None}
    among = invariant.words
    actions = [action for action in grid.actions if action in among[WordKind.ACTION]]
    found = requests(grid.roles, actions, named, among[WordKind.CATEGORY], among[WordKind.PURPOSE])
    for roles, request in found:
        if is_broken_by(policy, invariant, roles, request):
            return f"proved, and broken by {sorted(roles)} {request}: {invariant}"
    return None


def drawn(seed: int) -> tuple[PolicySet, Invariant, Grid]:
    """Return the policy, the invariant and the grid of *seed*."""
    random = Random(seed)
    grid = a_grid(random)
    _, policy = a_pair(random, grid.conditions)
    return policy, an_invariant(random, grid, policy), grid


def main() -> int:
    """Prove many and say how many were wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--proofs", type=int, default=1000)
    asked = parser.parse_args()
    begun, wrong, held = time.process_time(), 0, 0
    for at in range(asked.proofs):
        policy, invariant, grid = drawn(asked.seed * 1_000_000 + at)
        if not _holds(policy, invariant):
            continue
        held += 1
        if found := _broken(policy, invariant, grid):
            wrong += 1
            sys.stdout.write(f"seed {asked.seed * 1_000_000 + at}: {found}\n")
    spent = time.process_time() - begun
    sys.stdout.write(
        f"{asked.proofs} invariants from seed {asked.seed}: {held} hold, {wrong} wrongly, "
        f"{spent:.0f} s of the processor\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
