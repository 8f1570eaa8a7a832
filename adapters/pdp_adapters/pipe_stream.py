"""A pipe that several processes write to, one record after another.

What is longer than PIPE_BUF (4,096 bytes on Linux) may be mingled in a pipe with what others write meanwhile; to a
file opened for appending every write goes whole. So whoever writes to the pipe holds a lock, which the kernel takes
back from a process that dies.
"""

import fcntl
import os
import stat


class PipeStream:
    """Writes to the pipe *descriptor*; made before the processes that share it are forked."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._origin = os.memfd_create("decision-log-lock")
        self._lock = self._origin
        # A lock belongs to an opening of a file, which a fork shares: each process opens it anew.
        os.register_at_fork(after_in_child=self._open_anew)

    def write(self, content: bytes, /) -> int:
        """Write *content* whole, and return how many bytes that were; raises OSError."""
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(self._descriptor, left) :]
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)
        return len(content)

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def _open_anew(self) -> None:
        self._lock = os.open(f"/proc/self/fd/{self._origin}", os.O_RDWR | os.O_CLOEXEC)


def is_pipe(descriptor: int) -> bool:
    """Say whether *descriptor* is a pipe."""
    return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
