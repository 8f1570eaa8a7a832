"""Grants and revokes again and again, by any of several servers, and prints how long each revocation took.

Usage: python -m benchmarks.served.revoker ADDRESS...
It says when it is ready. Each line of its input says for how many seconds it is to go on, and is answered by a line:
starting a process takes a second of a core.
A mother grants to an aunt by one server and takes it back by another; three of them do so at once, in a process that
does nothing else: what a busy client adds is no wait of the server's.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Final

import grpc

from tests.storm.changing import change, connected
from tests.storm.world import FAMILIES, revoke

_ABREAST: Final = 3
_PAUSE: Final = 0.1
"""Seconds between two changes of one of them at most, half of it as a mean."""


class _Told:
    """Keeps the fact, the beginning and the end of each revocation (seconds of CLOCK_MONOTONIC), and failures by
    code."""

    def __init__(self) -> None:
        self.took: list[tuple[str, float, float]] = []
        self.failed: Counter[str] = Counter()

    def will_be_granted(self, _family: int) -> None:
        """Do nothing."""

    def was_granted(self, _family: int) -> None:
        """Do nothing."""

    def was_revoked(self, family: int, begun: float, ended: float) -> None:
        """Keep it."""
        self.took.append((revoke(family).ids[0], begun, ended))

    def has_failed(self, error: grpc.RpcError) -> None:
        """Count it."""
        self.failed[error.code().name] += 1


def main(addresses: list[str]) -> None:
    """Grant and revoke whenever a line says so."""
    with ExitStack() as stack:
        stubs = connected(stack, addresses)
        print("ready", flush=True)
        for line in sys.stdin:
            print(json.dumps(revoked(stubs, float(line))), flush=True)


def revoked(stubs: Sequence[Any], seconds: float) -> dict[str, Any]:
    """Grant and revoke for *seconds*, and return the revocations, the failures, and what the processor spent on it."""
    end, begun_with, told = time.monotonic() + seconds, time.process_time(), _Told()
    families = [range(number, FAMILIES, _ABREAST) for number in range(_ABREAST)]
    change(stubs, families, _PAUSE, "", lambda: time.monotonic() < end, told)
    used = time.process_time() - begun_with
    return {"took": told.took, "failed": told.failed, "processor_seconds": used}


if __name__ == "__main__":
    main(sys.argv[1:])
