"""What the server says about itself can be read by programs, line by line."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from pdp.server import events
from pdp.server.events import Event, json_log, log_libraries_too


@pytest.fixture
def untouched_logging() -> Iterator[None]:
    """Put back what the test changes for the whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_is_one_object_with_its_event_first() -> None:
    """Line breaks and any script come out escaped."""
    stream = io.StringIO()
    json_log(stream).info(Event.READY.value, address="một\nhai\u2028ba")
    (line,) = stream.getvalue().splitlines()
    assert line.isascii()
    assert next(iter(json.loads(line))) == "event"
    assert json.loads(line)["address"] == "một\nhai\u2028ba"


def test_a_trace_shows_no_values() -> None:
    """Local variables may be data about people: the log has the way of an exception and not what it carried."""
    stream = io.StringIO()
    person = "Nguyễn-" + "Văn-A"
    try:
        raise RuntimeError("it broke")
    except RuntimeError as error:
        json_log(stream).error(Event.REQUEST_FAILED.value, exc_info=error)
    assert "it broke" in stream.getvalue()
    assert person not in json.loads(stream.getvalue())["exception"]


@pytest.mark.usefixtures("untouched_logging")
def test_libraries_speak_the_same_language() -> None:
    """Their lines are events too; their chatter below a warning is left out."""
    stream = io.StringIO()
    log_libraries_too(stream)
    logging.getLogger("grpc").info("chatter")
    try:
        raise RuntimeError("it broke")
    except RuntimeError:
        logging.getLogger("grpc").exception("details\nof it")
    (line,) = stream.getvalue().splitlines()
    said = json.loads(line)
    assert (said["event"], said["message"]) == (events.Event.LIBRARY.value, "details\nof it")
    assert "it broke" in said["exception"]
