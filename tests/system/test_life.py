"""A server of its own process: it says that it is ready, drains, and ends."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import grpc
import pytest

from pdp.activation import revision_of
from pdp.core.errors import InvalidSettingsError
from pdp.decision_point import DecisionPoint
from pdp.wire.words import Words
from tests.malformed_requests import a_request
from tests.system.running import CHECK, ask, connected, running, unary

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
BODY = a_request().SerializeToString()


@contextmanager
def child(how: str, grace: int = 5, listen: str = "127.0.0.1:0") -> Iterator["subprocess.Popen[str]"]:
    """Run `child.py` and end it, whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.system.child", listen, str(grace), how],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)


def lines_until(stream: "IO[str] | None", event: str) -> list[dict[str, Any]]:
    """Return the lines up to the one with *event*; fail when the stream ends before."""
    assert stream is not None
    lines: list[dict[str, Any]] = []
    for line in stream:
        lines.append(json.loads(line))
        if lines[-1]["event"] == event:
            return lines
    raise AssertionError(f"no `{event}` in {lines}")


def address_of(process: "subprocess.Popen[str]") -> str:
    """Return where *process* answers, once it does."""
    address: str = lines_until(process.stderr, "ready")[-1]["address"]
    return address


def wait_for_a_call(process: "subprocess.Popen[str]") -> None:
    """Wait until a decision has begun."""
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"


def test_the_ready_line_says_where_it_answers(words: Words) -> None:
    """The line comes once a caller can connect; what must be known is said before."""
    with child("at once") as process:
        lines = lines_until(process.stderr, "ready")
        with connected(lines[-1]["address"]) as channel:
            assert ask(channel, CHECK, BODY).code is grpc.StatusCode.OK
    assert lines[-1]["pid"] == process.pid
    assert lines[-1]["revision"] == revision_of({})
    assert lines[-1]["address"].startswith("127.0.0.1:")
    (said,) = [line["message"] for line in lines if line["event"] == "open-to-local"]
    assert "`local`" in said
    assert len([line for line in lines if line["event"] == "operator-not-served"]) == 5


def test_the_revision_is_of_all_operators_together(point: DecisionPoint) -> None:
    """Another policy of any operator makes another revision."""
    assert revision_of(point.policies) not in {revision_of({}), *(set_.revision for set_ in point.policies.values())}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopping_server_finishes_what_has_begun(number: signal.Signals) -> None:
    """A call under way is answered, a new one finds nobody, the exit code is 0; stdout holds nothing of the server."""
    with child("slowly") as process:
        address = address_of(process)
        with connected(address) as channel, connected(address) as another:
            under_way = unary(channel, CHECK).future(BODY, timeout=30)
            wait_for_a_call(process)
            process.send_signal(number)
            lines_until(process.stderr, "draining")
            time.sleep(0.1)
            assert ask(another, CHECK, BODY).code is grpc.StatusCode.UNAVAILABLE
            under_way.result()
        assert process.wait(10) == 0
        assert lines_until(process.stderr, "stopped")
        assert process.stdout is not None
        assert process.stdout.read() == ""


def test_a_call_that_does_not_end_is_broken_off() -> None:
    """After the grace the process goes, and says by its exit code that something was left."""
    with child("never", grace=1) as process:
        with connected(address_of(process)) as channel:
            under_way = unary(channel, CHECK).future(BODY, timeout=20)
            wait_for_a_call(process)
            process.terminate()
            assert process.wait(10) == 2
            assert under_way.code() in {grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE}
        assert lines_until(process.stderr, "stopped-unfinished")


def test_a_second_signal_ends_the_grace() -> None:
    """Whoever is in a hurry is obeyed."""
    with child("never", grace=600) as process:
        with connected(address_of(process)) as channel:
            under_way = unary(channel, CHECK).future(BODY, timeout=20)
            wait_for_a_call(process)
            process.terminate()
            lines_until(process.stderr, "draining")
            process.terminate()
            assert process.wait(10) == 2
            assert under_way.code() is not grpc.StatusCode.OK
        assert lines_until(process.stderr, "hurried")


def test_two_servers_never_share_a_port(point: DecisionPoint, words: Words) -> None:
    """The second start fails, in the same process and in another."""
    with running(point, words) as server:
        with pytest.raises(InvalidSettingsError, match="another program"), running(point, words, listen=server.address):
            pass
        with child("at once", listen=server.address) as process:
            assert process.wait(20) == 2
            assert process.stderr is not None
            assert '"event": "not-started"' in process.stderr.read()


@pytest.mark.parametrize(
    "listen",
    [
        "0.0.0.0:0",
        "[::]:0",
        ":0",
        "unix:/tmp/pdp.sock:0",
        "127.0.0.1",
        "127.0.0.1:70000",
        "127.0.0.1:-1",
        "192.0.2.1:0",
    ],
)
def test_only_loopback_is_listened_on(point: DecisionPoint, words: Words, listen: str) -> None:
    """Settings refuse other hosts; so does the server itself."""
    with pytest.raises(InvalidSettingsError), running(point, words, listen=listen):
        pass


def test_localhost_is_loopback(point: DecisionPoint, words: Words) -> None:
    """A name is resolved once, and the number is what is bound."""
    with running(point, words, listen="localhost:0") as server, connected(server.address) as channel:
        assert server.address.startswith(("127.", "[::1]"))
        assert ask(channel, CHECK, BODY).code is grpc.StatusCode.OK
