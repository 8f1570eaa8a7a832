"""Servers side by side: each scene, each server in turn, round after round."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.progress import say
from benchmarks.rounds import over_rounds, ratios
from benchmarks.served import equivalence, processes
from benchmarks.served.contenders import SCENES, Contender, Scene, ServerName, our_contender, running
from benchmarks.served.load import Load, Taken, call

IN_FLIGHT: Final = 32
BATCHES_IN_FLIGHT: Final = 8
CONNECTIONS: Final = 32
"""Connections when several workers share a port: the kernel gives each connection to one of them."""

_FIRST_CALLS: Final = 200
_FIRST_BATCHES: Final = 10
_LEAST_CALLS: Final = 20


@dataclass
class _Figures:
    """One server in one scene, a figure a round."""

    rate: list[float] = field(default_factory=list)
    median_us: list[float] = field(default_factory=list)
    p99_us: list[float] = field(default_factory=list)
    processor_us: list[float] = field(default_factory=list)


class _Paced:
    """Calls a server about as long as it is to be measured, however fast it is."""

    def __init__(self, contender: Contender, scene: Scene, load: Load, folder: Path) -> None:
        self._contender = contender
        self._target = contender.targets[scene.name]
        self._load = load
        self._folder = folder
        first = _FIRST_CALLS if scene.decisions == 1 else _FIRST_BATCHES
        # Twice: what is slow for the first time only, such as a connection, is over.
        self._rate = [call(self._target, load, first, folder).rate for _ in range(2)][-1]

    def measure(self, seconds: float) -> tuple[Taken, float]:
        """Return what came of some *seconds* of load, and the processor's microseconds that each call cost."""
        calls = max(_LEAST_CALLS, int(self._rate * seconds))
        before = self._contender.running.processor_seconds()
        taken = call(self._target, self._load, calls, self._folder)
        spent = self._contender.running.processor_seconds() - before
        self._rate = taken.rate
        if self._contender.records is not None:
            os.truncate(self._contender.records, 0)  # minutes of load would fill the disk
        return taken, spent / calls * 1e6


def measure(folder: Path, server_core: int, load_core: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Return what each server does in each scene, pinned to one core, with the load on the other."""
    figures: dict[tuple[str, ServerName], _Figures] = {}
    paces: dict[tuple[str, ServerName, int], _Paced] = {}
    with running(folder, (server_core,)) as contenders:
        for number in range(rounds):
            for scene, contender in _in_turns(number, contenders):
                found = figures.setdefault((scene.name, contender.name), _Figures())
                for in_flight in (1, IN_FLIGHT) if scene.one_by_one else (_together(scene),):
                    key = scene.name, contender.name, in_flight
                    if key not in paces:
                        paces[key] = _Paced(contender, scene, Load((load_core,), in_flight), folder)
                    taken, processor_us = paces[key].measure(seconds)
                    if in_flight == 1:
                        found.median_us.append(taken.median_us)
                        found.p99_us.append(taken.p99_us)
                    else:
                        found.rate.append(taken.rate * scene.decisions)
                        found.processor_us.append(processor_us / scene.decisions)
            say(f"served: round {number + 1} of {rounds}")
        sizes = {contender.name: contender for contender in contenders}
    return {scene.name: _scene(scene, figures, sizes) for scene in SCENES}


def _together(scene: Scene) -> int:
    return IN_FLIGHT if scene.decisions == 1 else BATCHES_IN_FLIGHT


def _in_turns(number: int, contenders: Sequence[Contender]) -> Iterator[tuple[Scene, Contender]]:
    """Yield every scene with every contender; each round begins with another one, so that none always comes first."""
    for scene in SCENES:
        for at in range(len(contenders)):
            contender = contenders[(at + number) % len(contenders)]
            if scene.name in contender.targets:
                yield scene, contender


def _scene(
    scene: Scene, figures: dict[tuple[str, ServerName], _Figures], contenders: dict[ServerName, Contender]
) -> dict[str, Any]:
    of = {name: figures[scene.name, name] for name in contenders if (scene.name, name) in figures}
    ours = of[ServerName.OURS]
    compared: dict[str, Any] = {
        "rate_of_echo": ratios(ours.rate, of[ServerName.ECHO].rate).as_json(),
        "rate_of_cerbos": ratios(ours.rate, of[ServerName.CERBOS].rate).as_json(),
        "rate_of_cerbos_with_audit": ratios(ours.rate, of[ServerName.CERBOS_AUDIT].rate).as_json(),
    }
    if scene.one_by_one:
        compared |= {
            "median_of_echo": ratios(ours.median_us, of[ServerName.ECHO].median_us).as_json(),
            "median_of_cerbos": ratios(ours.median_us, of[ServerName.CERBOS].median_us).as_json(),
        }
    servers = {
        name.value: {
            "request_bytes": contenders[name].request_bytes[scene.name],
            "answer_bytes": contenders[name].targets[scene.name].answer_bytes,
            **{
                key: over_rounds(values).as_json()
                for key, values in vars(found).items()
                if values  # the time of one call is not measured in every scene
            },
        }
        for name, found in of.items()
    }
    return {"decisions_a_call": scene.decisions, "ratios": compared, "servers": servers}


def measure_workers(folder: Path, cores: tuple[int, ...], rounds: int, seconds: float) -> dict[str, Any]:
    """Return what one worker and a worker for each core do, with the load on all cores."""
    load = Load(cores, IN_FLIGHT, CONNECTIONS)
    rates: dict[str, dict[int, list[float]]] = {}
    scenes = SCENES[:2]
    with ExitStack() as stack:
        paces: dict[tuple[str, int], _Paced] = {}
        for workers in (1, len(cores)):
            own = folder / f"workers{workers}"
            own.mkdir()
            server = stack.enter_context(processes.ours(cores, own / "records.jsonl", workers=workers))
            contender = our_contender(stack, own, server, own / "records.jsonl")
            for scene in scenes:
                paces[scene.name, workers] = _Paced(contender, scene, load, own)
        for number in range(rounds):
            for (scene_name, workers), paced in paces.items():
                taken, _ = paced.measure(seconds)
                rates.setdefault(scene_name, {}).setdefault(workers, []).append(taken.rate)
            say(f"served by workers: round {number + 1} of {rounds}")
    return {
        name: {
            "more_than_one": ratios(of_workers[len(cores)], of_workers[1]).as_json(),
            "rates": {str(workers): over_rounds(found).as_json() for workers, found in of_workers.items()},
        }
        for name, of_workers in rates.items()
    }


def run(rounds: int, seconds: float) -> dict[str, Any]:
    """Compare the answers, then measure: *seconds* a round, scene and server."""
    cores = tuple(sorted(os.sched_getaffinity(0)))
    if len(cores) < 2:
        raise RuntimeError("one core for the server and another for the load are needed, and there is one")
    server_core, load_core = cores[-1], cores[0]
    with tempfile.TemporaryDirectory(prefix="pdp-bench-") as name:
        folder = Path(name)
        return {
            "equivalence": equivalence.compare(folder / "equivalence", (server_core,)),
            "cores": {"server": server_core, "load": load_core},
            "one core": measure(folder, server_core, load_core, rounds, seconds),
            "workers": measure_workers(folder, (load_core, server_core), rounds, seconds),
        }
