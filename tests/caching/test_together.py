"""Questions that come while a reading is under way are read for together, after they came and each for itself."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from pdp.caching.together import Together
from pdp.core.entity import Entity
from pdp.core.errors import UnavailableError
from pdp.core.fact_index import FactIndex
from pdp.core.facts import Fact
from pdp.core.ports import StoredFacts
from pdp.core.wanted import NOTHING_WANTED, Wanted
from tests.stores.writing import KIDS, fact, role

LONG = 20.0
OTHERS = 5


def about(number: int) -> Wanted:
    """Return what a question about a mother and her child wants."""
    child, mother = Entity("child", f"c{number}"), Entity("user", f"m{number}")
    return replace(NOTHING_WANTED, start=frozenset({child}), holders=frozenset({mother}), questions=1)


def facts_of(number: int) -> list[Fact]:
    """Return what there is to be found for it."""
    return [fact(role(f"user:m{number}", "primary_guardian", f"child:c{number}"))]


class Store:
    """A store whose first reading waits until it may end, and has seen what was there when it began."""

    def __init__(self) -> None:
        self.facts = [each for number in range(OTHERS + 1) for each in facts_of(number)]
        self.readings: list[Wanted] = []
        self.has_begun = threading.Event()
        self.may_end = threading.Event()
        self.fails: Callable[[Wanted], bool] = lambda _: False
        self.too_many: Callable[[Wanted], bool] = lambda _: False

    def gather(self, wanted: Wanted) -> StoredFacts:
        """Return what is wanted."""
        self.readings.append(wanted)
        found = tuple(FactIndex(self.facts).gather(wanted).values())
        self.has_begun.set()
        self.may_end.wait(LONG)
        if self.fails(wanted):
            raise UnavailableError("the store cannot be used")
        if self.too_many(wanted):
            return StoredFacts((), "h:1", None, too_many=True)
        return StoredFacts(found, "h:1", None)


def asked(together: Together, store: Store, between: Callable[[], None] = lambda: None) -> dict[int, StoredFacts]:
    """Let one ask, and the others while his reading is under way, after *between*; return what each was given."""
    given: dict[int, StoredFacts] = {}

    def ask(number: int) -> None:
        given[number] = together.gather(KIDS, about(number), store.gather)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(OTHERS + 1)]
    threads[0].start()
    assert store.has_begun.wait(LONG)
    between()
    for thread in threads[1:]:
        thread.start()
    queues = getattr(together, "_queues", {KIDS: threads[1:]})
    while len(queues[KIDS]) < OTHERS:
        threading.Event().wait(0.001)
    store.may_end.set()
    for thread in threads:
        thread.join(LONG)
    return given


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody lose patience, however slow this machine is."""
    monkeypatch.setattr("pdp.caching.together.WAIT_SECONDS", LONG)


def test_whoever_waits_is_read_for_at_once_and_given_his_own() -> None:
    """However many come while somebody reads, one reading serves them, and nobody gets the facts of another."""
    store = Store()
    given = asked(Together(), store)
    assert len(store.readings) == 2
    assert {number: list(found.facts) for number, found in given.items()} == {
        number: facts_of(number) for number in range(OTHERS + 1)
    }


def test_who_comes_alone_reads_at_once() -> None:
    """Where nobody reads, nobody waits; and nothing is left behind."""
    store, together = Store(), Together()
    store.may_end.set()
    for number in range(3):
        assert list(together.gather(KIDS, about(number), store.gather).facts) == facts_of(number)
    assert len(store.readings) == 3
    assert not together._queues


def sees_what_came_between(together: Together) -> bool:
    """Say whether those who ask after a change see it, though somebody has been reading since before it."""
    store = Store()

    def revoke() -> None:
        store.facts = []

    given = asked(together, store, revoke)
    return all(given[number].facts == () for number in range(1, OTHERS + 1))


def test_a_reading_is_joined_by_those_alone_who_came_before_it_began() -> None:
    """What was revoked before somebody asked is not in what is read for him."""
    assert sees_what_came_between(Together())


class JoinsWhatIsUnderWay:
    """The twin: who comes meanwhile is given his part of the reading that is under way."""

    def __init__(self) -> None:
        self._first: StoredFacts | None = None

    def gather(self, _operator: str, wanted: Wanted, gather: Callable[[Wanted], StoredFacts]) -> StoredFacts:
        """Return what the first has read."""
        if self._first is None:
            self._first = StoredFacts((), "h:1", None)
            everybody = replace(
                wanted,
                start=frozenset(Entity("child", f"c{number}") for number in range(OTHERS + 1)),
                holders=frozenset(Entity("user", f"m{number}") for number in range(OTHERS + 1)),
            )
            self._first = gather(everybody)
        while not self._first.facts:
            threading.Event().wait(0.001)
        index = FactIndex(self._first.facts)
        return replace(self._first, facts=tuple(index.gather(wanted).values()))


def test_the_twin_that_joins_what_is_under_way_is_found_out() -> None:
    """It allows by what was revoked before it was asked."""
    assert not sees_what_came_between(JoinsWhatIsUnderWay())  # type: ignore[arg-type]


def test_what_fails_for_all_is_read_by_each() -> None:
    """Where the reading for several fails, each reads for himself and is told what becomes of his own."""
    store = Store()
    store.fails = lambda wanted: wanted.questions > 1
    given = asked(Together(), store)
    assert {number: list(found.facts) for number, found in given.items() if number} | {0: facts_of(0)} == {
        number: facts_of(number) for number in range(OTHERS + 1)
    }


def test_too_many_for_all_is_not_too_many_for_each() -> None:
    """What several want together may be more than may be looked at; nobody is refused for the others."""
    store = Store()
    store.too_many = lambda wanted: wanted.questions > 1
    given = asked(Together(), store)
    assert not any(found.too_many for found in given.values())
    assert list(given[OTHERS].facts) == facts_of(OTHERS)


def test_who_has_waited_long_enough_reads_himself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reading that hangs keeps nobody waiting for ever, and those who left are not read for."""
    monkeypatch.setattr("pdp.caching.together.WAIT_SECONDS", 0.01)
    store, together = Store(), Together()
    first = threading.Thread(target=together.gather, args=(KIDS, about(0), store.gather))
    first.start()
    assert store.has_begun.wait(LONG)
    own = StoredFacts(tuple(facts_of(1)), "h:1", None)
    assert together.gather(KIDS, about(1), lambda _: own) == own
    store.may_end.set()
    first.join(LONG)
    assert len(store.readings) == 1
    assert not together._queues
