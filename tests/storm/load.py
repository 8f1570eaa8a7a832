"""Those who ask, grant and revoke, each in a process of its own."""

import random
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import product
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final

import grpc

from pdp.api.v1 import decision_pb2, decision_pb2_grpc
from pdp.server.names import path_of
from tests.storm import changing
from tests.storm.changing import OPTIONS, PATIENCE, connected
from tests.storm.judging import failed, judge
from tests.storm.ledger import LATELY, Ledger, now
from tests.storm.racing import Racer
from tests.storm.world import FAMILIES, PHOTOS, question

BATCH: Final = 100
"""So many questions are in a batch: the most that it may have (contract, section 1)."""

SINGLES: Final = 8
"""So many questions are asked alone before each batch, three of four about somebody whose grant has just changed.

Alone, and before, for a batch reads its facts from the store; about what has changed, for the rest is answered in the
process. It is these that look into Redis.
"""

_BEHIND: Final = ((300, 0.3), (10, 0.12))
"""While more unrelated writes than that are behind their pace, a batch begins so many seconds after the one before at
the earliest: those who ask as fast as they can leave writers no processor. An instance that stands still for two
seconds brings two hundred behind, of which the others make up."""

_QUESTIONS: Final = list(product(range(FAMILIES), range(PHOTOS)))

_BATCHES: Final = path_of(f"{decision_pb2.DESCRIPTOR.services_by_name['DecisionService'].full_name}.CheckBatch")


def ask(path: Path, row: int, address: str, seed: int, ending: Event, pause: float = 0.0) -> None:
    """Ask one instance, in batches and alone, until the end; *pause* is in seconds between two batches."""
    ledger, chosen = Ledger(path, row), random.Random(seed)
    questions = [[question(family, photo) for photo in range(PHOTOS)] for family in range(FAMILIES)]
    items = [[_item(each) for each in of_family] for of_family in questions]
    with grpc.insecure_channel(address, options=OPTIONS) as channel:
        stub = decision_pb2_grpc.DecisionServiceStub(channel)
        batches: Any = channel.unary_unary(_BATCHES, None, decision_pb2.CheckBatchResponse.FromString)

        while not ending.is_set():
            begun = time.monotonic()
            for number in range(SINGLES):
                family = ledger.lately(chosen.randrange(LATELY)) if number % 4 else chosen.randrange(FAMILIES)
                _single(ledger, stub, family, chosen.choice(questions[family]))
            _batch(ledger, batches, chosen, items)
            time.sleep(pause)
            while (early := begun + _apart(ledger.behind) - time.monotonic()) > 0:
                time.sleep(min(early, 0.01))


def _apart(behind: int) -> float:
    """Return how many seconds lie between the beginnings of two batches, when so many unrelated writes are behind."""
    return next((seconds for number, seconds in _BEHIND if behind > number), 0.0)


def _single(ledger: Ledger, stub: Any, family: int, question: decision_pb2.CheckRequest) -> None:
    asked = [(family, ledger.revoked_since(family))]
    begun = now()
    try:
        answer = stub.Check(question, timeout=PATIENCE)
    except grpc.RpcError as error:
        failed(ledger, error)
        return
    ledger.add("singles")
    judge(ledger, asked, begun, [answer.decision])


def _item(asked: decision_pb2.CheckRequest) -> bytes:
    """Return a question as it stands in a batch: the bytes of a batch are those of its items, one after another."""
    return decision_pb2.CheckBatchRequest(requests=[asked]).SerializeToString()


def _batch(ledger: Ledger, batches: Any, chosen: random.Random, items: Sequence[Sequence[bytes]]) -> None:
    # Many different questions, in half of the batches one about each family that was changed last among them.
    lately = {ledger.lately(number) for number in range(LATELY)} if chosen.random() < 0.5 else set()
    taken = {(family, chosen.randrange(PHOTOS)) for family in lately}
    others = [each for each in chosen.sample(_QUESTIONS, BATCH) if each not in taken]
    whole = (list(taken) + others)[:BATCH]
    message = b"".join([items[family][photo] for family, photo in whole])
    asked = [(family, ledger.revoked_since(family)) for family, _ in whole]
    begun = now()
    try:
        results = batches(message, timeout=PATIENCE).results
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
