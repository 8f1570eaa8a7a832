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
from typing import Any, Final

from benchmarks.access import Access, Question, any_questions, made_up, questions
from benchmarks.in_process.engines import Ask, EngineName, load
from benchmarks.twins import TWINS

_MOST: Final = 2_000
_WARMING: Final = 20


def timed(ask: Ask, asked: Sequence[Question], seconds: float, expected: bool) -> tuple[list[int], list[int]]:
    """Return how long each of the questions took, and how long when it was asked again at once, in nanoseconds.

    It stops after *seconds*, at the earliest after one question. Raises ValueError for an answer that is not
    *expected*: a wrong one, however fast, is no figure.
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
        repeated = ask(user, data, action)
        end_again = clock()
        if answer is not expected or repeated is not expected:
            raise ValueError(f"{user}, {data}, {action} was answered {answer} and {repeated}")
        durations.append(end - start)
        again.append(end_again - end)
        if end_again > end_at:
            break
    return durations, again


class Served:
    """What one engine is asked to do, order by order."""

    def __init__(self, name: EngineName, rules: int) -> None:
        self._name = name
        self._access = made_up(rules)
        self._asked = {allowed: questions(self._access, _MOST, allowed=allowed) for allowed in (True, False)}
        self._next = dict.fromkeys((True, False), 0)
        start = time.perf_counter()
        self._ask = load(name, self._access)
        self.load_seconds = time.perf_counter() - start

    def time(self, seconds: float, allowed: bool) -> dict[str, Any]:
        """Time questions that have not been asked for longest; the figures are in microseconds."""
        at = self._next[allowed]
        in_turn = self._asked[allowed][at:] + self._asked[allowed][:at]
        timed(self._ask, in_turn[-_WARMING:], seconds / 10, allowed)  # the processor's caches: not measured
        gc.collect()
        gc.disable()
        durations, again = timed(self._ask, in_turn, seconds, allowed)
        gc.enable()
        self._next[allowed] = (at + len(durations)) % _MOST
        return {
            "median_us": statistics.median(durations) / 1_000,
            "again_us": statistics.median(again) / 1_000,
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
    os.sched_setaffinity(0, {core})
    served = Served(name, rules)
    gc.collect()
    gc.freeze()
    _say({"load_seconds": served.load_seconds})
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
