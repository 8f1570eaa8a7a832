"""However a server ends, its log verifies and has every answer that was given."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import grpc
import orjson
import pytest

from pdp.core.errors import InvalidSettingsError, UnavailableError
from pdp.decision_log import Keeping, LateChain
from pdp.settings import Settings, read_settings
from pdp_adapters import ed25519
from tests.builders import the_words
from tests.decision_log.kill_storm import stormed
from tests.decision_log.logs import Log, the_requests
from tests.docs.executed_examples import ROOT
from tests.system.running import CHECK, connected, running, unary


@pytest.mark.system
def test_a_killed_server_has_every_answer_on_record(tmp_path: Path) -> None:
    """Killed in the midst of answering, twice; the long run is `python -m tests.decision_log.kill_storm`."""
    counts = stormed(tmp_path, 2, seed=4)
    assert (counts["lost"], counts["faults"]) == (0, 0)
    assert counts["answered"] > 40


@pytest.mark.system
def test_a_server_that_holds_records_back_is_noticed(tmp_path: Path) -> None:
    """The broken twin: answers that leave before their records are lost with the process."""
    counts = stormed(tmp_path, 1, seed=4, log_wait="late")
    assert counts["lost"] > 0
    assert counts["faults"] == 0


@pytest.mark.system
def test_a_server_that_is_told_to_end_says_so_in_its_log(tmp_path: Path) -> None:
    """SIGTERM under load: nothing is lost, and the last record is that the chain ends, with a head over it."""
    counts = stormed(tmp_path, 1, seed=4, number=signal.SIGTERM)
    assert (counts["lost"], counts["faults"], counts["ended"]) == (0, 0, 1)


# --- Answers that do not wait -----------------------------------------------------------------------------------------


def late_chain(log: Log) -> LateChain:
    """Return a chain that holds records back."""
    keys = log.keys
    return LateChain(
        Keeping(log.folder, keys.persons, keys.signs, ed25519.verifies, log.second, 0, log.warnings.append)
    )


def test_held_records_are_written_in_their_order(tmp_path: Path) -> None:
    """Nothing is missing once the chain has ended, and the log is whole."""
    log = Log(tmp_path / "log")
    chain = late_chain(log)
    point = log.point(chain)
    ids = [point.check(request).decision_id for request in the_requests()[:200]]
    chain.end()
    said = [orjson.loads(line) for line in log.lines()]
    assert [each["decision_id"] for each in said if each["event"] == "decision"] == ids
    assert log.verified().is_whole


def test_records_that_cannot_be_written_stay_held_and_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first failure on nobody is answered before what is held is written; then everything is there."""
    log = Log(tmp_path / "log")
    chain = late_chain(log)
    point = log.point(chain)
    requests = the_requests()
    ids = [point.check(requests[0]).decision_id]
    real, is_full = os.write, True

    def write(file: int, content: bytes) -> int:
        if is_full and content.startswith(b'{"v":1'):
            raise OSError(28, "No space left on device")
        return real(file, content)

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", write)
        ids.append(point.check(requests[1]).decision_id)
        deadline = time.monotonic() + 20
        while not log.warnings and time.monotonic() < deadline:
            time.sleep(0.01)
        with pytest.raises(UnavailableError):
            point.check(requests[2])
        is_full = False
        ids.append(point.check(requests[3]).decision_id)
        chain.end()
    said = [orjson.loads(line) for line in log.lines()]
    assert [each["decision_id"] for each in said if each["event"] == "decision"] == ids
    assert log.verified().is_whole


@pytest.mark.parametrize("waits", [True, False])
def test_an_answer_says_when_it_has_not_waited(tmp_path: Path, waits: bool) -> None:
    """The metadata stand before every answer of such a server, and before none of another."""
    log = Log(tmp_path / "log")
    chain = log.chain()
    point = log.point(chain)
    body = _body()
    with running(point, the_words(), log_wait=waits) as server, connected(server.address) as channel:
        for path in (CHECK, CHECK.replace("/Check", "/Explain")):
            message = body if path == CHECK else _explaining()
            _, call = unary(channel, path).with_call(message, timeout=20)
            told = dict(call.initial_metadata())
            assert told.get("pdp-log-wait") == (None if waits else "off"), path
    chain.end()
    assert grpc.StatusCode.OK is call.code()


def _body() -> bytes:
    from pdp.wire.outgoing import request_to_wire

    return request_to_wire(the_requests()[0]).SerializeToString()


def _explaining() -> bytes:
    from pdp.api.v1 import decision_pb2

    return decision_pb2.ExplainRequest(request=decision_pb2.CheckRequest.FromString(_body())).SerializeToString()


def test_only_a_folder_can_be_written_late(tmp_path: Path) -> None:
    """A setting that would change nothing is a mistake."""
    with pytest.raises(InvalidSettingsError):
        read_settings({"log_wait": "off"}, {})
    assert read_settings({"log_wait": "off", "decision_log": f"{tmp_path}/"}, {}).log_wait is False
    assert Settings().log_wait is True


@pytest.mark.system
def test_serve_keeps_a_log_with_each_worker_as_its_writer(tmp_path: Path) -> None:
    """The real command: two workers, heads in the store, and `pdp log verify` finds nothing."""
    from tests.system.test_workers import answers, ready, serving

    store = f"sqlite:///{tmp_path}/facts.db"
    flags = ("--listen", "127.0.0.1:0", "--workers", "2", "--store", store, "--decision-log", f"{tmp_path}/log/")
    with serving(*flags) as process:
        said = ready(process)
        codes = answers(said["address"], 20)
        process.terminate()
        assert process.wait(20) == 0
    assert set(codes) == {grpc.StatusCode.OK}
    done = subprocess.run(
        [sys.executable, "-m", "pdp", "log", "verify", f"{tmp_path}/log", "--store", store, "--format", "json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    found = orjson.loads(done.stdout)
    assert (done.returncode, found["whole"], found["decisions"], found["uncovered"]) == (0, True, 20, 0)
    assert len(found["not_looked_at"]) == 1
