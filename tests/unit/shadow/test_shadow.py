"""A policy in the shadow is compared and never felt."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from io import StringIO

import pytest
from click.testing import CliRunner

from pdp.cli import main
from pdp.core.decision import Decision
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency, Request
from pdp.core.wanted import Wanted
from pdp.decision_point import DecisionPoint
from pdp.policy_set import PolicySet
from pdp.server.events import Event, json_log
from pdp.shadow import Change, ComparedInShadow, Report, report_from_json
from pdp.shadow.comparing import GROUPS, WAITING
from pdp_adapters.no_decision_log import NoDecisionLog
from pdp_adapters.no_stored_facts import NoStoredFacts
from tests.builders import NOON, AlwaysAt, a_request
from tests.unit.activation.folders import DENY_ROW, POLICY
from tests.unit.policy_set.small_folder import build, edited, the_files

LIVE = build(the_files())
DENYING = build({**the_files(), POLICY: the_files()[POLICY] + DENY_ROW.encode()})
OWING = build(edited(POLICY, "registered, KIDS-1.7, nothing", "registered, KIDS-1.7, record_grant"))
RENAMED = build(edited(POLICY, "p, guardian-reads,", "p, family-reads,"))


def a_point(live: PolicySet, shadow: ComparedInShadow) -> DecisionPoint:
    """Return a decision point over *live* that *shadow* looks at."""
    return DecisionPoint({live.operator: live}, NoStoredFacts(), AlwaysAt(NOON), NoDecisionLog(), shadow)


class Unstarted(ComparedInShadow):
    """Compares when it is told to, in the thread that tells it."""

    def _start(self) -> None:
        pass


def compared(live: PolicySet, shadow: PolicySet, requests: list[Request]) -> Report:
    """Return what is reported after *live* has answered *requests*."""
    reports: list[Report] = []
    looking = Unstarted({shadow.operator: shadow}, NoStoredFacts(), 0.5, reports.append)
    point = a_point(live, looking)
    for request in requests:
        point.check(request)
        looking.work()
    looking.end()
    (report,) = reports
    return report


CHANGES: list[tuple[PolicySet, PolicySet, Change]] = [
    (LIVE, DENYING, Change.NEWLY_DENIED),
    (DENYING, LIVE, Change.NEWLY_ALLOWED),
    (LIVE, OWING, Change.OTHER_OBLIGATIONS),
    (LIVE, RENAMED, Change.OTHER_REASONS),
]


@pytest.mark.parametrize(("live", "shadow", "change"), CHANGES, ids=[change.value for *_, change in CHANGES])
def test_differences_are_told_by_group(live: PolicySet, shadow: PolicySet, change: Change) -> None:
    """Alike differences are one group, with what it is about, both revisions and a decision to look up."""
    report = compared(live, shadow, [a_request(), a_request()])

    ((group, seen),) = report.groups.items()
    assert (group.change, group.action, group.category) == (change, "read", "child_photo")
    assert (group.revision, group.shadow) == (live.revision, shadow.revision)
    assert (seen.count, report.compared, report.differing) == (2, 2, 2)
    assert seen.example
    assert group.rules != () != group.shadow_rules


def test_the_same_policy_differs_in_nothing() -> None:
    """Answers that a caller could not tell apart are no difference."""
    report = compared(LIVE, LIVE, [a_request(), a_request("user:nobody", ())])

    assert (report.compared, report.differing) == (2, 0)


def plain(decision: Decision) -> Decision:
    """Return *decision* without what is new for each."""
    return replace(decision, decision_id="", request_id="")


def untouched(make: Callable[[list[Report]], ComparedInShadow]) -> None:
    """Answers are the same with the shadow and without it, whatever happens in it, and none waits for it."""
    reports: list[Report] = []
    shadow = make(reports)
    alone, seen = a_point(LIVE, _nobody()), a_point(LIVE, shadow)
    requests = [a_request(), a_request("user:nobody", ())]
    for _ in range(WAITING):
        for request in requests:
            begun = time.perf_counter()
            answer = seen.check(request)
            assert time.perf_counter() - begun < 1.0
            assert plain(answer) == plain(alone.check(request))
    shadow.end()


def _nobody() -> ComparedInShadow:
    return Unstarted({}, NoStoredFacts(), 0.5, lambda _report: None)


class BrokenFacts(NoStoredFacts):
    """Cannot be read."""

    def known_empty(self, operator: str, consistency: Consistency) -> StoredFacts:
        """Fail in a way that nobody expects."""
        raise RuntimeError("it broke")


class MovedFacts(NoStoredFacts):
    """Are of another state each time."""

    def known_empty(self, operator: str, consistency: Consistency) -> None:  # type: ignore[override]  # as others do
        """Say that it may be that something is stored."""

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return nothing, of another revision."""
        return StoredFacts((), "elsewhere.1")


def test_what_breaks_in_the_shadow_is_not_felt() -> None:
    """It is counted as not comparable, and the answers go on."""
    untouched(lambda reports: ComparedInShadow({LIVE.operator: DENYING}, BrokenFacts(), 0.5, reports.append))
    broken = Unstarted({LIVE.operator: DENYING}, BrokenFacts(), 0.5, lambda _report: None)
    a_point(LIVE, broken).check(a_request())
    assert broken.work() > 0
    assert broken._counts == [0, 1, 0]


def test_answers_about_other_facts_are_not_compared() -> None:
    """What changed between the answer and the comparison would look like a difference of the policies."""
    moved = Unstarted({LIVE.operator: DENYING}, MovedFacts(), 0.5, lambda _report: None)
    a_point(LIVE, moved).check(a_request())
    moved.work()
    assert moved._counts == [0, 1, 0]


def test_what_waits_has_a_bound() -> None:
    """A shadow that is too slow leaves answers out and counts them; it holds no more of them, and no more groups."""
    reports: list[Report] = []
    slow = Unstarted({LIVE.operator: DENYING}, NoStoredFacts(), 0.01, reports.append)
    point = a_point(LIVE, slow)
    for _ in range(WAITING + 7):
        point.check(a_request())
    assert len(slow._waiting) == WAITING
    slow.end()
    assert reports[0].dropped == 7
    assert GROUPS > 0


def test_it_rests_as_long_as_its_share_wants() -> None:
    """With a share of a tenth it rests nine times as long as it has worked."""
    rests: list[float] = []
    shadow = ComparedInShadow({LIVE.operator: DENYING}, NoStoredFacts(), 0.1, lambda _report: None, rests.append)
    worked: list[float] = []

    def work() -> float:
        worked.append(0.25)
        shadow._ending.set()
        return 0.25

    shadow.work = work  # type: ignore[method-assign]
    shadow._run()
    assert rests == [pytest.approx(2.25)]


# --- Broken twins -----------------------------------------------------------------------------------------------------


class AnswersFromTheShadow(ComparedInShadow):
    """Lets the answer of the shadow be the one that is given."""

    def see(self, request: Request, decision: Decision, at: datetime) -> None:
        """Change the decision."""
        object.__setattr__(decision, "allowed", not decision.allowed)


class LetsErrorsOut(ComparedInShadow):
    """Decides in the thread that answers, and fails there."""

    def see(self, request: Request, decision: Decision, at: datetime) -> None:
        """Fail."""
        raise RuntimeError("it broke")


class IsWaitedFor(ComparedInShadow):
    """Takes its time."""

    def see(self, request: Request, decision: Decision, at: datetime) -> None:
        """Take more than a second."""
        time.sleep(1.1)


@pytest.mark.parametrize("twin", [AnswersFromTheShadow, LetsErrorsOut, IsWaitedFor])
def test_a_twin_that_is_felt_is_caught(twin: type[ComparedInShadow]) -> None:
    """The law of what is not felt can fail."""
    with pytest.raises((AssertionError, RuntimeError)):
        untouched(lambda reports: twin({LIVE.operator: DENYING}, NoStoredFacts(), 0.5, reports.append))


# --- Reports ----------------------------------------------------------------------------------------------------------


def test_reports_of_all_workers_are_read_together_from_the_log() -> None:
    """Each worker tells its own; the command adds them up and puts what would be newly allowed first."""
    stream = StringIO()
    log = json_log(stream)
    for report in (
        compared(LIVE, DENYING, [a_request()]),
        compared(LIVE, DENYING, [a_request()] * 2),
        compared(DENYING, LIVE, [a_request()]),
    ):
        assert report_from_json(json.loads(json.dumps(report.as_json()))) == report
        log.info(Event.SHADOW_REPORT.value, pid=1, **report.as_json())
    lines = "not json\n" + stream.getvalue() + '{"event": "ready"}\n'
    told = CliRunner().invoke(main, ["shadow", "-", "--lang", "en"], input=lines)
    assert told.exit_code == 1
    shown = told.output.splitlines()
    assert shown[0] == "would be allowed:"
    assert shown[2] == "would be denied:"
    assert shown[3].startswith("  3 × kidsonline: read child_photo for family_follow_up  (guardian-reads → no-reads)")
    assert shown[4].startswith("4 answers compared: 4 differ; 0 left out")
    told = CliRunner().invoke(main, ["shadow", "-", "--format", "json"], input=lines)
    assert json.loads(told.output)["compared"] == 4
    assert CliRunner().invoke(main, ["shadow", "-"], input='{"event": "ready"}\n').exit_code == 2
