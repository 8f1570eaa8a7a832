"""What is on record can be decided again from the record alone, and explained."""

import itertools
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from pdp.api.v1 import decision_pb2
from pdp.cli import main
from pdp.core.caller import LOCAL, Caller
from pdp.core.errors import NotRecordedError
from pdp.decision_log import Outcome, Past, explained, past_of, records, replayed
from pdp.policy_set import PolicySet
from pdp.server.decisions import Decisions
from pdp.server.gate import NOBODY, remember_caller
from tests.builders import KIDSONLINE, POLICIES, edited, the_policy_set, the_words
from tests.decision_log import replay_storm
from tests.decision_log.logs import Log, the_requests
from tests.system.running import running

OPERATORS = sorted(path.parent.name for path in POLICIES.glob("*/policy.csv"))


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> list[Past]:
    """Return what 1,500 records of mixed requests tell, half of whose facts were stored."""
    log = Log(tmp_path_factory.mktemp("storm") / "log")
    replay_storm.record(log, 1500, seed=3)
    return list(replay_storm.pasts_of(log))


@pytest.mark.parametrize("operator", OPERATORS)
def test_cases_on_record_are_decided_again_with_the_same_answers(operator: str, tmp_path: Path) -> None:
    """Every fourth case of every operator: cause, rules, sentences, obligations and their parameters."""
    log = Log(tmp_path / "log")
    chain = log.chain()
    point = log.point(chain, operator)
    asked = the_requests(operator)[::4]
    for request in asked:
        point.check(request)
    pasts = [past_of(each, log.keys.persons) for each in records(log.folder)]
    outcomes = Counter(each.outcome for each in replayed(pasts, {operator: the_policy_set(operator)}))
    assert outcomes == {Outcome.SAME: len(asked)}
    withheld = set().union(*(past.withheld for past in pasts))
    for past, request in zip(pasts, asked, strict=True):
        known = {key: value for key, value in request.context.items() if key not in withheld}
        assert past.request is not None
        assert past.request.context == known
        assert (past.request.subject, past.request.facts) == (request.subject, request.facts)


def test_stored_facts_are_on_record(storm: list[Past]) -> None:
    """Nothing but the record is looked at, and the answers are the same."""
    outcomes = Counter(each.outcome for each in replayed(storm, {KIDSONLINE: the_policy_set(KIDSONLINE)}))
    assert outcomes == {Outcome.SAME: 1500}
    assert sum(bool(past.seen) for past in storm) > 300


def test_without_the_stored_facts_answers_would_differ(storm: list[Past]) -> None:
    """The broken twin: a record that leaves out what was read of the store is not enough."""
    forgetful = [replace(past, seen=()) for past in storm]
    outcomes = Counter(each.outcome for each in replayed(forgetful, {KIDSONLINE: the_policy_set(KIDSONLINE)}))
    assert outcomes[Outcome.SAME] < 1500


@pytest.mark.parametrize("name", replay_storm.EDITS)
def test_an_edit_changes_exactly_what_diff_predicts(name: str, storm: list[Past]) -> None:
    """The answers on record that turn are those that the groups of `pdp diff` tell, and no other."""
    pytest.importorskip("z3")
    edit = replay_storm.EDITS[name]
    found = replay_storm.compared(storm, replay_storm.edited_policy(edit), replay_storm.predicted_groups(edit))
    assert found.changed
    assert found.agrees


def test_a_prediction_for_another_edit_is_noticed(storm: list[Past]) -> None:
    """The comparison can fail: the groups of one edit are not what another one does."""
    pytest.importorskip("z3")
    one, other = replay_storm.EDITS["a rule is taken out"], replay_storm.EDITS["a rule is for more"]
    found = replay_storm.compared(storm, replay_storm.edited_policy(one), replay_storm.predicted_groups(other))
    assert not found.agrees


def test_a_policy_that_reads_what_was_withheld_cannot_replay(storm: list[Past]) -> None:
    """What a digest hides is not guessed."""
    policy = the_policy_set(KIDSONLINE)
    withheld = [replace(past, withheld=frozenset({"authenticated"})) for past in storm[:5]]
    assert Counter(each.outcome for each in replayed(withheld, {KIDSONLINE: policy})) == {Outcome.WITHHELD: 5}
    assert Counter(each.outcome for each in replayed(storm[:5], {})) == {Outcome.REFUSED: 5}


# --- Explaining -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Return a log of the first thirty cases."""
    written = Log(tmp_path_factory.mktemp("explained") / "log")
    written.write(30)
    return written


def test_a_decision_on_record_is_explained_as_it_was(log: Log) -> None:
    """The explanation is the one that the request would have got then, and makes no record."""
    point = log.point(log.chain())
    before = len(log.lines())
    for record in list(records(log.folder))[:10]:
        request, explanation = point.explain_past(record.decision_id, LOCAL.may_ask_about)
        past = past_of(record, log.keys.persons)
        assert explanation == explained(past, the_policy_set(KIDSONLINE))
        assert request == past.request
        assert explanation.decision.decision_id == record.decision_id
        assert explanation.decision.allowed is record.allowed
        assert explanation.matched or explanation.nearest or explanation.facts
    assert len(log.lines()) == before


def test_what_cannot_be_explained_says_so(log: Log) -> None:
    """An unknown id, another revision, a record that tells another answer: nothing is explained instead."""
    point = log.point(log.chain())
    with pytest.raises(NotRecordedError):
        point.explain_past("d-unknown", LOCAL.may_ask_about)
    past = past_of(next(records(log.folder)), log.keys.persons)
    policy = the_policy_set(KIDSONLINE)
    with pytest.raises(NotRecordedError, match="revision"):
        explained(past, other_revision(policy))
    turned = {**past.record.said, "decision": "deny" if past.record.allowed else "allow"}
    with pytest.raises(NotRecordedError, match="newly"):
        explained(replace(past, record=replace(past.record, said=turned)), policy)
    with pytest.raises(NotRecordedError, match="erased"):
        explained(replace(past, erased=("about",)), policy)


def other_revision(policy: PolicySet) -> PolicySet:
    """Return *policy* under another name."""
    return replace(policy, revision="sha256:" + "0" * 64)


ADMIN = Caller("office", frozenset({KIDSONLINE}), explains_as_admin=True)
OF_ANOTHER = Caller("other", frozenset({"homeid"}), explains_as_admin=True)


def called_by(caller: Caller) -> Any:
    """Return the context of a call of *caller*."""
    context = SimpleNamespace()
    remember_caller(context, caller, None)  # type: ignore[arg-type]  # what a context is asked for
    return context


def test_explain_by_id_over_the_wire(log: Log) -> None:
    """At level admin and caller, for whoever may ask about its operator; with the facts that were seen."""
    decisions = Decisions(log.point(log.chain()), the_words())
    record = next(records(log.folder))
    for level, caller in itertools.product(("admin", "caller"), (LOCAL, ADMIN)):
        message = decision_pb2.ExplainRequest(decision_id=record.decision_id, level=level)
        answer = decisions.explain(message, called_by(caller))
        assert answer.decision.decision_id == record.decision_id
        allowed = decision_pb2.Decision.DECISION_ALLOW
        assert (answer.decision.decision == allowed) is record.allowed


def test_a_decision_of_another_operator_is_as_if_it_were_not_there(log: Log) -> None:
    """FAIL CLOSED: not even that there is one is told; nor is anything to a call that came past the gate."""
    decisions = Decisions(log.point(log.chain()), the_words())
    record = next(records(log.folder))
    told = []
    for caller, asked in ((OF_ANOTHER, record.decision_id), (NOBODY, record.decision_id), (ADMIN, "d-unknown")):
        message = decision_pb2.ExplainRequest(decision_id=asked, level="admin")
        with pytest.raises(NotRecordedError) as refused:
            decisions.explain(message, called_by(caller))
        told.append(str(refused.value).replace(asked, "ID"))
    assert len(set(told)) == 1


def test_a_server_is_asked_about_a_decision_by_its_id_alone(log: Log) -> None:
    """`pdp explain DECISION_ID --server` says what the record says; without a server or a log it is a usage error."""
    run = CliRunner().invoke
    record = next(records(log.folder))
    with running(log.point(log.chain()), the_words()) as server:
        by_name = run(main, ["explain", record.decision_id, "--server", server.address, "--format", "json"])
        by_flag = run(main, ["explain", "--decision-id", record.decision_id, "--server", server.address])
        unknown = run(main, ["explain", f"{'0' * 32}-1", "--server", server.address])
    own = run(main, ["explain", record.decision_id, "--decision-log", str(log.path), "--format", "json"])
    served, read = json.loads(by_name.stdout), json.loads(own.stdout)
    assert (served["decision"], served.get("facts")) == (read["decision"], read.get("facts"))
    assert [each["rule"] for each in served["matched"]] == [each["rule"] for each in read["matched"]]
    assert by_name.exit_code == by_flag.exit_code == (0 if record.allowed else 1)
    assert record.decision_id in by_flag.stdout
    assert (unknown.exit_code, "FAILED_PRECONDITION" in unknown.output) == (2, True)
    for more in ([], ["--server", "127.0.0.1:1", "--decision-log", str(log.path)], ["--action", "read"]):
        assert run(main, ["explain", record.decision_id, *more]).exit_code == 2


def test_replay_and_explain_as_commands(log: Log, tmp_path: Path) -> None:
    """Exit codes tell whether anything differs; the report counts each kind."""
    run = CliRunner().invoke
    done = run(main, ["log", "replay", str(log.path), "--policies", str(POLICIES), "--format", "json"])
    said = json.loads(done.stdout)
    assert (done.exit_code, said["outcomes"]["same"], said["of_this_revision"]) == (0, 30, 30)
    other = tmp_path / "policies"
    for path, content in edited([replay_storm.EDITS["a rule is taken out"]]).items():
        target = other / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    done = run(main, ["log", "replay", str(log.path), "--policies", str(other), "--format", "json"])
    said = json.loads(done.stdout)
    assert (done.exit_code, said["of_another_revision"]) == (1, 30)
    assert said["changed"] == len(said["shown"]) > 0
    record = next(records(log.folder))
    done = run(
        main,
        [
            *("explain", "--decision-id", record.decision_id, "--decision-log", str(log.path)),
            *("--policies", str(POLICIES), "--format", "json"),
        ],
    )
    assert json.loads(done.stdout)["decision"]["decision_id"] == record.decision_id
    assert done.exit_code == (0 if record.allowed else 1)
