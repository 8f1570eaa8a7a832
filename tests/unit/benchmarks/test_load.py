"""What is read from h2load: a server that refuses calls is not taken for a fast one."""

from pathlib import Path

import pytest

from benchmarks.served.echo import echo
from benchmarks.served.load import LoadError, Target, framed, rate_of
from pdp.core.caller import LOCAL

TARGET = Target("127.0.0.1:1", "/a.B/C", (), answer_bytes=562)
SAID = """
finished in 4.35s, 1378.56 req/s, 830.09KB/s
requests: 6000 total, 6000 started, 6000 done, {succeeded} succeeded, {failed} failed, 0 errored, 0 timeout
status codes: 6000 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 3.53MB (3699575) total, 17.65KB (18075) headers (space savings 96.28%), 3.24MB ({data}) data
"""


def test_a_rate_is_read_when_every_call_was_answered_in_full() -> None:
    """Six thousand answers of 562 bytes and their frames are what was expected."""
    said = SAID.format(succeeded=6000, failed=0, data=6000 * 567)
    assert rate_of(said, TARGET) == 1378.56


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(
            SAID.format(succeeded=6000, failed=0, data=0), id="every call refused: a status without a message"
        ),
        pytest.param(SAID.format(succeeded=6000, failed=0, data=5000 * 567), id="some calls refused"),
        pytest.param(SAID.format(succeeded=5999, failed=1, data=5999 * 567), id="a call failed"),
        pytest.param(SAID.format(succeeded=6000, failed=0, data=6000 * 700), id="another answer"),
        pytest.param("[ERROR] Could not resolve host", id="no load at all"),
    ],
)
def test_no_rate_is_read_otherwise(said: str) -> None:
    """Refusing is fast: h2load counts it as a success, so the length of the answers is looked at."""
    with pytest.raises(LoadError):
        rate_of(said, TARGET)


def test_a_body_is_framed_as_grpc_frames_it(tmp_path: Path) -> None:
    """Not compressed, and its length in four bytes."""
    assert framed(tmp_path, "body", b"abc").read_bytes() == b"\x00\x00\x00\x00\x03abc"


@pytest.mark.parametrize(("body", "answered"), [(b"abc", b"abc\0\0"), (b"abcdefg", b"abcde")])
def test_the_echo_answers_with_the_request_as_long_as_an_answer(body: bytes, answered: bytes) -> None:
    """So that the limit carries the same bytes out as what it is the limit of."""
    assert echo(5)(body, LOCAL) == answered
