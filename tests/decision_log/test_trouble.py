"""What goes wrong beside the records leaves nothing behind: no open file, no torn head, no false alarm."""

import errno
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pdp.core.errors import UnavailableError
from pdp.core.log_ports import LogHead, LogPart, Signs
from pdp.decision_log import Chain, Keeping, Verified
from pdp.decision_log.dead_writers import Ending
from pdp_adapters import ed25519
from pdp_adapters.log_folder import FileLogFolder
from pdp_adapters.memory_log_heads import MemoryLogHeads
from tests.decision_log.logs import Log
from tests.system.running import wait_until

CONTENT = b'"event":"decision"'


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Return an empty log."""
    return Log(tmp_path / "log")


def is_record(content: bytes) -> bool:
    """Say whether it is the line of a record."""
    return content.startswith(b'{"v":')


def is_head(content: bytes) -> bool:
    """Say whether it is the line of a head."""
    return content.startswith(b'{"writer":')


def full_for(patch: pytest.MonkeyPatch, kind: Callable[[bytes], bool]) -> None:
    """Let the disk have no room for such lines."""
    real = os.write

    def write(file: int, content: Any) -> int:
        if kind(bytes(content)):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, content)

    patch.setattr(os, "write", write)


def held(log: Log) -> tuple[int, list[str]]:
    """Return how many descriptors this process has open, and what lies in the log."""
    return len(os.listdir("/proc/self/fd")), sorted(path.name for path in log.path.iterdir())


def test_a_log_at_its_limit_leaves_no_file_of_a_process_that_comes_later(log: Log) -> None:
    """Its first record has no place: every request is refused, and none leaves a descriptor or a file."""
    log.write(3)
    chain = log.chain(limit_bytes=log.folder.size())
    before = held(log)
    for _ in range(20):
        with pytest.raises(UnavailableError, match="limit"):
            chain.append([CONTENT])
    assert held(log) == before


@pytest.mark.parametrize("kind", [is_record, is_head])
def test_a_full_disk_leaves_no_file_of_a_process_that_begins(
    log: Log, kind: Callable[[bytes], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its first record nor its first head is taken; once there is room, it begins."""
    chain = log.chain()
    before = held(log)
    with monkeypatch.context() as patched:
        full_for(patched, kind)
        for _ in range(20):
            with pytest.raises(UnavailableError):
                chain.append([CONTENT])
    assert held(log) == before
    chain.append([CONTENT])
    chain.end()
    verified = log.verified()
    assert (verified.is_whole, verified.writers, verified.decisions) == (True, 1, 1)


class HeldBack(MemoryLogHeads):
    """Signs, and keeps heads; the thread that signs each second is held back in the midst of it.

    It goes on after a moment, or once another thread has written a later head, which then waits for it.
    """

    def __init__(self, signs: Signs) -> None:
        super().__init__()
        self._signs = signs
        self.public_key = signs.public_key
        self.is_there, self.go_on, self._is_done = threading.Event(), threading.Event(), threading.Event()

    def sign(self, message: bytes) -> bytes:
        """Return the signature."""
        if _is_signer():
            self.is_there.set()
            assert self.go_on.wait(20)
        return self._signs.sign(message)

    def keep(self, head: LogHead) -> None:
        """Keep *head*, which lies beside the records by now."""
        super().keep(head)
        if _is_signer():
            self._is_done.set()
        elif not self.go_on.is_set():
            self.go_on.set()
            self._is_done.wait(20)


def _is_signer() -> bool:
    return threading.current_thread().name == "decision-log-heads"


def heads_after_an_end(log: Log, monkeypatch: pytest.MonkeyPatch, kind: type[Chain]) -> Verified:
    """Return what verifying comes to when a chain ends while its thread is about to write a head."""
    monkeypatch.setattr("pdp.decision_log.writing.HEAD_SECONDS", 0.01)
    log.second = heads = HeldBack(log.keys.signs)
    chain = kind(Keeping(log.folder, log.keys.persons, heads, ed25519.verifies, heads))
    chain.append([CONTENT])
    assert heads.is_there.wait(20)
    moment = threading.Timer(0.3, heads.go_on.set)
    moment.start()
    chain.end()
    moment.join()
    return log.verified()


def test_a_chain_that_ends_while_it_signs_has_its_heads_in_order(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end waits for the head that is being written: else it would stand before it, as no writer leaves it."""
    verified = heads_after_an_end(log, monkeypatch, Chain)
    assert (verified.faults, verified.uncovered) == ([], 0)


class SignsAtOnce(Chain):
    """The broken twin: the end waits for nobody."""

    def end(self) -> None:
        """End at once."""
        self._signer, self._signing = None, threading.Lock()
        super().end()


def test_a_chain_that_signs_in_two_threads_is_noticed(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head of the thread comes behind a later one."""
    verified = heads_after_an_end(log, monkeypatch, SignsAtOnce)
    assert {fault.code for fault in verified.faults} == {"heads-out-of-order"}


def test_heads_go_on_after_a_disk_that_was_full_when_their_file_was_begun_anew(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was left of the new file is no obstacle, and the head that had no place is written once there is room."""
    monkeypatch.setattr("pdp_adapters.log_folder._HEADS_BYTES", 100)
    monkeypatch.setattr("pdp.decision_log.writing.HEAD_SECONDS", 600.0)
    chain = log.chain()
    chain.append([CONTENT])
    (writer,) = log.folder.writers()
    (log.path / f"{writer}.heads-new").write_bytes(b"left by a process that was killed")
    with monkeypatch.context() as patched:
        full_for(patched, is_head)
        chain.sign()
    assert len(log.warnings) == 1
    assert log.folder.heads(writer).count(b'"seq":0,') == 1
    chain.sign()
    assert log.folder.heads(writer).count(b'"seq":1,') == 1
    for _ in range(3):
        chain.append([CONTENT])
        chain.sign()
    assert len(log.warnings) == 1
    assert log.verified().uncovered == 0
    chain.end()
    assert log.verified().is_whole


class NeverListed(FileLogFolder):
    """A folder with so many writers that a look at all of them takes as long as the test."""

    def __init__(self, path: Path, go_on: threading.Event) -> None:
        super().__init__(path, 1 << 20)
        self._go_on = go_on

    def last_parts(self) -> Mapping[str, LogPart]:
        """Wait."""
        assert self._go_on.wait(60)
        return super().last_parts()


class TellsFirst(Chain):
    """The broken twin: it looks at the dead before it signs anything."""

    def _keep_signing(self) -> None:
        self._tell_of_the_dead()
        super()._keep_signing()


def signs_meanwhile(kind: type[Chain], log: Log, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Heads are signed, and the chain ends, while the dead are looked at."""
    monkeypatch.setattr("pdp.decision_log.writing.HEAD_SECONDS", 0.01)
    go_on = threading.Event()
    folder = NeverListed(log.path, go_on)
    chain = kind(Keeping(folder, log.keys.persons, log.keys.signs, ed25519.verifies, log.second))
    ending = threading.Thread(target=chain.end)
    try:
        chain.append([CONTENT])
        (writer,) = log.folder.writers()
        wait_until(lambda: log.folder.heads(writer).count(b"\n") == 2, seconds)
        ending.start()
        ending.join(seconds)
        assert not ending.is_alive()
        assert log.verified().uncovered == 0
    finally:
        go_on.set()
        chain.end()


def test_no_head_waits_until_the_dead_were_looked_at(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does the end of the process."""
    signs_meanwhile(Chain, log, monkeypatch, 20)


def test_a_chain_that_looks_at_the_dead_first_is_noticed(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """No head comes."""
    with pytest.raises(AssertionError):
        signs_meanwhile(TellsFirst, log, monkeypatch, 0.5)


def test_no_decision_waits_while_what_is_told_of_the_dead_is_put_into_words(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record about a thousand writers is long: it is made before the chain is held."""
    chain = log.chain()
    held: list[bool] = []

    def told(_endings: object) -> dict[str, object]:
        held.append(chain._lock.acquire(timeout=0.5))
        if held[-1]:
            chain._lock.release()
        return {}

    monkeypatch.setattr("pdp.decision_log.writing.told", told)
    monkeypatch.setattr("pdp.decision_log.writing.endings_of_the_dead", lambda *_: [Ending("w", 1, b"")])
    chain.append([CONTENT])
    wait_until(lambda: any(b'"event":"found"' in line for line in log.lines()), 20)
    chain.end()
    assert held == [True]


@pytest.mark.parametrize("wrong", [RuntimeError("of ours"), MemoryError("none")], ids=repr)
def test_nothing_ends_the_signing(log: Log, wrong: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake beside the records is told once; heads go on, though whoever is told fails too."""
    monkeypatch.setattr("pdp.decision_log.writing.HEAD_SECONDS", 0.01)
    told: list[str] = []
    times: list[int] = []

    def breaks() -> None:
        times.append(1)
        raise wrong

    def warn(problem: str) -> None:
        told.append(problem)
        raise OSError("no space is left")

    monkeypatch.setattr(log.keys.persons, "refresh", breaks)
    keys = log.keys
    chain = Chain(Keeping(log.folder, keys.persons, keys.signs, ed25519.verifies, log.second, warn=warn))
    chain.append([CONTENT])
    wait_until(lambda: len(times) > 2, 20)
    chain.append([CONTENT])
    (writer,) = log.folder.writers()
    wait_until(lambda: b'"seq":2,' in log.folder.heads(writer), 20)
    chain.end()
    assert told == [f"keys: {type(wrong).__name__}: {wrong}"]
