"""Mothers who grant to aunts and take it back, again and again, by any of several servers."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, Final, Protocol

import grpc

from pdp.api.v1 import facts_pb2_grpc
from tests.storm.world import grant, revoke

PATIENCE: Final = 8.0
"""Seconds for which an answer is waited for."""

_READY_SECONDS: Final = 30.0

OPTIONS: Final = (("grpc.enable_http_proxy", 0),)


class Noting(Protocol):
    """Is told what happens, by several threads."""

    def will_be_granted(self, family: int) -> None:
        """Note, before the grant is sent, that it may be in force from now on."""

    def was_granted(self, family: int) -> None:
        """Note that a grant was acknowledged."""

    def was_revoked(self, family: int, begun: float, ended: float) -> None:
        """Note that a revocation was acknowledged, sent and answered at these seconds of CLOCK_MONOTONIC."""

    def has_failed(self, error: grpc.RpcError) -> None:
        """Note that nobody knows what became of a change."""


def change(
    stubs: Sequence[Any],
    families: Sequence[Sequence[int]],
    pause: float,
    seed: str,
    goes_on: Callable[[], bool],
    noting: Noting,
) -> None:
    """Grant and revoke as long as it *goes_on*, with a pause of up to so many seconds after each change.

    One thread for each of *families* works at them alone: whoever comes upon a server that stands still waits for it,
    and the others go on.
    """

    def go_on(number: int) -> None:
        chosen = random.Random(f"{seed} {number}")
        while goes_on():
            family = chosen.choice(families[number])
            try:
                noting.will_be_granted(family)
                chosen.choice(stubs).WriteFacts(grant(family), timeout=PATIENCE)
                noting.was_granted(family)
                time.sleep(chosen.uniform(0, pause))
                request = revoke(family)
                begun = time.monotonic()
                chosen.choice(stubs).DeleteFacts(request, timeout=PATIENCE)
                noting.was_revoked(family, begun, time.monotonic())
            except grpc.RpcError as error:
                noting.has_failed(error)
            time.sleep(chosen.uniform(0, pause))

    threads = [threading.Thread(target=go_on, args=(number,)) for number in range(len(families))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def connected(stack: ExitStack, addresses: Sequence[str]) -> list[Any]:
    """Return what calls FactService at each of *addresses*, until *stack* is closed."""
    channels = [stack.enter_context(grpc.insecure_channel(address, options=OPTIONS)) for address in addresses]
    for channel in channels:
        grpc.channel_ready_future(channel).result(timeout=_READY_SECONDS)
    return [facts_pb2_grpc.FactServiceStub(channel) for channel in channels]
