"""What is kept is given out only while it is what would be read and decided now."""

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from pdp.caching import KeptReadings, flights
from pdp.caching.memory import Memory
from pdp.core.caches import Reading
from pdp.core.decision import Cause, Decision
from pdp.core.errors import UnavailableError
from pdp.core.fact_identity import fact_id
from pdp.core.facts import Fact
from pdp.core.freshness import Standing
from pdp.core.request import Consistency, Freshness, Request
from pdp_adapters.sql_facts import SqlFacts
from tests.builders import KIDSONLINE, MOTHER, NOON, a_request, the_cases
from tests.caching.kept import Instance, instance_of, without_facts
from tests.freshness.places import Open, opening
from tests.stores.writing import at_least, delete, role, write

ASKED: Final = without_facts(a_request(MOTHER))
FACTS: Final = tuple(replace(fact, id=fact_id(KIDSONLINE, fact.kind), stored=True) for fact in a_request(MOTHER).facts)
ELSEWHERE: Final = role("user:x", "teacher", "class:elsewhere")


def grant(store: SqlFacts) -> Any:
    """Write what lets the mother see it; return the token."""
    return write(store, *FACTS, operator=KIDSONLINE).token


def revoke(store: SqlFacts) -> Any:
    """Take it all back; return the token."""
    return delete(store, *(fact.id for fact in FACTS), operator=KIDSONLINE).token


def statements(instance: Instance) -> int:
    """Return how often the store was read though it was known where it stood: a lease may lapse on a busy machine."""
    return instance.count("facts-read") - instance.count("freshness-unknown")


def test_a_second_question_needs_no_statement(place: Open) -> None:
    """What was decided is found again, with ids of its own and marked as kept."""
    here = instance_of(place())
    grant(here.store)
    first = here.point.check(ASKED)
    read = statements(here)

    second = here.point.check(ASKED)

    assert (first.allowed, first.cached, second.allowed, second.cached) == (True, False, True, True)
    assert first.decision_id != second.decision_id
    assert statements(here) <= read
    other = replace(second, decision_id="", request_id="", cached=False)
    assert other == replace(first, decision_id="", request_id="")


class Noting:
    """A log of decisions, and a shadow, that note what they are told; the log refuses when it is full."""

    def __init__(self) -> None:
        self.full = False
        self.records: list[Decision] = []
        self.seen: list[Decision] = []

    def record(self, request: Request, decision: Decision, at: datetime) -> None:
        """Keep one record."""
        self.record_all([(request, decision, at)])

    def withholding(self, keys: Mapping[str, frozenset[str]]) -> "Noting":
        """Return this log."""
        return self

    def record_all(self, records: Sequence[tuple[Request, Decision, datetime]]) -> None:
        """Keep all of them or none."""
        if self.full:
            raise UnavailableError("the log is full")
        self.records += [decision for _, decision, _ in records]

    def see(self, request: Request, decision: Decision, at: datetime) -> None:
        """Take notice."""
        self.seen.append(decision)

    def end(self) -> None:
        """Do nothing."""


def test_a_kept_answer_is_recorded_and_compared_as_any_other(place: Open) -> None:
    """One alone and those of a batch; when their records cannot be written, no answer leaves."""
    noting = Noting()
    here = instance_of(place(), log=noting, shadow=noting)
    grant(here.store)
    here.point.check(ASKED)

    kept = [here.point.check(ASKED), *here.point.check_batch(KIDSONLINE, [ASKED, ASKED], Consistency())]

    assert [decision for decision in kept if isinstance(decision, Decision) and decision.cached] == kept
    assert noting.records[1:] == noting.seen[1:] == kept
    noting.full = True
    with pytest.raises(UnavailableError):
        here.point.check(ASKED)
    with pytest.raises(UnavailableError):
        here.point.check_batch(KIDSONLINE, [ASKED, ASKED], Consistency())


def test_a_revocation_by_another_instance_is_obeyed_at_once(place: Open) -> None:
    """A hundred grants and revocations, each seen by the next question; what is not touched stays kept."""
    here, there = instance_of(place()), instance_of(place())
    for _ in range(15):
        grant(there.store)
        assert here.point.check(ASKED).allowed
        assert here.point.check(ASKED).allowed
        revoke(there.store)
        assert not here.point.check(ASKED).allowed
        assert not here.point.check(ASKED).allowed
    read = statements(here)
    write(there.store, ELSEWHERE, operator=KIDSONLINE)
    assert here.point.check(ASKED).cached
    assert statements(here) <= read


def test_a_kept_answer_names_the_newest_state(place: Open) -> None:
    """After a write elsewhere, a kept answer satisfies whoever brings the token of that write."""
    here, there = instance_of(place()), place()
    grant(here.store)
    here.point.check(ASKED)
    token = write(there, ELSEWHERE, operator=KIDSONLINE).token

    answer = here.point.check(replace(ASKED, consistency=at_least(token)))

    assert answer.cached
    assert answer.checked_at == str(token)


def test_a_token_of_the_future_is_not_met_by_what_is_kept(place: Open) -> None:
    """The store says that it knows no such state."""
    here = instance_of(place())
    token = grant(here.store)
    here.point.check(ASKED)

    with pytest.raises(UnavailableError):
        here.point.check(replace(ASKED, consistency=at_least(replace(token, revision=99))))


def test_fully_consistent_reads_the_store(place: Open) -> None:
    """Nothing kept is looked at, nothing is kept."""
    here = instance_of(place())
    grant(here.store)
    asked = replace(ASKED, consistency=Consistency(Freshness.FULLY_CONSISTENT))
    for times in range(1, 4):
        assert not here.point.check(asked).cached
        assert statements(here) == times


@pytest.mark.parametrize("number", range(0, 60, 3))
def test_kept_answers_are_the_answers(place: Open, number: int) -> None:
    """A case whose facts are stored is answered alike when its facts are read, kept, and when its answer is kept."""
    cases = the_cases()
    request = cases[number % len(cases)].request
    here = instance_of(place())
    stored = [replace(fact, id=fact_id(KIDSONLINE, fact.kind), stored=True) for fact in request.facts]
    if stored:
        write(here.store, *stored, operator=KIDSONLINE)
    asked = replace(request, facts=(), time=None)

    first = here.point.check(asked)
    kept = here.point.check(asked)
    anew = here.point.check(replace(asked, consistency=Consistency(Freshness.FULLY_CONSISTENT)))
    (batched,) = here.point.check_batch(KIDSONLINE, [asked], Consistency())

    assert isinstance(batched, Decision)
    assert {_said(each) for each in (first, kept, anew, batched)} == {_said(first)}


def _said(decision: Decision) -> str:
    return repr(replace(decision, decision_id="", request_id="", cached=False))


def test_a_batch_is_of_one_revision(place: Open) -> None:
    """What was gathered at several revisions is given for one of them, or is gathered anew."""
    here, there = instance_of(place()), place()
    asked = [replace(ASKED, resource=replace(ASKED.resource, id=f"photo-{number}")) for number in range(3)]
    grant(here.store)
    here.point.check(asked[0])
    write(there, ELSEWHERE, operator=KIDSONLINE)
    here.point.check(asked[1])
    here.point.check_batch(KIDSONLINE, asked, Consistency())
    token = write(there, replace(ELSEWHERE, role="school_admin"), operator=KIDSONLINE).token
    read = statements(here)

    answers = here.point.check_batch(KIDSONLINE, asked, Consistency())

    assert {answer.checked_at for answer in answers if isinstance(answer, Decision)} == {str(token)}
    assert statements(here) <= read
    revoke(there)
    answers = here.point.check_batch(KIDSONLINE, asked, Consistency())
    assert not any(answer.allowed for answer in answers if isinstance(answer, Decision))


def test_a_term_ends_a_kept_answer() -> None:
    """An answer is kept until the first instant at which the passing of time could change it, and not before it."""
    from pdp.caching.answers import Answers, KeptDecision
    from pdp.caching.counters import Counters
    from pdp.core.caches import NothingShared

    counters = Counters()
    decisions: Memory[KeptDecision] = Memory([KIDSONLINE], 1 << 20)
    kept = KeptReadings(Memory([KIDSONLINE], 1 << 20), Known(), counters)
    answers = Answers(kept, decisions, counters, NothingShared())
    decision = a_decision(allowed=True, valid_until=NOON + timedelta(seconds=1))
    answers.keep(ASKED, "p", decision, stored_facts(), NOON)

    def found(microseconds: int, request: Request = ASKED) -> Decision | None:
        return answers.decision(request, "p", NOON + timedelta(microseconds=microseconds))

    assert found(0) is not None
    assert found(999_999) is not None
    assert found(1_000_000) is None
    assert found(-1) is None
    assert answers.decision(ASKED, "another policy", NOON) is None


def a_decision(*, allowed: bool, **more: Any) -> Decision:
    """Return a decision that says nothing in particular."""
    chosen: dict[str, Any] = {"valid_until": None, **more}
    return Decision("d", "r", allowed, Cause.RULE, (), (), "rev", "h.1", **chosen)


def stored_facts(facts: tuple[Fact, ...] = (), **more: Any) -> Any:
    """Return facts that were read at revision 1."""
    from pdp.core.ports import StoredFacts

    return StoredFacts(facts, "h.1", None, **{"seen": ("life", 1, (7,)), **more})


class Known:
    """Knows that the store stands at revision 1, and of a last change at revision *changed*."""

    def __init__(self) -> None:
        self.changed = 0
        self.is_known = True

    def standing(self) -> Standing | None:
        """Return where the store stands."""
        return Standing("life", "h", 1, 0, 0, lambda _: self.changed) if self.is_known else None

    def reach(self, revision: int, seconds: float) -> None:
        """Do nothing."""

    def begin(self, *, waits: bool = True) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


@pytest.fixture
def known() -> Known:
    """Return what is known of a store."""
    return Known()


@pytest.fixture
def answers(known: Known) -> Any:
    """Return answers over what is *known*."""
    from pdp.caching.answers import Answers
    from pdp.caching.counters import Counters
    from pdp.core.caches import NothingShared

    counters = Counters()
    kept = KeptReadings(Memory([KIDSONLINE], 1 << 20), known, counters)
    return Answers(kept, Memory([KIDSONLINE], 1 << 20), counters, NothingShared())


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("freshness", [Freshness.UNSET, Freshness.MINIMIZE_LATENCY])
def test_a_denial_alone_may_be_late_and_for_five_seconds(
    known: Known, answers: Any, allowed: bool, freshness: Freshness
) -> None:
    """Low latency is paid for with denials that are a little old, never with an allow."""
    asked = replace(ASKED, consistency=Consistency(freshness))
    answers.keep(ASKED, "p", a_decision(allowed=allowed), stored_facts(), NOON)
    known.changed = 2

    late = answers.decision(asked, "p", NOON + timedelta(seconds=5))

    assert (late is not None) == (not allowed and freshness is Freshness.MINIMIZE_LATENCY)
    assert answers.decision(asked, "p", NOON + timedelta(seconds=5, microseconds=1)) is None
    known.is_known = False
    assert (answers.decision(asked, "p", NOON) is not None) == (late is not None)


@pytest.mark.parametrize(
    ("decision", "stored"),
    [
        (a_decision(allowed=False, failures=("boom",)), stored_facts()),
        (replace(a_decision(allowed=False), cause=Cause.ERROR), stored_facts()),
        (a_decision(allowed=False), stored_facts(too_many=True)),
        (a_decision(allowed=True), stored_facts(seen=None)),
    ],
    ids=["failed", "error", "too-many", "freshness-unknown"],
)
def test_what_failed_or_is_not_known_is_not_kept(answers: Any, decision: Decision, stored: Any) -> None:
    """An answer that is no whole one is given once."""
    answers.keep(ASKED, "p", decision, stored, NOON)

    assert answers.decision(ASKED, "p", NOON) is None


def test_the_time_of_a_request_is_its_own(answers: Any) -> None:
    """A request that brings its own time is answered anew."""
    timed = replace(ASKED, time=NOON)
    answers.keep(timed, "p", a_decision(allowed=True), stored_facts(), NOON)

    assert answers.decision(ASKED, "p", NOON) is None
    answers.keep(ASKED, "p", a_decision(allowed=True), stored_facts(), NOON)
    assert answers.decision(timed, "p", NOON) is None


class Slow:
    """A store that reads slowly, or fails the first time, and counts."""

    def __init__(self, real: SqlFacts, fails: int = 0) -> None:
        self.real = real
        self.calls = 0
        self.fails = fails
        self.go = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def gather(self, *asked: Any) -> Any:
        """Read, when told to go on."""
        self.calls += 1
        number = self.calls
        self.go.wait(5)
        if number <= self.fails:
            raise UnavailableError("gone")
        return self.real.gather(*asked)


def together(work: Callable[[], object], number: int) -> list[object]:
    """Do *work* on many threads at once; return what came of it, exceptions too."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(work())
        except UnavailableError as error:
            found.append(error)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.parametrize("fails", [0, 1])
def test_a_stampede_is_one_reading(place: Open, fails: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many who ask the same at once one reads; when he fails, the others go on without him."""
    monkeypatch.setattr(flights, "WAIT_SECONDS", 30.0)  # this machine may be busy
    here = instance_of(place())
    grant(here.store)
    slow: Any = Slow(here.store, fails)
    here.facts._store = slow
    threading.Timer(0.1, slow.go.set).start()

    found = together(lambda: here.point.check(ASKED), 60)

    answered = [answer for answer in found if isinstance(answer, Decision)]
    assert len(answered) == 60 - fails
    assert all(answer.allowed for answer in answered)
    assert slow.calls == 1 if not fails else slow.calls <= 61


def test_who_joins_a_reading_from_before_a_revocation_does_not_take_it(place: Open) -> None:
    """What another has read for himself is held against what was known when the question came."""
    here, there = instance_of(place()), place()
    grant(here.store)
    slow: Any = Slow(here.store)
    real = here.store.gather

    def read_and_wait(*asked: Any) -> Any:
        found = real(*asked)
        slow.calls += 1
        slow.go.wait(2)
        return found

    slow.gather = read_and_wait
    here.facts._store = slow
    first: list[Decision] = []
    leader = threading.Thread(target=lambda: first.append(here.point.check(ASKED)))
    leader.start()
    while not slow.calls:
        pass
    revoke(there)
    threading.Timer(0.1, slow.go.set).start()

    assert not here.point.check(ASKED).allowed
    leader.join()
    assert first[0].allowed  # it was asked before the revocation


def test_memory_is_bounded_and_shared_out() -> None:
    """However much one operator asks, it takes its own share and nothing of another's."""
    import tracemalloc

    memory: Memory[Reading] = Memory(["a", "b"], 2 << 20)
    memory.put("b", ("kept",), _reading(), 900)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    from pdp.caching.memory import weight_of

    for number in range(20_000):
        content = ("facts", "a", f"user:{number}")
        memory.put("a", content, _reading(), weight_of(content, ()))
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    assert memory.get("b", ("kept",)) is not None
    assert memory.weight <= 2 << 20
    assert memory.evicted > 10_000
    assert taken < 2 << 20


def _reading() -> Reading:
    return Reading(stored_facts(), "life", 1, (1, 2, 3))


def test_what_is_asked_for_again_stays() -> None:
    """When there has to be room, what nobody has asked for since goes first."""
    memory: Memory[int] = Memory(["a"], 3000)
    for number in range(3):
        memory.put("a", (number,), number, 1000)
    assert memory.get("a", (0,)) == 0

    memory.put("a", (3,), 3, 1000)

    assert [memory.get("a", (number,)) for number in range(4)] == [0, None, 2, 3]


# --- Twins: each law above can be broken, and is found broken ---------------------------------------------------------


class TakesWhatItHas(KeptReadings):
    """Whatever is kept holds: a cache that relies on being told what to delete."""

    def found(self, operator: str, content: Any, standing: Standing) -> Reading | None:
        return self._memory.get(operator, content)


def test_a_cache_that_holds_nothing_against_the_store_is_found_out(place: Open) -> None:
    """The twin answers with what was revoked."""
    here, there = instance_of(place(), readings=TakesWhatItHas), place()
    grant(there)
    here.point.check_batch(KIDSONLINE, [ASKED], Consistency())
    revoke(there)

    (answer,) = here.point.check_batch(KIDSONLINE, [ASKED], Consistency())

    assert isinstance(answer, Decision)
    assert answer.allowed


def test_a_board_that_is_gone_while_somebody_writes_holds_up_no_check(tmp_path: Path) -> None:
    """Nobody waits for the lock of a writer to make a board: the check is read, and answered from memory later."""
    path = tmp_path / "facts.db"
    with opening("sqlite", path) as opens, closing(sqlite3.connect(path, isolation_level=None)) as other:
        here = instance_of(opens())
        grant(here.store)
        other.execute("BEGIN IMMEDIATE")
        path.with_name("facts.db-board").unlink()
        waited: list[float] = []
        sleep, asking = time.sleep, threading.get_ident()

        def noting(seconds: float) -> None:
            if threading.get_ident() == asking:
                waited.append(seconds)
            else:
                sleep(seconds)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(time, "sleep", noting)
            assert here.point.check(ASKED).allowed
        assert waited == []
        assert here.store.freshness.standing() is None
        other.execute("ROLLBACK")

        here.store.freshness.begin(waits=False)
        assert here.store.freshness.standing() is not None
