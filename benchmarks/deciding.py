"""How long a check of an operator's request takes in process, without the wire: `python -m benchmarks.deciding`.

Every case of every operator's folder is asked, as it stands in its case files; the reading of the requests is not
counted.
"""

import argparse
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import ROUNDS, Spread, spread, undisturbed, yardstick
from pdp.core.decision import Decision
from pdp.core.request import Request
from pdp.decision_point import DecisionPoint
from pdp.policy_set import PolicySet
from pdp.wire.json_form import check_request_from_dict
from pdp.wire.requests import request_from_wire
from pdp.wire.words import Words
from pdp.wiring.folders import load_policies
from pdp.wiring.words import load_words
from pdp_adapters.json_decision_log import JsonDecisionLog
from pdp_adapters.no_decision_log import NoDecisionLog
from pdp_adapters.no_stored_facts import NoStoredFacts
from pdp_adapters.system_clock import SystemClock

POLICIES: Final = Path(__file__).parents[1] / "policies"


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one operator: *parts* are all checks and each kind of answer, by name."""

    operator: str
    rules: int
    conditions: int
    parts: Mapping[str, Spread]


def requests_of(directory: Path, policy: PolicySet, words: Words) -> list[Request]:
    """Return the requests of every case file of an operator, as the wire reads them."""
    cases: list[dict[str, Any]] = []
    for path in sorted((directory / policy.operator).rglob("cases*.json")):
        cases += json.loads(path.read_text("utf-8"))
    declared = {policy.operator: policy.declared}
    return [request_from_wire(check_request_from_dict(case["request"]), words, declared=declared) for case in cases]


def measure(policy: PolicySet, requests: Sequence[Request], rounds: int = ROUNDS) -> Measured:
    """Return how long *requests* take: checks without and with a record, and each kind of answer without one."""
    policies = {policy.operator: policy}
    quiet = DecisionPoint(policies, NoStoredFacts(), SystemClock(), NoDecisionLog())
    recording = DecisionPoint(policies, NoStoredFacts(), SystemClock(), JsonDecisionLog(io.BytesIO()))
    parts = {
        "check": spread([partial(quiet.check, request) for request in requests], rounds),
        "check and record": spread([partial(recording.check, request) for request in requests], rounds),
    }
    kinds: dict[str, list[Callable[[], object]]] = {}
    for request in requests:
        kinds.setdefault(_kind(quiet.check(request)), []).append(partial(quiet.check, request))
    parts |= {f"check: {kind}": spread(calls, rounds) for kind, calls in sorted(kinds.items())}
    return Measured(policy.operator, len(policy.rules), len(policy.conditions), parts)


def _kind(decision: Decision) -> str:
    return "allow" if decision.allowed else f"deny, {decision.cause.value}"


def table(measured: Sequence[Measured]) -> str:
    """Return the figures for people, in microseconds."""
    lines = []
    for one in measured:
        lines += [f"{one.operator}: {one.rules} rules, {one.conditions} conditions"]
        lines += [f"  {'':24}{'calls':>7}{'median':>9}{'p10':>9}{'p90':>9}{'longest':>9}  µs"]
        lines += [
            f"  {name:24}{part.calls:7}{part.median:9.2f}{part.tenth:9.2f}{part.ninetieth:9.2f}{part.longest:9.2f}"
            for name, part in one.parts.items()
        ]
    return "\n".join(lines)


def of_operators(directory: Path, rounds: int) -> list[Measured]:
    """Return the figures of every operator's folder under *directory*, taken on one core."""
    words = load_words()
    sets = load_policies(directory, words).sets
    asked = {operator: requests_of(directory, policy, words) for operator, policy in sets.items()}
    with undisturbed():
        return [measure(policy, asked[operator], rounds) for operator, policy in sets.items()]


def as_json(measured: Sequence[Measured]) -> dict[str, Any]:
    """Return the figures by operator, as JSON can hold them."""
    return {
        one.operator: {
            "rules": one.rules,
            "conditions": one.conditions,
            **{name: part.as_json() for name, part in one.parts.items()},
        }
        for one in measured
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every operator's folder and print the table; keep it as JSON where `--json` says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deciding", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--policies", type=Path, default=POLICIES, help="the directory of the operators' folders")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each request is timed")
    parser.add_argument("--json", type=Path, help="a file to keep the figures in")
    given = parser.parse_args(arguments)
    before = yardstick()
    measured = of_operators(given.policies, given.rounds)
    after = yardstick()
    print(table(measured))
    print(f"yardstick, 1,000 look-ups in a dictionary: {before:.1f} µs before, {after:.1f} µs after")
    if given.json is not None:
        figures = {
            "yardstick_us": {"before": round(before, 2), "after": round(after, 2)},
            "operators": as_json(measured),
        }
        given.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
