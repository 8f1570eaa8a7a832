"""Records of several processes go through one pipe whole."""

import os
from collections.abc import Callable

import pytest

from pdp_adapters.pipe_stream import PipeStream, is_pipe

LENGTH = 3 * 65_536
"""More than a pipe takes at once, so that every write is made of several."""

WRITERS, RECORDS = 4, 8


class Unlocked:
    """A twin that writes without a lock."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, content: bytes, /) -> int:
        """Write *content* whole."""
        left = memoryview(content)
        while left:
            left = left[os.write(self._descriptor, left) :]
        return len(content)


def lines_through(make: Callable[[int], PipeStream | Unlocked]) -> list[bytes]:
    """Return the lines that come through a pipe to which several processes write records of one letter each."""
    reading, writing = os.pipe()
    stream = make(writing)
    for number in range(WRITERS):
        if os.fork() == 0:
            os.close(reading)
            for _ in range(RECORDS):
                stream.write(bytes([ord("a") + number]) * LENGTH + b"\n")
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        content = pipe.read()
    for _ in range(WRITERS):
        os.wait()
    return content.splitlines()


def test_records_come_through_whole() -> None:
    """As many lines as records, each of one writer alone."""
    lines = lines_through(PipeStream)
    assert len(lines) == WRITERS * RECORDS
    assert all(len(line) == LENGTH and len(set(line)) == 1 for line in lines)


def test_without_the_lock_they_are_mingled() -> None:
    """The twin: the same writes without the lock."""
    lines = lines_through(Unlocked)
    assert any(len(set(line)) > 1 for line in lines)


def test_a_pipe_is_known(tmp_path: os.PathLike[str]) -> None:
    """A file is none."""
    reading, writing = os.pipe()
    assert is_pipe(writing)
    os.close(reading)
    os.close(writing)
    with open(os.path.join(tmp_path, "f"), "wb") as file:
        assert not is_pipe(file.fileno())


def test_a_closed_pipe_is_an_error() -> None:
    """Nobody reads the records any more: none is taken for written."""
    reading, writing = os.pipe()
    stream = PipeStream(writing)
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        stream.write(b"x\n")
    os.close(writing)
