"""Those who ask, grant and revoke, each in a process of its own."""

import random
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final

import grpc

from pdp.api.v1 import decision_pb2, decision_pb2_grpc
from tests.storm import changing
from tests.storm.changing import OPTIONS, PATIENCE, connected
from tests.storm.judging import failed, judge
from tests.storm.ledger import LATELY, Ledger, now
from tests.storm.racing import Racer
from tests.storm.world import FAMILIES, PHOTOS, question

BATCH: Final = 100
FEW: Final = 4
SINGLES: Final = 12
"""So many questions are asked alone after each batch, every other one about somebody whose grant has just changed.

Alone, for a batch reads its facts from the store; about what has changed, for the rest is answered in the process. It
is these that look into Redis.
"""

_BEHIND: Final = 10
_YIELDING: Final = 0.5
"""While more unrelated writes than that are behind their pace, whoever asks waits so many seconds after each batch at
most: those who ask as fast as they can leave writers no processor."""


def ask(path: Path, row: int, address: str, seed: int, ending: Event, pause: float = 0.0) -> None:
    """Ask one instance, in batches and alone, until the end; *pause* is in seconds between two batches."""
    ledger, chosen = Ledger(path, row), random.Random(seed)
    questions = [[question(family, photo) for photo in range(PHOTOS)] for family in range(FAMILIES)]
    with grpc.insecure_channel(address, options=OPTIONS) as channel:
        stub = decision_pb2_grpc.DecisionServiceStub(channel)

        while not ending.is_set():
            _batch(ledger, stub, chosen, questions)
            time.sleep(pause)
            _yield(ledger)
            for number in range(SINGLES):
                family = ledger.lately(chosen.randrange(LATELY)) if number % 2 else chosen.randrange(FAMILIES)
                asked = [(family, ledger.revoked_since(family))]
                begun = now()
                try:
                    answer = stub.Check(questions[family][chosen.randrange(PHOTOS)], timeout=PATIENCE)
                except grpc.RpcError as error:
                    failed(ledger, error)
                    continue
                ledger.add("singles")
                judge(ledger, asked, begun, [answer.decision])


def _yield(ledger: Ledger) -> None:
    until = time.monotonic() + _YIELDING
    while ledger.behind > _BEHIND and time.monotonic() < until:
        time.sleep(0.005)


def _batch(ledger: Ledger, stub: Any, chosen: random.Random, questions: Sequence[Sequence[Any]]) -> None:
    # Half of the batches ask about everybody, half about a few.
    among = range(FAMILIES) if chosen.random() < 0.5 else chosen.sample(range(FAMILIES), FEW)
    families = [chosen.choice(among) for _ in range(BATCH)]
    message = decision_pb2.CheckBatchRequest(
        requests=[questions[family][chosen.randrange(PHOTOS)] for family in families]
    )
    asked = [(family, ledger.revoked_since(family)) for family in families]
    begun = now()
    try:
        results = stub.CheckBatch(message, timeout=PATIENCE).results
    except grpc.RpcError as error:
        failed(ledger, error)
        return
    ledger.add("batches")
    judge(ledger, asked, begun, [result.response.decision for result in results])


def change(
    path: Path, row: int, addresses: Sequence[str], families: Sequence[int], pause: float, ending: Event
) -> None:
    """Grant and revoke for these families, by any instance, until the end."""
    with ExitStack() as stack:
        own = [families[number::_ABREAST] for number in range(_ABREAST)]
        stubs = connected(stack, addresses)
        ledger, counting = Ledger(path, row), threading.Lock()
        racer = Racer(stack, addresses, ledger, counting, f"race {row}")
        noting = _InLedger(ledger, row, counting, racer)
        changing.change(stubs, own, pause, str(row), lambda: not ending.is_set(), noting)


_ABREAST: Final = 4
_MEASURED: Final = 4
"""The row of the process whose revocations are timed."""


class _InLedger:
    """Keeps what is done in *ledger*, and lets *racer* ask at once."""

    def __init__(self, ledger: Ledger, row: int, counting: threading.Lock, racer: Racer) -> None:
        self._ledger = ledger
        self._is_measured = row == _MEASURED
        self._counting = counting
        self._racer = racer

    def will_be_granted(self, family: int) -> None:
        """Note that it is not known to be revoked any more."""
        self._ledger.will_be_granted(family)

    def was_granted(self, family: int) -> None:
        """Note that it is new, and count it."""
        self._ledger.is_granted(family)
        with self._counting:
            self._ledger.add("changes")
        self._racer.prepare(family)

    def was_revoked(self, family: int, begun: float, ended: float) -> None:
        """Note since when it is known to be revoked, and count it."""
        self._ledger.is_revoked(family)
        self._racer.race(family)
        with self._counting:
            self._ledger.add("changes")
            self._ledger.add("revocations")
            if self._is_measured:
                self._ledger.took(int((ended - begun) * 1e9))

    def has_failed(self, _error: grpc.RpcError) -> None:
        """Count it: perhaps it was done, nothing is known of it."""
        with self._counting:
            self._ledger.add("failed")
