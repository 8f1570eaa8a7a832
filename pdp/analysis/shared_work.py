"""Work that processes share: each is a copy of this one, and what they find comes in the order in which it was asked.

A copy is made by fork, so what the work looks at need not be sent, and what it finds out beside its answers is lost.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_all_start_methods, get_context
from typing import Any, Final, TypeVar

_T = TypeVar("_T")
_Found = TypeVar("_Found")

FEWEST: Final = 16
"""Of less, one process makes all: to begin another takes longer."""

_PORTIONS: Final = 8
"""Into so many portions for each process the work is cut, so that none waits long for another at the end."""

_work: Callable[[Any], Any] | None = None


def cores() -> int:
    """Return how many processes can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


Progress = Callable[[int, int], None]
"""Told how much of how much is done."""


def each_of(
    work: Callable[[_T], _Found], items: Sequence[_T], jobs: int, progress: Progress | None = None
) -> Iterator[_Found]:
    """Yield what *work* makes of each of *items*, in their order, with *jobs* processes at most.

    What *work* raises is raised here. Where processes cannot be had, or one of them ends early, this one does the rest.
    """
    for done, found in enumerate(_each_of(work, items, jobs), start=1):
        if progress is not None:
            progress(done, len(items))
        yield found


def _each_of(work: Callable[[_T], _Found], items: Sequence[_T], jobs: int) -> Iterator[_Found]:
    if jobs < 2 or len(items) < FEWEST or "fork" not in get_all_start_methods():
        yield from map(work, items)
        return
    done = 0
    try:
        for found in _shared(work, items, jobs):
            yield found
            done += 1
    except (BrokenProcessPool, OSError):
        yield from map(work, items[done:])


def _shared(work: Callable[[_T], _Found], items: Sequence[_T], jobs: int) -> Iterator[_Found]:
    inside, outside = os.pipe()
    try:
        pool = ProcessPoolExecutor(jobs, get_context("fork"), _begin, (work, inside, outside))
        try:
            portion = max(1, len(items) // (jobs * _PORTIONS))
            yield from pool.map(_done, items, chunksize=portion)
        finally:
            pool.shutdown(cancel_futures=True)
    finally:
        os.close(inside)
        os.close(outside)


def _begin(work: Callable[[Any], Any], inside: int, outside: int) -> None:
    """Take up the work, end quietly with a key that interrupts, and end when the process that shares it out has."""
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.close(outside)
    threading.Thread(target=_end_with_parent, args=(inside,), daemon=True).start()


def _end_with_parent(pipe: int) -> None:
    os.read(pipe, 1)
    os._exit(1)


def _done(item: Any) -> Any:
    if _work is None:
        raise TypeError(item)
    return _work(item)
