"""One engine in a process of its own: it takes orders as lines of JSON and answers each with one.

Started by `benchmarks.in_process.comparing`; nobody calls it by hand.
"""

import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from benchmarks.access import Access, Question, any_questions, made_up, questions
from benchmarks.in_process.engines import Ask, EngineName, load
from benchmarks.twins import TWINS

_MOST: Final = 2_000
_WARMING: Final = 20
_SLOW_NS: Final = 10_000_000
"""An answer that took so long is not waited for again: it owes nothing to the processor's caches."""


def timed(ask: Ask, asked: Sequence[Question], seconds: float, expected: bool) -> tuple[list[int], list[int]]:
    """Return how long each of the questions took, and how long when it was asked again at once, in nanoseconds.

    A slow one is not asked again. It stops after *seconds*, at the earliest after one question. Raises ValueError for
    an answer that is not *expected*: a wrong one, however fast, is no figure.
    """
    triples = [(question.user, question.data, question.action) for question in asked]
    clock = time.perf_counter_ns
    durations: list[int] = []
    again: list[int] = []
    end_at = clock() + int(seconds * 1e9)
    for user, data, action in triples:
        start = clock()
        answer = ask(user, data, action)
        end = clock()
        durations.append(end - start)
        repeated = answer
        if end - start < _SLOW_NS:
            start_again = clock()
            repeated = ask(user, data, action)
            again.append(clock() - start_again)
        if answer is not expected or repeated is not expected:
            raise ValueError(f"{user}, {data}, {action} was answered {answer} and {repeated}")
        if clock() > end_at:
            break
    return durations, again


class Served:
    """What one engine is asked to do, order by order."""

    def __init__(self, name: EngineName, rules: int) -> None:
        self._name = name
        self._access = made_up(rules)
        self._asked = {allowed: questions(self._access, _MOST, allowed=allowed) for allowed in (True, False)}
        self._is_slow = False
        self._next = dict.fromkeys((True, False), 0)
        self._ask = load(name, self._access)

    def time(self, seconds: float, allowed: bool) -> dict[str, Any]:
        """Time questions that have not been asked for longest; the figures are in microseconds."""
        at = self._next[allowed]
        in_turn = self._asked[allowed][at:] + self._asked[allowed][:at]
        if not self._is_slow:  # the processor's caches: not measured
            timed(self._ask, in_turn[-_WARMING:], seconds / 10, allowed)
        gc.collect()
        gc.disable()
        durations, again = timed(self._ask, in_turn, seconds, allowed)
        gc.enable()
        self._next[allowed] = (at + len(durations)) % _MOST
        self._is_slow = min(durations) > _SLOW_NS
        return {
            "median_us": statistics.median(durations) / 1_000,
            "again_us": statistics.median(again) / 1_000 if again else None,
            "questions": len(durations),
        }

    def differences(self, count: int) -> dict[str, Any]:
        """Count the wrong answers among *count* questions of all kinds: of this engine, and of each of its twins."""
        asked = any_questions(self._access, count)
        of_twins = {
            name: _wrong(load(self._name, broken(self._access)), self._access, asked) for name, broken in TWINS.items()
        }
        return {"differences": _wrong(self._ask, self._access, asked), "of_twins": of_twins, "questions": count}


def _wrong(ask: Ask, access: Access, asked: Sequence[Question]) -> int:
    return sum(ask(each.user, each.data, each.action) is not access.allows(each) for each in asked)


def main() -> None:
    """Load the engine that the arguments name, and obey until the input ends."""
    name, rules, core = EngineName(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    served = Served(name, rules)
    gc.collect()
    gc.freeze()
    # All threads, those of a Go runtime too: what a thread starts inherits its cores, what runs already does not.
    for thread in os.listdir("/proc/self/task"):
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.sched_setaffinity(int(thread), {core})
    _say({"loaded": rules})
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "time":
            _say(served.time(order["seconds"], order["allowed"]))
        else:
            _say(served.differences(order["count"]))


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
