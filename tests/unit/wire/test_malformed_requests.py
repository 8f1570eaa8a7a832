"""Each request that cannot be right is refused, with the right place, code and suggestion."""

from dataclasses import replace

import pytest

from pdp.api.v1 import decision_pb2
from pdp.core.errors import InvalidRequestError
from pdp.wire.codes import Code
from pdp.wire.limits import ERRORS
from pdp.wire.request_reader import RequestReader
from pdp.wire.requests import RefusedItem, request_from_wire
from pdp.wire.words import Words
from tests.malformed_requests import MALFORMED_REQUESTS, MalformedRequest, a_meeting, a_request, both, put
from tests.unit.wire.test_json_form import MALFORMED_JSON
from tests.unit.wire.words import the_words

SEEN_ELSEWHERE = {Code.MORE_ERRORS, Code.NOT_IN_BATCH, Code.MALFORMED_TOKEN, Code.NOT_IN_PAST}


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in MALFORMED_REQUESTS])
def test_a_request_that_cannot_be_right_is_refused_for_that_alone(row: MalformedRequest) -> None:
    """One thing changed in a valid request gives one error, at its place, with its code and the nearest word."""
    message = decision_pb2.CheckRequest.FromString(row.message().SerializeToString())

    with pytest.raises(InvalidRequestError) as caught:
        request_from_wire(message, the_words())

    assert [(error.field, error.code) for error in caught.value.errors] == [(row.field, row.code.value)]
    if row.suggestion is not None:
        assert caught.value.errors[0].suggestion == row.suggestion


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in MALFORMED_REQUESTS])
def test_every_mistake_is_told_in_both_languages(row: MalformedRequest) -> None:
    """A message is one sentence in each language, in lower case, without a full stop or a control character."""
    with pytest.raises(InvalidRequestError) as caught:
        request_from_wire(row.message(), the_words())

    for error in caught.value.errors:
        assert error.message.vi != error.message.en
        assert len(error.value) <= 100
        for said in (error.message.vi, error.message.en, error.value, error.field, error.suggestion):
            assert said.isprintable()
        for said in (error.message.vi, error.message.en):
            assert said
            assert not said[0].isupper()
            assert not said.endswith(".")


def test_the_table_holds_every_code() -> None:
    """A check that is left out shows, because each code has a request that must be refused with it."""
    shown = {row.code for row in MALFORMED_REQUESTS} | {row.code for row in MALFORMED_JSON} | SEEN_ELSEWHERE

    assert shown == set(Code)


def test_the_table_is_large_and_its_names_differ() -> None:
    """The names of the table tell its rows apart."""
    assert len(MALFORMED_REQUESTS) >= 110
    assert len({row.name for row in MALFORMED_REQUESTS}) == len(MALFORMED_REQUESTS)


@pytest.mark.parametrize("make", [a_request, a_meeting])
def test_the_requests_that_the_table_spoils_are_valid(make) -> None:  # type: ignore[no-untyped-def]
    """Without its change, no row of the table would be refused."""
    request_from_wire(make(), the_words())


def test_all_mistakes_are_reported_together_in_the_order_of_the_message() -> None:
    """A caller learns everything that is wrong from one refusal."""
    message = a_request()
    both(
        put("operator", "kidonline"),
        put("subject.id", " lan"),
        put("resource.properties.pictured", ["an", "child:minh", "be"]),
        put("resource.properties.zzz", 1),
        put("purpose", ""),
        put("context.channel", "fax"),
        put("facts[1].ground.status", ""),
        put("facts[2].id", "f-1"),
        put("facts[2].consent.form", "writen"),
        put("consistency", {"at_least_as_fresh": ""}),
    )(message)

    with pytest.raises(InvalidRequestError) as caught:
        request_from_wire(message, the_words())

    assert [(error.field, error.code) for error in caught.value.errors] == [
        ("operator", "unknown-word"),
        ("subject.id", "malformed-entity"),
        ("resource.properties.pictured[0]", "malformed-entity"),
        ("resource.properties.pictured[2]", "malformed-entity"),
        ("resource.properties.zzz", "unknown-key"),
        ("purpose", "required"),
        ("context.channel", "unknown-word"),
        ("facts[1].ground.status", "required"),
        ("facts[2].id", "given-by-server"),
        ("facts[2].consent.form", "unknown-word"),
        ("consistency.at_least_as_fresh", "empty"),
    ]


def test_an_empty_request_lacks_each_required_field() -> None:
    """Seven fields are required, and nothing else is."""
    with pytest.raises(InvalidRequestError) as caught:
        request_from_wire(decision_pb2.CheckRequest(), the_words())

    assert {error.code for error in caught.value.errors} == {"required"}
    assert [error.field for error in caught.value.errors] == [
        "operator",
        "subject.type",
        "subject.id",
        "action.name",
        "resource.type",
        "resource.id",
        "purpose",
    ]


def test_a_request_made_of_mistakes_is_given_up_on() -> None:
    """The work that mistakes cost is bounded, and the caller learns that there are more of them."""
    message = a_request()
    put("facts", [{"consent": {"purposes": ["x"] * 200}}] * 64)(message)

    with pytest.raises(InvalidRequestError) as caught:
        request_from_wire(message, the_words())

    assert len(caught.value.errors) == ERRORS + 1
    assert caught.value.errors[-1].code == Code.MORE_ERRORS


def test_what_stood_there_is_shown_shortened_and_escaped() -> None:
    """An error shows at most 100 characters of the value, and no control character of it."""
    message = a_request()
    put("purpose", "media\x1b[31m" + "x" * 300)(message)

    with pytest.raises(InvalidRequestError) as caught:
        request_from_wire(message, the_words())

    assert caught.value.errors[0].value.startswith("media\\u001b[31mxxx")
    assert len(caught.value.errors[0].value) == 100


def test_deep_structures_do_not_exhaust_the_stack() -> None:
    """A Struct nested far beyond what a connection lets through is refused like any other."""
    message = a_request()
    value = message.context.extra.fields["x_deep"]
    for _ in range(20_000):
        value = value.list_value.values.add()

    with pytest.raises(InvalidRequestError) as caught:
        request_from_wire(message, the_words())

    assert caught.value.errors[0].code == Code.TOO_DEEP


def test_a_batch_over_its_limit_is_refused_whole() -> None:
    """More than a hundred requests are too many for a batch."""
    batch = decision_pb2.CheckBatchRequest(requests=[a_request()] * 101)

    with pytest.raises(InvalidRequestError) as caught:
        RequestReader(the_words()).batch(batch.SerializeToString())

    assert [(error.field, error.code) for error in caught.value.errors] == [("requests", "too-many")]


def test_in_a_batch_the_bad_item_alone_carries_its_error() -> None:
    """An item of a batch is read on its own, and its freshness is the batch's."""
    bad, fresh = a_request(), a_request()
    put("purpose", "famly")(bad)
    fresh.consistency.fully_consistent = True
    batch = decision_pb2.CheckBatchRequest(requests=[a_request(), bad, fresh])
    batch.consistency.minimize_latency = True

    read = RequestReader(the_words()).batch(batch.SerializeToString())

    good, first, second = read.items
    assert not isinstance(good, RefusedItem)
    assert good.consistency == read.consistency
    assert isinstance(first, RefusedItem)
    assert first.error.errors[0].field == "purpose"
    assert isinstance(second, RefusedItem)
    assert [(error.field, error.code) for error in second.error.errors] == [("consistency", "not-in-batch")]


def test_a_batch_of_nothing_is_refused() -> None:
    """A caller that asks nothing has made a mistake."""
    with pytest.raises(InvalidRequestError) as caught:
        RequestReader(the_words()).batch(b"")

    assert [(error.field, error.code) for error in caught.value.errors] == [("requests", "required")]


def test_a_batch_with_an_unknown_field_is_refused_whole() -> None:
    """What a newer caller says of the whole batch cannot be passed over either."""
    batch = decision_pb2.CheckBatchRequest(requests=[a_request()])
    batch.MergeFromString(b"\xba\x3e\x01x")

    with pytest.raises(InvalidRequestError) as caught:
        RequestReader(the_words()).batch(batch.SerializeToString())

    assert [(error.field, error.code) for error in caught.value.errors] == [("999", "unknown-field")]


def test_a_ground_of_unknown_kind_still_needs_its_status() -> None:
    """Whatever its kind turns out to be, a ground has a status."""
    message = a_request()
    both(put("facts[1].ground.kind", "registraton"), put("facts[1].ground.status", ""))(message)

    with pytest.raises(InvalidRequestError) as caught:
        request_from_wire(message, the_words())

    assert [error.field for error in caught.value.errors] == ["facts[1].ground.kind", "facts[1].ground.status"]


def test_a_consent_is_refused_where_the_policy_has_no_use_for_consents() -> None:
    """Consents belong to operators as properties and kinds of ground do."""
    schema = the_words().schema
    others = replace(schema, consent=replace(schema.consent, ops=frozenset({"homeid"})))

    with pytest.raises(InvalidRequestError) as caught:
        request_from_wire(a_request(), Words(the_words().vocabulary, others))

    assert ("facts[2].consent", "not-for-this-operator") in [(e.field, e.code) for e in caught.value.errors]
