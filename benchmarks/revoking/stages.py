"""The stages of a revocation in a server: at which instant it came to each, on the clock that the host shares.

A server process of this benchmark is wired as ever; `record` wraps what a deletion passes on its way, and writes a line
of JSON for each to a file when it is answered. The stages of one follow on each other, so that nothing is left out.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pdp.server.facts import Facts
from pdp.server.lanes import Lane
from pdp_adapters.sql_facts import SqlFacts
from pdp_adapters.sql_writing import SqlWriting

ARRIVED: Final = "arrived"
STAGES: Final = (
    ("to the server", ARRIVED),
    ("waiting for a thread", "thread"),
    ("reading the request", "read"),
    ("waiting for its turn", "turn"),
    ("asking the policy", "decided"),
    ("writing", "written"),
    ("committing", "committed"),
    ("until all instances know", "known"),
    ("answering", "answered"),
)
"""What each stage is called, and the instant at which it ends; behind them the answer is on its way to the client."""

BACK: Final = "back to the client"
_LANE: Final = "revocations"


class _Course(threading.local):
    """The instants of the revocation that this thread works at; None where it works at none."""

    at: dict[str, float] | None = None

    def reached(self, stage: str) -> None:
        """Note that it came to *stage*."""
        if self.at is not None:
            self.at[stage] = time.monotonic()


def record(path: Path) -> None:
    """Let this process write to *path* when revocations came to their stages."""
    course = _Course()
    _record_calls(course, path)
    _record_writing(course)


def _record_calls(course: _Course, path: Path) -> None:
    file = path.open("a", encoding="ascii")

    def submit(self: Lane, work: Callable[..., Any], *arguments: Any, _real: Any = Lane.submit) -> "Future[Any]":
        if self.name != _LANE:
            return _real(self, work, *arguments)  # type: ignore[no-any-return]
        arrived = time.monotonic()

        def timed() -> Any:
            course.at = {ARRIVED: arrived, "thread": time.monotonic()}
            return work(*arguments)

        return _real(self, timed)  # type: ignore[no-any-return]

    def delete_facts(self: Facts, message: Any, context: Any, _real: Any = Facts.delete_facts) -> Any:
        answer = _real(self, message, context)
        course.reached("answered")
        if course.at is not None:
            file.write(json.dumps({"fact": message.ids[0], **course.at}) + "\n")
            file.flush()
        course.at = None
        return answer

    setattr(Lane, "submit", submit)  # noqa: B010
    setattr(Facts, "delete_facts", delete_facts)  # noqa: B010


def _record_writing(course: _Course) -> None:
    @contextmanager
    def writing(self: SqlFacts, operator: str, *, first: bool = False, _real: Any = SqlFacts.writing) -> Any:
        course.reached("read")
        with _real(self, operator, first=first) as transaction:
            yield transaction

    def is_locked(self: SqlWriting, state: Any, _real: Any = SqlWriting._is_locked) -> Any:
        course.reached("turn")
        return _real(self, state)

    def apply(self: SqlWriting, write: Any, _real: Any = SqlWriting.apply) -> Any:
        course.reached("decided")
        written = _real(self, write)
        course.reached("written")
        return written

    def committed(self: SqlFacts, now: Any, _real: Any = SqlFacts._committed) -> None:
        course.reached("committed")
        _real(self, now)
        course.reached("known")

    setattr(SqlFacts, "writing", writing)  # noqa: B010
    setattr(SqlFacts, "_committed", committed)  # noqa: B010
    setattr(SqlWriting, "apply", apply)  # noqa: B010
    setattr(SqlWriting, "_is_locked", is_locked)  # noqa: B010


def read(paths: Iterable[Path]) -> Mapping[str, list[dict[str, Any]]]:
    """Return what processes recorded, by fact."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in paths:
        for line in path.read_text("ascii").splitlines():
            one = json.loads(line)
            found.setdefault(one["fact"], []).append(one)
    return found


def parted(
    revocations: Sequence[tuple[str, float, float]], recorded: Mapping[str, list[dict[str, Any]]]
) -> list[dict[str, float]]:
    """Return the milliseconds of each stage of each of *revocations*: its fact, and when it was sent and answered.

    What was answered without being recorded is left out.
    """
    parts = []
    for fact, sent, answered in revocations:
        own = next(
            (one for one in recorded.get(fact, ()) if sent <= one[ARRIVED] and one["answered"] <= answered), None
        )
        if own is None:
            continue
        before, part = sent, {}
        for name, stage in STAGES:
            part[name] = (own[stage] - before) * 1000
            before = own[stage]
        part[BACK] = (answered - before) * 1000
        parts.append(part)
    return parts


def table(parts: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Return for each stage the median and the 99th percentile, and what it took of the slowest tenth as a mean."""
    if not parts:
        return {}
    slowest = sorted(parts, key=lambda part: sum(part.values()))[-max(1, len(parts) // 10) :]
    told = {}
    for name in parts[0]:
        ordered = sorted(part[name] for part in parts)
        told[name] = {
            "p50_ms": round(ordered[len(ordered) // 2], 2),
            "p99_ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 2),
            "of_the_slowest_tenth_ms": round(sum(part[name] for part in slowest) / len(slowest), 2),
        }
    return told
