"""One server of several processes: a parent that watches, and workers that answer, one a core.

The parent loads everything, then forks: what is loaded is shared, and nothing of gRPC exists before the fork, as gRPC
demands. It answers nothing itself.
"""

import ctypes
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final, NoReturn, Protocol

from structlog.typing import FilteringBoundLogger

from pdp.server.events import Event
from pdp.server.link import SEND_SECONDS, Kind, Link, Message

RESTARTS_BORNE: Final = 5
"""So many times within RESTART_SECONDS workers may die and be replaced; then the server ends."""

RESTART_SECONDS: Final = 60.0

EXIT_OK: Final = 0
EXIT_TROUBLE: Final = 2

Run = Callable[[Link, int], int]
"""What a worker does at a place, counted from 0: it says over the link when it answers, and returns its exit code."""

_DIE_WITH_PARENT: Final = 1
"""PR_SET_PDEATHSIG of prctl(2)."""

_ENDING: Final = (signal.SIGTERM, signal.SIGINT)


@dataclass(slots=True, eq=False)
class Worker:
    """A process; its *link* becomes readable when it says something, and when it has ended.

    Who takes the *place* of one that died has the same one.
    """

    pid: int
    core: int
    link: Link
    answers: bool = False
    has_store: bool = False
    place: int = 0


class Leading(Protocol):
    """What decides about the workers while they answer."""

    def seconds(self) -> float | None:
        """Return in how many seconds `tick` is to be called; None for never."""

    def tick(self) -> None:
        """Do what is due."""

    def hear(self, worker: Worker, message: Message) -> None:
        """Handle a *message* of *worker*."""

    def lose(self, worker: Worker) -> None:
        """Handle that *worker* has ended."""


@dataclass(slots=True)
class _Course:
    """What became of the workers: *told* that all answered, *ready* when they could use the store too.

    *restarts*: when they died; *code*: how the server ends.
    """

    code: int = EXIT_OK
    told: bool = False
    ready: bool = False
    restarts: list[float] = field(default_factory=list)


class Workers:
    """Runs *run* in one process on each of *cores* until a signal ends them; a worker that dies is replaced.

    It forks within a context of *undisturbed*, in which no thread of this process holds what the new one may need.
    *died* counts the workers that ended unasked.
    """

    def __init__(
        self,
        run: Run,
        cores: tuple[int, ...],
        leading: Leading,
        log: FilteringBoundLogger,
        undisturbed: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._run = run
        self._undisturbed = undisturbed
        self.died = 0
        self._leading = leading
        self._cores = cores
        self._log = log
        self._workers: dict[int, Worker] = {}
        self._course = _Course()
        self._is_ending = False
        self._selector = selectors.DefaultSelector()
        self._woken, self._wake = socket.socketpair()

    def serve(
        self,
        on_ready: Callable[[tuple[int, ...]], None],
        on_answering: Callable[[tuple[int, ...]], None] = lambda _pids: None,
    ) -> int:
        """Start the workers, tell *on_ready* their process ids once all answer, and return when all have ended.

        Where all answer and some cannot use the store yet, *on_answering* is told first. Returns the exit code. Only
        the main thread may call this.
        """
        self._woken.setblocking(False)
        self._wake.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        before = {number: signal.signal(number, lambda *_: None) for number in _ENDING}
        waker = signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        try:
            for place in range(len(self._cores)):
                self._start(place)
            self._watch(on_ready, on_answering)
        finally:
            signal.set_wakeup_fd(waker)
            for number, handler in before.items():
                signal.signal(number, handler)
        return self._course.code

    def _watch(
        self, on_ready: Callable[[tuple[int, ...]], None], on_answering: Callable[[tuple[int, ...]], None]
    ) -> None:
        while self._workers:
            seconds = None if self._is_ending else self._leading.seconds()
            for key, _ in self._selector.select(seconds):
                if key.fileobj is self._woken:
                    self._pass_on_signals()
                else:
                    self._heard(key.data)
            if not self._is_ending and self._leading.seconds() == 0.0:
                self._leading.tick()
            self._tell(on_ready, on_answering)

    def _tell(
        self, on_ready: Callable[[tuple[int, ...]], None], on_answering: Callable[[tuple[int, ...]], None]
    ) -> None:
        """Tell, once, that all workers answer, and that all are ready."""
        course, workers = self._course, self._workers.values()
        if course.ready or self._is_ending or not all(worker.answers for worker in workers):
            return
        if all(worker.has_store for worker in workers):
            course.told = course.ready = True
            on_ready(tuple(self._workers))
        elif not course.told:
            course.told = True
            on_answering(tuple(self._workers))

    def _pass_on_signals(self) -> None:
        for number in self._woken.recv(64):
            if number in _ENDING:
                self._is_ending = True
                self._signal(number)

    def _heard(self, worker: Worker) -> None:
        """Handle what *worker* says, or that it has ended and its link with it."""
        try:
            message = worker.link.receive()
        except OSError:  # it stopped in the middle of a message
            message = None
        if message is not None:
            worker.answers = worker.answers or message.kind is Kind.READY
            worker.has_store = (
                worker.has_store or message.kind is Kind.STORED or bool(message.says.get("stored", False))
            )
            self._leading.hear(worker, message)
            return
        if not self._is_ending:
            self.died += 1
            os.kill(worker.pid, signal.SIGKILL)  # if it lives still, nothing more of it can be understood
        self._selector.unregister(worker.link)
        worker.link.close()
        del self._workers[worker.pid]
        self._leading.lose(worker)
        code = os.waitstatus_to_exitcode(os.waitpid(worker.pid, 0)[1])
        if self._is_ending:
            self._course.code = max(self._course.code, EXIT_OK if code == EXIT_OK else EXIT_TROUBLE)
        elif self._course.told and self._may_restart():
            self._log.error(Event.WORKER_DIED.value, worker=worker.pid, core=worker.core, code=code)
            self._start(worker.place)
        else:
            self._log.error(Event.WORKER_GIVEN_UP.value, worker=worker.pid, core=worker.core, code=code)
            self._is_ending, self._course.code = True, EXIT_TROUBLE
            self._signal(signal.SIGTERM)

    def _may_restart(self) -> bool:
        now = time.monotonic()
        recent = [at for at in self._course.restarts if now - at < RESTART_SECONDS]
        self._course.restarts = [*recent, now]
        return len(recent) < RESTARTS_BORNE

    def _signal(self, number: int) -> None:
        for pid in self._workers:
            os.kill(pid, number)  # not waited for yet, so the number is still its own

    def _start(self, place: int) -> None:
        core = self._cores[place]
        ours, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        with self._undisturbed():
            pid = os.fork()
        if pid == 0:
            ours.close()
            self._work(place, theirs, parent)
        theirs.close()
        worker = self._workers[pid] = Worker(pid, core, Link(ours, SEND_SECONDS), place=place)
        self._selector.register(worker.link, selectors.EVENT_READ, worker)

    def _work(self, place: int, theirs: socket.socket, parent: int) -> NoReturn:
        """Be a worker; whatever happens, this process goes no further."""
        code, core = EXIT_TROUBLE, self._cores[place]
        try:
            _end_with(parent)
            signal.set_wakeup_fd(-1)
            for number in _ENDING:
                signal.signal(number, signal.SIG_DFL)
            self._selector.close()
            self._woken.close()
            self._wake.close()
            for worker in self._workers.values():
                worker.link.close()
            os.sched_setaffinity(0, {core})
            code = self._run(Link(theirs), place)
        except BaseException:
            self._log.exception(Event.WORKER_FAILED.value, core=core)
            raise
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def _end_with(parent: int) -> None:
    """Let the kernel end this process when *parent* ends: nobody would pass signals on to it any more."""
    ctypes.CDLL(None, use_errno=True).prctl(_DIE_WITH_PARENT, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(EXIT_TROUBLE)
