"""The parent's part in a change of policy: every worker has built the new set before any puts it in force."""

import os
import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from structlog.typing import FilteringBoundLogger

from pdp.activation import BY_SERVER, Active, PolicyKeeper, Verdict, revision_of_all
from pdp.core.finding import Finding, Severity
from pdp.core.text import Text
from pdp.server.events import Event
from pdp.server.link import Kind, Message
from pdp.server.port_group import Claim
from pdp.server.set_aside import COMPARING_SECONDS, SetAside
from pdp.server.workers import Worker
from pdp.wire.policies import reload_response, standing_message

STEP_SECONDS: Final = 60.0
"""A worker that takes longer to build a set, or to put it in force, is ended and replaced by one that has it."""

_FIND_SHOWN: Final = 20
"""So many findings of a refused folder stand in the log."""


@dataclass(frozen=True, slots=True)
class _Asker:
    """The call that asked for a reload, the worker that has it, and who called."""

    worker: Worker
    ask: int
    by: str


@dataclass(slots=True)
class _Change:
    """A change under way: *waiting* are the workers that have not said yet that they are as far as *step*."""

    number: int
    verdict: Verdict
    by: str
    askers: tuple[_Asker, ...]
    deadline: float
    waiting: set[int]
    step: Kind = Kind.PREPARED
    errors: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Follower:
    worker: Worker
    revisions: dict[str, str]


class Leader:
    """Watches the folders through *keeper* and leads the workers from one revision to the next, one change at a time.

    It looks every *watch_seconds* (0: never) and whenever a caller asks. It is driven by the thread of the parent.
    """

    def __init__(
        self,
        keeper: PolicyKeeper,
        claim: Claim,
        log: FilteringBoundLogger,
        watch_seconds: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keeper = keeper
        self._claim = claim
        self._log = log
        self._watch_seconds = watch_seconds
        self._now = now
        self._next_look = now() + watch_seconds
        self._followers: dict[int, _Follower] = {}
        self._asked: dict[str, tuple[_Asker, ...]] = {}
        self._found: deque[Verdict] = deque()
        self._set_aside: SetAside[_Asker] = SetAside(keeper)
        self._change: _Change | None = None
        self._number = 0

    @property
    def answering(self) -> int:
        """Return how many workers answer."""
        return len(self._followers)

    def seconds(self) -> float | None:
        """Return in how many seconds `tick` is to be called; None when nothing is to be done before a message."""
        if self._change is not None:
            return max(self._change.deadline - self._now(), 0.0)
        if self._found or self._asked:
            return 0.0
        pause = max(self._next_look - self._now(), 0.0) if self._watch_seconds else None
        if self._set_aside:
            return COMPARING_SECONDS if pause is None else min(pause, COMPARING_SECONDS)
        return pause

    def tick(self) -> None:
        """Do what is due."""
        if self._change is not None:
            if self._now() >= self._change.deadline:
                self._end_those_that_do_not_follow(self._change)
        elif (decided := self._set_aside.decided()) is not None:
            self._handle(*decided)
        elif self._found:
            self._handle(self._found.popleft(), ())
        elif self._asked:
            # All who have asked for one operator until now are answered by one look at its folder.
            operator = next(iter(self._asked))
            askers = self._asked.pop(operator)
            self._handle(self._keeper.examine(operator), askers)
        elif self._watch_seconds and self._now() >= self._next_look:
            self._found.extend(self._keeper.look())
            self._next_look = self._now() + self._watch_seconds

    def hear(self, worker: Worker, message: Message) -> None:
        """Handle a *message* of *worker*."""
        says = message.says
        if message.kind is Kind.READY:
            self._join(worker, says["revisions"])
        elif message.kind is Kind.RELOAD:
            operator = says["operator"]
            self._asked[operator] = (*self._asked.get(operator, ()), _Asker(worker, says["ask"], says["by"]))
        elif message.kind is Kind.PREPARED:
            self._advance(worker.pid, message)
        elif message.kind is Kind.FOLLOWED:
            self._followed(self._followers[worker.pid], says["change"], says["revisions"])

    def lose(self, worker: Worker) -> None:
        """Handle that *worker* has ended."""
        self._followers.pop(worker.pid, None)
        if self._change is not None:
            self._change.waiting.discard(worker.pid)
            self._go_on_when_all_are_there(self._change)

    def _join(self, worker: Worker, revisions: dict[str, str]) -> None:
        follower = self._followers[worker.pid] = _Follower(worker, revisions)
        behind = self._catch_up(follower)
        if self._change is not None and self._change.step is Kind.PREPARED:
            self._change.waiting.add(worker.pid)
            self._send_set(worker, Kind.PREPARE, self._change)
        elif self._change is not None and behind:
            self._change.waiting.add(worker.pid)
        self._tell_standing()

    def _followed(self, follower: _Follower, number: int, revisions: dict[str, str]) -> None:
        """Handle that *follower* has put the change *number* in force, 0 for what it had missed."""
        follower.revisions = revisions
        change = self._change
        if change is None:  # one that came late has caught up
            self._tell_standing()
        elif change.step is Kind.FOLLOWED:
            # FAIL CLOSED (one revision for all): a change is over when every worker has all that is in force.
            behind = self._behind(follower)
            if not behind:
                change.waiting.discard(follower.worker.pid)
                self._go_on_when_all_are_there(change)
            elif number == change.number:
                self._catch_up(follower)

    def _behind(self, follower: _Follower) -> list[str]:
        """Return the operators of which *follower* has not said that it has what is in force."""
        in_force = self._keeper.standing.active.items()
        return [name for name, active in in_force if follower.revisions.get(name) != active.policy.revision]

    def _catch_up(self, follower: _Follower) -> bool:
        """Let *follower* adopt what it has missed, and say whether that is anything."""
        # FAIL CLOSED (a worker that came late): it was forked before a change was in force, of whichever operator.
        behind = self._behind(follower)
        for operator in behind:
            active = self._keeper.standing.active[operator]
            says = {"change": 0, "operator": operator, "by": active.by, "since": active.since.isoformat()}
            self._send(follower.worker, Message(Kind.ADOPT, says, active.files))
        return bool(behind)

    # --- One change ---------------------------------------------------------------------------------------------------

    def _handle(self, verdict: Verdict, asking: tuple[_Asker, ...]) -> None:
        askers = self._set_aside.put(verdict, asking)
        if askers is None:
            return
        by = askers[0].by if askers else BY_SERVER
        if verdict.policy is None:
            self._refuse(verdict, askers)
        elif self._keeper.is_in_force(verdict):
            self._accept(verdict, by)
            self._tell_standing()
            self._answer(askers, verdict, activated=True)
        else:
            self._number += 1
            waiting = set(self._followers)
            self._change = _Change(self._number, verdict, by, askers, self._now() + STEP_SECONDS, waiting)
            for follower in tuple(self._followers.values()):
                self._send_set(follower.worker, Kind.PREPARE, self._change)
            self._go_on_when_all_are_there(self._change)

    def _advance(self, pid: int, message: Message) -> None:
        change = self._change
        if change is None or message.says["change"] != change.number or message.kind is not change.step:
            return
        if message.kind is Kind.PREPARED and (error := _mismatch(message, change)):
            change.errors.append(error)
        change.waiting.discard(pid)
        self._go_on_when_all_are_there(change)

    def _go_on_when_all_are_there(self, change: _Change) -> None:
        if change.waiting:
            return
        if change.step is Kind.FOLLOWED:
            self._finish(change)
        elif change.errors:
            self._give_up(change)
        else:
            self._activate(change)

    def _activate(self, change: _Change) -> None:
        """Let every worker put the change in force, and every worker forked from now on begin with it."""
        self._accept(change.verdict, change.by)
        self._claim.begin(self._keeper.standing.revision)
        change.step, change.deadline = Kind.FOLLOWED, self._now() + STEP_SECONDS
        change.waiting = set(self._followers)
        since = self._active(change).since.isoformat()
        for follower in tuple(self._followers.values()):
            self._send(follower.worker, Message(Kind.ACTIVATE, {"change": change.number, "since": since}))
        self._go_on_when_all_are_there(change)

    def _accept(self, verdict: Verdict, by: str) -> None:
        if not self._keeper.accept(verdict, by):
            self._log.warning(Event.POLICY_NOT_REMEMBERED.value, operator=verdict.candidate.operator)

    def _finish(self, change: _Change) -> None:
        if self._change is not change:
            return
        self._change = None
        self._claim.end()
        self._log.info(
            Event.POLICY_ACTIVATED.value,
            operator=change.verdict.candidate.operator,
            revision=self._active(change).policy.revision,
            by=change.by,
            revision_of_all=self._keeper.standing.revision,
            workers=sorted(self._followers),
        )
        self._tell_standing()
        self._answer(change.askers, change.verdict, activated=True)

    def _give_up(self, change: _Change) -> None:
        """Let everything stay as it was: a worker could not build the set, or built another."""
        self._change = None
        for follower in tuple(self._followers.values()):
            self._send(follower.worker, Message(Kind.DROP, {"change": change.number}))
        candidate = change.verdict.candidate
        finding = Finding(
            candidate.operator,
            1,
            1,
            Severity.ERROR,
            "workers-disagree",
            Text("các tiến trình dựng ra những bộ khác nhau", "the workers built different sets"),
        )
        self._log.error(Event.POLICY_NOT_BUILT.value, operator=candidate.operator, errors=change.errors)
        self._refuse(Verdict(candidate, None, (*change.verdict.findings, finding)), change.askers)

    def _refuse(self, verdict: Verdict, askers: tuple[_Asker, ...]) -> None:
        self._keeper.refuse(verdict)
        operator = verdict.candidate.operator
        active = self._keeper.standing.active.get(operator)
        self._log.error(
            Event.POLICY_REFUSED.value,
            operator=operator,
            stays=active.policy.revision if active is not None else "",
            findings=[str(finding) for finding in verdict.findings[:_FIND_SHOWN]],
            count=len(verdict.findings),
        )
        self._tell_standing()
        self._answer(askers, verdict, activated=False)

    def _end_those_that_do_not_follow(self, change: _Change) -> None:
        # FAIL CLOSED (one revision for all): a worker that goes on with the former set is worse than one that is gone.
        for pid in tuple(change.waiting):
            self._end(self._followers[pid].worker)
        change.deadline = self._now() + STEP_SECONDS

    # --- Telling ------------------------------------------------------------------------------------------------------

    def _active(self, change: _Change) -> Active:
        return self._keeper.standing.active[change.verdict.candidate.operator]

    def _send_set(self, worker: Worker, kind: Kind, change: _Change) -> None:
        candidate = change.verdict.candidate
        says = {"change": change.number, "operator": candidate.operator, "by": change.by}
        self._send(worker, Message(kind, says, candidate.files))

    def _tell_standing(self) -> None:
        revisions = {pid: revision_of_all(follower.revisions) for pid, follower in self._followers.items()}
        told = standing_message(self._keeper.standing, revisions).SerializeToString()
        for follower in tuple(self._followers.values()):
            self._send(follower.worker, Message(Kind.STANDING, files=(("standing", told),)))

    def _answer(self, askers: tuple[_Asker, ...], verdict: Verdict, *, activated: bool) -> None:
        active = self._keeper.standing.active.get(verdict.candidate.operator)
        answer = reload_response(active.policy.revision if active is not None else "", verdict.findings, activated)
        for asker in askers:
            if asker.worker.pid in self._followers:
                said = Message(Kind.RELOADED, {"ask": asker.ask}, (("answer", answer.SerializeToString()),))
                self._send(asker.worker, said)

    def _send(self, worker: Worker, message: Message) -> None:
        try:
            worker.link.send(message)
        except OSError:
            self._end(worker)

    def _end(self, worker: Worker) -> None:
        """End a worker that does not listen; it is replaced by one that is forked with what is in force."""
        self._log.error(Event.WORKER_LEFT_BEHIND.value, worker=worker.pid)
        os.kill(worker.pid, signal.SIGKILL)  # not waited for yet, so the number is still its own


def _mismatch(message: Message, change: _Change) -> str:
    """Return what keeps a worker from following, "" when nothing does."""
    if "error" in message.says:
        return str(message.says["error"])
    expected = change.verdict.policy.revision if change.verdict.policy is not None else ""
    return "" if message.says["revision"] == expected else f"built {message.says['revision']} instead of {expected}"
