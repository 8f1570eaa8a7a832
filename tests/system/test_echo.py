"""The echo that served figures are measured against: the same bytes, on the same server and on gRPC's own."""

import os

import pytest

from benchmarks.served import processes
from benchmarks.served.echo import SERVICE
from tests.system.running import unary

pytestmark = pytest.mark.system


@pytest.mark.parametrize("public", [False, True])
def test_the_echo_answers_with_as_many_bytes_as_it_is_told(public: bool) -> None:
    """Whichever way it is served, a request comes back filled up or cut to the length of a real answer."""
    cores = sorted(os.sched_getaffinity(0))
    with (
        processes.echo(cores, {"longer": 8, "shorter": 2}, public=public) as server,
        processes.connected(server.address) as channel,
    ):
        answers = [unary(channel, f"/{SERVICE}/{name}")(b"abc", timeout=10.0) for name in ("longer", "shorter")]
        assert answers == [b"abc\0\0\0\0\0", b"ab"]
        assert server.processor_seconds() > 0
