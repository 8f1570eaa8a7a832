"""The other end of `benchmarks.in_process.child`: starts an engine's process and gives it orders."""

import json
import os
import subprocess
import sys
from typing import Any, Final, Self

from benchmarks import peers
from benchmarks.in_process.engines import EngineName

_OF_PEERS: Final = frozenset({EngineName.CEDAR, EngineName.SPICEDB})


class EngineProcess:
    """A process with one engine that holds a policy of so many *rules*, on one *core*."""

    def __init__(self, name: EngineName, rules: int, core: int) -> None:
        python = str(peers.required(peers.PYTHON)) if name in _OF_PEERS else sys.executable
        library = peers.required(peers.SPICEDB_LIBRARY) if name is EngineName.SPICEDB else peers.SPICEDB_LIBRARY
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.in_process.child", name.value, str(rules), str(core)],
            cwd=peers.ROOT,
            env={**os.environ, "PYTHONPATH": str(peers.ROOT), "SPICEDB_LIBRARY_PATH": str(library)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.name = name
        self.load_seconds = float(self._heard()["load_seconds"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def time(self, seconds: float, *, allowed: bool) -> dict[str, Any]:
        """Return the median of some *seconds* of questions with one answer, in microseconds, and how many they were."""
        return self._told({"do": "time", "seconds": seconds, "allowed": allowed})

    def differences(self, count: int) -> dict[str, Any]:
        """Return how many of *count* answers are wrong: those of this engine, and those of each of its twins."""
        return self._told({"do": "compare", "count": count})

    def _told(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._heard()

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process of {self.name.value} has ended with {self._process.wait()}; see above")
        answer: dict[str, Any] = json.loads(line)
        return answer
