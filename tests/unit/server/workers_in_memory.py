"""Workers that are not processes: what their parent sends them is kept, or handled by a real follower."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pdp.activation import PolicyKeeper
from pdp.server.events import json_log
from pdp.server.leading import Leader
from pdp.server.link import Kind, Link, Message
from pdp.server.workers import Worker
from tests.unit.activation.folders import a_keeper, write


class KeptLink(Link):
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.is_broken = False

    def send(self, message: Message) -> None:
        """Keep *message*, or be broken."""
        if self.is_broken:
            raise BrokenPipeError
        self.sent.append(message)

    def kinds(self) -> list[Kind]:
        """Return the kinds of what was sent and not taken yet, without what is merely told."""
        return [message.kind for message in self.sent if message.kind is not Kind.STANDING]

    def take(self, kind: Kind) -> Message:
        """Take the one message of *kind*."""
        (found,) = [message for message in self.sent if message.kind is kind]
        self.sent.remove(found)
        return found


@dataclass
class KeptClaim:
    """Keeps the revisions that are claimed."""

    claimed: list[str] = field(default_factory=list)
    history: list[tuple[str, ...]] = field(default_factory=list)

    def begin(self, revision: str) -> None:
        """Claim one more."""
        self.claimed.append(revision)
        self.history.append(tuple(self.claimed))

    def end(self) -> None:
        """Keep the newest."""
        self.claimed = self.claimed[-1:]
        self.history.append(tuple(self.claimed))


@dataclass
class Room:
    """A leader over a folder on the disk, its workers, a clock that stands still, and who was ended."""

    directory: Path
    keeper: PolicyKeeper
    leader: Leader
    claim: KeptClaim
    log: list[str]
    ended: list[int]
    time: list[float]
    workers: list[Worker] = field(default_factory=list)

    def join(self, revisions: dict[str, str] | None = None) -> Worker:
        """Let one more worker answer, with the policies in force or those of *revisions*."""
        worker = Worker(1000 + len(self.workers), 0, KeptLink(), answers=True)
        self.workers.append(worker)
        own = revisions if revisions is not None else self.revisions()
        self.leader.hear(worker, Message(Kind.READY, {"revisions": own}))
        return worker

    def revisions(self) -> dict[str, str]:
        """Return the revisions in force."""
        return {operator: policy.revision for operator, policy in self.keeper.standing.sets.items()}

    def tick(self, times: int = 1, seconds: float = 0.0) -> None:
        """Let *seconds* pass, and the leader do what is due, *times* times."""
        for _ in range(times):
            self.time[0] += seconds
            self.leader.tick()

    def said(self, worker: Worker, kind: Kind, **says: Any) -> None:
        """Let *worker* say something."""
        self.leader.hear(worker, Message(kind, says))


def link_of(worker: Worker) -> KeptLink:
    """Return what *worker* was sent."""
    assert isinstance(worker.link, KeptLink)
    return worker.link


class Lines:
    """A stream that keeps its lines."""

    def __init__(self, lines: list[str]) -> None:
        self.write: Callable[[str], None] = lines.append

    def flush(self) -> None:
        """Do nothing."""


def a_room(directory: Path, make: type[Leader] = Leader, monkeypatch: Any = None) -> Room:
    """Return a leader of the kind *make*, whose workers are ended by nobody but *ended* knows of it."""
    keeper = a_keeper(write(directory))
    claim, ended, time, lines = KeptClaim([keeper.standing.revision]), [], [0.0], []  # type: ignore[var-annotated]
    log = json_log(Lines(lines))  # type: ignore[arg-type]  # enough of a stream
    leader = make(keeper, claim, log, 1.0, now=lambda: time[0])
    if monkeypatch is not None:

        def kill(pid: int, number: int) -> None:
            assert number == signal.SIGKILL
            ended.append(pid)

        monkeypatch.setattr("os.kill", kill)
    return Room(directory, keeper, leader, claim, lines, ended, time)
