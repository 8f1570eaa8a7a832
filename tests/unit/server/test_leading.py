"""A parent leads its workers from one revision to the next, all of them or none; twins that do not are caught."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pdp.api.v1 import policies_pb2
from pdp.server.leading import STEP_SECONDS, Leader
from pdp.server.link import Kind, Message
from pdp.server.workers import Worker
from tests.unit.activation.folders import DENY_ROW, POLICY, append
from tests.unit.server.workers_in_memory import Room, a_room, link_of

Law = Callable[[Room, Any], None]


def ask(room: Room, worker: Worker, number: int = 7) -> None:
    """Let a caller of *worker* ask for a reload, and the leader take it up."""
    room.said(worker, Kind.RELOAD, ask=number, operator="kidsonline", by="local")
    room.tick()


def answer_of(worker: Worker) -> policies_pb2.ReloadResponse:
    """Return the answer to the reload."""
    return policies_pb2.ReloadResponse.FromString(link_of(worker).take(Kind.RELOADED).files[0][1])


def prepare(room: Room, worker: Worker, revision: str = "") -> int:
    """Let *worker* build what it was sent, and return the number of the change."""
    message = link_of(worker).take(Kind.PREPARE)
    assert dict(message.files) == {path: Path(path).read_bytes() for path, _ in message.files}
    change: int = message.says["change"]
    built = revision or room.leader._change.verdict.policy.revision  # type: ignore[union-attr]
    room.said(worker, Kind.PREPARED, change=change, revision=built)
    return change


def follow(room: Room, worker: Worker) -> None:
    """Let *worker* put in force what it is told to."""
    change = link_of(worker).take(Kind.ACTIVATE).says["change"]
    room.said(worker, Kind.FOLLOWED, change=change, revisions=room.revisions())


def change_another_operator(room: Room) -> dict[str, str]:
    """Put another operator's set in force, and return what a worker has that was forked before."""
    before, (active,) = room.revisions(), room.keeper.standing.active.values()
    other = replace(active, policy=replace(active.policy, operator="homeid"))
    room.keeper.standing = room.keeper.standing.with_active(other)
    return before


def edit(room: Room, text: str = DENY_ROW) -> str:
    """Add a row to the policy, and return the revision that was in force before."""
    append(room.directory / POLICY, text)
    return room.keeper.standing.revision


# --- Laws -------------------------------------------------------------------------------------------------------------


def nobody_swaps_before_all_have_built(room: Room, _: Any) -> None:
    """ACTIVATE goes out once every worker is PREPARED, and to all at once."""
    one, two = room.join(), room.join()
    before = edit(room)
    ask(room, one)
    prepare(room, one)
    assert Kind.ACTIVATE not in link_of(one).kinds()
    assert room.keeper.standing.revision == before
    prepare(room, two)
    assert link_of(one).kinds() == link_of(two).kinds() == [Kind.ACTIVATE]
    assert room.keeper.standing.revision != before


def the_caller_hears_once_all_follow(room: Room, _: Any) -> None:
    """Whoever has the answer to a reload gets the new revision from every worker."""
    one, two = room.join(), room.join()
    edit(room)
    ask(room, one)
    prepare(room, one)
    prepare(room, two)
    follow(room, one)
    assert Kind.RELOADED not in link_of(one).kinds()
    follow(room, two)
    answer = answer_of(one)
    assert answer.activated
    assert answer.revision == room.revisions()["kidsonline"]


def the_new_claim_stands_before_the_old_goes(room: Room, _: Any) -> None:
    """There is no moment without a claim, nor one in which only the old is claimed and somebody answers anew."""
    one = room.join()
    before = edit(room)
    ask(room, one)
    prepare(room, one)
    after = room.keeper.standing.revision
    assert room.claim.claimed == [before, after]
    follow(room, one)
    assert room.claim.history == [(before, after), (after,)]


def all_stay_when_one_builds_another_set(room: Room, _: Any) -> None:
    """A set that is not the same everywhere is put in force nowhere, and said to be refused."""
    one, two = room.join(), room.join()
    before = edit(room)
    ask(room, one)
    prepare(room, one, "sha256:another")
    prepare(room, two)
    assert room.keeper.standing.revision == before
    assert Kind.ACTIVATE not in [*link_of(one).kinds(), *link_of(two).kinds()]
    assert link_of(two).kinds() == [Kind.DROP]
    answer = answer_of(one)
    assert not answer.activated
    assert [finding.code for finding in answer.findings][-1] == "workers-disagree"


def one_that_came_late_gets_what_is_in_force(room: Room, _: Any) -> None:
    """A worker that was forked before a change adopts it when it begins to answer."""
    one = room.join()
    old = room.revisions()
    edit(room)
    ask(room, one)
    prepare(room, one)
    late = room.join(old)
    assert link_of(late).take(Kind.ADOPT).files == room.keeper.standing.active["kidsonline"].files


def one_that_comes_meanwhile_builds_too(room: Room, _: Any) -> None:
    """A worker that begins to answer while others build is waited for as they are."""
    one = room.join()
    edit(room)
    ask(room, one)
    late = room.join()
    prepare(room, one)
    assert Kind.ACTIVATE not in link_of(one).kinds()
    prepare(room, late)
    assert link_of(one).kinds() == link_of(late).kinds() == [Kind.ACTIVATE]


def one_that_comes_meanwhile_gets_what_it_has_missed_too(room: Room, _: Any) -> None:
    """What came in force since its fork, of any operator, is adopted before it builds what is being changed."""
    forked_with = change_another_operator(room)
    one = room.join()
    edit(room)
    ask(room, one)
    late = room.join(forked_with)
    assert link_of(late).kinds() == [Kind.ADOPT, Kind.PREPARE]
    assert link_of(late).take(Kind.ADOPT).says["operator"] == "homeid"


def nothing_is_over_while_one_has_not_all_that_is_in_force(room: Room, _: Any) -> None:
    """A worker that has the change and lacks another one is told again, waited for, and ended at last."""
    old = change_another_operator(room)
    one, late = room.join(), room.join(old)
    link_of(late).take(Kind.ADOPT)
    edit(room)
    ask(room, one)
    prepare(room, one)
    prepare(room, late)
    follow(room, one)
    change = link_of(late).take(Kind.ACTIVATE).says["change"]
    lacks = {**old, "kidsonline": room.revisions()["kidsonline"]}
    room.said(late, Kind.FOLLOWED, change=change, revisions=lacks)
    assert link_of(late).take(Kind.ADOPT).says["operator"] == "homeid"
    room.said(late, Kind.FOLLOWED, change=0, revisions=lacks)  # it says so once more: not sent round and round
    assert link_of(late).kinds() == []
    assert Kind.RELOADED not in link_of(one).kinds()
    room.tick(1, STEP_SECONDS)
    assert room.ended == [late.pid]
    room.leader.lose(late)
    assert answer_of(one).activated


def the_caller_hears_once_the_late_have_caught_up(room: Room, _: Any) -> None:
    """One that was forked before the change, and begins while the others put it in force, is waited for."""
    one, old = room.join(), room.revisions()
    edit(room)
    ask(room, one)
    prepare(room, one)
    late = room.join(old)
    follow(room, one)
    assert Kind.RELOADED not in link_of(one).kinds()
    link_of(late).take(Kind.ADOPT)
    room.said(late, Kind.FOLLOWED, change=0, revisions=room.revisions())
    assert answer_of(one).activated


def one_that_does_not_follow_is_ended(room: Room, _: Any) -> None:
    """After its time it is killed, and the others go on without it."""
    one, two = room.join(), room.join()
    edit(room)
    ask(room, one)
    prepare(room, one)
    assert room.leader.seconds() == STEP_SECONDS
    room.tick(1, STEP_SECONDS)
    assert room.ended == [two.pid]
    room.leader.lose(two)
    assert link_of(one).kinds() == [Kind.ACTIVATE]
    follow(room, one)
    assert answer_of(one).activated


def what_is_refused_reaches_every_worker(room: Room, _: Any) -> None:
    """An invalid edit changes nothing, and each worker can say so."""
    one, two = room.join(), room.join()
    before = edit(room, DENY_ROW.replace("deny", "Deny"))
    ask(room, one)
    answer = answer_of(one)
    assert not answer.activated
    assert [finding.code for finding in answer.findings] == ["unknown-effect"]
    assert room.keeper.standing.revision == before
    for worker in (one, two):
        told = policies_pb2.GetPolicySetResponse.FromString(link_of(worker).sent[-1].files[0][1])
        assert [refused.operator for refused in told.refused] == ["kidsonline"]
        assert {each.pid: each.revision for each in told.workers} == {one.pid: before, two.pid: before}
    assert any("policy-refused" in line for line in room.log)


def all_who_ask_are_answered_by_one_look(room: Room, _: Any) -> None:
    """A storm of reloads of one operator costs one change, and each of them is answered."""
    one, two = room.join(), room.join()
    edit(room)
    for number, worker in enumerate((one, two, one)):
        room.said(worker, Kind.RELOAD, ask=number, operator="kidsonline", by="local")
    room.tick()
    prepare(room, one)
    prepare(room, two)
    follow(room, one)
    follow(room, two)
    asked = [(worker, message.says["ask"]) for worker in (one, two) for message in link_of(worker).sent
             if message.kind is Kind.RELOADED]  # fmt: skip
    assert asked == [(one, 0), (one, 2), (two, 1)]
    assert sum("policy-activated" in line for line in room.log) == 1
    assert room.leader.seconds() != 0.0


LAWS: list[Law] = [
    nobody_swaps_before_all_have_built,
    the_caller_hears_once_all_follow,
    the_new_claim_stands_before_the_old_goes,
    all_stay_when_one_builds_another_set,
    one_that_came_late_gets_what_is_in_force,
    one_that_comes_meanwhile_builds_too,
    one_that_comes_meanwhile_gets_what_it_has_missed_too,
    nothing_is_over_while_one_has_not_all_that_is_in_force,
    the_caller_hears_once_the_late_have_caught_up,
    one_that_does_not_follow_is_ended,
    what_is_refused_reaches_every_worker,
    all_who_ask_are_answered_by_one_look,
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_leader_keeps(law: Law, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every law holds for the leader that is served with."""
    law(a_room(tmp_path, monkeypatch=monkeypatch), monkeypatch)


# --- Broken twins -----------------------------------------------------------------------------------------------------


class SwapsOneByOne(Leader):
    """Goes on as soon as one worker has built its set."""

    def _advance(self, pid: int, message: Message) -> None:
        if self._change is not None:
            self._change.waiting.clear()
        super()._advance(pid, message)


class AnswersAtOnce(Leader):
    """Does not wait until the workers have swapped."""

    def _activate(self, change: Any) -> None:
        super()._activate(change)
        self._finish(change)


class ReleasesFirst(Leader):
    """Gives up the old claim before the new one stands."""

    def _activate(self, change: Any) -> None:
        self._claim.end()
        self._claim.claimed.clear()  # type: ignore[attr-defined]
        super()._activate(change)


class TrustsWhatIsBuilt(Leader):
    """Does not compare what the workers have built."""

    def _advance(self, pid: int, message: Message) -> None:
        revision = self._change.verdict.policy.revision  # type: ignore[union-attr]
        super()._advance(pid, Message(message.kind, {**message.says, "revision": revision}))


class ForgetsTheLate(Leader):
    """Lets a worker that came late go on with what it was forked with."""

    def _join(self, worker: Worker, revisions: dict[str, str]) -> None:
        super()._join(worker, {**revisions, **{one: p.revision for one, p in self._keeper.standing.sets.items()}})


class DoesNotWaitForTheLate(Leader):
    """Sends a set to a worker that came meanwhile, and does not wait for it."""

    def _join(self, worker: Worker, revisions: dict[str, str]) -> None:
        super()._join(worker, revisions)
        if self._change is not None:
            self._change.waiting.discard(worker.pid)


class PreparesAlone(Leader):
    """Sends a worker that comes meanwhile the change under way, and nothing that it has missed."""

    def _catch_up(self, follower: Any) -> bool:
        change = self._change
        return False if change is not None and change.step is Kind.PREPARED else super()._catch_up(follower)


class TakesOneChangeForAll(Leader):
    """Takes a worker that has put the change in force for one that has all that is in force."""

    def _behind(self, follower: Any) -> list[str]:
        return super()._behind(follower) if self._change is None else []


class LeavesThemBehind(Leader):
    """Goes on without a worker that does not follow, and lets it answer."""

    def _end(self, worker: Worker) -> None:
        self.lose(worker)


class KeepsRefusalsToItself(Leader):
    """Tells nobody about a refusal."""

    def _tell_standing(self) -> None:
        if not self._keeper.standing.refused:
            super()._tell_standing()


class AnswersTheFirstAlone(Leader):
    """Answers the first who asked, and forgets the others."""

    def _answer(self, askers: Any, verdict: Any, *, activated: bool) -> None:
        super()._answer(askers[:1], verdict, activated=activated)


TWINS: list[tuple[type[Leader], Law]] = [
    (SwapsOneByOne, nobody_swaps_before_all_have_built),
    (AnswersAtOnce, the_caller_hears_once_all_follow),
    (ReleasesFirst, the_new_claim_stands_before_the_old_goes),
    (TrustsWhatIsBuilt, all_stay_when_one_builds_another_set),
    (ForgetsTheLate, one_that_came_late_gets_what_is_in_force),
    (DoesNotWaitForTheLate, one_that_comes_meanwhile_builds_too),
    (PreparesAlone, one_that_comes_meanwhile_gets_what_it_has_missed_too),
    (TakesOneChangeForAll, nothing_is_over_while_one_has_not_all_that_is_in_force),
    (TakesOneChangeForAll, the_caller_hears_once_the_late_have_caught_up),
    (LeavesThemBehind, one_that_does_not_follow_is_ended),
    (KeepsRefusalsToItself, what_is_refused_reaches_every_worker),
    (AnswersTheFirstAlone, all_who_ask_are_answered_by_one_look),
]


@pytest.mark.parametrize(("twin", "law"), TWINS, ids=[f"{twin.__name__}-{law.__name__}" for twin, law in TWINS])
def test_a_broken_twin_is_caught(twin: type[Leader], law: Law, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each law can fail: the twin that breaks it is noticed."""
    with pytest.raises((AssertionError, ValueError)):
        law(a_room(tmp_path, twin, monkeypatch), monkeypatch)
