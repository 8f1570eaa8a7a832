"""Which changes of a policy no case would notice."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pdp.cases.case import Case
from pdp.cases.mutants import Mutant, mutants_of
from pdp.cases.outcome import Outcome, problems_of
from pdp.conditions import Evaluation
from pdp.core.circumstances import Circumstances
from pdp.core.facts import Fact
from pdp.core.policy import Region
from pdp.core.request import Request
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.deciding import Answer
from pdp.deciding.judging import Judging
from pdp.policy_set import PolicySet


@dataclass(frozen=True, slots=True)
class Survivor:
    """A change that is known to go unnoticed, and the reason why that is right."""

    rule: str
    change: str
    reason: Text


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of *mutant*: the *case* that notices it, or *refused* by the loader, or neither."""

    mutant: Mutant
    case: str = ""
    refused: bool = False

    @property
    def noticed(self) -> bool:
        """Say whether the change could not go live unseen."""
        return self.refused or bool(self.case)


@dataclass(frozen=True, slots=True)
class Mutation:
    """How every change of an operator's policy that was tried came out."""

    operator: str
    verdicts: tuple[Verdict, ...]

    @property
    def unnoticed(self) -> tuple[Mutant, ...]:
        """Return the changes that nothing notices."""
        return tuple(verdict.mutant for verdict in self.verdicts if not verdict.noticed)

    @property
    def score(self) -> float:
        """Return the share of changes noticed, in percent; 100 of none at all."""
        return 100 * (1 - len(self.unnoticed) / len(self.verdicts)) if self.verdicts else 100.0

    def explained(self, survivors: Iterable[Survivor]) -> tuple[Mutant, ...]:
        """Return the unnoticed changes for which *survivors* give a reason."""
        known = {(survivor.rule, survivor.change) for survivor in survivors}
        return tuple(mutant for mutant in self.unnoticed if (mutant.before.id, mutant.change) in known)


def mutation_of(
    policy: PolicySet,
    outcomes: Iterable[Outcome],
    now: datetime,
    is_refused: Callable[[Mutant], bool],
    *,
    sentences: bool,
    mutants: Iterable[Mutant] | None = None,
) -> Mutation:
    """Try every change of *policy*, or each of *mutants*, against the cases of *outcomes* that passed.

    *is_refused* says whether the loader would refuse a change; it is asked only for those that no case notices. *now*
    and *sentences* are those that the cases were run with.
    """
    trial = Trial(policy, outcomes, now, sentences=sentences)
    found = []
    for mutant in mutants_of(policy) if mutants is None else mutants:
        case = trial.noticing(mutant)
        found.append(Verdict(mutant, case, refused=not case and is_refused(mutant)))
    return Mutation(policy.operator, tuple(found))


class _Remembering(Judging):
    """Answers requests by what was gathered for them before: a change of a rule changes no fact and no condition."""

    def __init__(self) -> None:
        self._gathered: dict[int, Circumstances] = {}
        self._evaluated: dict[int, Evaluation] = {}

    def gather(self, policy: PolicySet, request: Request, stored: tuple[Fact, ...], instant: datetime) -> Circumstances:
        """Return the circumstances of *request*, gathered once."""
        key = id(request)
        if key not in self._gathered:
            self._gathered[key] = super().gather(policy, request, stored, instant)
        return self._gathered[key]

    def evaluation(self, policy: PolicySet, circumstances: Circumstances) -> Evaluation:
        """Return the conditions as they came out in *circumstances*, each evaluated once."""
        key = id(circumstances)
        if key not in self._evaluated:
            self._evaluated[key] = super().evaluation(policy, circumstances)
        return self._evaluated[key]


class Trial:
    """The passing cases of one policy, found by what a rule speaks of."""

    def __init__(self, policy: PolicySet, outcomes: Iterable[Outcome], now: datetime, *, sentences: bool) -> None:
        self._policy = policy
        self._now = now
        self._sentences = sentences
        self._judging = _Remembering()
        self._cases: dict[tuple[str, str], list[_Asking]] = defaultdict(list)
        for outcome in outcomes:
            self.add(outcome)

    def add(self, outcome: Outcome) -> None:
        """Let *outcome* notice changes, if it passed and is of this operator."""
        case, answer = outcome.case, outcome.answer
        # A case that fails notices nothing: it would call every change noticed.
        if not outcome.passed or case.request is None or case.request.operator != self._policy.operator:
            return
        roles = frozenset[str]()
        if isinstance(answer, Answer) and answer.judgement is not None:
            roles = answer.judgement.circumstances.roles
        self._cases[case.request.action, case.request.purpose].append(_Asking(case, case.request, roles))

    def answer(self, policy: PolicySet, request: Request) -> Answer:
        """Return the answer of *policy*, the one of this trial or a change of it."""
        return self._judging.decide(policy, request, (), request.time or self._now)

    def noticing(self, mutant: Mutant) -> str:
        """Return the id of a case that *mutant* fails, "" when there is none.

        Those that one form of the rule speaks of are asked first.
        """
        policy = mutant.of(self._policy)
        regions = [rule.region for rule in (mutant.before, mutant.after) if rule is not None]
        for asking in sorted(self._touched(regions), key=lambda found: not self._is_within(found, regions)):
            answer = self.answer(policy, asking.request)
            if problems_of(asking.case, answer, sentences=self._sentences):
                return asking.case.id
        return ""

    def _touched(self, regions: Sequence[Region]) -> Iterable["_Asking"]:
        """Yield the cases whose answer could change: a rule says nothing where its action or purpose is another."""
        covers = self._policy.hierarchies.covers
        for (action, purpose), cases in self._cases.items():
            if any(
                covers(WordKind.ACTION, region.action, action) and covers(WordKind.PURPOSE, region.purpose, purpose)
                for region in regions
            ):
                yield from cases

    def _is_within(self, asking: "_Asking", regions: Sequence[Region]) -> bool:
        hierarchies, request = self._policy.hierarchies, asking.request
        return any(
            hierarchies.covers_region(region, request.action, request.resource.type, request.purpose)
            and hierarchies.covers_role(region, asking.roles)
            for region in regions
        )


@dataclass(frozen=True, slots=True)
class _Asking:
    """A case that passed, its request, and the roles that count in it."""

    case: Case
    request: Request
    roles: frozenset[str]
