"""Records decisions, replays them, and compares what an edit changes in them with what `pdp diff` predicts.

`python -m tests.decision_log.replay_storm` records 100,000 decisions: the cases of an operator with their words mixed,
facts and circumstances left out, and half of the facts stored. Under their own revision all answers have to be the
same. Under each of some edited policies the answers that turn have to be exactly those that the groups of `pdp diff`
tell: by their words, the roles that count, and the conditions as they come out.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from pdp.analysis.changes import Comparison
from pdp.analysis.groups import Group, grouped
from pdp.analysis.kinds import Kind
from pdp.core.errors import InvalidRequestError
from pdp.core.fact_identity import identity
from pdp.core.facts import Fact
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency, Request
from pdp.core.survey import Survey
from pdp.core.wanted import Wanted
from pdp.deciding.judgement import Judgement
from pdp.decision_log import Outcome, Past, Replayed, past_of, records, replayed
from pdp.decision_point import DecisionPoint
from pdp.policy_set import PolicySet, build_policy_set
from pdp_adapters.system_clock import SystemClock
from tests.builders import KIDSONLINE, Edit, edited, the_policy_set, the_words
from tests.decision_log.logs import Log, the_requests
from tests.properties.told_pairs import IN_OTHER_WORDS

DECISIONS: Final = 100_000
_TOKEN: Final = "storm.1"

EDITS: Final[dict[str, Edit]] = {
    "a rule is taken out": Edit("policy.csv", "p, guardian-reads, allow,", "# p, guardian-reads, allow,"),
    "a condition is left out": Edit(
        "policy.csv",
        "p, guardian-reads, allow, guardian, read, child_data, family_follow_up, registered_at_the_school and ",
        "p, guardian-reads, allow, guardian, read, child_data, family_follow_up, ",
    ),
    "a role is narrowed": Edit(
        "policy.csv", "p, guardian-reads, allow, guardian,", "p, guardian-reads, allow, primary_guardian,"
    ),
    "a rule is for more": Edit(
        "policy.csv",
        "p, family-member-reads, allow, family_member, read, child_data, family_follow_up,",
        "p, family-member-reads, allow, family_member, read, child_data, any,",
    ),
}


class Shelf:
    """Stored facts that are put there for each question."""

    at_once: Final = True

    def __init__(self) -> None:
        self.facts: tuple[Fact, ...] = ()

    def known_empty(self, _operator: str, _consistency: Consistency) -> None:
        """Return None: there may be some."""

    def gather(self, _operator: str, _wanted: Wanted, _consistency: Consistency) -> StoredFacts:
        """Return what was put there."""
        return StoredFacts(self.facts, _TOKEN)

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Return what was put there."""
        return StoredFacts(self.facts, _TOKEN)


def mixed(chance: random.Random, requests: Sequence[Request]) -> Request:
    """Return a case with some of its words from others, and some of its facts and circumstances left out."""
    request = chance.choice(requests)
    other = chance.choice(requests)
    if chance.random() < 0.3:
        request = replace(request, action=other.action)
    if chance.random() < 0.3:
        request = replace(request, purpose=other.purpose)
    if chance.random() < 0.3:
        request = replace(request, resource=replace(request.resource, type=other.resource.type))
    if chance.random() < 0.2 and request.facts:
        gone = chance.randrange(len(request.facts))
        request = replace(request, facts=request.facts[:gone] + request.facts[gone + 1 :])
    if chance.random() < 0.2 and request.context:
        gone_key = chance.choice(sorted(request.context))
        request = replace(request, context={key: value for key, value in request.context.items() if key != gone_key})
    return request


def record(log: Log, count: int, seed: int) -> int:
    """Record so many decisions and return how many requests were refused meanwhile."""
    chance = random.Random(seed)
    shelf = Shelf()
    chain = log.chain()
    point = DecisionPoint({KIDSONLINE: the_policy_set(KIDSONLINE)}, shelf, SystemClock(), log.written_by(chain))
    requests = the_requests()
    made = refused = 0
    while made < count:
        request = mixed(chance, requests)
        cut = chance.randint(0, len(request.facts)) if chance.random() < 0.5 else len(request.facts)
        brought, kept = request.facts[:cut], request.facts[cut:]
        if {identity(fact.kind) for fact in brought} & {identity(fact.kind) for fact in kept}:
            brought, kept = request.facts, ()
        shelf.facts = tuple(replace(fact, id=f"f-{at}", stored=True) for at, fact in enumerate(kept))
        try:
            point.check(replace(request, facts=brought))
        except InvalidRequestError:
            refused += 1
        else:
            made += 1
    chain.end()
    return refused


@dataclass
class Compared:
    """What an edit does to recorded answers, and what was predicted: ids of decisions by kind of change."""

    changed: dict[str, str]
    predicted: dict[str, str]

    @property
    def agrees(self) -> bool:
        """Say whether exactly what was predicted has changed."""
        return self.changed == self.predicted


_KINDS: Final = {Outcome.NEWLY_ALLOWED: Kind.NEWLY_ALLOWED.value, Outcome.NEWLY_DENIED: Kind.NEWLY_DENIED.value}


def edited_policy(edit: Edit) -> PolicySet:
    """Return the policy after *edit*."""
    words = the_words()
    return build_policy_set(KIDSONLINE, sorted(edited([edit]).items()), words.vocabulary, words.schema)


def predicted_groups(edit: Edit) -> tuple[Group, ...]:
    """Return the groups of `pdp diff --decisions-only` for *edit*."""
    words = the_words()
    comparison = Comparison(the_policy_set(KIDSONLINE), edited_policy(edit), words.schema, tuple(Kind)[:2])
    return grouped(comparison, words)


def compared(pasts: Sequence[Past], after: PolicySet, groups: Iterable[Group]) -> Compared:
    """Return which of *pasts* come to another answer under *after*, and which the *groups* tell."""
    told = tuple(groups)
    found = Compared({}, {})
    own = replayed(pasts, {KIDSONLINE: the_policy_set(KIDSONLINE)})
    for before, again in zip(own, replayed(pasts, {KIDSONLINE: after}), strict=True):
        id_ = again.past.record.decision_id
        if again.outcome in _KINDS:
            found.changed[id_] = _KINDS[again.outcome]
        kind = _told(before, told)
        if kind is not None:
            found.predicted[id_] = kind
    return found


def _told(before: Replayed, groups: Sequence[Group]) -> str | None:
    """Return the kind of change that one of *groups* tells of a decision; None when none does."""
    judgement = None if before.answer is None else before.answer.judgement
    if judgement is None:
        return None
    return next((group.kind.value for group in groups if _is_in(judgement, group)), None)


def _is_in(judgement: Judgement, group: Group) -> bool:
    roles, action, category, purpose = judgement.asked
    return (
        any(action in box.actions and category in box.categories and purpose in box.purposes for box in group.regions)
        and any(roles.issuperset(enough) for enough in group.roles)
        and any(
            all(
                judgement.evaluator.named(clue.condition).outcome in clue.outcomes
                for clue in clues
                if clue not in IN_OTHER_WORDS
            )
            for clues in group.when.alternatives
        )
    )


def pasts_of(log: Log) -> Iterator[Past]:
    """Yield what every record tells."""
    for each in records(log.folder):
        yield past_of(each, log.keys.persons)


def main(arguments: Sequence[str] | None = None) -> int:
    """Record, replay and compare; print the counts and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.decision_log.replay_storm", description="Replays records.")
    parser.add_argument("--decisions", type=int, default=DECISIONS)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        log = Log(Path(folder) / "log", part_bytes=1 << 26)
        started = time.monotonic()
        refused = record(log, given.decisions, given.seed)
        print(f"{given.decisions:,} recorded in {time.monotonic() - started:.0f} s, {refused:,} requests refused")
        pasts = list(pasts_of(log))
        counts = Counter(each.outcome for each in replayed(pasts, {KIDSONLINE: the_policy_set(KIDSONLINE)}))
        print("under their own revision:", {outcome.value: count for outcome, count in counts.items()})
        failed |= counts != {Outcome.SAME: given.decisions}
        for name, edit in EDITS.items():
            groups = predicted_groups(edit)
            found = compared(pasts, edited_policy(edit), groups)
            by_kind = Counter(found.changed.values())
            print(
                f"{name}: {len(groups)} groups, {dict(by_kind)} changed,"
                f" {len(found.changed.keys() - found.predicted.keys())} not predicted,"
                f" {len(found.predicted.keys() - found.changed.keys())} predicted and not changed"
            )
            failed |= not found.agrees or not by_kind
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
