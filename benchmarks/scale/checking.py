"""How long checks over one store take, in process and served, and how much memory is held for it."""

import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.peers import ROOT
from benchmarks.scale.population import OPERATOR, Situation
from benchmarks.served import processes
from benchmarks.served.ours_api import OurClient
from pdp.api.v1 import decision_pb2
from pdp.core.request import Request
from pdp.decision_point import DecisionPoint
from pdp.settings import Settings
from pdp.wire.json_form import check_request_from_dict
from pdp.wire.requests import request_from_wire
from pdp.wiring.deciding import served_decision_point
from pdp.wiring.folders import load_policies
from pdp.wiring.stores import fact_store
from pdp.wiring.words import load_words

Scenes = Mapping[str, Sequence[Situation]]
Figures = dict[str, float]
"""Median and p99 in milliseconds, by way and figure."""

_MEGABYTE: Final = 1 << 20


def in_process(url: str, scenes: Scenes) -> dict[str, Figures]:
    """Return the figures of every scene: nothing kept, the first time and again; then with what was kept."""
    words = load_words()
    policies = load_policies(ROOT / "policies", words, only=OPERATOR)
    asked = {
        name: [request_from_wire(check_request_from_dict(each), words) for each in situations]
        for name, situations in scenes.items()
    }
    before = _resident("self")
    store = fact_store(url)
    reading = served_decision_point(Settings(store=url, cache_megabytes=0, decision_log="none"), policies, store)
    keeping = served_decision_point(Settings(store=url, decision_log="none"), policies, store)
    keeping.cache.begin()
    store.state()  # the connection is made
    found: dict[str, Figures] = {}
    gc.disable()
    try:
        for name, requests in asked.items():
            for way, point in (("first", reading), ("again", reading), ("kept", keeping)):
                if way == "kept":
                    for request in requests:
                        point.check(request)
                took = [_timed(partial(_decided, point, request)) for request in requests]
                found.setdefault(name, {}).update(_figures(way, took))
    finally:
        gc.enable()
        keeping.cache.end()
        store.close()
    found["memory"] = {"held MiB": (_resident("self") - before) / _MEGABYTE}
    return found


def served(url: str, scenes: Scenes) -> dict[str, Figures]:
    """Return the figures of every scene over the wire, one call at a time: the first time, and again."""
    found: dict[str, Figures] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        processes.ours(cores=(0, 1), decision_log=Path(folder) / "log", more=("--store", url)) as running,
        processes.connected(running.address) as channel,
    ):
        client = OurClient(channel)
        for name, situations in scenes.items():
            bodies = [check_request_from_dict(each).SerializeToString() for each in situations]
            for way in ("first", "again"):
                took = [_timed(partial(_answered, client, body)) for body in bodies]
                found.setdefault(name, {}).update(_figures(way, took))
        found["memory"] = {"held MiB": sum(_resident(str(pid)) for pid in running.pids) / _MEGABYTE}
    return found


def _decided(point: DecisionPoint, request: Request) -> bool:
    return point.check(request).allowed


def _answered(client: OurClient, body: bytes) -> bool:
    answer = decision_pb2.CheckResponse.FromString(client.answer(body))
    return answer.decision == decision_pb2.DECISION_ALLOW


def _timed(check: Callable[[], bool]) -> float:
    begun = time.perf_counter()
    is_allowed = check()
    took = time.perf_counter() - begun
    # A question that is denied may be answered without the facts that it is meant to look for.
    assert is_allowed, "a question of this benchmark is denied"
    return took * 1000


def _figures(way: str, took: Sequence[float]) -> Figures:
    ordered = sorted(took)
    return {f"{way}: median": statistics.median(ordered), f"{way}: p99": ordered[int(len(ordered) * 0.99)]}


def _resident(pid: str) -> int:
    """Return the resident memory of a process, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
