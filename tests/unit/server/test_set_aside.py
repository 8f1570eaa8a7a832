"""A comparison of policies holds up nothing else: neither the other operators nor a reload nor a later edit."""

import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pdp.activation import BY_SERVER, Active, Candidate, Comparing, LastInForce, PolicyJudge, Verdict
from pdp.analysis.apart import Apart
from pdp.analysis.begun import Begun
from pdp.analysis.second_person import begin_comparing
from pdp.core.finding import Finding
from pdp.server.link import Kind
from pdp.server.set_aside import COMPARING_SECONDS, SetAside
from pdp.server.workers import Worker
from pdp_adapters.kept_folder import KeptFolder
from tests.unit.activation.folders import DENY_ROW, codes
from tests.unit.policy_set.small_folder import the_files, the_schema, the_vocabulary
from tests.unit.server.test_leading import answer_of, ask, edit, follow, prepare
from tests.unit.server.workers_in_memory import Room, a_room, link_of


def link_kinds(worker: Worker) -> list[Kind]:
    """Return what a worker was sent and has not taken."""
    return link_of(worker).kinds()


@dataclass
class Slow:
    """Compares until it is told what comes out."""

    more: bool | None = None
    ended: bool = False

    def allows_more(self) -> bool | None:
        """Return what it was told."""
        return self.more

    def end(self) -> None:
        """Note that it was given up."""
        self.ended, self.more = True, True


@dataclass
class SlowSeals:
    """Compares every edit, slowly."""

    begun: list[Slow] = field(default_factory=list)

    def findings(self, candidate: Candidate, former: Active | None) -> tuple[Finding, ...] | Comparing:
        """Begin a comparison where something is in force."""
        if former is None:
            return ()
        self.begun.append(Slow())
        return self.begun[-1]


@pytest.fixture
def slow(tmp_path: Path) -> tuple[Room, SlowSeals]:
    """Return a leader over a folder whose edits are compared slowly."""
    seals = SlowSeals()
    room = a_room(tmp_path)
    room.keeper._judge = PolicyJudge(the_vocabulary(), the_schema(), seals)
    return room, seals


def test_others_are_led_while_an_edit_is_compared(slow: tuple[Room, SlowSeals]) -> None:
    """The leader comes back at once, joins a worker, and is not idle for long; then the edit comes in force."""
    room, seals = slow
    worker = room.join()
    before = edit(room)
    ask(room, worker)
    room.tick()
    assert (room.keeper.standing.revision, link_kinds(worker)) == (before, [])
    assert (room.leader.seconds() or 0.0) <= COMPARING_SECONDS
    late = room.join()
    assert room.leader.answering == 2

    seals.begun[0].more = False
    room.tick()
    for each in (worker, late):
        prepare(room, each)
    for each in (worker, late):
        follow(room, each)
    assert answer_of(worker).activated
    assert room.keeper.standing.revision != before


@pytest.mark.parametrize("more", [True, "no plain no"])
def test_what_allows_more_is_refused_for_want_of_the_second_person(more: Any, slow: tuple[Room, SlowSeals]) -> None:
    """Nothing but a plain no is a no."""
    room, seals = slow
    worker = room.join()
    before = edit(room)
    ask(room, worker)
    seals.begun[0].more = more
    room.tick()
    assert not answer_of(worker).activated
    assert codes(room.keeper) == ["second-person-missing"]
    assert room.keeper.standing.revision == before


def test_the_same_content_is_not_compared_from_the_start_again(slow: tuple[Room, SlowSeals]) -> None:
    """However often a reload is asked for; all who have asked are answered."""
    room, seals = slow
    worker = room.join()
    edit(room)
    for number in (7, 8, 9):
        ask(room, worker, number)
    first, *others = seals.begun
    assert not first.ended
    assert all(each.ended for each in others)
    first.more = True
    room.tick()
    told = [message for message in worker.link.sent if message.kind is Kind.RELOADED]  # type: ignore[attr-defined]
    assert [message.says["ask"] for message in told] == [7, 8, 9]


def test_a_later_edit_ends_the_comparison_of_the_former(slow: tuple[Room, SlowSeals]) -> None:
    """What the folder holds no longer does not come in force afterwards."""
    room, seals = slow
    worker = room.join()
    edit(room)
    ask(room, worker)
    edit(room, DENY_ROW.replace("no-reads", "no-shares").replace("read,", "share,"))
    ask(room, worker, 8)
    former, later = seals.begun
    assert (former.ended, later.ended) == (True, False)


def test_a_verdict_that_is_not_known_cannot_be_put_in_force(slow: tuple[Room, SlowSeals]) -> None:
    """The keeper refuses to."""
    room, _ = slow
    edit(room)
    verdict = room.keeper.examine("kidsonline")
    assert verdict.comparing is not None
    with pytest.raises(ValueError, match="cannot be put in force"):
        room.keeper.accept(verdict, BY_SERVER)


def test_what_is_set_aside_is_held_once(slow: tuple[Room, SlowSeals]) -> None:
    """A verdict that is known is handed back with its askers, and held no longer."""
    room, seals = slow
    aside: SetAside[str] = SetAside(room.keeper)
    edit(room)
    assert aside.put(room.keeper.examine("kidsonline"), ("lan",)) is None
    assert (bool(aside), aside.decided()) == (True, None)
    seals.begun[0].more = False
    found = aside.decided()
    assert found is not None
    verdict, askers = found
    assert (verdict.policy is not None, askers, bool(aside)) == (True, ("lan",), False)
    assert aside.put(Verdict(verdict.candidate, None), ("minh",)) == ("minh",)


class CannotKeep(LastInForce):
    """Stands for a disk that is full."""

    def remember(self, candidate: Candidate) -> bool:
        """Fail."""
        return False


def test_what_could_not_be_remembered_is_in_the_log(tmp_path: Path) -> None:
    """The edit is in force all the same; after a restart two persons have to sign the next one."""
    room = a_room(tmp_path / "policies")
    room.keeper._memory = CannotKeep(KeptFolder(tmp_path / "kept"), lambda: datetime.now(UTC))
    worker = room.join()
    edit(room)
    ask(room, worker)
    prepare(room, worker)
    follow(room, worker)
    assert answer_of(worker).activated
    assert any("policy-not-remembered" in line for line in room.log)


# --- The process that compares ----------------------------------------------------------------------------------------


class Prints(Apart):
    """Runs a module of the standard library in the place of the comparison."""

    module = "this"


class Waits(Apart):
    """Runs what waits for ever."""

    module = "asyncio"


def _edited() -> Candidate:
    files = dict(the_files())
    files["kidsonline/policy.csv"] += DENY_ROW.encode()
    return Candidate.of("kidsonline", files.items())


def _in_force() -> Candidate:
    return Candidate.of("kidsonline", the_files().items())


def _waited_for(comparing: bool | Comparing) -> bool:
    assert isinstance(comparing, Begun)
    assert comparing._process is not None
    comparing._process.wait(60)
    more = comparing.allows_more()
    assert more is not None
    return more


def test_a_real_comparison_says_whether_more_is_allowed() -> None:
    """Both ways round, with nobody waiting for it."""
    narrower = begin_comparing(_in_force(), _edited())
    wider = begin_comparing(_edited(), _in_force())
    assert (_waited_for(narrower), _waited_for(wider)) == (False, True)


def test_what_needs_no_comparison_begins_none() -> None:
    """The same files allow no more; with nothing in force everything is new."""
    assert begin_comparing(_in_force(), _in_force()) is False
    assert begin_comparing(None, _in_force()) is True


def test_what_prints_something_else_allows_more() -> None:
    """No answer is no permission."""
    assert _waited_for(begin_comparing(_in_force(), _edited(), Prints))


def test_what_takes_too_long_is_ended_and_allows_more() -> None:
    """Its process is gone then."""
    time = [0.0]
    begun = Begun(Waits(20.0), "kidsonline", _in_force().files, _edited().files, lambda: time[0])
    process = begun._process
    assert process is not None
    time[0] = 20.0
    assert begun.allows_more() is True
    assert process.poll() is not None


ANSWERS_NO = "print('{\"allows_more\": false}'); raise SystemExit"


def test_a_module_in_the_working_directory_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAIL CLOSED: whoever puts a file where the command runs does not answer in the place of the solver."""
    (tmp_path / "z3.py").write_text(ANSWERS_NO, "utf-8")
    monkeypatch.chdir(tmp_path)
    wrong = (("kidsonline/policy.csv", b"no policy"),)
    assert comes_to(wrong) is True
    monkeypatch.setattr("pdp.analysis.begun.OWN_MODULE", (sys.executable, "-m"))  # the twin believes it
    assert comes_to(wrong) is False


def comes_to(files: tuple[tuple[str, bytes], ...]) -> bool:
    """Return whether more is allowed by *files* than by themselves, when that is known."""
    begun = Begun(Apart(20.0), "kidsonline", files, files)
    while (more := begun.allows_more()) is None:
        time.sleep(0.02)
    return more


@pytest.mark.parametrize("lacking", ["tempfile.TemporaryFile", "os.pipe"])
def test_what_cannot_be_begun_allows_more(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for a file and no descriptor end neither the server nor the question of the second person."""

    def raises(*_: object) -> None:
        raise OSError(24, "too many open files")

    monkeypatch.setattr(lacking, raises)
    assert Begun(Apart(20.0), "kidsonline", (), ()).allows_more() is True
