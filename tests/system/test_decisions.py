"""What the server answers is what the decision point decides."""

import grpc

from pdp.api.v1 import decision_pb2
from pdp.decision_point import DecisionPoint
from pdp.server import RunningServer
from pdp.wire.codes import Code
from pdp.wire.requests import request_from_wire
from pdp.wire.responses import decision_to_wire
from pdp.wire.words import Words
from tests.malformed_requests import a_request
from tests.system.running import CHECK, DECISIONS, Answer, ask, connected, running, unary

Requests = list[decision_pb2.CheckRequest]


def check(channel: grpc.Channel, request: decision_pb2.CheckRequest) -> decision_pb2.CheckResponse:
    """Return the answer to *request*."""
    return decision_pb2.CheckResponse.FromString(ask(channel, CHECK, request.SerializeToString()).body)


def batch(channel: grpc.Channel, *requests: decision_pb2.CheckRequest) -> Answer:
    """Return what comes back for a batch of *requests*."""
    message = decision_pb2.CheckBatchRequest(requests=requests)
    return ask(channel, f"{DECISIONS}/CheckBatch", message.SerializeToString())


def results(answer: Answer) -> list[decision_pb2.CheckResult]:
    """Return the results of a batch that was answered."""
    assert answer.code is grpc.StatusCode.OK, answer.everything
    return list(decision_pb2.CheckBatchResponse.FromString(answer.body).results)


def explain(channel: grpc.Channel, message: decision_pb2.ExplainRequest) -> Answer:
    """Return what comes back for the question *message*."""
    return ask(channel, f"{DECISIONS}/Explain", message.SerializeToString())


def explained(channel: grpc.Channel, request: decision_pb2.CheckRequest, level: str) -> decision_pb2.ExplainResponse:
    """Return the explanation of *request*."""
    answer = explain(channel, decision_pb2.ExplainRequest(request=request, level=level))
    assert answer.code is grpc.StatusCode.OK, answer.everything
    return decision_pb2.ExplainResponse.FromString(answer.body)


def same(response: decision_pb2.CheckResponse) -> decision_pb2.CheckResponse:
    """Return *response* without what is new for every answer."""
    comparable = decision_pb2.CheckResponse()
    comparable.CopyFrom(response)
    comparable.decision_id = ""
    comparable.request_id = ""
    return comparable


def test_the_server_answers_what_the_decision_point_decides(
    channel: grpc.Channel, point: DecisionPoint, words: Words, asked: Requests
) -> None:
    """Every case gets the same answer over the connection as in process, and both answers occur."""
    declared = {operator: policy.declared for operator, policy in point.policies.items()}
    given = set()
    for request in asked:
        answer = check(channel, request)
        inside = point.check(request_from_wire(request, words, declared=declared))
        assert same(answer) == same(decision_to_wire(inside))
        given.add(answer.decision)
    assert given == {decision_pb2.DECISION_ALLOW, decision_pb2.DECISION_DENY}


def test_a_request_id_is_echoed_and_a_decision_id_is_new(channel: grpc.Channel) -> None:
    """The caller's id comes back; the id of the decision never does again."""
    first, second = check(channel, a_request()), check(channel, a_request())
    assert first.request_id == second.request_id == a_request().request_id
    assert first.decision_id
    assert first.decision_id != second.decision_id


def test_a_request_id_is_made_up_when_empty(channel: grpc.Channel) -> None:
    """An answer always has an id to speak of."""
    request = a_request()
    request.request_id = ""
    assert check(channel, request).request_id


def test_a_batch_answers_as_single_checks_do(channel: grpc.Channel, asked: Requests) -> None:
    """As many results as requests, in their order, each as if asked alone."""
    requests = asked[:100]
    for request, result in zip(requests, results(batch(channel, *requests)), strict=True):
        assert same(result.response) == same(check(channel, request))


def test_a_bad_item_spoils_no_other(channel: grpc.Channel) -> None:
    """A mistake stands in the place of its item, with every path in it; the neighbours are decided."""
    bad = a_request()
    bad.request_id, bad.purpose, bad.action.name = "bad", "no_such_purpose", "no_such_action"
    first, second, third = results(batch(channel, a_request(), bad, a_request()))
    assert first.response.decision == third.response.decision != decision_pb2.DECISION_UNSPECIFIED
    assert second.WhichOneof("outcome") == "error"
    assert second.request_id == "bad"
    assert (second.error.code, second.error.field) == (Code.UNKNOWN_WORD.value, "action.name")
    assert "purpose" in second.error.message["en"]


def test_the_consistency_of_an_item_is_its_mistake(channel: grpc.Channel) -> None:
    """Freshness is asked for a whole batch."""
    own = a_request()
    own.consistency.fully_consistent = True
    bad, good = results(batch(channel, own, a_request()))
    assert (bad.error.code, bad.error.field) == (Code.NOT_IN_BATCH.value, "consistency")
    assert good.HasField("response")


def test_items_of_an_operator_without_policy_are_refused_alone(words: Words, point: DecisionPoint) -> None:
    """Items of several operators may stand in one batch; those of one that is not served say so."""
    other = a_request()
    other.ClearField("facts")
    other.operator = "homeid"
    kept = {operator: policy for operator, policy in point.policies.items() if operator != "homeid"}
    lacking = DecisionPoint(kept, point._sources.facts, point.clock, point.log)
    with running(lacking, words) as server, connected(server.address) as channel:
        _make_right(other)
        refused, good = results(batch(channel, other, a_request()))
        alone = ask(channel, CHECK, other.SerializeToString())
    assert (refused.error.code, refused.error.field) == ("no-policy", "operator")
    assert good.HasField("response")
    assert alone.code is grpc.StatusCode.FAILED_PRECONDITION


def _make_right(request: decision_pb2.CheckRequest) -> None:
    """Leave only what every operator knows."""
    request.resource.ClearField("properties")
    request.ClearField("context")


def test_a_batch_holds_one_to_a_hundred_requests(channel: grpc.Channel) -> None:
    """None, or more than a hundred, is a mistake of the batch."""
    none, hundred, more = batch(channel), batch(channel, *[a_request()] * 100), batch(channel, *[a_request()] * 101)
    assert none.code is more.code is grpc.StatusCode.INVALID_ARGUMENT
    assert [(error.code, error.field) for error in none.errors] == [(Code.REQUIRED.value, "requests")]
    assert [(error.code, error.field) for error in more.errors] == [(Code.TOO_MANY.value, "requests")]
    assert len(results(hundred)) == 100


def test_an_explanation_agrees_with_the_check(channel: grpc.Channel, asked: Requests) -> None:
    """Explain decides as Check does, at either level."""
    for request in asked:
        answer = same(check(channel, request))
        for level in ("", "caller", "admin"):
            assert same(explained(channel, request, level).decision) == answer


def test_only_an_admin_sees_places_in_policy_files(channel: grpc.Channel, asked: Requests) -> None:
    """The asking service learns which rule and which sentence, and not where it is written."""
    for request in asked:
        for_admin, for_caller = explained(channel, request, "admin"), explained(channel, request, "")
        assert all(trace.file and trace.line for trace in (*for_admin.matched, *for_admin.nearest))
        assert not any(trace.file or trace.line for trace in (*for_caller.matched, *for_caller.nearest))
        assert [trace.rule for trace in for_caller.matched] == [trace.rule for trace in for_admin.matched]


def test_a_caller_sees_no_facts_about_others(channel: grpc.Channel) -> None:
    """Facts about somebody else than the subject and the data subject are shown to admins alone."""
    request = a_request()
    request.facts.add().role.MergeFromString(request.facts[0].role.SerializeToString())
    request.facts[-1].role.subject = "user:somebody-else"
    for_admin, for_caller = explained(channel, request, "admin"), explained(channel, request, "caller")
    assert "user:somebody-else" in str(for_admin.facts)
    assert "user:somebody-else" not in str(for_caller)
    assert len(for_caller.facts) == len(for_admin.facts) - 1


def test_an_unknown_level_is_a_mistake(channel: grpc.Channel) -> None:
    """It is reported together with the mistakes of the request, and shows nothing."""
    request = a_request()
    request.purpose = "no_such_purpose"
    answer = explain(channel, decision_pb2.ExplainRequest(request=request, level="admins"))
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert {error.field for error in answer.errors} == {"level", "purpose"}


def test_an_explanation_of_nothing_is_a_mistake(channel: grpc.Channel) -> None:
    """Either a request or a decision has to be named."""
    answer = explain(channel, decision_pb2.ExplainRequest())
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert [error.field for error in answer.errors] == ["request"]


def test_a_decision_is_not_explained_by_its_id_without_a_folder_of_records(channel: grpc.Channel) -> None:
    """There is nothing in which an id could be found, and that is said."""
    message = decision_pb2.ExplainRequest(decision_id="d-1")
    assert explain(channel, message).code is grpc.StatusCode.UNIMPLEMENTED


def test_the_past_is_explained_at_its_own_time(channel: grpc.Channel) -> None:
    """`as_of` beside another instant, or beside a decision that has one, is refused."""
    timed = decision_pb2.ExplainRequest(request=a_request())
    timed.request.context.time.FromSeconds(1)
    recorded = decision_pb2.ExplainRequest(decision_id="d-1")
    for message, code in ((timed, Code.NOT_IN_PAST), (recorded, Code.SEVERAL_FORMS)):
        message.as_of.FromJsonString("2026-01-01T00:00:00Z")
        answer = explain(channel, message)
        assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
        assert [(error.field, error.code) for error in answer.errors] == [("as_of", code)]


def test_a_token_of_another_store_is_refused(channel: grpc.Channel) -> None:
    """Its freshness cannot be known."""
    request = a_request()
    request.consistency.at_least_as_fresh = "another.7"
    assert ask(channel, CHECK, request.SerializeToString()).code is grpc.StatusCode.FAILED_PRECONDITION


def test_many_callers_get_their_own_answers(server: RunningServer, asked: Requests) -> None:
    """Answers given side by side are those given one after another."""
    some = asked[:30]  # twice as many are under way at once, which is less than one connection may have
    with connected(server.address) as channel:
        call = unary(channel, CHECK)
        alone = [same(check(channel, request)) for request in some]
        under_way = [call.future(request.SerializeToString(), timeout=30) for request in some for _ in range(2)]
        together = [same(decision_pb2.CheckResponse.FromString(future.result())) for future in under_way]
    assert together == [answer for answer in alone for _ in range(2)]
