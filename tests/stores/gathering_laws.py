"""What must hold of gathering: nothing that could matter is left out. Each law takes a way of gathering."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, Final

from pdp.core.errors import InvalidRequestError
from pdp.core.fact_identity import fact_id
from pdp.core.fact_index import FactIndex
from pdp.core.facts import Fact
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency, Request
from pdp.core.stores import FactStore
from pdp.core.survey import Survey
from pdp.core.wanted import ELSEWHERE, MAXIMUM_GATHERED, Wanted, all_wanted
from pdp.decision_point import Checked, DecisionPoint
from pdp.gathering import Wanting
from pdp.policy_set import PolicySet
from pdp_adapters.memory_facts import MemoryFacts
from pdp_adapters.no_decision_log import NoDecisionLog
from tests.builders import KIDSONLINE, POLICIES, AlwaysAt, the_cases, the_policy_set
from tests.stores.writing import entity, fact, role, write

Gathering = Callable[[FactStore], object]
"""Makes the source of facts that a law is about out of a store."""

WORLDS: Final = 60
CASES_IN_A_WORLD: Final = 12
QUESTIONS: Final = 12

OPERATORS: Final = tuple(sorted(path.parent.name for path in POLICIES.glob("*/policy.csv")))
"""The operators with a policy in this repository."""


class Everything:
    """A source that gathers every fact of the store: what all others are measured by."""

    at_once = True

    def __init__(self, facts: Sequence[Fact]) -> None:
        self._facts = tuple(facts)

    def known_empty(self, operator: str, consistency: Consistency) -> StoredFacts | None:
        """Return None: whoever asks has to gather."""
        return None

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return all facts."""
        return StoredFacts(self._facts, "all.1")

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Return all facts."""
        return StoredFacts(self._facts, "all.1")


@cache
def cases(operator: str) -> tuple[Request, ...]:
    """Return the requests of a policy's cases whose facts can be stored side by side."""
    found = []
    for request in (case.request for case in the_cases(operator)):
        ids = [fact_id(operator, fact.kind) for fact in request.facts]
        if len(set(ids)) == len(ids):
            found.append(request)
    return tuple(found)


def as_stored(facts: Iterable[Fact], operator: str) -> list[Fact]:
    """Return contextual facts as a store gives them, one of each identity."""
    return list({(id_ := fact_id(operator, fact.kind)): replace(fact, id=id_, stored=True) for fact in facts}.values())


def filled(store: FactStore, facts: Sequence[Fact], operator: str = KIDSONLINE) -> FactStore:
    """Write *facts*, a few hundred at a time."""
    for at in range(0, len(facts), 300):
        write(store, *facts[at : at + 300], operator=operator)
    return store


@cache
def _point() -> DecisionPoint:
    policies: Mapping[str, PolicySet] = {operator: the_policy_set(operator) for operator in OPERATORS}
    return DecisionPoint(policies, Everything(()), AlwaysAt(), NoDecisionLog())


def point_over(source: object) -> DecisionPoint:
    """Return a decision point over the policies of this repository and *source*."""
    return _point().over(source)  # type: ignore[arg-type]


def asked(source: object, request: Request) -> tuple[object, ...]:
    """Return what becomes of *request* over *source*, but for its words."""
    try:
        decision = point_over(source).check(request)
    except InvalidRequestError as error:
        return tuple((mistake.code, mistake.field) for mistake in error.errors)
    return decision.allowed, decision.cause, decision.obligations, decision.valid_until


def told(decision: Checked) -> tuple[object, ...]:
    """Return what an answer says to a caller, its words included."""
    if isinstance(decision, InvalidRequestError):
        return tuple((mistake.code, mistake.field) for mistake in decision.errors)
    return (
        decision.allowed,
        decision.cause,
        [(reason.rule, reason.clause, reason.message) for reason in decision.reasons],
        decision.obligations,
        decision.valid_until,
    )


def stored_facts_decide_as_sent_ones(gathering: Gathering, operator: str = KIDSONLINE) -> None:
    """A case is answered alike whether its facts come with it or are stored."""
    by_facts: dict[tuple[str, ...], list[Request]] = {}
    for request in cases(operator):
        by_facts.setdefault(tuple(map(repr, request.facts)), []).append(request)
    for requests in by_facts.values():
        source = gathering(filled(MemoryFacts(), as_stored(requests[0].facts, operator), operator))
        for request in requests:
            stored = asked(source, replace(request, facts=()))
            assert stored == asked(Everything(()), request), request


@cache
def stored_worlds(operator: str) -> tuple[tuple[tuple[Fact, ...], tuple[Request, ...]], ...]:
    """Return stores full of the facts of several cases, each with questions out of other cases."""
    chosen = random.Random(7)
    every = cases(operator)
    found = []
    for _ in range(WORLDS):
        sent = [fact for request in chosen.sample(every, CASES_IN_A_WORLD) for fact in request.facts]
        questions = tuple(replace(request, facts=()) for request in chosen.sample(every, QUESTIONS))
        found.append((tuple(as_stored(sent, operator)), questions))
    return tuple(found)


def nothing_that_matters_is_left_out(
    gathering: Gathering,
    operator: str = KIDSONLINE,
    *,
    new_store: Callable[[], FactStore] = MemoryFacts,
    worlds: int = WORLDS,
) -> None:
    """Among many other facts a question is answered as if every fact were looked at."""
    for facts, requests in stored_worlds(operator)[:worlds]:
        source = gathering(filled(new_store(), facts, operator))
        for request in requests:
            assert asked(source, request) == asked(Everything(facts), request), request


def a_batch_is_answered_as_its_items(gathering: Gathering, operator: str = KIDSONLINE) -> None:
    """Each item of a batch is answered as if it were asked alone."""
    for facts, requests in stored_worlds(operator)[:10]:
        point = point_over(gathering(filled(MemoryFacts(), facts, operator)))
        together = point.check_batch(operator, requests, Consistency())
        for request, answer in zip(requests, together, strict=True):
            (alone,) = point.check_batch(operator, [request], Consistency())
            assert told(answer) == told(alone)


PEOPLE: Final = 3
_MANY_ROLES: Final = ELSEWHERE + 8


def held_elsewhere(people: int) -> tuple[list[Fact], list[Request]]:
    """Return facts by which each of some *people* holds more roles elsewhere than are shown, and what each asks."""
    asked_for = next(request for request in cases(KIDSONLINE) if request.subject.type == "user")
    names = [f"user:hoa-{number}" for number in range(people)]
    facts = [role(name, "teacher", f"class:{name[5:]}-{at}") for name in names for at in range(_MANY_ROLES)]
    requests = [replace(asked_for, subject=entity(name), facts=(), subject_properties={}) for name in names]
    return as_stored([fact(each) for each in facts], KIDSONLINE), requests


def what_is_read_together_is_what_is_read_alone(
    gathering: Gathering, *, new_store: Callable[[], FactStore] = MemoryFacts
) -> None:
    """Each question finds the same facts whether others are read for with it or not: the roles elsewhere too."""
    facts, requests = held_elsewhere(PEOPLE)
    source: Any = gathering(filled(new_store(), facts))
    wanting = Wanting({KIDSONLINE: the_policy_set(KIDSONLINE)})
    wanted = [wanting.of(request) for request in requests]
    together = FactIndex(source.gather(KIDSONLINE, all_wanted(wanted), Consistency()).facts)
    for each in wanted:
        alone = {fact.id for fact in source.gather(KIDSONLINE, each, Consistency()).facts}
        assert len(alone) == ELSEWHERE
        assert set(together.gather(each)) == alone


def nobody_is_refused_for_what_others_want(gathering: Gathering) -> None:
    """Questions that together want more facts than may be looked at are answered as each alone."""
    facts, requests = held_elsewhere(1 + MAXIMUM_GATHERED // ELSEWHERE)
    point = point_over(gathering(filled(MemoryFacts(), facts)))
    together = point.check_batch(KIDSONLINE, requests, Consistency())
    for request, answer in zip(requests, together, strict=True):
        (alone,) = point.check_batch(KIDSONLINE, [request], Consistency())
        assert told(answer) == told(alone)
