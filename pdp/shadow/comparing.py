"""Compares the answers that are served with those of another policy, in a thread that takes little of the time."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from pdp.core.decision import Decision
from pdp.core.errors import PdpError
from pdp.core.ports import FactSource
from pdp.core.request import Request
from pdp.deciding import decide
from pdp.gathering import Wanting, check_against_stored
from pdp.policy_set import PolicySet
from pdp.shadow.difference import Group, difference
from pdp.shadow.report import Report, Seen

WAITING: Final = 256
"""So many answers wait to be compared; more are left out and counted."""

GROUPS: Final = 200
"""So many groups a report holds; differences of more are counted without being told apart."""

REPORT_SECONDS: Final = 10.0
_IDLE_SECONDS: Final = 0.05


class Shadow(Protocol):
    """What looks on when an answer is given."""

    def see(self, request: Request, decision: Decision, at: datetime) -> None:
        """Take notice of the *decision* on *request*, made at the instant *at*. Must return at once and never raise."""

    def end(self) -> None:
        """Look on no more, and report what was seen last."""


class NoShadow:
    """Looks at nothing."""

    def see(self, request: Request, decision: Decision, at: datetime) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""


class _Waiting(NamedTuple):
    request: Request
    decision: Decision
    at: datetime


class ComparedInShadow:
    """Decides requests by *sets* too and tells *report* every REPORT_SECONDS where the answers differ.

    It takes no more than *share* of the time of one core (between 0 and 1): after each comparison it rests. The facts
    are those of *facts*, read anew; an answer about another state of them is skipped. Nothing of it reaches an answer.
    """

    def __init__(
        self,
        sets: Mapping[str, PolicySet],
        facts: FactSource,
        share: float,
        report: Callable[[Report], None],
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sets = sets
        self._wanting = Wanting(sets)
        self._facts = facts
        self._pause = 1.0 / share - 1.0
        self._report = report
        self._rest = rest
        self._waiting: deque[_Waiting] = deque()
        self._dropped = 0
        self._counts = [0, 0, 0]  # compared, skipped, more
        self._groups: dict[Group, Seen] = {}
        self._told = {"compared": 0, "differences": 0, "left-out": 0}
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()

    def see(self, request: Request, decision: Decision, at: datetime) -> None:
        """Let the answer be compared soon; leave it out when there are too many already."""
        if request.operator not in self._sets:
            return
        if len(self._waiting) >= WAITING:
            self._dropped += 1
            return
        self._waiting.append(_Waiting(request, decision, at))
        if self._thread is None:
            self._start()

    def measured(self) -> Mapping[str, float]:
        """Return how many answers were compared, differ, and were left out, as of the last report."""
        return dict(self._told)

    def end(self) -> None:
        """Compare no more, and report what has been compared since the last report."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(_IDLE_SECONDS * 20)
        self._tell()

    def _start(self) -> None:
        """Start the thread, in the process that answers: a thread does not live through a fork."""
        with self._starting:
            if self._thread is None and not self._ending.is_set():
                self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        told = time.monotonic()
        while not self._ending.is_set():
            taken = self.work()
            self._rest(max(taken * self._pause, 0.0) if taken else _IDLE_SECONDS)
            if time.monotonic() - told >= REPORT_SECONDS:
                self._tell()
                told = time.monotonic()

    def work(self) -> float:
        """Compare one answer, if one waits, and return how many seconds that took."""
        if not self._waiting:
            return 0.0
        begun = time.perf_counter()
        waiting = self._waiting.popleft()
        try:
            self._compare(waiting)
        # Whatever fails here, the answers go on.
        except Exception:  # noqa: BLE001
            self._counts[1] += 1
        return time.perf_counter() - begun

    def _compare(self, waiting: _Waiting) -> None:
        request, decision, at = waiting
        policy = self._sets[request.operator]
        stored = self._facts.known_empty(request.operator, request.consistency)
        if stored is None:
            stored = self._facts.gather(request.operator, self._wanting.of(request), request.consistency)
        if stored.token != decision.checked_at or stored.too_many:
            self._counts[1] += 1
            return
        try:
            agreed = check_against_stored(request, stored.facts, at)
        except PdpError:
            self._counts[1] += 1
            return
        group = difference(request, decision, decide(policy, agreed, stored.facts, at), policy.revision)
        self._counts[0] += 1
        if group is None:
            return
        known = self._groups.get(group)
        if known is not None:
            self._groups[group] = Seen(known.count + 1, known.example)
        elif len(self._groups) < GROUPS:
            self._groups[group] = Seen(1, decision.decision_id)
        else:
            self._counts[2] += 1

    def _tell(self) -> None:
        compared, skipped, more = self._counts
        report = Report(compared, self._dropped, skipped, more, self._groups)
        self._counts, self._groups, self._dropped = [0, 0, 0], {}, 0
        self._told["compared"] += report.compared
        self._told["differences"] += report.differing
        self._told["left-out"] += report.dropped + report.skipped
        if report.compared or report.dropped or report.skipped:
            self._report(report)
