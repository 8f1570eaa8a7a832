"""Load on a server by h2load (nghttp2): a gRPC call is a POST of one framed message.

h2load sends one body again and again. Where the requests are to differ, several of them run side by side, each with a
body of its own.
"""

import re
import statistics
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_RATE: Final = re.compile(r"finished in [\d.]+\w+, ([\d.]+) req/s")
_DONE: Final = re.compile(r"requests: (\d+) total, .*?(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout")
_DATA: Final = re.compile(r"\((\d+)\) data")
_FRAME: Final = 5
"""Bytes before each message: compressed or not, and its length."""

_SECONDS: Final = 120.0


class LoadError(Exception):
    """A server did not answer every call as it should have."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is called: each of *bodies* is answered with *answer_bytes* bytes, give or take a twentieth."""

    address: str
    path: str
    bodies: tuple[Path, ...]
    answer_bytes: int


@dataclass(frozen=True, slots=True)
class Load:
    """How a target is called, from *cores*: so many calls, so many of them under way at once, over *connections*."""

    cores: tuple[int, ...]
    in_flight: int
    connections: int = 1


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it: calls a second, and in microseconds how long a call took."""

    rate: float
    median_us: float
    p99_us: float


def framed(folder: Path, name: str, body: bytes) -> Path:
    """Write *body* as gRPC frames it to a file in *folder*, and return the file."""
    path = folder / name
    path.write_bytes(b"\0" + len(body).to_bytes(4, "big") + body)
    return path


def call(target: Target, load: Load, calls: int, folder: Path) -> Taken:
    """Call *target* so often and wait until all is answered; raises LoadError when something was not."""
    side_by_side = len(target.bodies)
    share = max(1, calls // side_by_side)
    times = [folder / f"times{number}" for number in range(side_by_side)]
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    _command(target, load, body, share, log, side_by_side),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
            )
            for body, log in zip(target.bodies, times, strict=True)
        ]
        rates = [rate_of(process.communicate(timeout=_SECONDS)[0], target) for process in started]
    durations = sorted(int(line.rpartition("\t")[2]) for log in times for line in log.read_text("ascii").splitlines())
    for log in times:
        log.unlink()
    return Taken(sum(rates), statistics.median(durations), durations[len(durations) * 99 // 100])


def _command(target: Target, load: Load, body: Path, calls: int, log: Path, side_by_side: int) -> list[str]:
    of_each = max(1, load.in_flight // load.connections // side_by_side)
    return [
        *("taskset", "--cpu-list", ",".join(map(str, load.cores))),
        *("h2load", "-n", str(calls), "-c", str(load.connections), "-m", str(of_each)),
        *("-d", str(body), "--log-file", str(log)),
        *("-H", "content-type: application/grpc", "-H", "te: trailers"),
        f"http://{target.address}{target.path}",
    ]


def rate_of(said: str, target: Target) -> float:
    """Return the calls a second that h2load tells; raise LoadError for an answer that is not as long as a right one.

    h2load does not look at the status of gRPC: a call that is refused has no message, and that shows in the length.
    """
    rate, done, data = _RATE.search(said), _DONE.search(said), _DATA.search(said)
    if rate is None or done is None or data is None:
        raise LoadError(f"{target.path}: h2load says\n{said}")
    total, succeeded, *others = map(int, done.groups())
    length = int(data[1]) / max(1, succeeded) - _FRAME
    if succeeded != total or any(others) or abs(length - target.answer_bytes) > target.answer_bytes / 20:
        raise LoadError(
            f"{target.path}: {succeeded} of {total} calls succeeded, answers of {length:.0f} bytes"
            f" where {target.answer_bytes} were expected"
        )
    return float(rate[1])
