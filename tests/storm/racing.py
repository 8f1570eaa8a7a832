"""Those who ask at the very moment at which a revocation is acknowledged, and where its grant is known best."""

import random
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Final

import grpc

from pdp.api.v1 import decision_pb2_grpc
from tests.storm.changing import OPTIONS
from tests.storm.judging import failed, judge
from tests.storm.ledger import Ledger, now
from tests.storm.world import PHOTOS, question

_PATIENCE: Final = 1.0
"""Whoever grants and revokes does not wait longer for an instance that stands still."""


class Racer:
    """Asks about a family by one instance when its grant is acknowledged, and again when its revocation is.

    So that instance has kept the allow, and is asked before anything but the acknowledgement can have told it.
    *counting* is held while something is counted in *ledger*: several threads race.
    """

    def __init__(
        self, stack: ExitStack, addresses: Sequence[str], ledger: Ledger, counting: threading.Lock, seed: str
    ) -> None:
        channels = [stack.enter_context(grpc.insecure_channel(address, options=OPTIONS)) for address in addresses]
        self._stubs = [decision_pb2_grpc.DecisionServiceStub(channel) for channel in channels]
        self._ledger = ledger
        self._counting = counting
        self._random = random.Random(seed)
        self._chosen: dict[int, tuple[Any, Any]] = {}

    def prepare(self, family: int) -> None:
        """Let an instance answer about *family*, and keep the answer."""
        asked = question(family, self._random.randrange(PHOTOS))
        self._chosen[family] = (self._random.choice(self._stubs), asked)
        self.race(family)

    def race(self, family: int) -> None:
        """Ask the same question by the same instance, at once."""
        if family not in self._chosen:
            return
        stub, asked = self._chosen[family]
        since = self._ledger.revoked_since(family)
        begun = now()
        try:
            answer = stub.Check(asked, timeout=_PATIENCE)
        except grpc.RpcError as error:
            with self._counting:
                failed(self._ledger, error)
            return
        with self._counting:
            self._ledger.add("singles")
            judge(self._ledger, [(family, since)], begun, [answer.decision])
