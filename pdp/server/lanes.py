"""Lanes: threads for some methods, with a queue that has an end."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from grpc_health.v1.health import SERVICE_NAME as HEALTH
from grpc_reflection.v1alpha import reflection

from pdp.api.v1 import facts_pb2
from pdp.server.access import DELETING_METHOD, DIFF_METHOD, WRITING_METHODS
from pdp.server.names import path_of

FACT_SERVICE: Final = facts_pb2.DESCRIPTOR.services_by_name["FactService"].full_name

_SIDE_THREADS: Final = 2
_FACT_THREADS: Final = 4
"""So many readings of facts a process works at; the others wait, and no decision waits for them."""

_WRITING_THREADS: Final = 8
"""So many writes: most of the time they wait for one another, or for other processes to know of what is written."""

_COMPARISONS_WAITING: Final = 2
"""So many comparisons of policies may wait while one is made; each takes a core for as long as it may."""

_REVOKING_THREADS: Final = 4
"""For deletions: however many writes wait for a thread, what is revoked has one."""

_CALLS_BESIDE: Final = 64
"""So many calls may wait in a lane beside the usual one."""


class Lane(ThreadPoolExecutor):
    """*threads* for the calls of some methods alone, of which *most* may wait."""

    def __init__(self, threads: int, name: str, most: int) -> None:
        super().__init__(threads, name)
        self.name = name
        self.threads = threads
        self.most = most

    @property
    def waiting(self) -> int:
        """Return how many calls wait for a thread."""
        return self._work_queue.qsize()

    @property
    def is_full(self) -> bool:
        """Say whether no more may wait."""
        return self.waiting >= self.most


@dataclass(frozen=True, slots=True)
class Lanes:
    """The *usual* lane, where decisions are made that may have to wait, and those *beside* it by service or path."""

    usual: Lane
    beside: Mapping[str, Lane]

    @property
    def all(self) -> tuple[Lane, ...]:
        """Return every lane, once."""
        return (self.usual, *dict.fromkeys(self.beside.values()))

    @property
    def most(self) -> int:
        """Return how many calls may be under way in all of them."""
        return sum(lane.most + lane.threads for lane in self.all)


def lanes(threads: int, most: int, watches: str, watchers: int) -> Lanes:
    """Return the lanes of a server: *threads* for decisions, of which *most* may be under way.

    Health has one, so that it is answered whatever else waits. So have deletions, for they revoke; writes; readings of
    facts; comparisons of policies; and, at the path *watches*, the calls that last: *watchers* at most, each of which
    holds a thread.
    """
    writes = Lane(_WRITING_THREADS, "writes", _CALLS_BESIDE)
    beside = {
        HEALTH: Lane(_SIDE_THREADS, "health", _CALLS_BESIDE),
        reflection.SERVICE_NAME: Lane(_SIDE_THREADS, "reflection", _CALLS_BESIDE),
        FACT_SERVICE: Lane(_FACT_THREADS, "facts", _CALLS_BESIDE),
        **{path_of(method).removeprefix("/"): writes for method in WRITING_METHODS},
        path_of(DIFF_METHOD).removeprefix("/"): Lane(1, "comparisons", _COMPARISONS_WAITING),
        path_of(DELETING_METHOD).removeprefix("/"): Lane(_REVOKING_THREADS, "revocations", _CALLS_BESIDE),
        watches: Lane(watchers + 1, "watches", watchers),
    }
    return Lanes(Lane(threads, "decisions", most - threads), beside)
