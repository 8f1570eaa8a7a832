"""Gathering leaves nothing out: the laws, over every store, and the twins that show that they can fail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from pdp.core.errors import UnavailableError
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency
from pdp.core.stores import FactStore
from pdp.core.wanted import ELSEWHERE, Wanted, all_wanted
from pdp.decision_point.sourcing import Sources
from pdp_adapters.memory_facts import MemoryFacts
from tests.builders import KIDSONLINE
from tests.stores import gathering_laws as laws


def itself(store: FactStore) -> FactStore:
    """Gather as the store does."""
    return store


@pytest.mark.parametrize("operator", laws.OPERATORS)
def test_stored_facts_decide_as_sent_ones(operator: str) -> None:
    """A case is answered alike whether its facts come with it or are stored."""
    laws.stored_facts_decide_as_sent_ones(itself, operator)


@pytest.mark.parametrize("operator", laws.OPERATORS)
def test_nothing_that_matters_is_left_out(new_store: Callable[[], FactStore], store_kind: str, operator: str) -> None:
    """Among many other facts a question is answered as if every fact were looked at."""
    worlds = laws.WORLDS if store_kind == "memory" else 4
    laws.nothing_that_matters_is_left_out(itself, operator, new_store=new_store, worlds=worlds)


@pytest.mark.parametrize("operator", laws.OPERATORS)
def test_a_batch_is_answered_as_its_items(operator: str) -> None:
    """Each item of a batch is answered as if it were asked alone."""
    laws.a_batch_is_answered_as_its_items(itself, operator)


def test_what_is_read_together_is_what_is_read_alone(new_store: Callable[[], FactStore]) -> None:
    """Each question finds the same facts whether others are read for with it or not."""
    laws.what_is_read_together_is_what_is_read_alone(itself, new_store=new_store)


def test_nobody_is_refused_for_what_others_want() -> None:
    """Questions that together want more facts than may be looked at are answered as each alone."""
    laws.nobody_is_refused_for_what_others_want(itself)


class Narrowed:
    """Gathers less than is wanted: what a twin leaves away."""

    at_once = True

    def __init__(self, store: FactStore) -> None:
        self._store = store

    def known_empty(self, operator: str, consistency: Consistency) -> StoredFacts | None:
        """Return None: whoever asks has to gather."""
        return None

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Gather what the twin leaves of what is wanted."""
        return self._store.gather(operator, self.narrowed(wanted), consistency)

    def narrowed(self, wanted: Wanted) -> Wanted:
        """Return what is left."""
        return wanted


class NoHolders(Narrowed):
    """Nobody's roles but those found on the way."""

    def narrowed(self, wanted: Wanted) -> Wanted:
        return replace(wanted, holders=frozenset(), subjects=frozenset())


class NoPeople(Narrowed):
    """No consents."""

    def narrowed(self, wanted: Wanted) -> Wanted:
        return replace(wanted, people=frozenset())


class NoGrounds(Narrowed):
    """No grounds."""

    def narrowed(self, wanted: Wanted) -> Wanted:
        return replace(wanted, grounds=())


class NobodyNamed(Narrowed):
    """No roles of those whom a ground names."""

    def narrowed(self, wanted: Wanted) -> Wanted:
        return replace(wanted, naming=frozenset())


class NothingAround(Narrowed):
    """No containers of what is asked about."""

    def narrowed(self, wanted: Wanted) -> Wanted:
        return replace(wanted, start=frozenset())


class NoGranters(Narrowed):
    """The roles of the holders without those of whoever granted them."""

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        found = super().gather(operator, wanted, consistency)
        holders = {str(holder) for holder in wanted.holders}
        kept = tuple(
            fact
            for fact in found.facts
            if not hasattr(fact.kind, "granted_by") or str(getattr(fact.kind, "subject", "")) in holders
        )
        return replace(found, facts=kept)


class OneFact(Narrowed):
    """All but the last fact."""

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        found = super().gather(operator, wanted, consistency)
        return replace(found, facts=found.facts[:-1])


class OneBoundForAll(Narrowed):
    """As many roles for all questions together as for one."""

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        found = super().gather(operator, wanted, consistency)
        return replace(found, facts=found.facts[:ELSEWHERE])


_TWINS: Final[Mapping[type[Narrowed], Callable[..., None]]] = {
    NoHolders: laws.nothing_that_matters_is_left_out,
    NoPeople: laws.nothing_that_matters_is_left_out,
    NoGrounds: laws.nothing_that_matters_is_left_out,
    NobodyNamed: laws.stored_facts_decide_as_sent_ones,
    NothingAround: laws.nothing_that_matters_is_left_out,
    NoGranters: laws.nothing_that_matters_is_left_out,
    OneFact: laws.stored_facts_decide_as_sent_ones,
    OneBoundForAll: laws.what_is_read_together_is_what_is_read_alone,
}


@pytest.mark.parametrize("twin", _TWINS, ids=lambda twin: twin.__name__)
def test_gathering_less_is_caught(twin: type[Narrowed]) -> None:
    """Whatever is left away, some question is answered otherwise."""
    with pytest.raises(AssertionError):
        _TWINS[twin](twin)


def test_nothing_but_the_fault_is_caught() -> None:
    """Handing on gathers everything by itself."""
    laws.nothing_that_matters_is_left_out(Narrowed)


def test_refusing_all_that_is_asked_together_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: what is too much for all of them is told each of them."""
    real = Sources._parts

    def whole(self: Sources, operator: str, wanted: Sequence[Wanted], consistency: Consistency) -> Any:
        stored = self.facts.gather(operator, all_wanted(wanted), consistency)
        return [stored] * len(wanted) if stored.too_many else real(self, operator, wanted, consistency)

    monkeypatch.setattr(Sources, "_parts", whole)
    with pytest.raises(AssertionError):
        laws.nobody_is_refused_for_what_others_want(itself)


class Moving(Narrowed):
    """A store to which somebody writes between any two readings, and in which two questions are too much."""

    def __init__(self, store: FactStore) -> None:
        super().__init__(store)
        self.readings = 0

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        self.readings += 1
        return StoredFacts((), f"history.{self.readings}", too_many=wanted.questions > 1)


def test_a_batch_is_answered_as_of_one_state_however_often_it_is_read() -> None:
    """Where it takes several readings and others write between them, nothing is answered."""
    moving = Moving(MemoryFacts())
    requests = laws.cases(KIDSONLINE)[:2]

    with pytest.raises(UnavailableError):
        laws.point_over(moving).check_batch(KIDSONLINE, requests, Consistency())
    assert moving.readings > 3
