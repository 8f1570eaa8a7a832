"""Every instance knows of a change before it is acknowledged, over every store that several processes share."""

import threading
import time
from contextlib import suppress
from dataclasses import replace

from pdp.core.fact_identity import fact_id
from pdp.core.stores import Write
from tests.freshness.places import ABOUT_AUNT, AUNT, ELSEWHERE, Open, Reading, the_standing
from tests.stores.writing import KIDS, NOON, delete, entity, role, write


def test_a_reading_holds_until_something_that_it_looked_at_changes(place: Open) -> None:
    """A change elsewhere leaves a reading as it is; one at its ends, by another instance, ends it."""
    here, there = place(), place()
    write(there, AUNT)
    reading = Reading(here)

    write(there, ELSEWHERE)
    assert reading.holds()
    delete(there, fact_id(KIDS, AUNT))
    assert not reading.holds()
    assert Reading(here).facts == ()
    assert Reading(here).holds()


def test_what_was_not_there_comes_into_sight(place: Open) -> None:
    """A reading that found nothing ends when there is something to find."""
    here, there = place(), place()
    reading = Reading(here)
    assert reading.holds()
    assert reading.facts == ()

    write(there, AUNT)

    assert not reading.holds()


def test_an_erasure_ends_what_was_read_of_a_person(place: Open) -> None:
    """Who is erased is found nowhere any more."""
    here, there = place(), place()
    write(there, AUNT)
    reading = Reading(here)
    assert reading.holds()

    there.erase(KIDS, entity("user:hoa"), NOON)

    assert not reading.holds()


def test_a_standing_says_no_more_than_was_committed(place: Open) -> None:
    """The revision of a standing was acknowledged, and is reached soon after it was."""
    here, there = place(), place()
    the_standing(here)

    token = write(there, AUNT).token

    standing = the_standing(here)
    assert standing.history == token.history
    assert standing.revision == token.revision
    assert standing.committed_at >= NOON


def test_a_change_that_is_not_made_costs_readings_alone(place: Open) -> None:
    """A transaction that is undone at its end changes nothing, and the store goes on."""
    here, there = place(), place()
    write(there, AUNT)
    with suppress(ZeroDivisionError), there.writing(KIDS) as writing:
        writing.apply(a_deletion())
        raise ZeroDivisionError

    assert Reading(here).facts != ()
    delete(there, fact_id(KIDS, AUNT))
    assert Reading(here).facts == ()
    assert Reading(here).holds()


def a_deletion() -> Write:
    """Return what revokes the aunt's role."""
    return Write(actor="user:lan", caller="local", at=NOON, deletions=((fact_id(KIDS, AUNT), ""),))


def stale_readings(place: Open, seconds: float) -> int:
    """Return how many readings were held for good that had what was revoked before they were looked at."""
    stale: list[int] = []
    revoked = {"user:a": 0, "user:b": 0}
    ended = threading.Event()
    place()

    def change(person: str) -> None:
        store = place()
        store.freshness.begin()
        fact = role(person, "family_member", "child:minh")
        while not ended.is_set():
            write(store, fact)
            revoked[person] = delete(store, fact_id(KIDS, fact)).token.revision

    def look() -> None:
        store = place()
        about = {person: replace(ABOUT_AUNT, holders=frozenset({entity(person)})) for person in revoked}
        held = {person: Reading(store, about[person]) for person in revoked}
        while not ended.is_set():
            for person in revoked:
                before = revoked[person]
                reading = held[person]
                if not reading.holds():
                    held[person] = Reading(store, about[person])
                elif reading.facts and reading.revision < before:
                    stale.append(before)
            time.sleep(0.0005)

    threads = [threading.Thread(target=change, args=(person,)) for person in revoked]
    threads += [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    ended.set()
    for thread in threads:
        thread.join()
    assert max(revoked.values()) > 4
    return len(stale)


def test_no_reading_is_held_for_good_after_a_revocation(place: Open) -> None:
    """While two instances grant and revoke at full speed, two others never hold on to what was revoked."""
    assert stale_readings(place, 2.0) == 0
