"""PolicyService.Diff over a real connection: what an edit changes, within bounds."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from click.testing import CliRunner

from pdp.activation import BY_SERVER, Active, Standing
from pdp.analysis.apart import Apart, NotComparedError
from pdp.analysis.changes import Comparison
from pdp.analysis.groups import grouped
from pdp.api.v1 import decision_pb2, policies_pb2
from pdp.cli import main
from pdp.decision_point import DecisionPoint
from pdp.server import comparing
from pdp.server.comparing import LEFT_OUT, PoliciesCompared
from pdp.wire.words import Words
from pdp_adapters.no_decision_log import NoDecisionLog
from pdp_adapters.no_stored_facts import NoStoredFacts
from pdp_adapters.system_clock import SystemClock
from tests.system.running import CHECK, Answer, ask, connected, refusal, running
from tests.unit.policy_set.small_folder import build, the_files

DIFF = "/pdp.api.v1.PolicyService/Diff"
OPERATOR = "kidsonline"
POLICY = f"{OPERATOR}/policy.csv"
SECONDS = 60.0


@pytest.fixture(scope="module")
def address(words: Words) -> Iterator[str]:
    """Serve the small folder."""
    policy = build(the_files())
    standing = Standing({OPERATOR: Active(policy, datetime.now(UTC), BY_SERVER, tuple(the_files().items()))})
    point = DecisionPoint(standing.sets, NoStoredFacts(), SystemClock(), NoDecisionLog())
    with running(point, words, standing=standing) as server:
        yield server.address


@pytest.fixture
def channel(address: str) -> Iterator[grpc.Channel]:
    """Connect to the server."""
    with connected(address) as channel:
        yield channel


def edited(old: bytes, new: bytes) -> dict[str, bytes]:
    """Return the small folder with one text of its rules in the place of another."""
    files = dict(the_files())
    assert old in files[POLICY]
    return {**files, POLICY: files[POLICY].replace(old, new)}


def without_a_condition() -> dict[str, bytes]:
    """Return the small folder in which a guardian need not be registered."""
    return edited(b"signed_in and registered", b"signed_in")


def asked(files: Mapping[str, bytes], operator: str = OPERATOR, max_groups: int = 0) -> policies_pb2.DiffRequest:
    """Return the question what *files* would change."""
    sent = [policies_pb2.PolicyFile(path=path, content=content) for path, content in files.items()]
    return policies_pb2.DiffRequest(operator=operator, files=sent, max_groups=max_groups)


def calling(channel: grpc.Channel, request: policies_pb2.DiffRequest, seconds: float) -> Any:
    """Return the call that asks for *request*."""
    method: Any = channel.unary_stream(DIFF)
    return method(request.SerializeToString(), timeout=seconds)


def told(
    channel: grpc.Channel, request: policies_pb2.DiffRequest, seconds: float = SECONDS
) -> tuple[list[policies_pb2.DiffGroup], dict[str, Any]]:
    """Return the groups that the server streams, and what it says after them."""
    call = calling(channel, request, seconds)
    groups = [policies_pb2.DiffGroup.FromString(body) for body in call]
    return groups, dict(call.trailing_metadata())


def refused(channel: grpc.Channel, request: policies_pb2.DiffRequest, seconds: float = SECONDS) -> Answer:
    """Return what the server says in refusing *request*."""
    with pytest.raises(grpc.RpcError) as caught:
        told(channel, request, seconds)
    return refusal(caught.value)


# --- What is told -----------------------------------------------------------------------------------------------------


def test_the_groups_are_those_of_the_command(channel: grpc.Channel, words: Words) -> None:
    """Kind and count are what `pdp diff` finds in this process; what is in force denies the witness."""
    after = without_a_condition()
    groups, after_them = told(channel, asked(after))
    found = grouped(Comparison(build(the_files()), build(after), words.schema), words)
    assert [(one.change, one.decisions) for one in groups] == [(one.kind.value, one.decisions) for one in found]
    assert groups[0].change == "newly-allowed"
    assert set(groups[0].message) == {"vi", "en"}
    assert LEFT_OUT not in after_them
    answer = ask(channel, CHECK, groups[0].witness.SerializeToString())
    assert decision_pb2.CheckResponse.FromString(answer.body).decision == decision_pb2.DECISION_DENY


def test_the_same_files_change_nothing(channel: grpc.Channel) -> None:
    """No group, also where the files of all operators are not brought: those in force are taken."""
    files = {path: content for path, content in the_files().items() if not path.startswith("shared/")}
    assert len(files) < len(the_files())
    assert told(channel, asked(files))[0] == []


def test_what_is_left_out_is_counted(channel: grpc.Channel) -> None:
    """The groups that count most come first, and after them the number of the others."""
    after = edited(b"allow, guardian, read, child_data", b"allow, teacher, read, child_photo")
    everything, _ = told(channel, asked(after))
    assert len(everything) > 1
    first, after_them = told(channel, asked(after, max_groups=1))
    assert first == everything[:1]
    assert after_them[LEFT_OUT] == str(len(everything) - 1)


def test_what_changes_beside_decisions_is_told_too(channel: grpc.Channel) -> None:
    """Who may grant a role has no witness."""
    name = f"{OPERATOR}/granting.yaml"
    files = {**the_files(), name: the_files()[name].replace(b"required: yes", b"required: no")}
    groups, _ = told(channel, asked(files))
    assert [(one.change, one.HasField("witness")) for one in groups] == [("beside-decisions", False)]


# --- What is refused --------------------------------------------------------------------------------------------------

_WRONG: dict[str, tuple[policies_pb2.DiffRequest, str, str]] = {
    "an unknown operator": (asked(the_files(), "kidsonlin"), "operator", "unknown-word"),
    "no file": (asked({}), "files", "required"),
    "a file of another operator": (asked({"kiotviet/policy.csv": b""}), "files[0].path", "unknown-word"),
    "a path that leads elsewhere": (asked({"../kidsonline/policy.csv": b""}), "files[0].path", "unknown-word"),
    "fewer groups than none": (asked(the_files(), max_groups=-1), "max_groups", "out-of-range"),
    "a misspelt effect": (asked(edited(b"deny", b"Deny")), "files", "unknown-effect"),
    "rules alone": (asked({POLICY: the_files()[POLICY]}), "files", "file-missing"),
}


@pytest.mark.parametrize("case", _WRONG)
def test_a_request_that_cannot_be_right_is_refused_with_its_place(channel: grpc.Channel, case: str) -> None:
    """Files that are no valid policy are the caller's mistake, with the code of each finding."""
    request, field, code = _WRONG[case]
    answer = refused(channel, request)
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert (field, code) in {(error.field, error.code) for error in answer.errors}


def test_without_the_solver_it_is_not_implemented(channel: grpc.Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the caller is told what to install."""
    monkeypatch.setattr(comparing, "has_solver", lambda: False)
    answer = refused(channel, asked(the_files()))
    assert answer.code is grpc.StatusCode.UNIMPLEMENTED
    assert "promise-pdp[analysis]" in answer.said


# --- Bounds -----------------------------------------------------------------------------------------------------------


class NeverEnds(Apart):
    """Starts a process that never answers."""

    module = "tests.system.never_ends"


@pytest.fixture
def number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Let comparing never end; return what waits for the number of the process that compares."""
    file = tmp_path / "number"
    monkeypatch.setenv("PDP_TEST_PROCESS", str(file))
    monkeypatch.setattr(PoliciesCompared, "apart_type", NeverEnds)

    def read() -> int:
        wait_until(lambda: file.exists() and file.read_text("ascii") != "")
        return int(file.read_text("ascii"))

    return read


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, and fail when it never does."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    """Say whether the process *pid* has ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_what_takes_too_long_is_ended_and_nothing_of_it_is_told(
    channel: grpc.Channel, number: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status says that a bound was met, and the process is gone."""
    monkeypatch.setattr(comparing, "COMPARISON_SECONDS", 3.0)
    answer = refused(channel, asked(the_files()))
    assert answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    wait_until(lambda: is_gone(number()))


def test_when_nobody_waits_any_more_it_is_ended(channel: grpc.Channel, number: Callable[[], int]) -> None:
    """Whoever hangs up, or has set a deadline, leaves no process behind; checks are answered meanwhile."""
    call = calling(channel, asked(the_files()), SECONDS)
    pid = number()
    assert ask(channel, CHECK, decision_pb2.CheckRequest().SerializeToString()).code is not grpc.StatusCode.OK
    assert not is_gone(pid)
    call.cancel()
    wait_until(lambda: is_gone(pid))


def test_the_callers_deadline_is_kept(channel: grpc.Channel, number: Callable[[], int]) -> None:
    """It is told as such."""
    answer = refused(channel, asked(the_files()), 3.0)
    assert answer.code is grpc.StatusCode.DEADLINE_EXCEEDED
    wait_until(lambda: is_gone(number()))


_ASKS_AND_WAITS = """
from tests.system.test_diff import NeverEnds
NeverEnds(60.0).differences("kidsonline", [], [], 1)
"""


def test_it_ends_when_its_parent_is_killed(number: Callable[[], int]) -> None:
    """A worker that is ended from without leaves nothing that goes on computing."""
    with subprocess.Popen([sys.executable, "-c", _ASKS_AND_WAITS]) as parent:
        pid = number()
        parent.kill()
    wait_until(lambda: is_gone(pid))


class HearsLate(Apart):
    """Starts a process that reads its question late."""

    module = "tests.system.hears_late"


def test_a_process_that_begins_late_hears_the_whole_question() -> None:
    """On a busy machine it may be asked for its answer several times before it reads, and a pipe takes 64 KiB."""
    files = tuple((path, content + b"\n# " + b"x" * (1 << 16)) for path, content in the_files().items())
    assert HearsLate(SECONDS).differences(OPERATOR, files, files, 1).left_out > 1 << 16


class WantsMuchMemory(Apart):
    """Runs what compares, with less memory than it needs."""

    def _run(self, asked: bytes) -> dict[str, Any]:
        return super()._run(asked.replace(str(2048 << 20).encode(), str(1 << 20).encode()))


def test_what_breaks_off_is_not_taken_for_an_answer() -> None:
    """Neither differences nor their absence are told by a process that died."""
    files = tuple(the_files().items())
    for ask_it in (
        lambda: WantsMuchMemory(SECONDS).differences(OPERATOR, files, files, 1),
        lambda: WantsMuchMemory(SECONDS).allows_more(OPERATOR, files, files),
    ):
        with pytest.raises(NotComparedError):
            ask_it()
    assert Apart(SECONDS).allows_more(OPERATOR, files, files) is False


# --- The command ------------------------------------------------------------------------------------------------------


def test_the_command_asks_a_server(address: str, tmp_path: Path) -> None:
    """It prints the sentences, keeps the witnesses, and ends as --fail-on says."""
    for path, content in without_a_condition().items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    command = ["diff", str(tmp_path / OPERATOR), "--server", address, "--lang", "en"]
    ran = CliRunner().invoke(main, [*command, "--fail-on", "newly-allowed", "--witnesses", str(tmp_path / "w")])
    assert ran.exit_code == 1, ran.output
    assert ran.output.startswith("1. NEWLY ALLOWED")
    assert next(file.name for file in sorted((tmp_path / "w").iterdir())) == "001-newly-allowed.json"
    assert CliRunner().invoke(main, [*command, "--fail-on", "newly-denied"]).exit_code == 0
    assert CliRunner().invoke(main, [*command, "again"]).exit_code == 2
