"""What goes wrong beside the records leaves nothing behind: no open file, no torn head, no false alarm."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pdp.core.errors import UnavailableError
from tests.decision_log.logs import Log

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
