"""Look-ups: one question for many, complete or an error."""

from dataclasses import replace
from datetime import datetime

from pdp.core.decision import Decision
from pdp.core.entity import Entity
from pdp.core.lookup import Found
from pdp.core.ports import Clock, FactSource
from pdp.core.request import Request, Resource
from pdp.core.survey import EVERYTHING, all_surveyed
from pdp.deciding import decide
from pdp.decision_point.answers import undecided
from pdp.decision_point.surveying import surveyed
from pdp.gathering import check_against_stored
from pdp.lookups import actions_spoken_of, find_resources, find_subjects, survey_of
from pdp.policy_set import PolicySet


def each_action(policy: PolicySet, request: Request) -> list[Request]:
    """Return *request* once for every action that *policy* speaks of."""
    return [replace(request, action=action) for action in actions_spoken_of(policy)]


def actions_as_of(
    facts: FactSource, clock: Clock, policy: PolicySet, request: Request, as_of: datetime
) -> tuple[tuple[str, Decision], ...]:
    """Return the answer to *request* for every action, by the facts of then; raises what `surveyed` raises."""
    requests = each_action(policy, request)
    stored, at = surveyed(facts, clock, request, all_surveyed(survey_of(policy, each) for each in requests), as_of)
    found = []
    for each in requests:
        agreed = check_against_stored(each, stored.facts, at)
        answer = decide(policy, agreed, stored.facts, at)
        found.append((each.action, undecided(policy, agreed, stored, at, answer)))
    return tuple(found)


def subjects(facts: FactSource, clock: Clock, policy: PolicySet, request: Request, as_of: datetime | None) -> Found:
    """Return everybody of the subject's type for whom *request* is allowed; raises what `surveyed` raises."""
    stored, at = surveyed(facts, clock, request, survey_of(policy, request), as_of)
    agreed = check_against_stored(request, stored.facts, at)
    return Found(find_subjects(policy, agreed, stored.facts, at), stored.token, policy.revision)


def resources(
    facts: FactSource,
    clock: Clock,
    policy: PolicySet,
    request: Request,
    candidates: tuple[Resource, ...],
    within: Entity | None,
    as_of: datetime | None,
) -> Found:
    """Return those of *candidates*, or of all that *facts* know of, for which *request* is allowed.

    Raises what `surveyed` raises.
    """
    asked = [replace(request, resource=resource) for resource in candidates]
    survey = all_surveyed(survey_of(policy, each) for each in asked) if asked else EVERYTHING
    stored, at = surveyed(facts, clock, request, survey, as_of)
    agreed = check_against_stored(request, stored.facts, at)
    for number, each in enumerate(asked):
        check_against_stored(replace(each, facts=()), stored.facts, at, f"candidates[{number}]")
    return Found(find_resources(policy, agreed, candidates, within, stored.facts, at), stored.token, policy.revision)
