"""Grants and revokes again and again, by any of several servers, and prints how long each revocation took.

Usage: python -m benchmarks.served.revoker ADDRESS...
It says when it is ready. Each line of its input says for how many seconds it is to go on, and is answered by a line:
starting a process takes a second of a core.
A mother grants to an aunt by one server and takes it back by another; three of them do so at once, in a process that
does nothing else: what a busy client adds is no wait of the server's.
"""

import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import grpc

from pdp.api.v1 import facts_pb2_grpc
from tests.storm.world import FAMILIES, grant, revoke

_ABREAST: Final = 3
_PAUSE: Final = 0.1
"""Seconds between two changes of one of them at most, half of it as a mean."""

_PATIENCE: Final = 8.0


def main(addresses: list[str]) -> None:
    """Grant and revoke whenever a line says so."""
    channels = [grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) for address in addresses]
    stubs = [facts_pb2_grpc.FactServiceStub(channel) for channel in channels]
    for channel in channels:
        grpc.channel_ready_future(channel).result(timeout=_PATIENCE)
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(revoked(stubs, float(line))), flush=True)


def revoked(stubs: Sequence[Any], seconds: float) -> dict[str, Any]:
    """Grant and revoke for *seconds*, and return the fact, the beginning and the end of each revocation (seconds of
    CLOCK_MONOTONIC), failures by code, and the processor's seconds of this process.
    """
    took: list[tuple[str, float, float]] = []
    failed: Counter[str] = Counter()
    end, begun_with = time.monotonic() + seconds, time.process_time()

    def go_on(number: int) -> None:
        chosen = random.Random(number)
        while time.monotonic() < end:
            family = chosen.randrange(number, FAMILIES, _ABREAST)
            try:
                chosen.choice(stubs).WriteFacts(grant(family), timeout=_PATIENCE)
                time.sleep(chosen.uniform(0, _PAUSE))
                request = revoke(family)
                begun = time.monotonic()
                chosen.choice(stubs).DeleteFacts(request, timeout=_PATIENCE)
                took.append((request.ids[0], begun, time.monotonic()))
            except grpc.RpcError as error:
                failed[error.code().name] += 1
            time.sleep(chosen.uniform(0, _PAUSE))

    threads = [threading.Thread(target=go_on, args=(number,)) for number in range(_ABREAST)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"took": took, "failed": failed, "processor_seconds": time.process_time() - begun_with}


if __name__ == "__main__":
    main(sys.argv[1:])
