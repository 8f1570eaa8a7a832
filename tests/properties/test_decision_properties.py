"""Laws of decisions: what must be so whatever is asked."""

import copy
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdp.core.decision import MAXIMUM_BOUNDARIES, Cause, Decision
from pdp.core.entity import Entity
from pdp.core.request import Consistency, Request
from pdp.core.vocabulary import WordKind
from pdp.deciding import decide, valid_until
from tests.builders import (
    AGENT,
    AUNT,
    CHILD,
    FATHER,
    HEAD,
    KIDSONLINE,
    MOTHER,
    NOON,
    OPERATOR,
    SCHOOL,
    Case,
    Edit,
    Json,
    a_condition,
    a_consent,
    a_containment,
    a_decision_point,
    a_family,
    a_policy_set,
    a_publication,
    a_question,
    a_request,
    a_role,
    a_row,
    a_ticket,
    answer,
    policy_lines,
    read,
    registered,
    rules_of,
    the_cases,
    the_policy_set,
    the_words,
)
from tests.properties import condition_worlds, laws
from tests.properties.worlds import REAL, Implementation, Oracle, perturbed

LAWS: Final[tuple[Callable[[Implementation], None], ...]] = (
    laws.answers_as_the_rows_say,
    laws.denies_where_no_rule_allows,
    laws.a_satisfied_deny_wins,
    laws.the_order_of_rows_does_not_matter,
    laws.unknown_counts_as_true_in_a_deny,
    laws.unknown_counts_as_false_in_an_allow,
    laws.an_error_never_allows,
    laws.leaving_out_never_widens,
    laws.one_refusal_stops_every_consent,
    laws.a_refusal_without_a_beginning_stops,
    laws.a_refusal_of_a_part_stops_the_whole,
    laws.a_consent_is_for_the_person_it_names,
    laws.a_grant_is_worth_its_granter,
    laws.one_registration_counts_once,
    laws.nobody_named_is_not_everybody_asked,
    laws.a_term_ends_before_its_last_instant,
)
CHANCE: Final = st.randoms(use_true_random=False)
CASES: Final = [pytest.param(case, id=case.id) for case in the_cases()]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law_holds(law: Callable[[Implementation], None]) -> None:
    """Every law holds of the real implementation."""
    law(REAL)


# --- The rows decide --------------------------------------------------------------------------------------------------

_ORACLE: Final = Oracle()


@given(CHANCE)
@settings(max_examples=500)
def test_an_allow_needs_a_satisfied_allow_row_and_no_deny_row(random: Random) -> None:
    """Whatever is asked, the answer is what the rows say when they are combined by hand."""
    laws.assert_as_the_rows_say(REAL, the_policy_set(), _ORACLE, perturbed(random))


def test_every_region_without_a_row_is_denied() -> None:
    """Where no allow row speaks of an action, a category and a purpose, everybody is denied, whatever they bring."""
    policy, question = the_policy_set(), a_question(facts=[*a_family(), a_role(HEAD, "school_admin", SCHOOL)])
    random = Random(laws.REPEATABLE)
    kinds = (WordKind.ROLE, WordKind.CATEGORY, WordKind.ACTION, WordKind.PURPOSE)
    roles, categories, actions, purposes = (sorted(the_words().vocabulary.words(kind)) for kind in kinds)
    silent = 0
    for _ in range(800):
        request = read(question)
        request = replace(
            request,
            action=random.choice(actions),
            purpose=random.choice(purposes),
            resource=replace(request.resource, type=random.choice(categories)),
            facts=(*request.facts, *read(a_question(facts=[_role_of(random.choice(roles))])).facts),
        )
        opinion = _ORACLE.opinion(request)
        if opinion.cause is Cause.SILENT:
            silent += 1
            assert answer(policy, request).cause is Cause.SILENT
            assert not answer(policy, request).allowed
    assert silent > 300


def test_a_word_that_is_no_word_of_the_rows_is_not_allowed() -> None:
    """An id that looks like a pattern or like `any` is the id of somebody and nothing else."""
    for id_ in ("any", "*", ".*", "%", "?", "lan|hùng", "primary_guardian", "True) or (True"):
        for facts in (None, [], [a_role(f"user:{id_}", "guardian", CHILD)]):
            assert not answer(the_policy_set(), a_request(f"user:{id_}", facts)).allowed


def _role_of(role: str) -> Json:
    held_in = the_words().vocabulary.words(WordKind.ROLE)[role].held_in
    places = {"child": CHILD, "class": "class:lá-1", "school": SCHOOL, "operator": OPERATOR}
    place = next((places[type_] for type_ in held_in if type_ in places), None)
    return a_role(MOTHER, role, place) if place else a_role(MOTHER, "guardian", CHILD)


# --- Nothing is known, nothing is counted twice -----------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_how_facts_and_scopes_are_listed_does_not_matter(case: Case) -> None:
    """Facts in another order, facts said twice and scopes in another order change nothing that a caller sees."""
    policy, request = the_policy_set(), case.request
    resource, facts = request.resource, request.facts
    expected = laws.seen_by_caller(answer(policy, request))
    for other in (
        replace(request, facts=facts[::-1]),
        replace(request, facts=facts * 2),
        replace(request, facts=tuple(sorted(facts, key=str))),
        replace(request, resource=replace(resource, scopes=resource.scopes[::-1])),
        replace(request, resource=replace(resource, scopes=resource.scopes * 2)),
    ):
        assert laws.seen_by_caller(answer(policy, other)) == expected


@pytest.mark.parametrize("case", CASES)
def test_facts_about_others_do_not_matter(case: Case) -> None:
    """What is known about people, children and schools that have nothing to do with the request changes nothing."""
    stranger, their_child, their_school = "user:người-lạ", "child:trẻ-khác", "school:trường-khác"
    others = [
        a_role(stranger, "primary_guardian", their_child),
        a_role("user:thầy-khác", "teacher", "class:lớp-khác"),
        a_role("user:hiệu-trưởng-khác", "school_admin", their_school),
        *registered(stranger, their_child),
        a_consent(stranger, their_child),
        a_consent(stranger, their_child, status="refused", purposes=[], categories=[]),
        a_ticket("user:nhân-viên-khác", stranger, their_child, id="support_ticket:khác"),
        a_containment(their_child, "class:lớp-khác"),
        a_containment("class:lớp-khác", their_school),
        a_containment(their_school, "class:lớp-khác"),
    ]
    more = read({**copy.deepcopy(case.question), "facts": [*copy.deepcopy(case.question["facts"]), *others]})
    policy = the_policy_set()
    assert laws.seen_by_caller(answer(policy, more)) == laws.seen_by_caller(answer(policy, case.request))


@given(CHANCE)
def test_a_role_for_another_child_never_helps(random: Random) -> None:
    """Being the primary guardian of one child, with everything in order, opens nothing of another."""
    request = perturbed(random)
    other = read(a_question(facts=_family_of(str(request.subject), "child:trẻ-khác"))).facts
    if Entity.parse("child:trẻ-khác") in {request.resource.data_subject, *request.resource.scopes}:
        return
    before, after = (
        answer(the_policy_set(), request),
        answer(the_policy_set(), replace(request, facts=request.facts + other)),
    )
    assert after.allowed is before.allowed


def _family_of(subject: str, child: str) -> list[Json]:
    subject = subject if subject.startswith("user:") else MOTHER
    return [a_role(subject, "primary_guardian", child), *registered(subject, child)]


# --- One answer, however it is asked for ------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_explain_agrees_with_check(case: Case) -> None:
    """An explanation shows the decision that check gives: same answer, cause, reasons, obligations and term."""
    point, request = a_decision_point(), case.request
    checked, explained = point.check(request), point.explain(request).decision
    fields = ("allowed", "cause", "reasons", "obligations", "valid_until", "revision", "checked_at", "matched")
    for field in fields:
        assert getattr(checked, field) == getattr(explained, field), field


@given(CHANCE)
@settings(max_examples=75)
def test_explain_and_check_agree_on_anything(random: Random) -> None:
    """Explain answers whatever check answers, and alike, errors included."""
    request = perturbed(random)
    name = random.choice(sorted(the_policy_set().conditions))
    for policy in (the_policy_set(), laws.with_broken_condition(the_policy_set(), name)):
        point = a_decision_point(policy)
        explained, checked = point.explain(request), point.check(request)
        assert _without_ids(explained.decision) == _without_ids(checked)
        assert len(explained.facts) == len(request.facts)


def test_a_batch_answers_as_single_checks_do() -> None:
    """Each item of a batch gets the answer that it gets alone, whatever stands beside it."""
    point = a_decision_point()
    requests = [case.request for case in the_cases()]
    random = Random(laws.REPEATABLE)
    random.shuffle(requests)
    batch = point.check_batch(KIDSONLINE, requests, Consistency())
    assert [_without_ids(found) for found in batch] == [_without_ids(point.check(request)) for request in requests]
    assert len({found.decision_id for found in batch if isinstance(found, Decision)}) == len(requests)


def test_asking_twice_gives_the_same_answer() -> None:
    """The same request gets the same answer again, with all other requests asked in between."""
    point = a_decision_point()
    requests = [case.request for case in the_cases()]
    first = [_without_ids(point.check(request)) for request in requests]
    second = [_without_ids(point.check(request)) for request in reversed(requests)][::-1]
    assert first == second


def _without_ids(decision: Any) -> Any:
    return replace(decision, decision_id="", request_id="")


# --- Time -------------------------------------------------------------------------------------------------------------

_BEGINS: Final = st.sampled_from((None, -48, -1, 0, 1, 2, 24))
_LASTS: Final = st.sampled_from((None, 1, 2, 3, 47, 49, 72))


def _terms(count: int) -> st.SearchStrategy[list[tuple[int | None, int | None]]]:
    return st.lists(st.tuples(_BEGINS, _LASTS), min_size=count, max_size=count)


def _with_terms(facts: list[Json], terms: list[tuple[int | None, int | None]]) -> list[Json]:
    """Give each fact a term in hours from noon: when it begins, and how long it lasts."""
    found = []
    for fact, (begins, lasts) in zip(facts, terms, strict=True):
        term = {} if begins is None else {"valid_from": (NOON + timedelta(hours=begins)).isoformat()}
        if lasts is not None:
            term["valid_until"] = (NOON + timedelta(hours=(begins or 0) + lasts)).isoformat()
        found.append(fact | term)
    return found


def _assert_right(request: Request, policy: Any = None) -> None:
    policy = policy or the_policy_set()
    for start in (NOON, NOON + timedelta(hours=1)):
        now = decide(policy, request, (), start)
        laws.assert_valid_until_is_right(policy, request, valid_until(policy, request, (), start, now), start)


@given(_terms(5), st.booleans())
def test_valid_until_is_right_for_a_family(terms: list[tuple[int | None, int | None]], as_aunt: bool) -> None:
    """The answer about a family is the same just before valid_until and another at it; unset, it never changes."""
    roles = [a_role(MOTHER, "primary_guardian", CHILD), a_role(AUNT, "family_member", CHILD, MOTHER)]
    who = AUNT if as_aunt else MOTHER
    containment = a_containment(CHILD, "class:lá-1")
    _assert_right(a_request(who, _with_terms([*roles, *registered(who), containment], terms)))


@given(_terms(5))
def test_valid_until_is_right_for_consents(terms: list[tuple[int | None, int | None]]) -> None:
    """The answer to a publication changes at valid_until and not before, whatever consents and refusals come and go."""
    said = [a_consent(MOTHER), a_consent(MOTHER, status="withdrawn"), a_consent(FATHER, status="refused")]
    roles = [a_role(HEAD, "school_admin", SCHOOL), a_role(FATHER, "primary_guardian", CHILD)]
    others = [a_role(MOTHER, "primary_guardian", CHILD)]
    _assert_right(read(a_publication([*others, *_with_terms([*said, *roles], terms)])))


@pytest.mark.parametrize("minutes", [1, 30, 60 * 24])
def test_valid_until_sees_comparisons_with_the_time(minutes: int) -> None:
    """An answer that rests on the age of something ends when that age is reached, to the microsecond."""
    when = f"now is before {minutes} minutes after context.session_started_at"
    policy = a_policy_set(
        a_condition("fresh_session", when),
        Edit(
            "policy.csv",
            "family_follow_up, registered_at_the_school",
            "family_follow_up, fresh_session and registered_at_the_school",
        ),
    )
    request = a_request(context={"session_started_at": NOON.isoformat()})

    found = decide(policy, request, (), NOON)

    assert found.allowed
    assert valid_until(policy, request, (), NOON, found) == NOON + timedelta(minutes=minutes)


def test_valid_until_sees_what_will_be_left_out() -> None:
    """What has to be left out of a record is part of the answer: its change by time ends the answer."""
    policy = a_policy_set(
        a_condition("long_session", "now is not before 30 minutes after context.session_started_at"),
        Edit(
            "policy.csv",
            "support_staff, any, child_photo, customer_support, always",
            "support_staff, any, child_photo, customer_support, long_session",
        ),
    )
    request = _agent_reads("child_data", session_started_at=NOON.isoformat())

    found = decide(policy, request, (), NOON)

    assert valid_until(policy, request, (), NOON, found) == NOON + timedelta(minutes=30)
    assert _left_out(decide(policy, request, (), NOON)) == ["child_video"]
    assert _left_out(decide(policy, request, (), NOON + timedelta(minutes=30))) == ["child_photo", "child_video"]


def test_valid_until_is_set_for_an_error_that_passes() -> None:
    """A deny because containments go round ends when the last of them that does so ends."""
    circle = [
        a_containment(CHILD, "class:lá-1"),
        a_containment("class:lá-1", CHILD, valid_until="2026-10-06T06:00:00Z"),
    ]
    request = a_request(facts=[*a_family(), *circle])

    found = decide(the_policy_set(), request, (), NOON)

    assert found.cause is Cause.ERROR
    assert valid_until(the_policy_set(), request, (), NOON, found) == NOON + timedelta(hours=1)


def test_valid_until_is_early_rather_than_late() -> None:
    """With more instants than are tried, the term is too short and never too long."""
    count = MAXIMUM_BOUNDARIES + 8
    terms = [(None, hours) for hours in range(1, count)]
    unrelated = [a_role("user:khách", "family_member", f"child:t-{at}") for at in range(1, count)]
    last = [(None, count + 1)]
    facts = _with_terms([*unrelated, a_role(MOTHER, "primary_guardian", CHILD)], [*terms, *last])
    request = a_request(facts=[*facts, *registered(MOTHER)])

    found = decide(the_policy_set(), request, (), NOON)
    until = valid_until(the_policy_set(), request, (), NOON, found)

    assert found.allowed
    assert until == NOON + timedelta(hours=MAXIMUM_BOUNDARIES + 1)


def test_valid_until_is_unset_when_time_changes_nothing() -> None:
    """Facts without terms, and terms of facts that do not matter, leave the answer without an end."""
    elsewhere = a_role("user:khách", "family_member", "child:khác", valid_until="2026-10-07T00:00:00Z")
    for request in (a_request(), a_request(facts=[*a_family(), elsewhere]), a_request("user:khách", [elsewhere])):
        found = decide(the_policy_set(), request, (), NOON)
        assert valid_until(the_policy_set(), request, (), NOON, found) is None


# --- The broad and the narrow -----------------------------------------------------------------------------------------


def _agent_reads(category: str, **context: str) -> Request:
    facts = [a_role(AGENT, "support_staff", OPERATOR), a_role(MOTHER, "primary_guardian", CHILD), a_ticket()]
    question = a_question(AGENT, facts, purpose="customer_support", context={"necessary": True, **context})
    question["subject"]["properties"] = {"product": KIDSONLINE}
    question["resource"]["type"] = category
    return read(question)


def _left_out(found: Any) -> list[str]:
    return [word for o in found.obligations if o.id == "leave_out" for word in o.parameters["categories"]]


def test_a_broad_record_is_given_without_what_is_denied_of_it() -> None:
    """Support reads a child's record on a good ticket without its photos and videos."""
    found = answer(the_policy_set(), _agent_reads("child_data"))

    assert found.allowed
    (kept_back,) = (obligation for obligation in found.obligations if obligation.id == "leave_out")
    assert kept_back.parameters == {"categories": ["child_photo", "child_video"]}
    assert kept_back.clause == "KIDS-2.2"
    assert kept_back.before


@pytest.mark.parametrize("category", ["child_photo", "child_video"])
def test_what_would_be_left_out_is_denied_alone(category: str) -> None:
    """What an allow for the broad record leaves out is denied when it is asked for by its own name."""
    assert rules_of(answer(the_policy_set(), _agent_reads(category))) == [f"support-sees-no-{category[6:]}"]


def test_a_narrow_record_leaves_nothing_out() -> None:
    """A category with nothing narrower that is denied carries no such obligation."""
    found = answer(the_policy_set(), _agent_reads("child_activity"))

    assert found.allowed
    assert _left_out(found) == []


def test_a_broad_record_of_which_nothing_is_left_is_denied() -> None:
    """Where deny rows keep back all that lies in a record, the record is denied, by those rows."""
    region = "support_staff, any, {}, customer_support"
    more = [
        a_row(f"no-{word.split('_')[1]}", "deny", region.format(word)) for word in ("child_activity", "family_access")
    ]

    found = answer(a_policy_set(*more), _agent_reads("child_data"))

    assert (found.allowed, found.cause) == (False, Cause.RULE)
    assert rules_of(found) == [
        "no-access",
        "no-activity",
        "support-sees-no-photo",
        "support-sees-no-video",
    ]


def test_one_part_that_is_not_denied_is_left() -> None:
    """Where deny rows keep back all but one part of a record, the rest is left out and the answer is allow."""
    more = a_row("no-activity", "deny", "support_staff, any, child_activity, customer_support")

    found = answer(a_policy_set(more), _agent_reads("child_data"))

    assert found.allowed
    assert sorted(_left_out(found)) == ["child_activity", "child_photo", "child_video"]


def test_a_deny_row_for_every_category_is_asked_for_the_narrow_ones() -> None:
    """A deny row for `any` category that applies only to a narrower one keeps that one back."""
    consent = "consent from primary_guardian where (its form is verbal)"
    policy = a_policy_set(
        a_condition("spoken_to_the_guardian", consent),
        a_row("spoken", "deny", "support_staff, any, any, any", "spoken_to_the_guardian"),
    )
    said = a_consent(form="verbal", purposes=["customer_support"], categories=["child_activity"])
    request = _agent_reads("child_data")
    request = replace(request, facts=(*request.facts, *read(a_question(facts=[said])).facts))

    assert sorted(_left_out(answer(policy, request))) == ["child_activity", "child_photo", "child_video"]


def test_an_error_about_a_part_denies_the_whole() -> None:
    """When it cannot be said whether a part of a record has to stay back, the record is denied for the error."""
    rows = (
        a_condition("in_the_clear", "resource.encrypted is no"),
        Edit(
            "policy.csv",
            "support_staff, any, child_photo, customer_support, always",
            "support_staff, any, child_photo, customer_support, in_the_clear",
        ),
    )
    policy = laws.with_broken_condition(a_policy_set(*rows), "in_the_clear")

    found = answer(policy, _agent_reads("child_data"))

    assert (found.allowed, found.cause) == (False, Cause.ERROR)


# --- Bounds -----------------------------------------------------------------------------------------------------------


def _in_a_circle(*entities: str) -> list[Json]:
    return [a_containment(inner, outer) for inner, outer in itertools.pairwise([*entities, entities[0]])]


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(_in_a_circle(CHILD, "class:lá-1"), id="the child"),
        pytest.param(_in_a_circle("child_photo:ảnh-1", "class:ảnh"), id="the resource"),
        pytest.param(
            [a_containment(f"class:{n}", f"class:{n + 1}") for n in range(40)] + [a_containment(CHILD, "class:0")],
            id="too far",
        ),
    ],
)
def test_containments_without_end_deny_for_the_error(facts: list[Json]) -> None:
    """Containments that go round, or further than the bounds, are a deny with the cause ERROR, explained too."""
    request = a_request(facts=[*a_family(), *facts])
    point = a_decision_point()

    assert (point.check(request).allowed, point.check(request).cause) == (False, Cause.ERROR)
    assert point.explain(request).decision.cause is Cause.ERROR


def test_a_circle_around_a_part_denies_the_whole() -> None:
    """A circle that only a narrower category of the same record lies in is an error of the whole answer."""
    request = _agent_reads("child_data")
    circle = read(a_question(facts=_in_a_circle(f"child_photo:{request.resource.id}", "class:ảnh"))).facts

    found = answer(the_policy_set(), replace(request, facts=request.facts + circle))

    assert (found.allowed, found.cause) == (False, Cause.ERROR)


def test_a_circle_around_somebody_pictured_can_be_explained() -> None:
    """A circle that the rows need not look at changes no answer and keeps no explanation away."""
    circle = _in_a_circle("child:an", "class:an")
    other = a_role("user:khách", "family_member", "child:an", granted_by="user:ai-đó")
    request = a_request(facts=[*a_family(), *circle, other], resource={"properties": {"pictured": ["child:an"]}})

    explained = a_decision_point().explain(request)

    assert explained.decision.allowed
    assert len(explained.facts) == len(request.facts)


def test_tangled_grants_are_decided_quickly() -> None:
    """Roles that their holders grant one another in every direction, with nobody entitled, deny; in no time."""
    entry = "school_admin:\n  by: [school_admin]\n  required: yes\n  clause: KIDS-2.2\n\nteacher:"
    policy = a_policy_set(Edit("granting.yaml", "teacher:", entry))
    people = [f"user:n-{at}" for at in range(8)]
    grants = [a_role(one, "school_admin", SCHOOL, by) for one, by in itertools.permutations(people, 2)]

    found = answer(policy, a_request(people[0], grants, purpose="education"))

    assert (len(grants), found.allowed) == (56, False)


def test_the_rows_of_the_real_policy_are_read() -> None:
    """The second opinion is about the policy that is served: it has the rows that the policy set has."""
    lines = (*policy_lines(), *policy_lines(folder="house"))
    ids = {line.split(",")[1].strip() for line in lines if line.startswith("p,")}
    assert ids == set(the_policy_set().rules)


# --- Many threads -----------------------------------------------------------------------------------------------------


def test_many_threads_get_the_answers_of_one() -> None:
    """Eight threads that ask a policy set nobody has asked before get the answers that one thread gets."""
    requests = [case.request for case in the_cases()]
    expected = [laws.seen_by_caller(answer(the_policy_set(), request)) for request in requests]
    fresh = replace(the_policy_set())

    def ask(seed: int) -> list[tuple[object, ...]]:
        order = list(range(len(requests)))
        Random(seed).shuffle(order)
        found = {at: laws.seen_by_caller(answer(fresh, requests[at])) for at in order}
        return [found[at] for at in range(len(requests))]

    with ThreadPoolExecutor(8) as pool:
        assert all(found == expected for found in pool.map(ask, range(8)))


# --- Roles ------------------------------------------------------------------------------------------------------------


def test_the_roles_that_count_are_those_of_which_nothing_is_said_against() -> None:
    """For everybody named in made-up facts, what counts at once is what counts when each role fact is explained."""
    random, counted, uncounted = Random(laws.REPEATABLE), 0, 0
    for _ in range(400):
        for operator in condition_worlds.OPERATORS:
            given = condition_worlds.circumstances(condition_worlds.the_world(operator), random)
            subjects = {role.subject for _, role in given._role_facts}
            for subject in subjects:
                for person in (None, *given.people):
                    explained = given.assignments_of(subject, person)
                    held = [found.role for found in explained if found.why_not is None]
                    assert given._counting(subject, person) == held
                    counted += len(held)
                    uncounted += len(explained) - len(held)
    assert counted > 500
    assert uncounted > 500
