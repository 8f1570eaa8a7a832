"""A server of several processes goes from one revision to the next while it answers."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from click.testing import CliRunner, Result

from pdp.api.v1 import decision_pb2, policies_pb2
from pdp.cli import main
from pdp.core.errors import InvalidSettingsError
from pdp.server.port_group import SharedPort
from tests.system.reload_storm import a_question_for_the_storm, policy_of, text_of
from tests.system.running import CHECK, Answer, ask, connected, unary, wait_until
from tests.system.test_health_and_reflection import NOT_SERVING, SERVING, health
from tests.system.test_life import lines_until
from tests.system.test_workers import ready, serving
from tests.unit.activation.folders import POLICY, write
from tests.unit.policy_set.small_folder import the_files

pytestmark = pytest.mark.system

POLICIES = "/pdp.api.v1.PolicyService"
BODY = a_question_for_the_storm().SerializeToString()
EDITIONS = 20


@contextmanager
def served(directory: Path, *flags: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Serve edition 0 of the small folder from *directory* with two workers, and return the process and its address."""
    put(directory, 0)
    with serving("--listen", "127.0.0.1:0", "--workers", "2", *flags, policies=directory) as process:
        yield process, ready(process)["address"]


def put(directory: Path, edition: int) -> None:
    """Put *edition* in the place of what lies in *directory*, in one step."""
    if not (directory / POLICY).exists():
        write(directory)
    fresh = directory / "kidsonline" / ".fresh"
    fresh.write_text(text_of(edition), "utf-8")
    fresh.rename(directory / POLICY)


def reload(channel: grpc.Channel) -> policies_pb2.ReloadResponse:
    """Let the server read the folder again."""
    message = policies_pb2.ReloadRequest(operator="kidsonline")
    answer = ask(channel, f"{POLICIES}/Reload", message.SerializeToString(), timeout=60)
    assert answer.code is grpc.StatusCode.OK, answer
    return policies_pb2.ReloadResponse.FromString(answer.body)


def in_force(channel: grpc.Channel) -> policies_pb2.GetPolicySetResponse:
    """Return what the server says is in force."""
    answer = ask(channel, f"{POLICIES}/GetPolicySet", b"")
    return policies_pb2.GetPolicySetResponse.FromString(answer.body)


def answers_of(address: str, times: int = 12) -> set[tuple[str, bool]]:
    """Return (revision, allowed) of answers over several connections: the kernel gives each to one of the workers."""
    found = set()
    for _ in range(times):
        with connected(address) as channel:
            found.add(read(ask(channel, CHECK, BODY)))
    return found


def command(*arguments: str) -> Result:
    """Run `pdp` with *arguments*, in English unless they say otherwise."""
    return CliRunner().invoke(main, [*arguments, *([] if "--lang" in arguments else ["--lang", "en"])])


def read(answer: Answer) -> tuple[str, bool]:
    """Return (revision, allowed) of an answer to a check."""
    assert answer.code is grpc.StatusCode.OK, answer
    response = decision_pb2.CheckResponse.FromString(answer.body)
    return response.revision, response.decision == decision_pb2.DECISION_ALLOW


def test_a_reload_that_was_asked_for_reaches_every_worker_and_says_what_it_found(tmp_path: Path) -> None:
    """Valid files are in force everywhere once the call is answered; wrong ones nowhere, and every worker says so."""
    revisions = [policy_of(edition).revision for edition in range(4)]
    with served(tmp_path, "--watch-seconds", "0") as (process, address), connected(address) as channel:
        put(tmp_path, 1)
        answer = reload(channel)
        assert (answer.activated, answer.revision) == (True, revisions[1])
        assert answers_of(address) == {(revisions[1], False)}
        said = lines_until(process.stderr, "policy-activated")[-1]
        known = in_force(channel)
        assert [(one.revision, one.activated_by) for one in known.policies] == [(revisions[1], "local")]
        assert {worker.revision for worker in known.workers} == {said["revision_of_all"]}
        assert [worker.pid for worker in known.workers] == said["workers"]
        assert reload(channel).activated  # nothing has changed: what lies there is in force

        put(tmp_path, 2)
        broken = (tmp_path / POLICY).read_text("utf-8").replace("no-sale, deny", "no-sale, Deny")
        (tmp_path / POLICY).write_text(broken, "utf-8")
        answer = reload(channel)
        assert (answer.activated, answer.revision) == (False, revisions[1])
        assert [(finding.code, finding.suggestion) for finding in answer.findings] == [("unknown-effect", "deny")]
        assert answers_of(address) == {(revisions[1], False)}
        assert lines_until(process.stderr, "policy-refused")[-1]["stays"] == revisions[1]
        wait_until(lambda: health(channel, "pdp.policies.kidsonline") == NOT_SERVING)
        assert health(channel, "pdp.operator.kidsonline") == SERVING
        (refused,) = in_force(channel).refused
        assert [finding.code for finding in refused.findings] == ["unknown-effect"]

        told = command("status", "--server", address, "--lang", "vi")
        assert told.exit_code == 1
        assert "bị từ chối" in told.output
        assert "[unknown-effect]" in told.output
        assert command("reload", "kidsonline", "--server", address).exit_code == 1

        shutil.rmtree(tmp_path / "kidsonline")
        answer = reload(channel)
        assert [finding.code for finding in answer.findings] == ["folder-unreadable"]
        assert answers_of(address) == {(revisions[1], False)}

        put(tmp_path, 3)
        assert reload(channel).activated
        wait_until(lambda: health(channel, "pdp.policies.kidsonline") == SERVING)
        assert in_force(channel).refused == []
        told = command("status", "--server", address, "--format", "json")
        assert told.exit_code == 0
        assert json.loads(told.output)["policies"][0]["revision"] == revisions[3]
        assert command("reload", "kidsonline", "--server", address).output == f"in force: {revisions[3]}\n"
        of_cache = command("status", "--cache", "--server", address, "--lang", "en").output
        assert "this process keeps" in of_cache

        os.kill(known.workers[0].pid, signal.SIGKILL)
        lines_until(process.stderr, "worker-ready")
        assert answers_of(address) == {(revisions[3], False)}


def test_a_changed_folder_is_found_and_the_claim_follows(tmp_path: Path) -> None:
    """Without being asked; a server with the new revision may join, one with the former may not."""
    with served(tmp_path / "one", "--port-group", "g") as (process, address):
        put(tmp_path / "one", 1)
        lines_until(process.stderr, "policy-activated")
        assert answers_of(address) == {(policy_of(1).revision, False)}
        put(tmp_path / "two", 0)
        flags = ("--listen", address, "--workers", "1", "--port-group", "g")
        with serving(*flags, policies=tmp_path / "two") as former:
            assert former.wait(30) == 2
        put(tmp_path / "two", 1)
        with serving(*flags, policies=tmp_path / "two") as same:
            assert ready(same)["address"] == address


def test_reloads_while_questions_are_asked(tmp_path: Path) -> None:
    """No answer fails, and each is of a revision in force between its beginning and its end; both workers answer."""
    expected = {policy_of(edition).revision: edition for edition in range(EDITIONS)}
    done: list[tuple[float, int]] = []
    seen: list[tuple[float, float, str, bool]] = []
    over = threading.Event()

    def questions(address: str) -> None:
        with connected(address) as channel:
            check = unary(channel, CHECK)
            while not over.is_set():
                begun = time.monotonic()
                response = decision_pb2.CheckResponse.FromString(check(BODY, timeout=30))
                allowed = response.decision == decision_pb2.DECISION_ALLOW
                seen.append((begun, time.monotonic(), response.revision, allowed))
                time.sleep(0.002)

    with served(tmp_path, "--watch-seconds", "0") as (_, address), connected(address) as channel:
        asking = [threading.Thread(target=questions, args=(address,)) for _ in range(4)]
        for thread in asking:
            thread.start()
        for edition in range(1, EDITIONS):
            begun = time.monotonic()
            put(tmp_path, edition)
            answer = reload(channel)
            assert answer.activated
            assert expected[answer.revision] == edition
            done.append((time.monotonic(), edition))
            assert begun < done[-1][0]
        over.set()
        for thread in asking:
            thread.join(30)

    assert len(seen) > 200
    for begun, ended, revision, allowed in seen:
        edition = expected[revision]
        assert allowed == (edition % 2 == 0)
        assert edition >= max((known for at, known in done if at <= begun), default=0)
        assert edition <= min((known for at, known in done if at >= ended), default=EDITIONS)


def test_files_are_validated_without_being_put_in_force(tmp_path: Path) -> None:
    """Every finding comes with its place in the files that were sent; what is in force does not change."""
    files = {**the_files(), POLICY: the_files()[POLICY].replace(b"no-sale, deny", b"no-sale, Deny")}
    message = policies_pb2.ValidateRequest(
        files=[policies_pb2.PolicyFile(path=path, content=content) for path, content in files.items()]
    )
    with served(tmp_path, "--watch-seconds", "0") as (_, address), connected(address) as channel:
        before = in_force(channel).policies
        answer = ask(channel, f"{POLICIES}/Validate", message.SerializeToString())
        (found,) = policies_pb2.ValidateResponse.FromString(answer.body).findings
        assert (found.file, found.code, found.severity) == (POLICY, "unknown-effect", "error")
        assert found.line > 1
        assert set(found.message) == {"vi", "en"}
        assert in_force(channel).policies == before
        message.files[0].path = "policy.csv"
        refused = ask(channel, f"{POLICIES}/Validate", message.SerializeToString())
        assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
        assert refused.errors[0].field == "files[0].path"


def test_a_server_that_does_not_read_its_policies_again_says_so(channel: grpc.Channel) -> None:
    """A part of the service that is not there is no failed reload."""
    message = policies_pb2.ReloadRequest(operator="kidsonline").SerializeToString()
    assert ask(channel, f"{POLICIES}/Reload", message).code is grpc.StatusCode.UNIMPLEMENTED


def test_the_claim_on_a_port_follows_the_revision() -> None:
    """Between `begin` and `end` neither revision can join; afterwards the new one can."""
    first = SharedPort("127.0.0.1:0", "g", "a" * 64)
    first.begin("b" * 64)
    for revision in ("a" * 64, "b" * 64):
        with pytest.raises(InvalidSettingsError, match="another revision"):
            SharedPort(first.address, "g", revision)
    first.end()
    with pytest.raises(InvalidSettingsError, match="another revision"):
        SharedPort(first.address, "g", "a" * 64)
    SharedPort(first.address, "g", "b" * 64).close()
    first.close()


def test_health_knows_the_policies_of_every_operator(channel: grpc.Channel) -> None:
    """An operator that is served from what lies in its folder is SERVING twice; an unknown one is not found."""
    assert health(channel, "pdp.policies.kidsonline") == SERVING
