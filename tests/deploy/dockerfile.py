"""The Dockerfile as a list of instructions, so that its steps can be run without a container."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DOCKERFILE: Final = Path(__file__).parents[2] / "deploy" / "container" / "Dockerfile"

_HEREDOC: Final = re.compile(r"<<-?[A-Z\"']")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of one stage (counted from 0): `RUN`, and what stands behind it, on one line."""

    stage: int
    name: str
    said: str

    def words(self) -> list[str]:
        """Return what a command in JSON form consists of; raise ValueError for one that a shell would read."""
        at = self.said.index("[")
        found: list[str] = json.loads(self.said[at:])
        return found


def read(text: str) -> tuple[Instruction, ...]:
    """Return the instructions of a Dockerfile, in their order."""
    if _HEREDOC.search(text):
        raise ValueError("documents inside are not read here")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    found, stage = [], -1
    for line in joined:
        name, _, said = line.partition(" ")
        stage += name == "FROM"
        found.append(Instruction(stage, name, re.sub(r"\s+", " ", said).strip()))
    return tuple(found)


def last(instructions: tuple[Instruction, ...], name: str) -> Instruction:
    """Return the instruction of that name that counts: the last one of the last stage."""
    stage = instructions[-1].stage
    return [each for each in instructions if each.name == name and each.stage == stage][-1]


def environment(instructions: tuple[Instruction, ...]) -> dict[str, str]:
    """Return the variables that the last stage sets."""
    said = [each.said for each in instructions if each.name == "ENV" and each.stage == instructions[-1].stage]
    return {name: value for each in said for name, _, value in (pair.partition("=") for pair in each.split(" "))}
