"""Asks whether a server lives, and writes facts, again and again, and prints how long each took at most.

Usage: python -m benchmarks.served.prober ADDRESS AUTHORIZATION SECONDS
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from pdp.api.v1 import facts_pb2, facts_pb2_grpc, request_pb2

_PAUSE = 0.05


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
        found: dict[str, list[float]] = {"health": [], "write": []}
        failed = {"health": 0, "write": 0}
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            _time(lambda: health.Check(health_pb2.HealthCheckRequest(), timeout=5), "health", found, failed)
            _time(lambda: facts.WriteFacts(change, timeout=5, metadata=metadata), "write", found, failed)
            time.sleep(_PAUSE)
    told = {
        name: {
            "median_ms": round(sorted(taken)[len(taken) // 2], 2) if taken else None,
            "longest_ms": round(max(taken), 2) if taken else None,
            "calls": len(taken),
            "failed": failed[name],
        }
        for name, taken in found.items()
    }
    print(json.dumps(told), flush=True)


def _time(call: Callable[[], object], name: str, found: dict[str, list[float]], failed: dict[str, int]) -> None:
    begun = time.monotonic()
    try:
        call()
    except grpc.RpcError:
        failed[name] += 1
    else:
        found[name].append((time.monotonic() - begun) * 1000)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
