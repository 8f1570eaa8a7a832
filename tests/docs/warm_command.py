"""Runs commands of `pdp` in processes forked from one that has imported all of them: starting costs most of a command.

A process of its own, so that nothing of the one that runs the tests is in them: no threads, no gRPC at work.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

from pdp.cli import COMMANDS, main

ROOT: Final = Path(__file__).resolve().parents[2]


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[str, int]:
    """Return what `pdp` with *arguments* prints on stdout and stderr, and the code that it ends with."""
    warm = _warm()
    assert warm.stdin is not None
    assert warm.stdout is not None
    warm.stdin.write(json.dumps([list(arguments), dict(environment)]) + "\n")
    warm.stdin.flush()
    printed, code = json.loads(warm.stdout.readline())
    return printed, code


@cache
def _warm() -> "subprocess.Popen[str]":
    """Start the process that the others are forked from; it ends when its input does."""
    warm = subprocess.Popen(
        [sys.executable, "-m", "tests.docs.warm_command"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    atexit.register(warm.communicate)
    return warm


def _serve() -> None:
    """Fork a process for each line of stdin, and answer with what it printed."""
    for place in COMMANDS.values():
        import_module(place.function.partition(":")[0])
    for line in sys.stdin:
        arguments, environment = json.loads(line)
        with tempfile.TemporaryFile() as printed:
            child = os.fork()
            if child == 0:
                _become(arguments, environment, printed.fileno())
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            printed.seek(0)
            sys.stdout.write(json.dumps([printed.read().decode("utf-8"), code]) + "\n")
            sys.stdout.flush()


def _become(arguments: list[str], environment: dict[str, str], printed: int) -> NoReturn:
    """Be the command: as a new process would be it, but for its imports."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    os.environ.clear()
    os.environ.update(environment)
    main.main(arguments, prog_name="pdp")
    raise AssertionError


if __name__ == "__main__":
    _serve()
