"""What is compared in which scene: each server with the bytes that it is sent, checked once before it is measured."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Final

from benchmarks.served import cerbos_policies, echo, processes
from benchmarks.served.cerbos_api import PATH as CERBOS_PATH
from benchmarks.served.cerbos_api import CerbosClient
from benchmarks.served.load import Target, framed
from benchmarks.served.ours_api import (
    CHECK,
    CHECK_BATCH,
    OurClient,
    batch_allows,
    batch_body,
    check_allows,
    request_body,
)
from benchmarks.served.situations import BATCH, Situation, with_three_facts, without_facts

MIXED: Final = 4
"""So many requests of different people are sent side by side in the mixed scene."""


class ServerName(Enum):
    """A server that is compared."""

    ECHO = "echo"
    ECHO_PUBLIC = "echo of the public server"
    OURS = "ours"
    CERBOS = "cerbos"
    CERBOS_AUDIT = "cerbos with its audit log"


@dataclass(frozen=True, slots=True)
class Scene:
    """What is asked: each of *bodies* is one request, about one situation or about a batch of them."""

    name: str
    bodies: tuple[tuple[Situation, ...], ...]
    one_by_one: bool = True

    @property
    def decisions(self) -> int:
        """Return how many decisions one call asks for."""
        return len(self.bodies[0])


SCENES: Final = (
    Scene("no facts", ((without_facts(),),)),
    Scene("three facts", ((with_three_facts(),),)),
    Scene("three facts, four callers", tuple((with_three_facts(each, mother=each),) for each in range(MIXED)), False),
    Scene("batch of 50, no facts", (tuple(map(without_facts, range(BATCH))),), False),
    Scene("batch of 50, three facts", (tuple(map(with_three_facts, range(BATCH))),), False),
)
"""*one_by_one*: whether the time of a single call is measured too, besides calls a second."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A server, and what it is sent in each scene that it takes part in."""

    name: ServerName
    running: processes.Running
    targets: Mapping[str, Target]
    records: Path | None
    request_bytes: Mapping[str, int]


@contextmanager
def running(folder: Path, cores: tuple[int, ...]) -> Iterator[list[Contender]]:
    """Start every server on *cores* and yield the contenders; each has given the right answer in every scene."""
    with ExitStack() as stack:
        records = folder / "records.jsonl"
        server = stack.enter_context(processes.ours(cores, records))
        ours = our_contender(stack, folder, server, records)
        # The echo sends back as many bytes as this project's answers have.
        lengths = {f"scene{at}": ours.targets[scene.name].answer_bytes for at, scene in enumerate(SCENES)}
        echoing = stack.enter_context(processes.echo(cores, lengths))
        public = stack.enter_context(processes.echo(cores, lengths, public=True))
        contenders = [
            _echo(ServerName.ECHO, echoing, ours, SCENES),
            _echo(ServerName.ECHO_PUBLIC, public, ours, SCENES[:1]),
            ours,
        ]
        for name, audit in ((ServerName.CERBOS, False), (ServerName.CERBOS_AUDIT, True)):
            own = folder / name.name.lower()
            started = stack.enter_context(processes.cerbos(cores, own, cerbos_policies.policies(), audit=audit))
            contenders.append(_cerbos(stack, own, name, started, own / "audit.log" if audit else None))
        yield contenders


def _echo(name: ServerName, server: processes.Running, ours: Contender, scenes: Sequence[Scene]) -> Contender:
    targets = {
        scene.name: replace(
            ours.targets[scene.name], address=server.address, path=f"/{echo.SERVICE}/scene{SCENES.index(scene)}"
        )
        for scene in scenes
    }
    return Contender(name, server, targets, None, ours.request_bytes)


def our_contender(stack: ExitStack, folder: Path, server: processes.Running, records: Path) -> Contender:
    """Return this project's server as a contender whose bodies lie in *folder*."""
    client = OurClient(stack.enter_context(processes.connected(server.address)))

    def body(situations: tuple[Situation, ...]) -> bytes:
        return request_body(situations[0]) if len(situations) == 1 else batch_body(situations)

    def answer(situations: tuple[Situation, ...]) -> bytes:
        if len(situations) == 1:
            return client.answer(body(situations))
        return client.answer_batch(body(situations))

    def allowed(situations: tuple[Situation, ...]) -> list[bool]:
        answered = answer(situations)
        return [check_allows(answered)] if len(situations) == 1 else batch_allows(answered)

    targets = {
        scene.name: Target(
            server.address,
            CHECK if scene.decisions == 1 else CHECK_BATCH,
            _bodies(folder, "ours", scene, body),
            _checked(scene, answer, allowed),
        )
        for scene in SCENES
    }
    return Contender(ServerName.OURS, server, targets, records, _sizes(body))


def _cerbos(
    stack: ExitStack, folder: Path, name: ServerName, server: processes.Running, records: Path | None
) -> Contender:
    client = CerbosClient(stack.enter_context(processes.connected(server.address)))
    targets = {
        scene.name: Target(
            server.address,
            CERBOS_PATH,
            _bodies(folder, "cerbos", scene, client.body),
            _checked(
                scene, lambda each: client.answer(client.body(each)), lambda each: client.allowed(client.body(each))
            ),
        )
        for scene in SCENES
    }
    return Contender(name, server, targets, records, _sizes(client.body))


def _bodies(
    folder: Path, prefix: str, scene: Scene, body: Callable[[tuple[Situation, ...]], bytes]
) -> tuple[Path, ...]:
    name = scene.name.replace(" ", "-").replace(",", "")
    return tuple(
        framed(folder, f"{prefix}-{name}-{at}", body(situations)) for at, situations in enumerate(scene.bodies)
    )


def _checked(
    scene: Scene,
    answer: Callable[[tuple[Situation, ...]], bytes],
    allowed: Callable[[tuple[Situation, ...]], list[bool]],
) -> int:
    """Return how long an answer is, once every body of *scene* has been answered with yes throughout."""
    for situations in scene.bodies:
        if allowed(situations) != [True] * len(situations):
            raise ValueError(f"`{scene.name}` is not allowed throughout")
    return len(answer(scene.bodies[0]))


def _sizes(body: Callable[[tuple[Situation, ...]], bytes]) -> dict[str, int]:
    return {scene.name: len(body(scene.bodies[0])) for scene in SCENES}
