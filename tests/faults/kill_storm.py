"""Kills a server again and again while it writes, and looks what is left: `python -m tests.faults.kill_storm`.

Each turn several writers send changes of several facts each, and deletions of what they wrote before. In the midst of
it the server and its workers are ended with SIGKILL. Another server over the same store is then asked what is there:
every acknowledged write whole, nothing of an acknowledged deletion, and of what was under way all or nothing.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import grpc

from pdp.api.v1 import facts_pb2, facts_pb2_grpc, request_pb2
from tests.builders import KIDSONLINE
from tests.faults.served import Start, forked, one_policy, started
from tests.stores.postgresql_server import postgresql
from tests.system.running import connected

WRITERS: Final = 4
SIZE: Final = 6
"""Facts of one change."""

SECONDS: Final = 20
_ACTOR: Final = request_pb2.Subject(type="service", id="registry")


@dataclass
class Group:
    """The facts of one change, and what is known of it: `sent`, `written`, `ending`, `ended`."""

    names: tuple[str, ...]
    known: str = "sent"
    ids: tuple[str, ...] = ()


@dataclass
class Turn:
    """What was written between two kills; all of it lies in one container."""

    number: int
    groups: list[Group] = field(default_factory=list)

    @property
    def container(self) -> str:
        """Return what the facts of this turn have in common."""
        return f"class:turn-{self.number}"


class KillStorm:
    """Turns of writing and killing over one store, whose servers *start* starts; *counts* is what came of it."""

    def __init__(self, start: Start, seed: int = 1) -> None:
        self._start = start
        self._random = random.Random(seed)
        self._turns: list[Turn] = []
        self.counts: Counter[str] = Counter()

    def run(self, kills: int) -> Counter[str]:
        """Kill so often; return the counts, of which `lost`, `torn`, `back` and `strange` are faults."""
        for number in range(kills):
            self._turn(Turn(number))
        with self._start() as server:
            # What is there after the last kill is what was there after each: nothing of it has gone since.
            for turn in self._turns:
                self._look(server.address, turn, count=False)
        return self.counts

    def _turn(self, turn: Turn) -> None:
        with self._start() as server:
            if self._turns:
                self._look(server.address, self._turns[-1])
            self._turns.append(turn)
            begun = threading.Event()
            writers = [
                threading.Thread(target=self._write, args=(server.address, turn, number, begun))
                for number in range(WRITERS)
            ]
            for writer in writers:
                writer.start()
            assert begun.wait(SECONDS), "nothing is acknowledged"
            time.sleep(self._random.uniform(0.0, 0.5))
            server.kill()
            self.counts["kills"] += 1
            for writer in writers:
                writer.join()

    def _write(self, address: str, turn: Turn, writer: int, begun: threading.Event) -> None:
        """Write and delete until the server is gone."""
        with connected(address) as channel:
            facts = facts_pb2_grpc.FactServiceStub(channel)
            number = 0
            try:
                while True:
                    number += 1
                    group = Group(tuple(f"child:{turn.number}-{writer}-{number}-{part}" for part in range(SIZE)))
                    turn.groups.append(group)
                    asked = facts_pb2.WriteFactsRequest(operator=KIDSONLINE, actor=_ACTOR)
                    for name in group.names:
                        containment = asked.facts.add().containment
                        containment.entity, containment.container = name, turn.container
                    group.ids = tuple(facts.WriteFacts(asked, timeout=SECONDS).ids)
                    group.known = "written"
                    if number % 3 == 2:
                        group.known = "ending"
                        ended = facts_pb2.DeleteFactsRequest(operator=KIDSONLINE, actor=_ACTOR, ids=group.ids)
                        facts.DeleteFacts(ended, timeout=SECONDS)
                        group.known = "ended"
                        begun.set()
            except grpc.RpcError:
                return

    def _look(self, address: str, turn: Turn, *, count: bool = True) -> None:
        """Compare what is there of *turn* with what was acknowledged; what was under way is known from now on."""
        with connected(address) as channel:
            facts = facts_pb2_grpc.FactServiceStub(channel)
            selection = facts_pb2.FactFilter(operator=KIDSONLINE, scope=turn.container)
            found = {
                fact.containment.entity
                for fact in facts.ReadFacts(facts_pb2.ReadFactsRequest(filter=selection), timeout=SECONDS)
            }
        if found - {name for group in turn.groups for name in group.names}:
            self.counts["strange"] += 1
        for group in turn.groups:
            there = len(found.intersection(group.names))
            if 0 < there < SIZE:
                self.counts["torn"] += 1
            elif group.known == "written" and not there:
                self.counts["lost"] += 1
            elif group.known == "ended" and there:
                self.counts["back"] += 1
            if count:
                self.counts[f"{group.known}, {'there' if there else 'gone'}"] += 1
            group.known = "written" if there else "ended"


FAULTS: Final = ("lost", "torn", "back", "strange")


def faults(counts: Counter[str]) -> dict[str, int]:
    """Return what must not be."""
    return {name: counts[name] for name in FAULTS if counts[name]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the long form over each store and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.kill_storm", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--store", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--fork", action="store_true", help="fork servers, instead of starting `pdp serve` each time")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    bad = 0
    for kind in ("sqlite", "postgresql"):
        if chosen.store not in {kind, "both"}:
            continue
        folder = Path(tempfile.mkdtemp(prefix="pdp-kill-storm-"))
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            store = f"sqlite:///{folder}/facts.db"
            if kind == "postgresql":
                place = Path(tempfile.mkdtemp(prefix="pdp-postgresql-"))
                stack.callback(shutil.rmtree, place, ignore_errors=True)
                store = f"{stack.enter_context(postgresql(place))}/postgres"
            began = time.monotonic()
            places = (one_policy(folder / "policies"), store, folder)
            start = stack.enter_context(forked(*places)) if chosen.fork else started(*places)
            counts = KillStorm(start, chosen.seed).run(chosen.kills)
            told = {"store": kind, "seconds": round(time.monotonic() - began), **dict(sorted(counts.items()))}
            print(json.dumps({**told, "faults": faults(counts)}))  # noqa: T201
            bad += bool(faults(counts))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
