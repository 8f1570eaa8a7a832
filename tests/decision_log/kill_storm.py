"""Kills a server again and again while it answers, and looks whether its log has every answer that was given.

`python -m tests.decision_log.kill_storm` kills a hundred times with SIGKILL. Several callers ask all the while and note
the id of every decision that they got. After the last kill the log has to verify, and every noted id has to be in it.
With `--end` the server is told to end instead (SIGTERM), and its log has to say that it ended.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import grpc

from pdp.api.v1 import decision_pb2
from pdp.core.log_ports import LogHead
from pdp.decision_log import records
from pdp.wire.outgoing import request_to_wire
from pdp.wiring.logs import opened_log
from pdp.wiring.stores import fact_store, heads_in
from tests.decision_log.logs import the_requests
from tests.faults.served import Served, Start, forked, one_policy
from tests.system.running import CHECK, connected, unary, wait_until

CALLERS: Final = 3
KILLS: Final = 100
_SECONDS: Final = 20.0


class KillStorm:
    """Turns of asking and killing; the log is in *folder*. *counts* is what came of it."""

    def __init__(self, start: Start, folder: Path, seed: int = 1, number: signal.Signals = signal.SIGKILL) -> None:
        self._start = start
        self._folder = folder
        self._random = random.Random(seed)
        self._signal = number
        self._bodies = [request_to_wire(request).SerializeToString() for request in the_requests()[:200]]
        self.answered: set[str] = set()
        self._lock = threading.Lock()

    def look(self, kills: int, second: Sequence[LogHead] = ()) -> Counter[str]:
        """Return what the log has of what was answered."""
        log = opened_log(self._folder)
        verified = log.verified(log.public_key(), tuple(second))
        recorded = {record.decision_id for record in records(log.folder)}
        return Counter(
            kills=kills,
            answered=len(self.answered),
            recorded=len(recorded),
            lost=len(self.answered - recorded),
            faults=len(verified.faults),
            cut_off=sum(note.code == "cut-off" for note in verified.notes),
            ended=sum(
                b'"event":"end"' in part.read() for each in log.folder.writers() for part in log.folder.parts(each)
            ),
        )

    def turn(self) -> None:
        """Ask a server from several sides, and end it in the midst of it."""
        with self._start() as server:
            before = len(self.answered)
            callers = [threading.Thread(target=self._ask, args=(server.address, number)) for number in range(CALLERS)]
            for caller in callers:
                caller.start()
            wait_until(lambda: len(self.answered) > before + 20, _SECONDS)
            time.sleep(self._random.uniform(0.0, 0.2))
            self._end(server)
            for caller in callers:
                caller.join()

    def _end(self, server: Served) -> None:
        if self._signal is signal.SIGKILL:
            server.kill()
            return
        with suppress(ProcessLookupError):
            os.killpg(server.pid, self._signal)
        wait_until(lambda: not _is_there(server.pid), _SECONDS)

    def _ask(self, address: str, caller: int) -> None:
        """Ask until the server is gone, and note what was answered."""
        with connected(address) as channel:
            check = unary(channel, CHECK)
            for number in range(caller, 1_000_000):
                try:
                    body = check(self._bodies[number % len(self._bodies)], timeout=_SECONDS)
                except grpc.RpcError:
                    return
                decision_id = decision_pb2.CheckResponse.FromString(body).decision_id
                with self._lock:
                    self.answered.add(decision_id)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def stormed(
    folder: Path, kills: int, seed: int, number: signal.Signals = signal.SIGKILL, *, log_wait: str = "on"
) -> Counter[str]:
    """Return the counts of a storm in *folder*, whose servers keep facts and heads in a file."""
    store = f"sqlite:///{folder}/facts.db"
    log = folder / "log"
    with forked(one_policy(folder / "policies"), store, folder, decision_log=f"{log}/", log_wait=log_wait) as start:
        storm = KillStorm(start, log, seed, number)
        for _ in range(kills):
            storm.turn()
    kept = fact_store(store)
    try:
        return storm.look(kills, heads_in(kept))
    finally:
        kept.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill so often and print the counts; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.decision_log.kill_storm", description="Kills and looks.")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--end", action="store_true", help="tell the server to end instead")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        number = signal.SIGTERM if given.end else signal.SIGKILL
        counts = stormed(Path(folder), given.kills, given.seed, number)
    print(dict(counts))
    return int(bool(counts["lost"] or counts["faults"] or (given.end and counts["ended"] < given.kills)))


if __name__ == "__main__":
    sys.exit(main())
