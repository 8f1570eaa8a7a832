"""A server that is killed while it writes loses nothing that it acknowledged: the short form of the storm."""

from pathlib import Path

import pytest

from tests.faults.kill_storm import KillStorm, faults
from tests.faults.served import forked, one_policy, started

pytestmark = pytest.mark.system

KILLS = 2
KILLS_OF_A_TWIN = 2


def address_of(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Return the address of an empty store."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/facts.db"
    address: str = request.getfixturevalue("new_database")()
    return address


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_f18_what_a_killed_server_acknowledged_is_there(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """F-18: after each kill every acknowledged change is there whole, and every other one whole or not at all."""
    start = started(one_policy(tmp_path / "policies"), address_of(kind, tmp_path, request), tmp_path)

    counts = KillStorm(start).run(KILLS)

    assert faults(counts) == {}
    assert counts["kills"] == KILLS
    assert counts["written, there"] > 0


def stormed(twin: str, tmp_path: Path) -> dict[str, int]:
    """Return the faults that a storm finds with a server over *twin*."""
    with forked(one_policy(tmp_path / "policies"), f"sqlite:///{tmp_path}/facts.db", tmp_path, twin) as start:
        return faults(KillStorm(start).run(KILLS_OF_A_TWIN))


@pytest.mark.parametrize(
    ("twin", "fault"),
    [
        ("AcknowledgesBeforeCommit", "lost"),
        ("WritesInParts", "torn"),
        ("WritesHalf", "torn"),
        ("LosesDeletions", "back"),
    ],
)
def test_a_server_that_breaks_its_word_is_caught(twin: str, fault: str, tmp_path: Path) -> None:
    """A store that acknowledges before it commits, that commits in parts, or that keeps what was deleted is noticed."""
    assert fault in stormed(twin, tmp_path)


def test_nothing_but_the_fault_is_caught(tmp_path: Path) -> None:
    """A server over a store that only hands on is without fault."""
    assert stormed("Twin", tmp_path) == {}
