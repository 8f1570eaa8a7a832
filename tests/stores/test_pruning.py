"""What a policy folder says need not be kept of the past is removed, that alone, in every kind of store."""

from datetime import datetime

import pytest

from pdp.core.errors import KeptNoLongerError
from pdp.core.fact_identity import fact_id
from pdp.core.stores import FactFilter, FactStore, Page, Pruned, Token
from pdp.core.survey import Survey
from pdp_adapters import sql_pruning
from pdp_adapters.memory_kept import Kept
from tests.stores.twins import Twin
from tests.stores.writing import ANYTHING, KIDS, consent, current, delete, ground, later, role, said, write

AUNT = role("user:hoa", "family_member", "child:minh")
UNCLE = role("user:tu", "family_member", "child:minh")
YES = consent("child:minh", "user:lan")
NO = consent("child:minh", "user:lan", status="withdrawn")
TICKET = ground("ticket", "1", "user:a", "child:minh")


def lived(store: FactStore) -> list[Token]:
    """Let facts come and go, one change every ten minutes; return the tokens of the changes."""
    tokens = [write(store, AUNT, YES, TICKET, at=later(0)).token]
    tokens.append(delete(store, fact_id(KIDS, AUNT), at=later(10)).token)
    tokens.append(write(store, NO, at=later(20)).token)
    tokens.append(delete(store, fact_id(KIDS, TICKET), at=later(30)).token)
    tokens.append(write(store, AUNT, UNCLE, at=later(40)).token)
    tokens.append(delete(store, fact_id(KIDS, AUNT), at=later(50)).token)
    return tokens


def history(store: FactStore, kind: str = "") -> list[str]:
    """Return what the versions that are kept say."""
    return sorted(repr(version.fact.kind) for version in store.history(KIDS, FactFilter(kind)))


def as_of(store: FactStore, at: datetime, kind: str = "") -> set[str]:
    """Return what was in force at an instant."""
    return said(*(fact.kind for fact in store.read(KIDS, FactFilter(kind, as_of=at), Page(10)).facts))


def kept_as_declared(store: FactStore) -> None:
    """Prune the roles that had ended by 12:15, and look at everything that is to stay and to go."""
    tokens = lived(store)
    in_force, whole = current(store), history(store)

    assert store.prune(KIDS, "role", later(15), only_count=True).versions == 1
    assert history(store) == whole
    assert store.prune(KIDS, "role", later(15)).versions == 1

    assert current(store) == in_force == said(NO, UNCLE)
    assert history(store, "role") == sorted([repr(AUNT), repr(UNCLE)])
    assert history(store, "consent") == sorted([repr(YES), repr(NO)])
    assert history(store, "ground") == [repr(TICKET)]
    assert as_of(store, later(5), "consent") == said(YES)
    assert as_of(store, later(15)) == said(YES, TICKET)
    for asked in ("", "role"):
        with pytest.raises(KeptNoLongerError):
            as_of(store, later(5), asked)
    with pytest.raises(KeptNoLongerError):
        store.survey(KIDS, Survey(), ANYTHING, later(5), 10)
    with pytest.raises(KeptNoLongerError):
        store.changes(KIDS, tokens[0], 10)
    assert store.changes(KIDS, tokens[1], 100).changes[0].token == tokens[2]
    assert store.prune(KIDS, "role", later(15)).versions == 0
    assert store.prune("homeid", "role", later(100)).versions == 0


def test_only_what_is_declared_goes(store: FactStore) -> None:
    """What has ended before the instant goes; what is in force, other kinds, and the later past stay."""
    kept_as_declared(store)


def test_what_ended_at_the_instant_stays(store: FactStore) -> None:
    """So many days are whole days."""
    lived(store)

    assert store.prune(KIDS, "role", later(10)).versions == 0
    assert store.prune(KIDS, "role", later(51)).versions == 2
    assert current(store) == said(NO, UNCLE)
    assert as_of(store, later(60), "role") == said(UNCLE)


def test_a_long_past_goes_in_parts(store: FactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other writers come between; at the end all is gone."""
    monkeypatch.setattr(sql_pruning, "STEP", 2)
    monkeypatch.setattr("pdp_adapters.sql_facts.STEP", 2)
    for minute in range(12):
        write(store, AUNT, at=later(minute))

    assert store.prune(KIDS, "role", later(60)).versions == 11
    assert history(store) == [repr(AUNT)]


class PrunesWhatIsInForce(Twin):
    """Takes away what has not ended, too."""

    def prune(self, operator: str, kind: str, before: datetime, *, only_count: bool = False) -> Pruned:
        """Remove a fact in force."""
        if not only_count:
            delete(self.real, fact_id(operator, UNCLE))
        return self.real.prune(operator, kind, before, only_count=only_count)


class PrunesOtherKinds(Twin):
    """Takes away the past of consents, too."""

    def prune(self, operator: str, kind: str, before: datetime, *, only_count: bool = False) -> Pruned:
        """Remove the past of every kind."""
        self.real.prune(operator, "consent", later(25), only_count=only_count)
        return self.real.prune(operator, kind, before, only_count=only_count)


@pytest.mark.parametrize("twin", [PrunesWhatIsInForce, PrunesOtherKinds])
def test_a_store_that_prunes_more_is_found_out(twin: type[Twin], store: FactStore) -> None:
    """The same looks find it."""
    with pytest.raises(AssertionError):
        kept_as_declared(twin(store))


def test_a_past_that_is_in_part_is_found_out(store: FactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin that removes and does not say from when on the past is kept answers about it with fewer facts."""
    monkeypatch.setattr(
        "pdp_adapters.sql_history.check_past", lambda _session, _operator, _kind, revision, _state: revision
    )
    monkeypatch.setattr(Kept, "past", lambda _self, _kind, revision: revision)

    with pytest.raises(pytest.fail.Exception):
        kept_as_declared(store)
