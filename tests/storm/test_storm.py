"""The short form of the storm: no stale allow over either store, and each twin is found out."""

import os

import pytest

from tests.caching.redis_server import SERVER
from tests.stores.postgresql_server import binaries
from tests.storm.storm import Plan, Report, run
from tests.storm.twins import NONE, TWINS

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

SECONDS = 5.0
SECONDS_FOR_A_TWIN = 90.0


def _left_out(store: str) -> str:
    if SERVER is None:
        return "Redis is not installed: apt install redis-server"
    if store == "postgresql" and binaries() is None:
        return "PostgreSQL is not installed: apt install postgresql-15"
    return ""


def stormed(plan: Plan) -> Report:
    """Return what came of a storm."""
    missing = _left_out(plan.store)
    if missing:
        # Where everything has to be tested, what is not is a failure.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    return run(plan)


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_nothing_that_was_revoked_is_allowed(store: str) -> None:
    """Whatever happens to Redis and to the instances, no allow was revoked before it was asked for."""
    report = stormed(Plan(store, checks=1 << 60, seconds=SECONDS, rest=0.1))

    assert report.stale == 0, "\n".join(report.lines())
    assert report.counts["checks"] > 200
    assert report.counts["batches"] > 0
    assert report.counts["revocations"] > 0
    assert report.unrelated > 0
    # Else nothing that lies in Redis, old or forged, was looked at.
    assert report.layers["shared-hits"] > 0
    assert report.layers["decisions-in-process"] > 0


@pytest.mark.parametrize(
    ("store", "twin"),
    [("sqlite", "delete-on-revoke"), ("postgresql", "not-awaited")],
)
def test_a_broken_instance_is_found_out(store: str, twin: str) -> None:
    """The twins: `python -m tests.storm --twins` tries all of them over both stores."""
    report = stormed(Plan(store, 1 << 60, SECONDS_FOR_A_TWIN, twin, until_stale=True, rest=0.1))

    assert report.stale > 0, "\n".join(report.lines())


def test_every_twin_breaks_something() -> None:
    """There are at least five, and the one that is as it should be."""
    assert NONE in TWINS
    assert len(TWINS) >= 6
