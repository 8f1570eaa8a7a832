"""What must hold of every change that an explanation names, and of the proof that none would do.

The long run, on denials of all operators and on small policies whose every change is tried:

    python -m tests.properties.change_laws --denials 2000 --spaces 400
"""

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

from pdp.core.errors import InvalidRequestError
from pdp.core.explanation import Change, SearchOutcome
from pdp.core.fact_identity import fact_id
from pdp.core.facts import Fact
from pdp.core.stores import FactToWrite, Write
from pdp.decision_point import DecisionPoint
from pdp_adapters.memory_facts import MemoryFacts
from pdp_adapters.no_decision_log import NoDecisionLog
from tests.builders import AlwaysAt
from tests.properties.denials import (
    OPERATORS,
    Denied,
    Part,
    a_denial,
    allowed_after,
    identity,
    parts_of,
    proper_subsets,
    with_circumstances,
)
from tests.properties.small_spaces import a_small_space

Tally = Counter[str]

_LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""The commit time of what is stored: the clock of a decision never runs behind it."""

EVERY_KIND: Final = frozenset(
    {
        *(f"add {kind}" for kind in ("role", "consent", "ground", "containment")),
        *(f"end {kind}" for kind in ("role", "consent", "ground", "containment")),
        *(f"meet {root}" for root in ("context", "resource", "subject", "time")),
        *(f"{operator} found" for operator in OPERATORS),
        *(f"{operator} nothing" for operator in OPERATORS),
    }
)
"""What has to occur in the long run, at least once each."""


class Found(NamedTuple):
    """What is said of one denial."""

    search: SearchOutcome
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Explainer:
    """One way to say what would make a denial an allow."""

    name: str
    explain: Callable[[Denied], Found]


def _really(denied: Denied) -> Found:
    explanation = denied.explained()
    return Found(explanation.search, explanation.would_allow)


REAL: Final = Explainer("the real one", _really)


def named_changes_allow_and_no_part_of_them_does(
    explainer: Explainer, seeds: Iterable[int], draw: Callable[[int], Denied] = a_denial
) -> Tally:
    """Exactly the changes named turn the denial into an allow by Check, and no proper part does; return the kinds."""
    tally: Tally = Counter()
    for seed in seeds:
        denied = draw(seed)
        found = explainer.explain(denied)
        tally[f"{denied.policy.operator} {found.search.value}"] += 1
        assert bool(found.changes) is (found.search is SearchOutcome.FOUND), f"denial {seed}"
        assert len(found.changes) <= 5, f"denial {seed}"
        for change in found.changes:
            parts = parts_of(change)
            tally.update(_kind(part) for part in parts)
            assert allowed_after(denied, parts), f"denial {seed} is not allowed after: {change.message.en}"
            for fewer in proper_subsets(parts):
                assert not allowed_after(denied, fewer), f"denial {seed} needs less than: {change.message.en}"
    return tally


def nothing_is_said_only_where_nothing_would(explainer: Explainer, seeds: Iterable[int]) -> Tally:
    """Where it is said that nothing would help, no combination of all that can be changed is allowed."""
    tally: Tally = Counter()
    for seed in seeds:
        space = a_small_space(seed)
        found = explainer.explain(space.denied)
        tally[f"small {found.search.value}"] += 1
        if found.search is SearchOutcome.NOTHING:
            assert not space.can_be_allowed(), f"space {seed}: {space.rows}"
    return tally


def changes_hold_in_a_store_that_gathers(seeds: Iterable[int]) -> Tally:
    """What is named suffices where facts are really written, ended and gathered for the question alone."""
    tally: Tally = Counter()
    for seed in seeds:
        denied = a_denial(seed)
        store = MemoryFacts()
        _write(store, denied, (Fact(fact.kind, fact.valid_from, fact.valid_until) for fact in denied.stored))
        point = DecisionPoint({denied.policy.operator: denied.policy}, store, AlwaysAt(denied.at), NoDecisionLog())
        try:
            found = point.explain(denied.request)
        except InvalidRequestError:
            tally["contradicts what is stored"] += 1
            continue
        tally[found.search.value] += 1
        for change in found.would_allow[:2]:
            after = MemoryFacts()
            ended = [identity(fact) for fact in change.end]
            kept = [fact for fact in denied.stored if identity(fact) not in ended]
            _write(after, denied, [*kept, *change.add])
            asked = with_circumstances(denied, change, {*ended, *(identity(fact) for fact in change.add)})
            at = AlwaysAt(asked.time or denied.at)
            point = DecisionPoint({denied.policy.operator: denied.policy}, after, at, NoDecisionLog())
            assert point.check(asked).allowed, f"denial {seed} is not allowed after: {change.message.en}"
    return tally


def _write(store: MemoryFacts, denied: Denied, facts: Iterable[Fact]) -> None:
    operator = denied.policy.operator
    written = {fact_id(operator, fact.kind): fact for fact in facts}
    writes = tuple(FactToWrite(replace(fact, id=id_, stored=True)) for id_, fact in written.items())
    with store.writing(operator) as writing:
        writing.apply(Write(actor="user:lan", caller="local", at=_LONG_AGO, facts=writes))


def _kind(part: Part) -> str:
    what, changed = part
    if isinstance(changed, Fact):
        name = type(changed.kind).__name__
        return f"{what} {'role' if name == 'RoleAssignment' else name.lower()}"
    return "meet time" if changed.startswith("context.time") else f"meet {changed.partition('.')[0]}"


def main() -> None:
    """Run both laws at length, and say what occurred and how long explaining took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--denials", type=int, default=2000)
    parser.add_argument("--spaces", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    took: list[float] = []

    def timed(denied: Denied) -> Found:
        start = time.process_time()
        found = _really(denied)
        took.append(time.process_time() - start)
        return found

    explainer = Explainer("the real one, timed", timed)
    denials = range(asked.seed, asked.seed + asked.denials)
    tally = named_changes_allow_and_no_part_of_them_does(explainer, denials)
    took_by_operators = list(took)
    spaces = range(asked.seed, asked.seed + asked.spaces)
    small = named_changes_allow_and_no_part_of_them_does(explainer, spaces, lambda seed: a_small_space(seed).denied)
    tally += Counter({kind: count for kind, count in small.items() if not kind.startswith("kidsonline")})
    tally += nothing_is_said_only_where_nothing_would(explainer, spaces)
    for kind in sorted(tally):
        sys.stdout.write(f"{tally[kind]:7} {kind}\n")
    ranked = sorted(took_by_operators)
    sys.stdout.write(
        f"explaining, CPU time: median {1e3 * statistics.median(ranked):.1f} ms, "
        f"of 100 the 95th {1e3 * ranked[len(ranked) * 95 // 100]:.1f} ms, longest {1e3 * ranked[-1]:.0f} ms\n"
    )
    missing = sorted(EVERY_KIND - tally.keys())
    if missing:
        sys.exit(f"did not occur: {', '.join(missing)}")


if __name__ == "__main__":
    main()
