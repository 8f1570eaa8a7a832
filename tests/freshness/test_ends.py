"""Whatever changes a reading is a change at an end that the reading looked at; each kind of end is needed."""

import random
from collections.abc import Callable, Iterable
from typing import Final

import pytest

from pdp.core import ends
from pdp.core.ends import Slots, ends_changed, ends_read, ends_surveyed
from pdp.core.entity import Entity
from pdp.core.fact_identity import fact_id
from pdp.core.facts import Consent, Fact, FactKind, Ground
from pdp.core.survey import EVERYTHING, GroundsSurveyed, Survey
from pdp.core.wanted import GroundsWanted, Wanted
from pdp_adapters.memory_facts import MemoryFacts
from tests.stores.writing import ANYTHING, KIDS, consent, delete, entity, ground, lies_in, role, write

PEOPLE: Final = ("user:a", "user:b", "user:c", "child:m", "child:n")
SCOPES: Final = ("child:m", "child:n", "class:x", "class:y", "school:s")
STEPS: Final = 150

Read = Callable[[str, Wanted, Iterable[Fact]], Slots]


def a_fact(chosen: random.Random) -> FactKind:
    """Return any fact about a few people and places."""

    def one(names: tuple[str, ...]) -> str:
        return chosen.choice(names)

    match chosen.randrange(4):
        case 0:
            return role(one(PEOPLE), one(("teacher", "family_member")), one(SCOPES), chosen.choice(("", *PEOPLE)))
        case 1:
            inside = chosen.randrange(len(SCOPES) - 1)
            return lies_in(SCOPES[inside], chosen.choice(SCOPES[inside + 1 :]))
        case 2:
            return consent(one(PEOPLE), one(PEOPLE), recipient=chosen.choice(("", *SCOPES)))
        case _:
            more = {"concerns": entity(one(SCOPES))} if chosen.random() < 0.5 else {}
            nobody = ("", *PEOPLE)
            kind = one(("ticket", "order"))
            return ground(kind, str(chosen.randrange(4)), chosen.choice(nobody), chosen.choice(nobody), **more)


def a_wanted(chosen: random.Random) -> Wanted:
    """Return anything that could be wanted."""

    def some(names: tuple[str, ...]) -> frozenset[Entity]:
        return frozenset(map(entity, chosen.sample(names, chosen.randrange(3))))

    def keys() -> frozenset[Entity | None] | None:
        choice = chosen.randrange(4)
        return None if choice < 2 else some(PEOPLE) | (frozenset({None}) if choice == 2 else frozenset())

    kinds = frozenset({chosen.choice(("ticket", "order"))})
    groups = tuple(
        GroundsWanted(kinds, keys(), keys(), keys(), chosen.random() < 0.5) for _ in range(chosen.randrange(3))
    )
    ids = frozenset(fact_id(KIDS, a_fact(chosen)) for _ in range(chosen.randrange(2)))
    naming = frozenset({"ticket"}) if chosen.random() < 0.5 else frozenset[str]()
    return Wanted(some(SCOPES), some(PEOPLE), some(PEOPLE), groups, naming, ids, some(PEOPLE))


def a_survey(chosen: random.Random) -> Survey:
    """Return any survey."""

    def some(names: tuple[str, ...]) -> frozenset[Entity]:
        return frozenset(map(entity, chosen.sample(names, chosen.randrange(3))))

    data_subjects = some(PEOPLE) | {None} if chosen.random() < 0.5 else None
    grounds = (GroundsSurveyed(chosen.choice(("ticket", "order")), data_subjects),) if chosen.random() < 0.5 else ()
    ids = frozenset(fact_id(KIDS, a_fact(chosen)) for _ in range(chosen.randrange(2)))
    return Survey(some(SCOPES), some(PEOPLE), grounds, ids, chosen.random() < 0.1)


def missed(seed: int) -> tuple[int, int, int]:
    """Return how many changes of readings were at no end looked at, how many there were, and how many were spared."""
    chosen = random.Random(seed)
    store = MemoryFacts()
    wrong = changes = spared = 0
    for _ in range(STEPS):
        wanted, survey = a_wanted(chosen), a_survey(chosen)
        before = store.gather(KIDS, wanted, ANYTHING).facts, store.survey(KIDS, survey, ANYTHING, None, 10_000).facts
        looked = ends_read(KIDS, wanted, before[0]), ends_surveyed(KIDS, survey, before[1])
        kind = a_fact(chosen)
        id_ = fact_id(KIDS, kind)
        held = store.survey(KIDS, EVERYTHING, ANYTHING, None, 10_000).facts
        old = [fact.kind for fact in held if fact.id == id_]
        if old and chosen.random() < 0.6:
            delete(store, id_)
            kind = old[0]
        else:
            write(store, kind)
        at = set(ends_changed(KIDS, [kind, *old]))
        after = store.gather(KIDS, wanted, ANYTHING).facts, store.survey(KIDS, survey, ANYTHING, None, 10_000).facts
        for slots, earlier, later in zip(looked, before, after, strict=True):
            if {repr(fact) for fact in earlier} != {repr(fact) for fact in later}:
                changes += 1
                wrong += at.isdisjoint(slots)
            else:
                spared += at.isdisjoint(slots)
    return wrong, changes, spared


def test_every_change_of_a_reading_is_at_an_end_that_it_looked_at() -> None:
    """Over random facts, changes, readings and surveys, none changes unnoticed, and most other changes disturb none."""
    found = [missed(seed) for seed in range(8)]

    assert sum(wrong for wrong, _, _ in found) == 0
    assert sum(changes for _, changes, _ in found) > 150
    assert sum(spared for _, _, spared in found) > 600


def without(part: str) -> Callable[[str, str, Entity | None], str]:
    """Return a naming of ends that forgets those of one sort."""

    def named(kind: str, field: str, there: Entity | None) -> str:
        text = f"{kind}/{field}/{'' if there is None else there}"
        return f"forgotten/{random.random()}" if text.startswith(part) else text

    return named


@pytest.mark.parametrize(
    "part",
    [
        "role/subject",
        "role/scope",
        "containment/subject",
        "containment/scope",
        "consent/data_subject",
        "ground/data_subject",
        "ground/scope",
        "ground/subject",
    ],
)
def test_each_end_is_needed(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where changes are not noted at one sort of end, some reading changes unnoticed."""
    monkeypatch.setattr(ends, "_end", without(part))

    assert any(missed(seed)[0] for seed in range(12))


def test_who_comes_into_a_school_disturbs_nobody_else_in_it() -> None:
    """A role that somebody gets in a scope is no change for others who are asked about in that scope."""
    asked = Wanted(
        frozenset({entity("school:s")}), frozenset({entity("user:a")}), frozenset(), (), frozenset(), frozenset(),
        frozenset({entity("user:a")}),
    )  # fmt: skip

    looked = ends_read(KIDS, asked, ())

    assert set(looked).isdisjoint(ends_changed(KIDS, [role("user:b", "teacher", "school:s")]))
    assert not set(looked).isdisjoint(ends_changed(KIDS, [role("user:a", "teacher", "school:s")]))
    assert set(looked).isdisjoint(ends_changed("homeid", [role("user:a", "teacher", "school:s")]))


def test_a_consent_and_a_ground_have_ends_of_their_own() -> None:
    """Facts of other kinds about the same person are told apart."""
    spoken: Consent = consent("child:m", "user:a")
    owed: Ground = ground("ticket", "1", "user:a", "child:m")

    assert len(set(ends_changed(KIDS, [spoken])) & set(ends_changed(KIDS, [owed]))) == 1
