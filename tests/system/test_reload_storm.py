"""Thousands of answers during a storm of edits: each is of one revision that was valid then; broken twins are not."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pdp.activation import PolicyKeeper, Standing, Verdict
from pdp.activation.candidate import Candidate
from pdp.core.decision import Decision
from pdp.core.request import Consistency, Request
from pdp.decision_point import DecisionPoint
from pdp.policy_set import PolicySet
from pdp.wire.words import Words
from pdp_adapters.folder_policies import FolderPolicies
from tests.system.reload_storm import Storm, World, a_question_for_the_storm


def test_every_answer_of_a_storm_is_of_one_valid_revision(tmp_path: Path, words: Words) -> None:
    """No answer fails, mixes revisions, comes from half a file or from a set that was replaced before it was asked."""
    storm = Storm(tmp_path, words, a_question_for_the_storm(), editions=25)
    violations = storm.run()

    assert violations == []
    assert len(storm.seen) > 1_000
    assert len(storm.puts) > 5
    assert {allowed for seen in storm.seen for _, allowed in seen.answers} == {True, False}


# --- Broken twins -----------------------------------------------------------------------------------------------------

_IN_FORCE: dict[str, PolicySet] = {}


class MixesInABatch(DecisionPoint):
    """Looks up the policy anew for each item of a batch."""

    def check_batch(self, operator: str, requests: Sequence[Request], consistency: Consistency) -> tuple[Decision, ...]:
        """Return the answers, each of whatever is in force just then."""
        answers = []
        for request in requests:
            self.policies = {operator: _IN_FORCE.get(operator, self.policies[operator])}
            answers.append(self.check(request))
            time.sleep(0.002)
        return tuple(answers)


def remember_and_put(storm: Storm, policy: PolicySet) -> None:
    """Put a set in force where the twin above looks for it."""
    _IN_FORCE[policy.operator] = policy
    storm.put(policy)


def put_piece_by_piece(storm: Storm, policy: PolicySet) -> None:
    """Let the new revision be named before the new rules decide."""
    before = storm.in_force.point.policies[policy.operator]
    storm.put(replace(before, revision=policy.revision))
    time.sleep(0.01)
    storm.put(policy)


class ReadsWhatIsBeingWritten(FolderPolicies):
    """Does not care who writes."""

    def read_settled(self, operator: str) -> Sequence[tuple[str, bytes]]:
        """Return whatever lies there."""
        return self.read(operator)


class ObeysDeletion(PolicyKeeper):
    """Takes an operator out of force when its folder has gone."""

    def refuse(self, verdict: Verdict) -> None:
        """Refuse, and forget what was in force when there are no files."""
        super().refuse(verdict)
        if not verdict.candidate.files:
            self.standing = Standing({}, self.standing.refused)


class EmptiesBeforeItLoads(PolicyKeeper):
    """Has cleared the former rules by the time it finds out that the new ones are wrong."""

    def refuse(self, verdict: Verdict) -> None:
        """Refuse, with nothing left."""
        super().refuse(verdict)
        self.standing = Standing({}, self.standing.refused)


class DropsWhatItCannotRead(PolicyKeeper):
    """Leaves out the rows that are wrong and serves the rest, as Casbin does."""

    def _judged(self, candidate: Candidate) -> Verdict:
        files = tuple(
            (path, b"".join(line for line in content.splitlines(keepends=True) if b", Deny," not in line))
            for path, content in candidate.files
        )
        return super()._judged(Candidate(candidate.operator, files))


def put_the_one_before_again(storm: Storm, policy: PolicySet) -> None:
    """Let a set that was built more slowly be put in force after a newer one."""
    before = storm.in_force.point.policies[policy.operator]
    storm.put(policy)
    storm.puts.append((time.monotonic(), policy.revision))
    storm.put(before)
    time.sleep(0.02)
    storm.put(policy)


TWINS: dict[str, World] = {
    "mixes revisions in a batch": World(point=MixesInABatch, put=remember_and_put),
    "puts a set in force piece by piece": World(put=put_piece_by_piece),
    "reads half a file": World(files=ReadsWhatIsBeingWritten),
    "obeys a deletion": World(keeper=ObeysDeletion),
    "empties before it loads": World(keeper=EmptiesBeforeItLoads),
    "drops what it cannot read": World(keeper=DropsWhatItCannotRead),
    "goes back to the one before": World(put=put_the_one_before_again),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_broken_twin_is_caught(name: str, tmp_path: Path, words: Words, monkeypatch: Any) -> None:
    """The storm can fail: each twin gives an answer that the storm does not accept."""
    monkeypatch.setattr("tests.system.reload_storm.SETTLED_SECONDS", 3.0)
    _IN_FORCE.clear()
    storm = Storm(tmp_path, words, a_question_for_the_storm(), TWINS[name], editions=12)

    violations = storm.run()

    assert [problem for problem in violations if "never came" not in problem]
