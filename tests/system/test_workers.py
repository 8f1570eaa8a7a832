"""A server of several processes: they share a port, answer from one revision, and end together."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from pdp.core.errors import InvalidSettingsError
from pdp.server.port_group import SharedPort
from tests.builders import AUNT, CHILD, MOTHER, SCHOOL, a_containment, a_role, registered
from tests.faults.served import one_policy
from tests.malformed_requests import a_request
from tests.system.running import CHECK, ask, connected, wait_until
from tests.system.test_facts_service import client_of
from tests.system.test_life import ROOT, lines_until

pytestmark = pytest.mark.system

BODY = a_request().SerializeToString()
REVISION = "a" * 64


@contextmanager
def serving(*flags: str, policies: Path | None = None) -> Iterator["subprocess.Popen[str]"]:
    """Run `pdp serve` over *policies*, by default those of one operator, and end it with all its workers."""
    state = tempfile.TemporaryDirectory()
    policies = policies or one_policy(Path(state.name) / "policies")
    command = [sys.executable, "-m", "pdp", "serve", "--policies", str(policies), "--decision-log", "none", *flags]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}", "XDG_STATE_HOME": state.name},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)
        state.cleanup()


def ready(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Wait until *process* is ready and return what it said then."""
    return lines_until(process.stderr, "ready")[-1]


def is_alive(pid: int) -> bool:
    """Say whether there is such a process, and not only what is left of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def answers(address: str, times: int = 1) -> list[grpc.StatusCode]:
    """Ask over *times* connections: the kernel gives each to one of the workers."""
    codes = []
    for _ in range(times):
        with connected(address) as channel:
            codes.append(ask(channel, CHECK, BODY).code)
    return codes


def test_workers_answer_on_one_port_from_one_revision_and_end_together() -> None:
    """Each on a core of its own; one that dies is replaced; a signal to the parent ends all."""
    with serving("--listen", "127.0.0.1:0", "--workers", "2") as process:
        lines = lines_until(process.stderr, "ready")
        said = lines[-1]
        own = [line for line in lines if line["event"] == "worker-ready"]
        assert said["pid"] == process.pid
        assert set(said["workers"]) == {line["pid"] for line in own}
        assert len(said["workers"]) == 2
        assert {line["revision"] for line in own} == {said["revision"]}
        assert set(said["tiers"].values()) == {"indexed"}
        for line in own:
            assert os.sched_getaffinity(line["pid"]) == {line["core"]}
        assert len({line["core"] for line in own}) == min(2, len(os.sched_getaffinity(0)))
        assert set(answers(said["address"], 20)) == {grpc.StatusCode.OK}

        os.kill(said["workers"][0], signal.SIGKILL)
        assert lines_until(process.stderr, "worker-died")[-1]["worker"] == said["workers"][0]
        replaced = lines_until(process.stderr, "worker-ready")[-1]["pid"]
        assert set(answers(said["address"], 20)) == {grpc.StatusCode.OK}

        process.terminate()
        assert process.wait(20) == 0
        assert not any(is_alive(pid) for pid in (*said["workers"], replaced))


def test_workers_end_with_their_parent() -> None:
    """Whoever kills the parent leaves nobody behind that would answer from an old policy."""
    with serving("--listen", "127.0.0.1:0", "--workers", "2") as process:
        said = ready(process)
        process.kill()
        wait_until(lambda: not any(is_alive(pid) for pid in said["workers"]))


def test_workers_that_keep_dying_end_the_server() -> None:
    """It does not go on half alive for ever: the exit code says that there was trouble."""
    with serving("--listen", "127.0.0.1:0", "--workers", "1") as process:
        worker = ready(process)["workers"][0]
        for _ in range(5):
            os.kill(worker, signal.SIGKILL)
            worker = lines_until(process.stderr, "worker-ready")[-1]["pid"]
        os.kill(worker, signal.SIGKILL)
        assert lines_until(process.stderr, "worker-given-up")[-1]["worker"] == worker
        assert process.wait(20) == 2


@pytest.mark.parametrize(("first", "second"), [("", ""), ("a", "b"), ("a", ""), ("", "a")])
def test_a_second_server_of_no_or_another_group_does_not_start(first: str, second: str) -> None:
    """Half of the questions would be answered from elsewhere."""
    flags = [["--port-group", group] if group else [] for group in (first, second)]
    with serving("--listen", "127.0.0.1:0", "--workers", "1", *flags[0]) as process:
        address = ready(process)["address"]
        with serving("--listen", address, "--workers", "1", *flags[1]) as another:
            assert another.wait(20) == 2
            assert another.stderr is not None
            assert '"event": "not-started"' in another.stderr.read()


def test_a_second_server_of_the_group_joins_with_the_same_revision_only(tmp_path: Path) -> None:
    """A policy that differs by a comment is another revision."""
    edited = one_policy(tmp_path / "policies")
    rows = edited / "kidsonline" / "policy.csv"
    rows.write_text(rows.read_text("utf-8") + "\n# another day\n", "utf-8")
    with serving("--listen", "127.0.0.1:0", "--workers", "1", "--port-group", "a") as process:
        address = ready(process)["address"]
        with serving("--listen", address, "--workers", "1", "--port-group", "a") as another:
            assert ready(another)["address"] == address
            assert set(answers(address, 10)) == {grpc.StatusCode.OK}
        with serving("--listen", address, "--workers", "1", "--port-group", "a", policies=edited) as stranger:
            assert stranger.wait(20) == 2
            assert stranger.stderr is not None
            assert "another revision" in stranger.stderr.read()
        assert answers(address) == [grpc.StatusCode.OK]


def test_a_port_that_another_program_has_is_not_shared() -> None:
    """It listens alone, so that nothing may be bound beside it."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(InvalidSettingsError, match="another program"):
            SharedPort(address, "a", REVISION)


def test_of_two_servers_that_differ_at_most_one_starts() -> None:
    """Whichever order their names come in; once the first is gone, the other may."""
    first = SharedPort("127.0.0.1:0", "a", REVISION)
    same = SharedPort(first.address, "a", REVISION)
    with pytest.raises(InvalidSettingsError, match="another group"):
        SharedPort(first.address, "b", REVISION)
    with pytest.raises(InvalidSettingsError, match="another revision"):
        SharedPort(first.address, "a", "b" * 64)
    first.close()
    with pytest.raises(InvalidSettingsError, match="another revision"):
        SharedPort(first.address, "a", "b" * 64)
    same.close()
    SharedPort(first.address, "a", "b" * 64).close()


def test_the_claim_is_held_as_long_as_a_process_of_the_server_lives() -> None:
    """A worker that outlives its parent for a moment still keeps others out."""
    held = SharedPort("127.0.0.1:0", "", REVISION)
    pid = os.fork()
    if pid == 0:
        time.sleep(30)
        os._exit(0)
    held.close()
    try:
        with pytest.raises(InvalidSettingsError):
            SharedPort(held.address, "", REVISION)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    SharedPort(held.address, "", REVISION).close()


def test_a_revocation_on_one_worker_is_obeyed_by_all(tmp_path: Path) -> None:
    """Once a revocation is acknowledged no worker answers from older facts, whichever is asked."""
    with serving("--listen", "127.0.0.1:0", "--workers", "2", "--store", f"sqlite:///{tmp_path}/facts.db") as process:
        address = ready(process)["address"]
        with connected(address) as channel:
            client = client_of(channel)
            client.write(
                a_role(MOTHER, "primary_guardian", CHILD),
                *registered(MOTHER),
                *registered(AUNT),
                a_containment(CHILD, SCHOOL),
            )
            for _ in range(10):
                (id_,) = client.write(a_role(AUNT, "family_member", CHILD), actor=MOTHER).ids
                assert all(_seen(address) for _ in range(4))
                client.delete(actor=MOTHER, ids=[id_])
                assert not any(_seen(address) for _ in range(4))


def _seen(address: str) -> bool:
    """Ask over a connection of its own."""
    with connected(address) as channel:
        return client_of(channel).may_see()
