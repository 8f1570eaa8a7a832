"""One reading for all questions that come while another reading is under way.

Who comes while nobody reads, reads at once. Who comes meanwhile waits until that reading has ended; then the first of
those who wait reads for all of them, and each is given the facts of its own question. So a store that is far away is
asked as often as it answers, however many ask here.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from pdp.core.errors import UnavailableError
from pdp.core.fact_index import FactIndex
from pdp.core.ports import StoredFacts
from pdp.core.wanted import Wanted, all_wanted

MOST_TOGETHER: Final = 16
"""So many questions are read for at once: together they may want more facts than may be looked at."""

WAIT_SECONDS: Final = 0.2
"""So long somebody waits for the reading of others; then he reads himself."""

Gather = Callable[[Wanted], StoredFacts]


@dataclass(eq=False, slots=True)
class _Waiting:
    """A question that waits: for its facts, or until it is told to read for a *group*, of which it is the first."""

    wanted: Wanted
    told: threading.Event = field(default_factory=threading.Event)
    group: "list[_Waiting] | None" = None
    facts: StoredFacts | None = None


class Together:
    """Readings by operator, one at a time each. Whoever asks with a *gather* has one that reads its own operator."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, deque[_Waiting]] = {}

    def gather(self, operator: str, wanted: Wanted, gather: Gather) -> StoredFacts:
        """Return the facts that are *wanted*, read after this call began.

        Raises what *gather* raises. Where the reading of others fails or takes too long, or finds more than may be
        looked at, what is wanted here is read here.

        INVARIANT (read after asked): a reading is joined by those alone who came before it began.
        """
        with self._lock:
            queue = self._queues.get(operator)
            own = _Waiting(wanted)
            if queue is None:
                self._queues[operator] = deque()
                own.group = [own]
            else:
                queue.append(own)
        if own.group is None and not own.told.wait(WAIT_SECONDS):
            with self._lock:
                left = self._queues.get(operator) or deque()
                if own in left:  # else it is being read for, and reads itself all the same
                    left.remove(own)
        if own.group is None:
            return own.facts if own.facts is not None else gather(wanted)
        try:
            return self._read_for(own, own.group, gather)
        finally:
            self._pass_on(operator)

    def _read_for(self, own: _Waiting, group: list[_Waiting], gather: Gather) -> StoredFacts:
        if len(group) == 1:
            return gather(own.wanted)
        try:
            # What is wrong with one question is nothing that the others have to be told.
            with suppress(UnavailableError):
                stored = gather(all_wanted([each.wanted for each in group]))
                # FAIL CLOSED (too many together): none of them is refused for what the others want.
                if not stored.too_many:
                    index = FactIndex(stored.facts)
                    for each in group:
                        each.facts = replace(stored, facts=tuple(index.gather(each.wanted).values()))
        finally:
            for each in group:
                each.told.set()
        return own.facts if own.facts is not None else gather(own.wanted)

    def _pass_on(self, operator: str) -> None:
        """Let the first of those who wait read for them, or the next who comes."""
        with self._lock:
            queue = self._queues[operator]
            if not queue:
                del self._queues[operator]
                return
            group = [queue.popleft() for _ in range(min(len(queue), MOST_TOGETHER))]
            group[0].group = group
            group[0].told.set()
