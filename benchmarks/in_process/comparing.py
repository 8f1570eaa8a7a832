"""Engines in process: first that they answer alike, then how long each takes."""

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Final

from benchmarks.in_process.engine_process import EngineProcess
from benchmarks.in_process.engines import EngineName
from benchmarks.progress import say
from benchmarks.rounds import over_rounds, ratios

SIZES: Final = (100, 1_000, 10_000, 100_000)
"""Rules of the policies."""

COMPARED_AT: Final = 100
QUESTIONS_COMPARED: Final = 600

ANSWERS: Final = {"allow": True, "deny": False}

_LONGEST_SECONDS: Final = 12.0
"""An engine that has taken so long at one size is left out of further rounds there."""


class DifferentAnswersError(Exception):
    """Two engines answer differently, or the questions cannot tell a wrong policy: there is nothing to compare."""


def compare(names: Sequence[EngineName], core: int) -> dict[str, Any]:
    """Hold every engine, and its twins, against what the policy itself answers; return what was found.

    Raises DifferentAnswersError for a wrong answer, and for a twin of which no wrong answer was found.
    """
    found: dict[str, Any] = {}
    for name in names:
        with EngineProcess(name, COMPARED_AT, core) as engine:
            result = engine.differences(QUESTIONS_COMPARED)
        if result["differences"]:
            raise DifferentAnswersError(f"{name.value}: {result['differences']} of {result['questions']} are wrong")
        blind = [twin for twin, wrong in result["of_twins"].items() if not wrong]
        if blind:
            raise DifferentAnswersError(f"{name.value}: nothing tells that {', '.join(blind)}")
        found[name.value] = result
        say(f"in process: {name.value} answers {result['questions']} questions as the policy says; twins are caught")
    return found


def measure(names: Sequence[EngineName], rules: int, rounds: int, seconds: float, core: int) -> dict[str, Any]:
    """Return how long *names* take at a policy of so many *rules*: *seconds* a round and answer, in turns."""
    medians: dict[tuple[str, str], list[float]] = {}
    again: dict[tuple[str, str], list[float]] = {}
    asked: dict[tuple[str, str], int] = {}
    used = dict.fromkeys(names, 0.0)
    with ExitStack() as stack:
        engines = [stack.enter_context(EngineProcess(name, rules, core)) for name in names]
        for number in range(rounds):
            for engine in engines:
                if used[engine.name] > _LONGEST_SECONDS:
                    continue
                start = time.monotonic()
                for answer, allowed in ANSWERS.items():
                    timed = engine.time(seconds, allowed=allowed)
                    key = (engine.name.value, answer)
                    medians.setdefault(key, []).append(timed["median_us"])
                    again.setdefault(key, []).append(timed["again_us"])
                    asked[key] = asked.get(key, 0) + timed["questions"]
                used[engine.name] += time.monotonic() - start
            say(f"in process: {rules:,} rules, round {number + 1} of {rounds}")
        loaded = {engine.name.value: round(engine.load_seconds, 3) for engine in engines}
    return {
        name.value: {
            "load_seconds": loaded[name.value],
            **{
                answer: {
                    "us": over_rounds(medians[name.value, answer]).as_json(),
                    "again_us": over_rounds(again[name.value, answer]).as_json(),
                    "questions": asked[name.value, answer],
                    "times_ours": _to_ours(medians, name, answer),
                }
                for answer in ANSWERS
            },
        }
        for name in names
    }


def _to_ours(medians: dict[tuple[str, str], list[float]], name: EngineName, answer: str) -> dict[str, Any] | None:
    ours = medians.get((EngineName.OURS.value, answer))
    return ratios(medians[name.value, answer], ours).as_json() if ours else None


def run(names: Sequence[EngineName], sizes: Sequence[int], rounds: int, seconds: float) -> dict[str, Any]:
    """Compare, then measure *names* at each of *sizes* on one core."""
    core = max(os.sched_getaffinity(0))
    return {
        "equivalence": compare(names, core),
        "rules": {str(rules): measure(names, rules, rounds, seconds, core) for rules in sizes},
    }
