"""FactService over the wire: whoever writes, what is stored, and what the next check makes of it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import ParseDict

from pdp.api.v1 import decision_pb2, decision_pb2_grpc, facts_pb2, facts_pb2_grpc, request_pb2
from pdp.core.stores import FactStore
from pdp.settings import Settings
from pdp.wire.words import Words
from pdp.wiring.deciding import decision_point
from pdp.wiring.folders import Policies, load_policies
from pdp.wiring.stores import fact_store
from tests.builders import (
    AGENT,
    AUNT,
    CHILD,
    CLASS,
    FATHER,
    HEAD,
    MOTHER,
    OPERATOR,
    SCHOOL,
    TEACHER,
    Json,
    a_consent,
    a_containment,
    a_registration,
    a_role,
    a_ticket,
    registered,
)
from tests.system.running import Answer, connected, refusal, running

POLICIES = Path(__file__).parents[2] / "policies"
SIGNED_IN = {"authenticated": True, "authentication_method": "password", "transport_encrypted": True}
THE_SERVICE = "service:registry"


@dataclass(frozen=True)
class Client:
    """Calls a server with requests written as in a case file."""

    facts: facts_pb2_grpc.FactServiceStub
    decisions: decision_pb2_grpc.DecisionServiceStub

    def write(self, *facts: Json, actor: str = THE_SERVICE, **more: Any) -> facts_pb2.WriteFactsResponse:
        """Write facts."""
        request = facts_pb2.WriteFactsRequest()
        asked = {"operator": "kidsonline", "actor": subject(actor), "facts": list(facts), "context": SIGNED_IN, **more}
        answer: facts_pb2.WriteFactsResponse = self.facts.WriteFacts(ParseDict(asked, request), timeout=30)
        return answer

    def delete(self, actor: str = THE_SERVICE, **more: Any) -> facts_pb2.DeleteFactsResponse:
        """Delete facts."""
        request = facts_pb2.DeleteFactsRequest()
        asked = {"operator": "kidsonline", "actor": subject(actor), "context": SIGNED_IN, **more}
        answer: facts_pb2.DeleteFactsResponse = self.facts.DeleteFacts(ParseDict(asked, request), timeout=30)
        return answer

    def read(self, **more: Any) -> list[facts_pb2.Fact]:
        """Read all that a filter selects."""
        asked = ParseDict({"filter": {"operator": "kidsonline", **more}}, facts_pb2.ReadFactsRequest())
        return list(self.facts.ReadFacts(asked, timeout=30))

    def check(self, person: str = AUNT, **more: Any) -> decision_pb2.CheckResponse:
        """Ask whether *person* may see a photo of the child."""
        asked = {
            "operator": "kidsonline",
            "subject": subject(person),
            "action": {"name": "read"},
            "resource": {"type": "child_photo", "id": "anh-1", "data_subject": CHILD},
            "purpose": "family_follow_up",
            "context": SIGNED_IN,
            **more,
        }
        answer: decision_pb2.CheckResponse = self.decisions.Check(
            ParseDict(asked, decision_pb2.CheckRequest()), timeout=10
        )
        return answer

    def may_see(self, person: str = AUNT, **more: Any) -> bool:
        """Say whether *person* may see a photo of the child."""
        return self.check(person, **more).decision == decision_pb2.DECISION_ALLOW


def client_of(channel: grpc.Channel) -> Client:
    """Return what calls the server behind *channel*."""
    return Client(facts_pb2_grpc.FactServiceStub(channel), decision_pb2_grpc.DecisionServiceStub(channel))


def subject(name: str) -> Json:
    """Return an entity as a subject."""
    type_, _, id_ = name.partition(":")
    return {"type": type_, "id": id_}


def refused(call: Any, *arguments: Any, **more: Any) -> Answer:
    """Return how a call was refused."""
    with pytest.raises(grpc.RpcError) as raised:
        call(*arguments, **more)
    return refusal(raised.value)


@pytest.fixture(params=["memory:", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FactStore]:
    """Return an empty store that answers at once, and one that may have to wait."""
    store = fact_store(request.param if request.param == "memory:" else f"sqlite:///{tmp_path}/facts.db")
    yield store
    store.close()


@pytest.fixture
def client(store: FactStore, policies: Policies, words: Words) -> Iterator[Client]:
    """Serve the store, and connect to it."""
    point = decision_point(Settings(decision_log="none", store="memory:"), policies, store)
    with running(point, words, facts=store) as server, connected(server.address) as channel:
        yield client_of(channel)


@pytest.fixture
def family(client: Client) -> Client:
    """Return the client of a store in which the mother is registered, and the child lies in its class and school."""
    client.write(
        a_role(MOTHER, "primary_guardian", CHILD),
        *registered(MOTHER),
        *registered(AUNT),
        a_containment(CHILD, CLASS),
        a_containment(CLASS, SCHOOL),
        a_role(HEAD, "school_admin", SCHOOL),
        a_role(AGENT, "support_staff", OPERATOR),
    )
    return client


def test_a_guardian_grants_and_revokes_and_is_obeyed_at_once(family: Client) -> None:
    """The aunt sees the photo from the answer to the grant on, and no longer from the answer to the revocation on."""
    assert not family.may_see()

    written = family.write(a_role(AUNT, "family_member", CHILD), actor=MOTHER)

    assert family.may_see()
    (granted,) = family.read(kind="role", subject=AUNT)
    assert (granted.id, granted.role.granted_by) == (written.ids[0], MOTHER)
    assert len(written.decision_ids) == 1
    revoked = family.delete(actor=MOTHER, ids=[written.ids[0]])
    assert revoked.deleted == 1
    answer = family.check()
    assert answer.decision == decision_pb2.DECISION_DENY
    assert answer.checked_at == revoked.token


def test_who_may_not_grant_is_refused_with_the_reason(family: Client) -> None:
    """Nobody but a primary guardian of the very child grants; the refusal names the sentence, nothing is written."""
    for actor in (FATHER, HEAD, AUNT, THE_SERVICE):
        answer = refused(family.write, a_role(AUNT, "family_member", CHILD), actor=actor)
        assert answer.code is grpc.StatusCode.PERMISSION_DENIED
        (error,) = answer.errors
        assert (error.code, error.field) == ("not-allowed", "facts[0].role")
        assert error.message["vi"]
        assert error.suggestion.startswith("decision ")
    assert family.read(subject=AUNT, kind="role") == []


def test_a_grant_in_another_name_is_refused(family: Client) -> None:
    """`granted_by` is the actor or is left empty."""
    answer = refused(family.write, a_role(AUNT, "family_member", CHILD, granted_by=FATHER), actor=MOTHER)

    assert (answer.code, answer.errors[0].code) == (grpc.StatusCode.INVALID_ARGUMENT, "not-the-actor")


def test_a_guardian_who_is_not_signed_in_grants_nothing(family: Client) -> None:
    """The policy is asked with the circumstances of the write."""
    assert refused(family.write, a_role(AUNT, "family_member", CHILD), actor=MOTHER, context={}).code is (
        grpc.StatusCode.PERMISSION_DENIED
    )


def test_the_grant_ends_with_the_granter(family: Client) -> None:
    """A granted role counts as long as its granter is entitled to grant it."""
    family.write(a_role(AUNT, "family_member", CHILD), actor=MOTHER)
    family.write(a_role(FATHER, "primary_guardian", CHILD))
    assert family.may_see()

    family.delete(filter={"subject": MOTHER, "scope": CHILD, "kind": "role"})

    assert not family.may_see()


def test_the_head_enters_staff_by_a_house_rule(family: Client) -> None:
    """School roles are for the head of that very school, by a rule that is shown as no published promise."""
    family.write(a_role(TEACHER, "teacher", CLASS), actor=HEAD)
    assert family.may_see(TEACHER)

    answer = refused(family.write, a_role(AUNT, "teacher", CLASS), actor=TEACHER)
    elsewhere = refused(family.write, a_role(AUNT, "teacher", "school:khác"), actor=HEAD)

    assert {answer.code, elsewhere.code} == {grpc.StatusCode.PERMISSION_DENIED}
    assert "not a published promise" in answer.errors[0].message["en"]
    assert "không phải lời hứa đã công bố" in answer.errors[0].message["vi"]


def test_the_first_head_is_entered_by_the_credential_and_the_second_is_not(family: Client) -> None:
    """Nobody could enter the first head of a school; after that the head does."""
    family.write(a_role("user:mới", "school_admin", "school:mới"))

    assert refused(family.write, a_role(AUNT, "school_admin", "school:mới")).code is grpc.StatusCode.PERMISSION_DENIED


def test_a_consent_is_the_givers(family: Client) -> None:
    """The giver is the actor; nobody else puts a consent down, or takes a refusal out."""
    consent = a_consent(given_by="")
    del consent["consent"]["given_by"]
    (id_,) = family.write({"consent": {**consent["consent"], "status": "refused"}}, actor=MOTHER).ids
    assert family.read(kind="consent")[0].consent.given_by == MOTHER

    for actor in (FATHER, HEAD, THE_SERVICE, AGENT):
        assert refused(family.write, a_consent(MOTHER), actor=actor).code is grpc.StatusCode.PERMISSION_DENIED
        assert refused(family.delete, actor, ids=[id_]).code is grpc.StatusCode.PERMISSION_DENIED
    assert family.read(kind="consent")[0].consent.status == "refused"


def test_staff_put_a_consent_down_on_a_ticket_of_the_giver(family: Client) -> None:
    """Staff need an open ticket of that very person, verified, that is assigned to them."""
    for changes in (
        {"opened_by": FATHER},
        {"beneficiary": "user:khác"},
        {"about": "child:an"},
        {"status": "closed"},
        {"properties": {"opened_by": MOTHER}},
    ):
        family.write(a_ticket(**changes))
        assert refused(family.write, a_consent(MOTHER), actor=AGENT).code is grpc.StatusCode.PERMISSION_DENIED

    family.write(a_ticket())

    assert family.write(a_consent(MOTHER), actor=AGENT).ids


def test_a_contextual_fact_never_overrules_a_stored_one(family: Client) -> None:
    """One with the identity of a stored fact has to equal it; one that adds is heard."""
    granted = a_role(AUNT, "family_member", CHILD, granted_by=MOTHER)
    assert family.may_see(facts=[granted])
    family.write(a_role(AUNT, "family_member", CHILD), actor=MOTHER)
    assert family.may_see(facts=[granted])

    for other in (granted | {"valid_from": "2020-01-01T00:00:00Z"}, a_role(AUNT, "family_member", CHILD)):
        answer = refused(family.check, facts=[other])
        assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
        assert [(error.code, error.field) for error in answer.errors] == [("contradicts-stored", "facts[0].role")]
    ended = a_registration(AUNT, SCHOOL, status="ended")
    assert refused(family.check, facts=[ended]).errors[0].code == "contradicts-stored"


def test_a_claimed_scope_has_to_agree_with_the_stored_containment(family: Client) -> None:
    """Where containments are stored, another scope of the same type is no scope; one of another type is trusted."""
    resource = {"type": "child_photo", "id": "anh-1", "data_subject": CHILD}

    def asked(*scopes: str) -> Json:
        return {"resource": {**resource, "scopes": list(scopes)}}

    assert family.may_see(MOTHER, **asked(CLASS, SCHOOL))
    assert family.may_see(MOTHER, **asked("unit:phường-1"))
    answer = refused(family.check, MOTHER, **asked("class:khác", SCHOOL))
    assert [(error.code, error.field) for error in answer.errors] == [("scope-not-stored", "resource.scopes[0]")]
    assert answer.errors[0].suggestion == CLASS
    family.write(a_containment(CHILD, "class:lá-2"))
    assert refused(family.check, MOTHER, **asked(CLASS)).errors[0].code == "scope-not-stored"


def test_a_bad_item_of_a_batch_is_refused_alone(family: Client) -> None:
    """What contradicts the stored facts stands in the place of the item; the others are answered from one revision."""
    good = {
        "operator": "kidsonline",
        "subject": subject(MOTHER),
        "action": {"name": "read"},
        "resource": {"type": "child_photo", "id": "anh-1", "data_subject": CHILD},
        "purpose": "family_follow_up",
        "context": SIGNED_IN,
    }
    bad = {**good, "facts": [a_registration(MOTHER, SCHOOL, status="ended")]}
    asked = ParseDict({"requests": [good, bad, good]}, decision_pb2.CheckBatchRequest())

    first, second, third = family.decisions.CheckBatch(asked, timeout=30).results

    assert first.response.decision == third.response.decision == decision_pb2.DECISION_ALLOW
    assert first.response.checked_at == third.response.checked_at
    assert second.error.code == "contradicts-stored"


def test_a_write_is_all_or_nothing_over_the_wire(family: Client) -> None:
    """One refused fact of several refuses all of them, each with its own place."""
    answer = refused(
        family.write, a_role(AUNT, "family_member", CHILD), a_role(AUNT, "family_member", "child:an"), actor=MOTHER
    )

    assert [error.field for error in answer.errors] == ["facts[1].role"]
    assert family.read(kind="role", subject=AUNT) == []


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"facts": []}, "required", "facts"),
        ({"facts": [a_containment(CHILD, CLASS)] * 2}, "twice", "facts[1]"),
        ({"facts": [a_containment(SCHOOL, CHILD)]}, "cycle", "facts[0].containment"),
        ({"delete_ids": ["role-unknown"]}, "unknown-fact", "delete_ids[0]"),
        ({"facts": [a_role(AUNT, "primary_guardian", CHILD) | {"id": "x"}]}, "given-by-server", "facts[0].id"),
        ({"facts": [a_role(AUNT, "teacher", CHILD)]}, "not-held-in", "facts[0].role.scope"),
        ({"actor": ""}, "required", "actor.type"),
        ({"operator": "kidsonlin"}, "unknown-word", "operator"),
        ({"purpose": "x"}, "unknown-word", "purpose"),
        ({"context": {"time": "2026-01-01T00:00:00Z"}}, "given-by-server", "context.time"),
        ({"context": {"granted_role": "teacher"}}, "given-by-server", "context.granted_role"),
        ({"facts": [a_containment(f"child:c{n}", CLASS) for n in range(1001)]}, "too-many", "facts"),
    ],
)
def test_a_write_that_cannot_be_right_is_refused(family: Client, change: Json, code: str, field: str) -> None:
    """Every mistake of a write is told with its place, and nothing is written."""
    before = family.check().checked_at

    answer = refused(family.write, **{"facts": [a_containment("child:mới", CLASS)], **change})

    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert (code, field) in {(error.code, error.field) for error in answer.errors}
    assert family.check().checked_at == before


def test_a_deletion_names_what_it_deletes(family: Client) -> None:
    """Neither ids nor a filter that names somebody is refused; an id that is not stored deletes nothing."""
    for asked in ({}, {"filter": {"kind": "role"}}, {"filter": {}, "ids": ["x"]}, {"filter": {"operator": "homeid"}}):
        assert refused(family.delete, **asked).code is grpc.StatusCode.INVALID_ARGUMENT
    assert family.delete(ids=["role-unknown"]).deleted == 0
    assert family.delete(filter={"scope": SCHOOL, "kind": "containment"}).deleted == 1


def test_a_repeated_request_is_answered_as_the_first_time(family: Client) -> None:
    """The same id with the same content changes nothing any more; with another content it is ABORTED."""
    first = family.write(a_role(AUNT, "family_member", CHILD), actor=MOTHER, request_id="r-1")
    family.delete(actor=MOTHER, ids=list(first.ids))

    again = family.write(a_role(AUNT, "family_member", CHILD), actor=MOTHER, request_id="r-1")

    assert again == first
    assert not family.may_see()
    other = refused(family.write, a_containment("child:an", CLASS), request_id="r-1")
    assert other.code is grpc.StatusCode.ABORTED


def test_an_expected_token_is_compared(family: Client) -> None:
    """A write that names what has changed is ABORTED; a token of another store is FAILED_PRECONDITION."""
    seen = family.check().checked_at
    family.write(a_containment(CHILD, "class:lá-2"))

    changed = refused(family.write, a_containment(CHILD, CLASS), expected_token=seen)
    foreign = refused(family.write, a_containment(CHILD, CLASS), expected_token="x.1")

    assert (changed.code, foreign.code) == (grpc.StatusCode.ABORTED, grpc.StatusCode.FAILED_PRECONDITION)
    assert family.write(a_containment("child:an", "class:chồi-1"), expected_token=seen).ids


def test_a_check_at_a_token(family: Client) -> None:
    """A check is as fresh as its token, and a token of another store is refused."""
    token = family.write(a_containment("child:an", CLASS)).token

    assert family.check(consistency={"at_least_as_fresh": token}).checked_at == token
    foreign = refused(family.check, consistency={"at_least_as_fresh": "other.3"})
    assert foreign.code is grpc.StatusCode.FAILED_PRECONDITION


def test_facts_are_read_in_pages(family: Client) -> None:
    """Pages put together are what a filter selects; an altered token, or one of another filter, is refused."""
    everything = family.read()
    request = ParseDict({"filter": {"operator": "kidsonline"}, "page_size": 4}, facts_pb2.ReadFactsRequest())
    found: list[facts_pb2.Fact] = []
    while True:
        call = family.facts.ReadFacts(request, timeout=30)
        found += list(call)
        following = dict(call.trailing_metadata()).get("next-page-token")
        if following is None:
            break
        request.page_token = following
    assert found == everything
    assert len(everything) == 9

    token = request.page_token
    for altered in (token[:-1] + ("A" if token[-1] != "A" else "B"), token[1:], "x", token + "A"):
        request.page_token = altered
        assert refused(lambda: list(family.facts.ReadFacts(request, timeout=30))).code is (
            grpc.StatusCode.INVALID_ARGUMENT
        )
    other = ParseDict({"filter": {"operator": "kidsonline", "kind": "role"}}, facts_pb2.ReadFactsRequest())
    other.page_token = token
    assert refused(lambda: list(family.facts.ReadFacts(other, timeout=30))).code is grpc.StatusCode.INVALID_ARGUMENT


def test_who_could_see_it_then(family: Client) -> None:
    """The facts as of an instant are those that were in force then."""
    (id_,) = family.write(a_role(AUNT, "family_member", CHILD), actor=MOTHER).ids
    moment = datetime.now(UTC)
    family.delete(actor=MOTHER, ids=[id_])

    assert family.read(scope=CHILD, subject=AUNT) == []
    (then,) = family.read(scope=CHILD, subject=AUNT, as_of=moment.isoformat())
    assert then.id == id_


def test_changes_are_watched(family: Client) -> None:
    """A watch begins with a heartbeat and tells every change with its token, actor and decision."""
    before = family.check().checked_at
    watch = family.facts.WatchFacts(facts_pb2.WatchFactsRequest(operator="kidsonline"), timeout=30)
    heartbeat = next(watch)
    assert (heartbeat.heartbeat, heartbeat.token) == (True, before)

    written = family.write(a_role(AUNT, "family_member", CHILD), actor=MOTHER)
    deleted = family.delete(actor=MOTHER, ids=list(written.ids))

    change, gone = next(watch), next(watch)
    assert (change.written.role.subject, change.actor, change.token) == (AUNT, MOTHER, written.token)
    assert change.decision_id == written.decision_ids[0]
    assert (gone.deleted_id, gone.token) == (written.ids[0], deleted.token)
    watch.cancel()
    again = family.facts.WatchFacts(
        facts_pb2.WatchFactsRequest(operator="kidsonline", from_token=written.token), timeout=30
    )
    assert next(again).deleted_id == written.ids[0]
    again.cancel()
    foreign = family.facts.WatchFacts(facts_pb2.WatchFactsRequest(operator="kidsonline", from_token="x.1"), timeout=30)
    assert refused(next, foreign).code is grpc.StatusCode.FAILED_PRECONDITION


def test_a_watch_says_at_once_that_all_is_told(family: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind the changes that were there already comes a heartbeat, however long it is until the next one."""
    monkeypatch.setattr("pdp.server.facts.HEARTBEAT_SECONDS", 3600.0)
    before = family.check().checked_at
    written = family.write(a_role(AUNT, "family_member", CHILD), actor=MOTHER)

    watch = family.facts.WatchFacts(facts_pb2.WatchFactsRequest(operator="kidsonline", from_token=before), timeout=30)

    assert next(watch).written.role.subject == AUNT
    caught_up = next(watch)
    assert (caught_up.heartbeat, caught_up.token) == (True, written.token)
    watch.cancel()


def test_a_watch_does_not_hold_up_the_end(store: FactStore, policies: Policies, words: Words) -> None:
    """A server that drains ends its watches."""
    point = decision_point(Settings(decision_log="none", store="memory:"), policies, store)
    with running(point, words, facts=store) as server, connected(server.address) as channel:
        stub = facts_pb2_grpc.FactServiceStub(channel)
        watch = stub.WatchFacts(facts_pb2.WatchFactsRequest(operator="kidsonline"), timeout=30)
        next(watch)
        ended = threading.Event()

        def follow() -> None:
            list(watch)
            ended.set()

        threading.Thread(target=follow, daemon=True).start()
        assert server.drain(5.0).wait(4.0)
        assert ended.wait(2.0)


def test_an_operator_without_a_policy_keeps_no_facts(store: FactStore, words: Words) -> None:
    """Facts of an operator whose writes nobody can judge are not written."""
    policies = load_policies(POLICIES, words, only="kidsonline")
    point = decision_point(Settings(decision_log="none", store="memory:"), policies, store)
    asked = facts_pb2.WriteFactsRequest(operator="homeid", actor=request_pb2.Subject(type="service", id="x"))
    asked.facts.add().containment.entity = "flat:1"
    asked.facts[0].containment.container = "building:a"

    with running(point, words, facts=store) as server, connected(server.address) as channel:
        code = refused(client_of(channel).facts.WriteFacts, asked, timeout=30).code

    assert code is grpc.StatusCode.FAILED_PRECONDITION
