"""One storm: three server processes over one store and one Redis, those who load them, and the saboteur."""

import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from pdp.wiring.stores import fact_store
from tests.caching.redis_server import redis_server
from tests.stores.postgresql_server import short_lived_postgresql
from tests.stores.writing import write
from tests.storm import load, writers
from tests.storm.ledger import COUNTS, Ledger
from tests.storm.processors import Processors
from tests.storm.saboteur import Saboteur
from tests.storm.twins import NONE
from tests.storm.world import FAMILIES, OPERATOR, at_first

ROOT: Final = Path(__file__).parents[2]
INSTANCES: Final = 3
REVOKERS: Final = 2
UNRELATED: Final = 100.0
"""So many writes a second that concern none of the families."""

_READY_SECONDS: Final = 120.0
_CALM: Final = 0.1
"""Seconds between two batches of one who asks, when it is calm."""


@dataclass(frozen=True)
class Plan:
    """What is to be done: until so many checks, for so long at most, or until the first stale allow.

    When *is_calm* nothing fails, nobody asks at full speed, and messages hasten writers, as when it is served.
    *instance* is the module that is run for each server process.
    """

    store: str
    checks: int
    seconds: float
    twin: str = NONE
    seed: int = 1
    until_stale: bool = False
    pause: float = 0.03
    rest: float = 0.8
    is_calm: bool = False
    folder: Path | None = None
    instance: str = "tests.storm.instance"

    @property
    def unrelated(self) -> float:
        """Return how many unrelated writes are due a second."""
        return UNRELATED / 10 if self.is_calm else UNRELATED


@dataclass
class Report:
    """What was done and found."""

    plan: Plan
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    layers: dict[str, int] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    unrelated: float = 0.0
    """So many unrelated writes were acknowledged a second."""
    processors: dict[str, float] = field(default_factory=dict)
    """So many processors each part has kept busy."""

    @property
    def stale(self) -> int:
        """Return how many allows were stale."""
        return self.counts["stale"]

    def lines(self) -> Iterator[str]:
        """Yield the report, line by line."""
        counts, layers = self.counts, self.layers
        yield f"store {self.plan.store}, twin {self.plan.twin}, seed {self.plan.seed}, {self.seconds:.0f} s"
        bound = f"; at most {3 / max(1, counts['checks']) * 1e6:.2f} in a million (95 %)" if not self.stale else ""
        yield f"stale allows {self.stale} in {counts['checks']:,} checks{bound}"
        rates = (("checks", counts["checks"]), ("revocations", counts["revocations"]), ("races", counts["races"]))
        yield "a second: " + ", ".join(f"{name} {number / max(1e-9, self.seconds):,.1f}" for name, number in rates)
        yield "  ".join(f"{name} {counts[name]:,}" for name in COUNTS if name not in {"stale", "checks"})
        yield "  ".join(f"{name} {number:,}" for name, number in sorted(layers.items()) if number)
        yield f"unrelated writes acknowledged {self.unrelated:.1f} a second, of {self.plan.unrelated:.0f} that are due"
        found = sum(layers.get(name, 0) for name in ("facts-in-process", "facts-shared", "decisions-in-process"))
        yield f"checks answered without the store {found / max(1, counts['checks']):.1%}"
        yield "processors: " + ", ".join(f"{name} {number:.2f}" for name, number in self.processors.items())
        if self.waits:
            p50, p99 = (self.waits[min(len(self.waits) - 1, int(part * len(self.waits)))] for part in (0.5, 0.99))
            yield f"revocation acknowledged after: median {p50:.1f} ms, p99 {p99:.1f} ms, of {len(self.waits):,}"


def run(plan: Plan) -> Report:
    """Let a storm rage."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="pdp-storm-", dir=plan.folder))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        redis = stack.enter_context(redis_server(folder))
        servers = stack.enter_context(served(plan, folder, redis.address))
        return _rage(plan, folder, [address for address, _ in servers], [pid for _, pid in servers], redis)


@contextmanager
def served(plan: Plan, folder: Path, redis: str) -> Iterator[list[tuple[str, int]]]:
    """Serve the families of a storm; give the address and the process of each instance."""
    with ExitStack() as stack:
        url = stack.enter_context(_store(plan.store, folder))
        keys = folder / "keys"
        keys.write_text(f"one {bytes(range(32)).hex()}\n", "ascii")
        store = fact_store(url)
        write(store, *at_first(), operator=OPERATOR)
        store.close()
        with ThreadPoolExecutor(INSTANCES) as starting:
            instances = [_instance(url, redis, keys, plan, folder / f"instance-{at}.log") for at in range(INSTANCES)]
            found = list(starting.map(stack.enter_context, instances))
        yield found


def _rage(plan: Plan, folder: Path, addresses: list[str], pids: list[int], redis: Any) -> Report:
    path = folder / "ledger"
    ledger = Ledger(path)
    # What they need is imported once, by a process from which they are forked; it has no threads.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.storm.load", "tests.storm.writers", "pdp.api.v1.policies_pb2_grpc"])
    ending = context.Event()
    works: list[tuple[Any, ...]] = [
        (load.ask, path, 1 + at, address, plan.seed + at, ending, _CALM if plan.is_calm else 0.0)
        for at, address in enumerate(addresses)
    ]
    for number in range(REVOKERS):
        own = list(range(number, FAMILIES, REVOKERS))
        works.append((load.change, path, 1 + INSTANCES + number, addresses, own, plan.pause, ending))
    works.append((writers.write, path, 1 + INSTANCES + REVOKERS, addresses, plan.unrelated, ending))
    ready = context.Barrier(len(works) + 1)
    processes = [context.Process(target=_work, args=(ready, *work), daemon=True) for work in works]
    for process in processes:
        process.start()
    ready.wait(_READY_SECONDS)
    saboteur = Saboteur(redis, pids, ledger, plan.seed)
    processors = Processors({"instances": pids, "those who load them": [process.pid or 0 for process in processes]})
    begun = time.monotonic()
    number = 0
    try:
        while _goes_on(plan, ledger, begun, processes):
            if not plan.is_calm:
                saboteur.work(number)
            number += 1
            time.sleep(plan.rest)
    finally:
        seconds = time.monotonic() - begun
        unrelated = ledger.count("unrelated") / seconds
        taken = processors.taken()
        layers = _layers(addresses, context)
        ending.set()
        for process in processes:
            process.join(15)
            process.kill()
    counts = {name: ledger.count(name) for name in COUNTS}
    return Report(plan, seconds, counts, layers, ledger.waits(), unrelated, taken)


def _work(ready: Any, work: Callable[..., None], *arguments: Any) -> None:
    """Begin *work* when all the others are there too: it takes seconds until so many processes are."""
    ready.wait(_READY_SECONDS)
    work(*arguments)


def _goes_on(plan: Plan, ledger: Ledger, begun: float, processes: list[Any]) -> bool:
    assert all(process.is_alive() for process in processes), "one of those who load has ended"
    if plan.until_stale and ledger.count("stale"):
        return False
    return ledger.count("checks") < plan.checks and time.monotonic() - begun < plan.seconds


def _layers(addresses: list[str], context: Any) -> dict[str, int]:
    """Return what the instances have counted, asked by a process of its own: this one forks."""
    with context.Pool(1) as pool:
        try:
            counted: dict[str, int] = pool.apply_async(counted_by, (addresses,)).get(60)
        except (AssertionError, RuntimeError, multiprocessing.TimeoutError):
            return {}  # what was asked and answered is counted all the same
    return counted


def counted_by(addresses: list[str]) -> dict[str, int]:
    """Return the sum of what the instances have counted."""
    import grpc

    from pdp.api.v1 import policies_pb2, policies_pb2_grpc

    total: dict[str, int] = {}
    for address in addresses:
        with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
            stub = policies_pb2_grpc.PolicyServiceStub(channel)
            cache = stub.GetPolicySet(policies_pb2.GetPolicySetRequest(), timeout=20).cache
            assert cache.keeps
            assert cache.shared == "redis"
            for name, number in cache.counted.items():
                total[name] = total.get(name, 0) + number
    return total


@contextmanager
def _store(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/facts.db"
        return
    with short_lived_postgresql() as address:
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE storm")
        yield f"{address}/storm"


@contextmanager
def _instance(store: str, redis: str, keys: Path, plan: Plan, log: Path) -> Iterator[tuple[str, int]]:
    hints = "hints" if plan.is_calm else "no-hints"
    command = [sys.executable, "-m", plan.instance, store, redis, str(keys), plan.twin, hints]
    with log.open("wb") as written:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=written)
    assert process.stdout is not None
    try:
        address = process.stdout.readline().decode().strip()
        assert address, log.read_text("utf-8", "replace")
        yield address, process.pid
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
