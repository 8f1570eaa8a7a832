"""Those who write what concerns nobody who is asked about, at a pace."""

import itertools
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Final

import grpc

from tests.storm.changing import PATIENCE, connected
from tests.storm.ledger import Ledger
from tests.storm.world import unrelated

ABREAST: Final = 8
"""So many write to each instance: those of one that stands still wait for it, and the others keep the pace."""

_LOOK_SECONDS: Final = 0.01


def write(path: Path, row: int, addresses: Sequence[str], a_second: float, ending: Event) -> None:
    """Write so often a second until the end, and make up for what was late; note how many writes are behind."""
    ledger = Ledger(path, row)
    counting = threading.Lock()
    numbers = itertools.count()
    answered = 0

    with ExitStack() as stack:
        stubs = connected(stack, addresses)
        begun = time.monotonic()

        def go_on(at: int) -> None:
            nonlocal answered
            while not ending.is_set():
                number = next(numbers)
                while (early := begun + number / a_second - time.monotonic()) > 0:
                    if ending.wait(min(early, 1.0)):
                        return
                try:
                    stubs[at].WriteFacts(unrelated(number), timeout=PATIENCE)
                    said = "unrelated"
                except grpc.RpcError:
                    said = "failed"
                with counting:
                    ledger.add(said)
                    answered += 1

        threads = [threading.Thread(target=go_on, args=(at,)) for at in range(len(stubs)) for _ in range(ABREAST)]
        for thread in threads:
            thread.start()
        while not ending.wait(_LOOK_SECONDS):
            due = int((time.monotonic() - begun) * a_second)
            ledger.behind = max(0, due - answered)
        for thread in threads:
            thread.join()
