"""Look-ups over the wire: what they answer, page by page, and what they refuse."""

from typing import Any

import grpc
import pytest

from pdp.api.v1 import decision_pb2, request_pb2
from pdp.core.lookup import Certainty
from pdp.decision_point import DecisionPoint
from pdp.wire.codes import Code
from pdp.wire.json_form import check_request_from_dict
from tests.builders import (
    AUNT,
    CHILD,
    CLASS,
    FATHER,
    FRIEND,
    MOTHER,
    SCHOOL,
    a_containment,
    a_decision_point,
    a_family,
    a_question,
    a_request,
)
from tests.system.running import DECISIONS, Answer, ask, refusal

Ask = decision_pb2.CheckRequest


def subjects_request(asked: Ask, **changes: Any) -> decision_pb2.LookupSubjectsRequest:
    """Return the look-up of everybody who may do what *asked* asks."""
    message = decision_pb2.LookupSubjectsRequest(
        operator=asked.operator,
        subject_type=asked.subject.type,
        action=asked.action,
        resource=asked.resource,
        purpose=asked.purpose,
        context=asked.context,
        facts=asked.facts,
    )
    message.MergeFrom(decision_pb2.LookupSubjectsRequest(**changes))
    return message


def actions_request(asked: Ask) -> decision_pb2.LookupActionsRequest:
    """Return the look-up of everything that the subject of *asked* may do to its resource."""
    return decision_pb2.LookupActionsRequest(
        operator=asked.operator,
        subject=asked.subject,
        resource=asked.resource,
        purpose=asked.purpose,
        context=asked.context,
        facts=asked.facts,
    )


def resources_request(asked: Ask, **changes: Any) -> decision_pb2.LookupResourcesRequest:
    """Return the look-up of everything to which the subject of *asked* may do that."""
    message = decision_pb2.LookupResourcesRequest(
        operator=asked.operator,
        subject=asked.subject,
        action=asked.action,
        category=asked.resource.type,
        purpose=asked.purpose,
        context=asked.context,
        facts=asked.facts,
    )
    message.MergeFrom(decision_pb2.LookupResourcesRequest(**changes))
    return message


def streamed(channel: grpc.Channel, name: str, response: Any, message: Any) -> list[Any]:
    """Return the messages of the look-up called *name*."""
    connection: Any = channel
    bodies = connection.unary_stream(f"{DECISIONS}/{name}")(message.SerializeToString(), timeout=30)
    return [response.FromString(body) for body in bodies]


def subjects(channel: grpc.Channel, message: decision_pb2.LookupSubjectsRequest) -> list[Any]:
    """Return the messages of a look-up of subjects."""
    return streamed(channel, "LookupSubjects", decision_pb2.LookupSubjectsResponse, message)


def refused(channel: grpc.Channel, name: str, message: Any) -> Answer:
    """Return the refusal of a look-up."""
    with pytest.raises(grpc.RpcError) as raised:
        streamed(channel, name, decision_pb2.LookupSubjectsResponse, message)
    return refusal(raised.value)


@pytest.fixture
def family() -> Ask:
    """Return the question of the mother, everything being in order."""
    return check_request_from_dict(a_question())


def test_the_family_may_see_the_photo_and_by_which_sentence(channel: grpc.Channel, family: Ask) -> None:
    """The guardians and the aunt are found, certainly, each by a published sentence; the look-up is complete."""
    *found, last = subjects(channel, subjects_request(family))

    assert [each.match.entity for each in found] == sorted([MOTHER, FATHER, AUNT])
    assert {each.match.certainty for each in found} == {"certain"}
    assert all(each.match.reasons[0].clause.startswith("KIDS-") for each in found)
    assert last.end.complete
    assert not last.end.next_page_token
    assert last.end.revision
    assert last.end.checked_at


def test_what_nobody_said_is_a_condition(channel: grpc.Channel, family: Ask) -> None:
    """Without the sign-in everybody in the family may only if it was checked, and the condition says so."""
    family.context.ClearField("authenticated")

    *found, _ = subjects(channel, subjects_request(family))

    assert [each.match.entity for each in found] == sorted([MOTHER, FATHER, AUNT])
    assert {each.match.certainty for each in found} == {"if"}
    for each in found:
        assert any("context.authenticated" in condition.missing for condition in each.match.conditions)
        assert all(condition.message["vi"] and condition.message["en"] for condition in each.match.conditions)


def test_pages_together_are_the_whole(channel: grpc.Channel, family: Ask) -> None:
    """Page by page the same matches come as at once, each once; only the last page is complete."""
    whole = [each.match for each in subjects(channel, subjects_request(family))[:-1]]
    paged, ends, token = [], [], ""
    for _ in range(len(whole) + 1):
        *found, last = subjects(channel, subjects_request(family, page_size=2, page_token=token))
        paged += [each.match for each in found]
        ends.append(last.end.complete)
        token = last.end.next_page_token
        if not token:
            break

    assert paged == whole
    assert ends == [False, True]


@pytest.mark.parametrize("token", ["nonsense", "AAAA", "ẩn", "A" * 27, ""])
def test_a_page_token_of_nothing_is_refused(channel: grpc.Channel, family: Ask, token: str) -> None:
    """What is no page token is no beginning either; the empty one is the beginning."""
    message = subjects_request(family, page_size=1, page_token=token)
    if token:
        answer = refused(channel, "LookupSubjects", message)
        assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
        assert [error.code for error in answer.errors] == [Code.MALFORMED_TOKEN]
    else:
        assert len(subjects(channel, message)) == 2


def test_a_page_token_ends_when_what_is_found_changes(channel: grpc.Channel, family: Ask) -> None:
    """Pages of two different answers are never put together: the next page of another family is refused."""
    token = subjects(channel, subjects_request(family, page_size=1))[-1].end.next_page_token
    assert token
    del family.facts[2]

    answer = refused(channel, "LookupSubjects", subjects_request(family, page_size=1, page_token=token))

    assert [error.field for error in answer.errors] == ["page_token"]


def test_every_mistake_is_told_where_it_stands(channel: grpc.Channel, family: Ask) -> None:
    """Paths are those of the look-up and not of the question that it is read through."""
    family.subject.type = "Người"
    family.purpose = "nothing"
    message = subjects_request(family, page_size=-1)
    message.as_of.FromSeconds(1)
    message.context.time.FromSeconds(1)

    answer = refused(channel, "LookupSubjects", message)

    assert {(error.field, error.code) for error in answer.errors} >= {
        ("subject_type", Code.MALFORMED_ENTITY),
        ("purpose", Code.UNKNOWN_WORD),
        ("page_size", Code.OUT_OF_RANGE),
    }


def test_the_past_is_asked_at_its_own_time(channel: grpc.Channel, family: Ask) -> None:
    """`as_of` beside `context.time` is refused; alone it is the instant that terms are judged at."""
    family.facts[0].valid_from.FromJsonString("2026-03-04T00:00:00+07:00")
    message = subjects_request(family)
    message.as_of.FromJsonString("2026-03-03T12:00:00+07:00")

    then = [each.match.entity for each in subjects(channel, message)[:-1]]
    message.context.time.FromSeconds(1)

    assert then == [FATHER]
    assert [error.code for error in refused(channel, "LookupSubjects", message).errors] == [Code.NOT_IN_PAST]


def test_the_past_is_explained_and_not_decided(channel: grpc.Channel, family: Ask) -> None:
    """A mother whose role began on 4 March is denied on the 3rd, with what was lacking then; no answer has an id."""
    family.facts[0].valid_from.FromJsonString("2026-03-04T00:00:00+07:00")
    family.context.ClearField("time")
    message = decision_pb2.ExplainRequest(request=family, level="admin")
    answers = []
    for instant in ("2026-03-03T12:00:00+07:00", "2026-03-05T12:00:00+07:00"):
        message.as_of.FromJsonString(instant)
        body = ask(channel, f"{DECISIONS}/Explain", message.SerializeToString()).body
        answers.append(decision_pb2.ExplainResponse.FromString(body))

    then, later = answers
    assert [each.decision.decision for each in answers] == [decision_pb2.DECISION_DENY, decision_pb2.DECISION_ALLOW]
    assert [each.decision.decision_id for each in answers] == ["", ""]
    assert then.would_allow
    for answer, counted in ((then, False), (later, True)):
        assert [use.counted for use in answer.facts if use.fact.role == family.facts[0].role] == [counted]
    assert later.matched


def test_actions_are_what_check_answers(channel: grpc.Channel, family: Ask, point: DecisionPoint) -> None:
    """Every action that the policy speaks of has the answer of Check, and both answers occur."""
    body = ask(channel, f"{DECISIONS}/LookupActions", actions_request(family).SerializeToString()).body
    answers = decision_pb2.LookupActionsResponse.FromString(body).actions

    assert len({answer.action for answer in answers}) == len(answers) > 10
    assert {answer.response.decision for answer in answers} == {
        decision_pb2.DECISION_ALLOW,
        decision_pb2.DECISION_DENY,
    }
    for answer in answers:
        decided = point.check(a_request(action=answer.action))
        assert (answer.response.decision == decision_pb2.DECISION_ALLOW) is decided.allowed
        assert [reason.rule for reason in answer.response.reasons] == [reason.rule for reason in decided.reasons]
        assert answer.response.decision_id


def test_resources_are_chosen_from_candidates(channel: grpc.Channel, family: Ask) -> None:
    """The mother may see the photo of her child and not that of another."""
    other = request_pb2.Resource()
    other.CopyFrom(family.resource)
    other.id, other.data_subject = "ảnh-2", FRIEND
    message = resources_request(family, candidates=[family.resource, other])

    *found, last = streamed(channel, "LookupResources", decision_pb2.LookupResourcesResponse, message)

    assert [each.match.entity for each in found] == ["child_photo:ảnh-1"]
    assert last.end.complete


def test_resources_are_what_the_facts_know_of(channel: grpc.Channel) -> None:
    """Without candidates the record about each entity that a fact names is looked at; `within` narrows it."""
    facts = [*a_family(), a_containment(CHILD, CLASS), a_containment(CLASS, SCHOOL)]
    family = check_request_from_dict(a_question(facts=facts))
    for extra in ({"within": ""}, {"within": SCHOOL}, {"within": FRIEND}):
        message = resources_request(family, **extra)
        *found, _ = streamed(channel, "LookupResources", decision_pb2.LookupResourcesResponse, message)
        names = [each.match.entity for each in found if each.match.certainty == Certainty.CERTAIN]
        assert (CHILD in names) is (extra["within"] != FRIEND)
        assert FRIEND not in names


def test_a_candidate_of_another_category_is_a_mistake(channel: grpc.Channel, family: Ask) -> None:
    """Each mistake of a candidate stands at its place."""
    wrong = request_pb2.Resource(type="contact", id="c-1")
    empty = request_pb2.Resource(type="child_photo")
    message = resources_request(family, candidates=[family.resource, wrong, empty])

    answer = refused(channel, "LookupResources", message)

    assert [(error.field, error.code) for error in answer.errors] == [
        ("candidates[1].type", Code.WRONG_TYPE),
        ("candidates[2].id", Code.REQUIRED),
    ]


def test_answers_about_the_past_are_no_decisions() -> None:
    """As of another instant actions have answers without an id, for nobody decided anything."""
    point = a_decision_point()
    request = a_request()

    answers = point.lookup_actions(request, a_request(context={"time": "2026-03-03T00:00:00Z"}).time)

    assert {decision.decision_id for _, decision in answers} == {""}
