"""Asks whether a server lives, grants and revokes, again and again, and prints how long each took at most.

Usage: python -m benchmarks.served.prober ADDRESS AUTHORIZATION SECONDS
It says when it is ready and begins when it is told so by a line: starting a process takes a second of a core.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from pdp.api.v1 import facts_pb2, facts_pb2_grpc, request_pb2

_PAUSE = 0.05
_PATIENCE = 10.0


def main(address: str, authorization: str, seconds: float) -> None:
    """Ask for so many *seconds* and print milliseconds: the median, the longest, and how many failed."""
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)  # its stubs leave the methods out
        facts = facts_pb2_grpc.FactServiceStub(channel)
        metadata = (("authorization", authorization),)
        change = facts_pb2.WriteFactsRequest(
            operator="kidsonline", actor=request_pb2.Subject(type="service", id="bench")
        )
        fact = change.facts.add().containment
        fact.entity, fact.container = "class:la-9", "school:hoa-sen"
        found: dict[str, list[float]] = {"health": [], "write": [], "revocation": []}
        failed = dict.fromkeys(found, 0)
        grpc.channel_ready_future(channel).result(timeout=_PATIENCE)
        print("ready", flush=True)
        sys.stdin.readline()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            _time(lambda: health.Check(health_pb2.HealthCheckRequest(), timeout=5), "health", found, failed)
            written = _time(lambda: facts.WriteFacts(change, timeout=5, metadata=metadata), "write", found, failed)
            if written is not None:
                taken_back = facts_pb2.DeleteFactsRequest(operator=change.operator, actor=change.actor)
                taken_back.ids.extend(written.ids)
                _time(partial(facts.DeleteFacts, taken_back, timeout=5, metadata=metadata), "revocation", found, failed)
            time.sleep(_PAUSE)
    told = {
        name: {
            "median_ms": round(sorted(taken)[len(taken) // 2], 2) if taken else None,
            "p99_ms": round(sorted(taken)[int(len(taken) * 0.99)], 2) if taken else None,
            "longest_ms": round(max(taken), 2) if taken else None,
            "calls": len(taken),
            "failed": failed[name],
        }
        for name, taken in found.items()
    }
    print(json.dumps(told), flush=True)


def _time(call: Callable[[], Any], name: str, found: dict[str, list[float]], failed: dict[str, int]) -> Any:
    """Return what *call* returns, None where it failed, and put down how long it took."""
    begun = time.monotonic()
    try:
        answer = call()
    except grpc.RpcError:
        failed[name] += 1
        return None
    found[name].append((time.monotonic() - begun) * 1000)
    return answer


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
