"""What must hold of every look-up, on random worlds; and the worlds."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from random import Random
from typing import Final

from pdp.core.containment import Containers
from pdp.core.decision import Outcome
from pdp.core.entity import Entity
from pdp.core.facts import Fact
from pdp.core.lookup import Certainty, Match
from pdp.core.request import Request
from pdp.core.survey import Survey
from pdp.deciding import decide
from pdp.lookups import find_resources, find_subjects, survey_of
from pdp.lookups.naming import named
from pdp.lookups.resources import known_resources
from pdp.lookups.subjects import NOT_EXCEPTED
from pdp.policy_set import PolicySet
from tests.builders import (
    CHILD,
    CLASS,
    MOTHER,
    NOON,
    SCHOOL,
    Json,
    a_containment,
    a_family,
    a_request,
    droppable,
    read_if_valid,
    the_cases,
    the_policy_set,
    without,
)
from tests.stored_facts import surveyed

OPERATORS: Final = ("kidsonline", "welearning", "kiotviet", "homeid", "onmeeting")
FAMILY: Final = -1
"""The seed of one world that is no chance: a family whose child lies in a class, which lies in a school."""

WORLDS: Final = (FAMILY, *range(200))
"""The seeds of the worlds that every law is tried on."""

STRANGER: Final = "nobody-names-this-one"
NEVER_KNOWN: Final = ("authenticated", "authentication_method", "transport_encrypted", "special_case")
"""Circumstances whose absence stands for nothing: without them a condition about them is unknown."""


@dataclass(frozen=True)
class World:
    """A question to an operator, of whose facts some are stored and the others come with it."""

    policy: PolicySet
    request: Request
    stored: tuple[Fact, ...]

    def allows(self, request: Request) -> bool:
        """Say whether Check allows *request*, knowing everything that is stored."""
        return decide(self.policy, request, self.stored, self.at).allowed

    @property
    def at(self) -> datetime:
        """Return when it is asked."""
        return self.request.time or NOON

    def by(self, subject: Entity) -> Request:
        """Return the question as *subject*, of whom nothing else is said, would ask it."""
        return replace(self.request, subject=subject, subject_properties={})

    @property
    def subjects(self) -> list[Entity]:
        """Return everybody of the subject's type whom anything names, and a stranger."""
        type_ = self.request.subject.type
        known = {entity for entity in named(self.policy, self.request, self.stored) if entity.type == type_}
        return [*sorted(known), Entity(type_, STRANGER)]


Find = Callable[[PolicySet, Request, tuple[Fact, ...]], tuple[Match, ...]]


@dataclass(frozen=True)
class Finder:
    """One way to look subjects up: what is asked of a store, what the store finds, and who is found."""

    name: str
    find: Find = lambda policy, request, stored: find_subjects(policy, request, stored, request.time or NOON)
    survey: Callable[[PolicySet, Request], Survey] = survey_of
    store: Callable[[tuple[Fact, ...], Survey], list[Fact]] = surveyed

    def subjects(self, world: World, request: Request | None = None) -> tuple[Match, ...]:
        """Return the matches in *world*, or of another *request* there."""
        asked = request or world.request
        stored = tuple(self.store(world.stored, self.survey(world.policy, asked)))
        return self.find(world.policy, asked, stored)


REAL: Final = Finder("the real one")


@lru_cache(maxsize=512)
def a_world(seed: int) -> World:
    """Return the world of *seed*: some case with facts of others, and with less than it had."""
    if seed == FAMILY:
        return _a_family_in_a_school()
    random = Random(seed)
    while True:
        operator = random.choice(OPERATORS)
        cases = the_cases(operator)
        question: Json = copy.deepcopy(random.choice(cases).question)
        question.setdefault("facts", [])
        for _ in range(random.randint(0, 3)):
            question["facts"] += copy.deepcopy(random.choice(cases).question.get("facts", []))
        paths = [path for path in droppable(question) if path[0] != "facts" or len(path) > 2]
        if paths and random.random() < 0.5:
            question = without(question, [random.choice(paths)])
        if random.random() < 0.3:
            question["action"]["name"] = random.choice(cases).question["action"]["name"]
        if random.random() < 0.3:
            question["subject"] = copy.deepcopy(random.choice(cases).question["subject"])
        if random.random() < 0.3:
            _put_into_a_container(question)
        request = read_if_valid(question)
        if request is None:
            continue
        stored = tuple(fact for fact in request.facts if random.random() < 0.5)
        own = tuple(fact for fact in request.facts if fact not in stored)
        return World(the_policy_set(operator), replace(request, facts=own), stored)


def _a_family_in_a_school() -> World:
    facts = [*a_family(), a_containment(CHILD, CLASS), a_containment(CLASS, SCHOOL)]
    request = a_request(MOTHER, facts, resource={"scopes": []})
    return World(the_policy_set(), replace(request, facts=()), request.facts)


def _put_into_a_container(question: Json) -> None:
    """Say by a fact, and no longer by the question, what the data about somebody lies in."""
    person, scopes = question["resource"].get("data_subject"), question["resource"].get("scopes", [])
    if person and scopes and person not in scopes:
        question["resource"]["scopes"] = []
        question["facts"] += [
            {"containment": {"entity": person, "container": scope}} for scope in dict.fromkeys(scopes)
        ]


def certain_for(matches: tuple[Match, ...], subject: Entity) -> bool:
    """Say whether *matches* promise that *subject* may."""
    if any(match.entity == subject and match.certainty is Certainty.CERTAIN for match in matches):
        return True
    return any(
        match.everyone
        and all(_is_not_excepted(condition.name, condition.message.en, subject) for condition in match.conditions)
        for match in matches
    )


def possible_for(matches: tuple[Match, ...], subject: Entity) -> bool:
    """Say whether *subject* is among *matches* at all."""
    if any(match.entity == subject for match in matches):
        return True
    return any(
        match.everyone
        and not any(
            condition.name == NOT_EXCEPTED and f"`{subject}`" in condition.message.en for condition in match.conditions
        )
        for match in matches
    )


def _is_not_excepted(name: str, message: str, subject: Entity) -> bool:
    return name == NOT_EXCEPTED and f"`{subject}`" not in message


def subjects_equal_check(finder: Finder) -> None:
    """Each certain match is allowed by Check, and everybody whom Check allows is a certain match."""
    for seed in WORLDS:
        world = a_world(seed)
        matches = finder.subjects(world)
        for subject in world.subjects:
            assert certain_for(matches, subject) is world.allows(world.by(subject)), f"world {seed}: {subject}"


def what_is_left_open_is_if(finder: Finder) -> None:
    """Whoever may when more is known is found when less is known: as certain, or if something holds."""
    for seed in WORLDS:
        world, random = a_world(seed), Random(seed)
        dropped = random.sample(NEVER_KNOWN, random.randint(1, len(NEVER_KNOWN)))
        left = {key: value for key, value in world.request.context.items() if key not in dropped}
        matches = finder.subjects(world, replace(world.request, context=left))
        for subject in world.subjects:
            if world.allows(world.by(subject)):
                assert possible_for(matches, subject), f"world {seed}: {subject}"


def an_if_depends_on_something_unknown(finder: Finder) -> None:
    """An uncertain match names what it depends on, all of it unknown; a certain one depends on nothing."""
    for seed in WORLDS:
        for match in finder.subjects(a_world(seed)):
            assert bool(match.conditions) is (match.certainty is Certainty.IF)
            assert all(condition.outcome is Outcome.UNKNOWN for condition in match.conditions)
            assert match.reasons
            assert all(reason.clause for reason in match.reasons)


def resources_equal_check(find: Callable[..., tuple[Match, ...]] = find_resources) -> None:
    """Of candidates those are certain that Check allows, and no others."""
    for seed in WORLDS:
        world, random = a_world(seed), Random(seed)
        asked = world.request.resource
        people = random.sample(world.subjects, min(3, len(world.subjects)))
        candidates = [asked]
        for at, entity in enumerate(people):
            candidates.append(replace(asked, id=f"r-{at}", data_subject=entity))
            candidates.append(replace(asked, id=f"s-{at}", data_subject=entity, scopes=asked.scopes[:1]))
        candidates.append(replace(asked, id="like-the-first"))
        matches = find(world.policy, world.request, tuple(candidates), None, world.stored, world.at)
        certain = {match.entity for match in matches if match.certainty is Certainty.CERTAIN}
        for candidate in candidates:
            allowed = world.allows(replace(world.request, resource=candidate))
            assert (candidate.entity in certain) is allowed, f"world {seed}: {candidate}"


def known_resources_equal_check() -> int:
    """Whatever the facts name is found exactly when Check allows it; return how many were."""
    found = 0
    for seed in WORLDS:
        world = a_world(seed)
        facts = (*world.stored, *world.request.facts)
        known = known_resources(world.policy, world.request, facts, Containers(facts, world.at))
        matches = find_resources(world.policy, world.request, (), None, world.stored, world.at)
        certain = {match.entity for match in matches if match.certainty is Certainty.CERTAIN}
        for entity, resource in known:
            allowed = world.allows(replace(world.request, resource=resource))
            assert (entity in certain) is allowed, f"world {seed}: {entity}"
        found += len(certain)
    return found
