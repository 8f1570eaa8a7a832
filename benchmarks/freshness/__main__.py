"""`python -m benchmarks.freshness`: what keeping facts is worth, with the store 0, 1 and 5 ms away.

Nine of ten questions are asked again and again, one of ten is new: about somebody and a child that nobody has asked
about. Meanwhile another instance writes facts that concern none of them. PostgreSQL is really that far away: a process
passes everything on later. For SQLite each statement sleeps first, for a file is never far away. Statements of renewals
are counted too.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import psycopg

from benchmarks.freshness.delay_proxy import delayed
from pdp.core.entity import Entity
from pdp.core.fact_identity import fact_id
from pdp.core.facts import Containment, Fact, RoleAssignment
from pdp.core.request import Consistency, Request, Resource
from pdp.core.stores import FactToWrite, Write
from pdp.decision_point import DecisionPoint
from pdp.settings import Settings
from pdp.wiring.deciding import served_decision_point
from pdp.wiring.folders import load_policies
from pdp.wiring.stores import fact_store
from pdp.wiring.words import load_words
from pdp_adapters.postgresql_leases import _Follower
from pdp_adapters.postgresql_session import PostgresqlSession
from pdp_adapters.sqlite_database import SqliteSession
from tests.caching.redis_server import redis_server
from tests.stores.postgresql_server import short_lived_postgresql

OPERATOR: Final = "kidsonline"
HOT: Final = 200
BATCH: Final = 50
ABREAST: Final = 16
PEOPLE: Final = 4000
WRITES_A_SECOND: Final = 20.0


class Counted:
    """Counts the statements of this process, and delays those of SQLite."""

    def __init__(self) -> None:
        self.statements = 0
        self.renewals = 0
        self.delay = 0.0
        for session, sleeps in ((SqliteSession, True), (PostgresqlSession, False)):
            for name in ("rows", "run"):
                setattr(session, name, self._counting(getattr(session, name), sleeps=sleeps))
        renew = _Follower._renew

        def renewing(follower: Any, connection: Any) -> bool:
            self.renewals += 1
            return renew(follower, connection)

        setattr(_Follower, "_renew", renewing)  # noqa: B010

    def _counting(self, real: Any, *, sleeps: bool) -> Any:
        def counting(session: Any, *arguments: Any) -> Any:
            self.statements += 1
            if sleeps and self.delay:
                time.sleep(self.delay)
            return real(session, *arguments)

        return counting


def people() -> Iterator[Fact]:
    """Yield what lets a mother see the photos of her child."""
    for number in range(PEOPLE):
        kind = RoleAssignment(Entity("user", f"u{number}"), "primary_guardian", Entity("child", f"c{number}"))
        yield Fact(kind, id=fact_id(OPERATOR, kind), stored=True)


def question(number: int) -> Request:
    """Return what the mother of a child asks."""
    context: dict[str, Any] = {
        "authenticated": True,
        "authentication_method": "password",
        "transport_encrypted": True,
        "channel": "mobile_app",
    }
    resource = Resource("child_photo", f"p{number}", Entity("child", f"c{number}"))
    return Request("", OPERATOR, Entity("user", f"u{number}"), "read", resource, "family_follow_up", context=context)


def write(store: Any, facts: list[Fact]) -> None:
    """Write facts."""
    from datetime import UTC, datetime

    with store.writing(OPERATOR) as writing:
        writing.apply(Write("service:x", "local", datetime.now(UTC), tuple(map(FactToWrite, facts))))


@contextmanager
def writing_elsewhere(url: str) -> Iterator[None]:
    """Let a process write what nobody asks about."""
    command = [sys.executable, "-m", "benchmarks.freshness", "--writer", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        try:
            yield
        finally:
            process.kill()


def write_on(url: str) -> None:
    """Write what nobody asks about, until this process is ended."""
    store = fact_store(url)
    for number in range(1 << 30):
        kind = Containment(Entity("child", f"other-{number % 3000}"), Entity("class", f"other-{number % 50}"))
        write(store, [Fact(kind, id=fact_id(OPERATOR, kind), stored=True)])
        time.sleep(1 / WRITES_A_SECOND)


def measure(
    point: DecisionPoint, checks: int, counted: Counted, first: int, batch: int = 1, abreast: int = 1
) -> tuple[float, float, float, float]:
    """Return the median and p99 of a check in milliseconds, and statements and renewals for a thousand checks.

    In batches the time is that of a batch; so many threads ask *abreast*, each a part of the questions.
    """
    took: list[float] = []
    for number in range(HOT):
        point.check(question(number))  # what is asked again and again has been asked before
    statements, renewals = counted.statements, counted.renewals
    questions = [question(first + at // 10 if at % 10 == 0 else at * 7 % HOT) for at in range(checks)]

    def ask(part: int) -> None:
        for at in range(part * batch, checks, batch * abreast):
            begun = time.perf_counter()
            if batch == 1:
                point.check(questions[at])
            else:
                point.check_batch(OPERATOR, questions[at : at + batch], Consistency())
            took.append(time.perf_counter() - begun)

    with ThreadPoolExecutor(abreast) as asking:
        list(asking.map(ask, range(abreast)))
    took.sort()
    thousand = checks / 1000
    return (
        statistics.median(took) * 1000,
        took[int(len(took) * 0.99)] * 1000,
        (counted.statements - statements) / thousand,
        (counted.renewals - renewals) / thousand,
    )


def main() -> None:
    """Measure, and print one line for each way."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.freshness", description=__doc__)
    parser.add_argument("--checks", type=int, default=1000, help="so many in each way")
    parser.add_argument("--store", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--away", type=float, action="append", help="milliseconds; 0, 1 and 5 by default")
    parser.add_argument("--writer", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.writer:
        write_on(chosen.writer)
        return
    counted = Counted()
    policies = load_policies(Path("policies"), load_words(), only=OPERATOR)
    print("store       away  keeping          median      p99   statements  renewals   (for 1,000 checks)")
    for kind in chosen.store or ["sqlite", "postgresql"]:
        for milliseconds in chosen.away or (0.0, 1.0, 5.0):
            with ExitStack() as stack:
                folder = Path(tempfile.mkdtemp(prefix="pdp-freshness-"))
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
                near, far = stack.enter_context(_urls(kind, folder, milliseconds / 1000))
                redis = stack.enter_context(redis_server(folder))
                filled = fact_store(near)
                all_people = list(people())
                for at in range(0, PEOPLE, 500):
                    write(filled, all_people[at : at + 500])
                filled.close()
                counted.delay = milliseconds / 1000 if kind == "sqlite" else 0.0
                keys = folder / "keys"
                keys.write_text(f"one {bytes(range(32)).hex()}\n", "ascii")
                stack.enter_context(writing_elsewhere(near))
                ways: dict[str, Settings] = {
                    "nothing": Settings(store=far, cache_megabytes=0),
                    "in process": Settings(store=far),
                    "in batches": Settings(store=far),
                    "sixteen abreast": Settings(store=far),
                    "and in Redis": Settings(store=far, redis=redis.address, cache_keys=keys),
                    # Another instance has read everything before.
                    "Redis is warm": Settings(store=far, redis=redis.address, cache_keys=keys),
                }
                for number, (name, settings) in enumerate(ways.items()):
                    _one(kind, milliseconds, name, settings, policies, chosen.checks, counted, first=HOT + 500 * number)


def _one(
    kind: str, milliseconds: float, name: str, settings: Settings, policies: Any, checks: int, counted: Counted,
    *, first: int,
) -> None:  # fmt: skip
    facts = fact_store(settings.store)
    settings = replace(settings, decision_log="none")
    if name == "Redis is warm":
        other = fact_store(settings.store)
        point = served_decision_point(settings, policies, other)
        point.cache.begin()
        measure(point, checks, counted, first)
        point.cache.end()
        other.close()
    point = served_decision_point(settings, policies, facts)
    point.cache.begin()
    batch = BATCH if name == "in batches" else 1
    abreast = ABREAST if name == "sixteen abreast" else 1
    median, p99, statements, renewals = measure(point, checks, counted, first, batch, abreast)
    point.cache.end()
    facts.close()
    away = f"{milliseconds:g} ms"
    print(f"{kind:11} {away:>5}  {name:15} {median:8.3f} {p99:8.3f} ms {statements:10.1f} {renewals:9.1f}", flush=True)


@contextmanager
def _urls(kind: str, folder: Path, seconds: float) -> Iterator[tuple[str, str]]:
    """Give the address of a store, and one under which it is so far away."""
    if kind == "sqlite":
        url = f"sqlite:///{folder}/facts.db"
        yield url, url
        return
    with short_lived_postgresql() as address:
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE facts")
        port = int(address.rpartition(":")[2])
        if not seconds:
            yield f"{address}/facts", f"{address}/facts"
            return
        with delayed(port, seconds / 2) as far:
            yield f"{address}/facts", f"{address.replace(str(port), str(far))}/facts"


if __name__ == "__main__":
    main()
