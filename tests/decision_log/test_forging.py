"""What no writer wrote is found, or nobody takes it for a record that the log has signed."""

import random
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pdp.decision_log import Verifier, find, prune, records
from pdp.decision_log.dead_writers import Ending, endings_of_the_dead
from pdp.decision_log.heads import is_signed_head
from pdp.decision_log.left_over import LeftOver
from pdp.decision_log.verifying import _Walked
from pdp_adapters import ed25519
from pdp_adapters.log_folder import FileLogFolder
from pdp_adapters.log_key_folder import public_key
from pdp_adapters.memory_log_heads import MemoryLogHeads
from tests.decision_log.forging import (
    COUNTED,
    FORGED,
    FOUND,
    UNREAD,
    Forger,
    Forgery,
    a_part_of_nonsense,
    a_tail_behind_the_last_head,
    an_end_behind_the_last_head,
    an_end_with_a_head_made_up,
    one_record_alone,
)
from tests.decision_log.logs import Log, the_requests
from tests.system.running import wait_until

TURNS = 6


class Forged:
    """A log with an ordinary writer, a killed one, and one of which retention has removed the first parts."""

    def __init__(self, folder: Path) -> None:
        self.log = Log(folder / "log", part_bytes=12_000)
        log = self.log
        log.write(40, heads_every=3)
        (pruned,) = log.folder.writers()
        parts = {part.name: part.read().splitlines() for part in log.folder.parts(pruned)}
        later = datetime.now(UTC) + timedelta(days=1)
        held = log.folder.parts(pruned)[-1]
        (log.path / held.name).rename(folder / "aside")  # the newest part stays
        assert prune(log.folder, log.keys.signs, later, later).parts > 0
        (folder / "aside").rename(log.path / held.name)
        gone = [text for name, lines in parts.items() if name != held.name for text in lines]
        log.write(20, heads_every=3)
        (ordinary,) = set(log.folder.writers()) - {pruned}
        log.write(10, ends=False)
        (dead,) = set(log.folder.writers()) - {pruned, ordinary}
        self._whole = folder / "whole"
        shutil.copytree(log.path, self._whole)
        self.forger = Forger(log.path, [ordinary], dead, pruned, gone)

    def by(self, forgery: Forgery, seed: int) -> Log:
        """Return the log with this forgery in it."""
        shutil.rmtree(self.log.path)
        shutil.copytree(self._whole, self.log.path)
        forgery(self.forger, random.Random(seed))
        return self.log

    def believed(self) -> list[str]:
        """Return the ids of forged records that a reader takes for signed ones."""
        verifier = Verifier(self.log.folder, public_key(self.log.path), ed25519.verifies)
        shown = records(self.log.folder, signed=verifier.signed)
        return [each.decision_id for each in shown if each.is_signed and each.decision_id.startswith("forged")]


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Forged:
    """Return a log in which nothing is forged yet."""
    made = Forged(tmp_path_factory.mktemp("forged"))
    verified = made.log.verified()
    assert (verified.faults, verified.notes, verified.uncovered) == ([], [], 0)
    verifier = Verifier(made.log.folder, public_key(made.log.path), ed25519.verifies)
    assert all(each.is_signed for each in records(made.log.folder, signed=verifier.signed))
    return made


@pytest.mark.parametrize("forgery", FOUND, ids=lambda each: each.__name__)
def test_what_nobody_wrote_is_found(forged: Forged, forgery: Forgery) -> None:
    """A writer made up whole and a part in the place of a removed one are faults, and no reader believes them."""
    for seed in range(TURNS):
        assert not forged.by(forgery, seed).verified().is_whole, seed
        assert forged.believed() == []


@pytest.mark.parametrize("forgery", UNREAD, ids=lambda each: each.__name__)
def test_what_was_to_be_removed_is_not_read(forged: Forged, forgery: Forgery) -> None:
    """Nothing is left that could tell what the first record of it was."""
    log = forged.by(forgery, 1)
    assert [note.code for note in log.verified().notes] == ["left-over"]
    assert not any(FORGED[15:].decode() in each.decision_id for each in records(log.folder))


@pytest.mark.parametrize("forgery", COUNTED, ids=lambda each: each.__name__)
def test_what_stands_behind_the_last_head_is_counted_and_marked(forged: Forged, forgery: Forgery) -> None:
    """It could be the last second of a writer that was killed: whoever reads it sees that nothing vouches for it."""
    log = forged.by(forgery, 1)
    assert log.verified().uncovered > 0
    verifier = Verifier(log.folder, public_key(log.path), ed25519.verifies)
    shown = [each for each in records(log.folder, signed=verifier.signed) if each.decision_id.startswith("forged")]
    assert shown
    assert {each.is_signed for each in shown} == {False}
    found = find(log.folder, shown[0].decision_id, verifier.signed)
    assert found is not None
    assert found.is_signed is False


def untouched(_forger: Forger, _chance: random.Random) -> None:
    """Forge nothing."""


def with_a_later_process(forged: Forged, forgery: Forgery = untouched) -> Log:
    """Return the log after this forgery, and after another process has begun to write, and has ended."""
    log = forged.by(forgery, 0)
    chain = log.chain()
    log.point(chain).check(the_requests()[0])
    wait_until(lambda: any(b'"event":"found"' in line for line in log.lines()), 20)
    chain.end()
    return log


def test_a_later_process_says_where_a_dead_writer_ends(forged: Forged) -> None:
    """From then on nothing is added behind a killed writer, and nothing taken from it: not even all its files."""
    log = with_a_later_process(forged)
    verified = log.verified()
    assert (verified.faults, verified.notes, verified.uncovered) == ([], [], 0)
    a_tail_behind_the_last_head(forged.forger, random.Random(1))
    assert [fault.code for fault in log.verified().faults] == ["extended"]
    log.second = MemoryLogHeads()
    for path in log.path.glob(f"{forged.forger.dead}.*"):
        path.unlink()
    assert [(fault.place, fault.code) for fault in log.verified().faults] == [(forged.forger.dead, "truncated")]


def endings(log: Log) -> list[Ending]:
    """Return the endings that a process would tell that begins now."""
    key = public_key(log.path)
    return endings_of_the_dead(log.folder, lambda head: is_signed_head(head, key, ed25519.verifies))


@pytest.mark.parametrize("forgery", [an_end_behind_the_last_head, an_end_with_a_head_made_up])
def test_an_end_that_nobody_signed_keeps_nobody_from_saying_it(forged: Forged, forgery: Forgery) -> None:
    """Else whoever writes one behind a killed writer could change what stands there for ever."""
    assert [ending.writer for ending in endings(forged.by(forgery, 1))] == [forged.forger.dead]


def test_a_forged_end_can_be_changed_no_more_once_a_later_process_has_begun(forged: Forged) -> None:
    """It is taken away again, with what was added before it."""
    log = with_a_later_process(forged, an_end_behind_the_last_head)
    assert log.verified().uncovered > 0
    path = sorted(log.path.glob(f"{forged.forger.dead}.*.log"))[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(text for text in lines if FORGED not in text and b'"event":"end"' not in text))
    assert [(fault.place, fault.code) for fault in log.verified().faults] == [(forged.forger.dead, "truncated")]


def test_whoever_believes_any_end_says_nothing(forged: Forged, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken twin: it asks for no head over the end."""
    log = forged.by(an_end_behind_the_last_head, 1)
    monkeypatch.setattr("pdp.decision_log.dead_writers._is_covered", lambda *_: True)
    assert endings(log) == []


class Counted(FileLogFolder):
    """Counts how often the folder is listed."""

    listed = 0

    def _names(self) -> Sequence[str]:
        self.listed += 1
        return super()._names()


def test_the_folder_is_listed_as_often_for_many_writers_as_for_one(tmp_path: Path) -> None:
    """Twice: what is asked of a thousand dead writers takes not a thousand lists of their thousand files."""
    log = Log(tmp_path / "log")
    chains = [log.chain() for _ in range(5)]
    for chain in chains:
        chain.append([b'"event":"decision"'])
    shutil.copytree(log.path, tmp_path / "dead")  # nobody holds these
    for chain in chains:
        chain.end()
    dead = Log(tmp_path / "dead")
    dead.folder = folder = Counted(dead.path, 1 << 20)
    assert len(endings(dead)) == 5
    assert folder.listed == 2


def test_a_process_that_ends_looks_no_further(forged: Forged) -> None:
    """It tells nothing, and looks at nothing once it is told to end."""
    log = forged.by(untouched, 1)
    over = iter([False, True])
    assert endings_of_the_dead(log.folder, lambda _head: True, lambda: next(over)) == []
    assert next(over, None) is None


class RollsOn(FileLogFolder):
    """Lets go of the parts that were there, and begins others, between one list of the folder and the next."""

    def _names(self) -> Sequence[str]:
        names = super()._names()
        for name in names:
            if name.endswith(".log"):
                (self._path / name.replace(".0000", ".0009")).touch()
        return names


def test_a_writer_that_goes_on_meanwhile_is_not_dead(forged: Forged) -> None:
    """The part that nobody holds any more is not its last."""
    log = forged.by(untouched, 1)
    shutil.copytree(log.path, log.path.parent / "rolling")
    rolling = Log(log.path.parent / "rolling")
    assert [ending.writer for ending in endings(rolling)] == [forged.forger.dead]
    rolling.folder = RollsOn(rolling.path, 1 << 20)
    assert endings(rolling) == []


def test_where_a_writer_ends_is_said_of_the_dead_alone(tmp_path: Path) -> None:
    """One that lives goes on, and one that has ended has said so itself."""
    log = Log(tmp_path / "log", part_bytes=12_000)
    log.write(5)
    living = log.write(20, ends=False)
    assert endings(log) == []
    log.write(1)
    log.point(living).check(the_requests()[0])
    living.end()
    assert log.verified().is_whole


def test_what_nobody_signed_says_nothing_of_the_dead(forged: Forged) -> None:
    """Else anybody could have a log called tampered with: a head has to cover the record that says so."""
    log = with_a_later_process(forged)
    (writer,) = {path.name.split(".")[0] for path in log.path.glob("*.log") if b'"found"' in path.read_bytes()}
    heads = log.path / f"{writer}.heads"
    heads.write_bytes(heads.read_bytes().splitlines(keepends=True)[0])
    log.second = MemoryLogHeads()
    a_tail_behind_the_last_head(forged.forger, random.Random(1))
    verified = log.verified()
    assert verified.is_whole
    assert verified.uncovered > 0


class TakesAnyBeginning(Verifier):
    """The broken twin: does not ask how a writer begins."""

    def _follow(self, walked: _Walked, previous: bytes, text: bytes, writer: str, place: str) -> bool:
        before = len(self._found.faults)
        goes_on = super()._follow(walked, previous, text, writer, place)
        self._found.faults[before:] = [each for each in self._found.faults[before:] if each.code != "no-beginning"]
        return goes_on


def test_a_verifier_that_takes_any_beginning_is_got_past(forged: Forged) -> None:
    """One record that nobody wrote is whole to it."""
    assert forged.by(one_record_alone, 1).verified(TakesAnyBeginning).is_whole


def test_a_verifier_that_believes_what_is_left_over_is_got_past(
    forged: Forged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the chain of what was to be removed, anything may stand there."""
    log = forged.by(a_part_of_nonsense, 1)
    with monkeypatch.context() as patched:
        patched.setattr(LeftOver, "ends_well", lambda _self: True)
        assert log.verified().is_whole
    assert not log.verified().is_whole


class AsksNoLaterProcess(Verifier):
    """The broken twin: does not compare with what later processes have found."""

    def _compare_ending(self, ending: Ending, end: object) -> None:
        """Compare nothing."""


def test_a_verifier_that_asks_no_later_process_is_got_past(forged: Forged) -> None:
    """More behind a dead writer is whole to it."""
    log = with_a_later_process(forged)
    a_tail_behind_the_last_head(forged.forger, random.Random(1))
    assert log.verified(AsksNoLaterProcess).is_whole
