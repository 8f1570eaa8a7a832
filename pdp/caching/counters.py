"""Counts what happens in the caches of this process."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum


class Count(StrEnum):
    """What is counted; the names are told to whoever asks and are never given another meaning.

    facts-in-process       facts were found in this process
    facts-shared           facts were found in the shared cache
    facts-joined           somebody else was reading the same facts
    facts-read             facts were read from the store
    facts-outdated         facts were found, and something in them had changed
    freshness-unknown      nobody knew what had changed, so the store was read
    decisions-in-process   a decision was found in this process
    decisions-made         a decision was made
    decisions-outdated     a decision was found, and something in its facts had changed, or its time was over
    denials-late           a denial up to five seconds old was given to a caller that asked for low latency
    """

    FACTS_IN_PROCESS = "facts-in-process"
    FACTS_SHARED = "facts-shared"
    FACTS_JOINED = "facts-joined"
    FACTS_READ = "facts-read"
    FACTS_OUTDATED = "facts-outdated"
    FRESHNESS_UNKNOWN = "freshness-unknown"
    DECISIONS_IN_PROCESS = "decisions-in-process"
    DECISIONS_MADE = "decisions-made"
    DECISIONS_OUTDATED = "decisions-outdated"
    DENIALS_LATE = "denials-late"


class Counters:
    """Counts; two threads at once may lose one, which is cheaper than a lock for each check."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter({count.value: 0 for count in Count})

    def add(self, count: Count, times: int = 1) -> None:
        """Count so many more."""
        self._counted[count.value] += times

    def counted(self) -> Mapping[str, int]:
        """Return all counts by name."""
        return dict(self._counted)
