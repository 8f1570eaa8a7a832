"""Gathering leaves nothing out: the laws, over every store, and the twins that show that they can fail."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import pytest

from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency
from pdp.core.stores import FactStore
from pdp.core.wanted import Wanted
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


_TWINS: Final[Mapping[type[Narrowed], Callable[..., None]]] = {
    NoHolders: laws.nothing_that_matters_is_left_out,
    NoPeople: laws.nothing_that_matters_is_left_out,
    NoGrounds: laws.nothing_that_matters_is_left_out,
    NobodyNamed: laws.stored_facts_decide_as_sent_ones,
    NothingAround: laws.nothing_that_matters_is_left_out,
    NoGranters: laws.nothing_that_matters_is_left_out,
    OneFact: laws.stored_facts_decide_as_sent_ones,
}


@pytest.mark.parametrize("twin", _TWINS, ids=lambda twin: twin.__name__)
def test_gathering_less_is_caught(twin: type[Narrowed]) -> None:
    """Whatever is left away, some question is answered otherwise."""
    with pytest.raises(AssertionError):
        _TWINS[twin](twin)


def test_nothing_but_the_fault_is_caught() -> None:
    """Handing on gathers everything by itself."""
    laws.nothing_that_matters_is_left_out(Narrowed)
