"""What is written to the wire reads back as it was."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pdp.api.v1 import decision_pb2
from pdp.core.entity import Entity
from pdp.core.request import Request
from pdp.wire.json_form import check_request_from_dict, message_to_json
from pdp.wire.mistakes import shown
from pdp.wire.outgoing import request_to_wire
from pdp.wire.requests import request_from_wire
from tests.malformed_requests import a_meeting, a_request
from tests.unit.wire.strategies import DECLARED, requests
from tests.unit.wire.words import the_words


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(requests())
def test_a_request_reads_back_as_it_was_written(request: Request) -> None:
    """No part of a request is lost or changed on the wire, the values that no rule sees included."""
    on_wire = request_to_wire(request).SerializeToString()

    assert request_from_wire(decision_pb2.CheckRequest.FromString(on_wire), the_words(), declared=DECLARED) == request


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(requests())
def test_a_request_reads_back_from_its_json(request: Request) -> None:
    """JSON carries a request as well as bytes do."""
    written = message_to_json(request_to_wire(request))

    assert request_from_wire(check_request_from_dict(written), the_words(), declared=DECLARED) == request


@given(st.text(max_size=300))
def test_what_is_shown_is_short_and_printable(text: str) -> None:
    """Nothing that a caller sends can move the cursor of whoever reads the error."""
    assert shown(text).isprintable()
    assert len(shown(text)) <= 100


def test_values_have_the_types_of_the_core() -> None:
    """Entities, instants, lists and numbers arrive as values and not as text."""
    request = request_from_wire(a_request(), the_words())
    meeting = request_from_wire(a_meeting(), the_words())

    assert request.resource.properties == {
        "pictured": (Entity("child", "minh"), Entity("child", "an")),
        "encrypted": True,
    }
    assert request.time is not None
    assert request.time.isoformat() == "2026-11-17T02:00:00+00:00"
    assert "time" not in request.context
    assert type(meeting.resource.properties["minutes"]) is int
    assert meeting.context["notice_to"] == ("authorities",)
