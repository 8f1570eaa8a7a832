"""What the parts of a storm take of the processors, and what everything on the machine does (proc(5))."""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
ALL: Final = "everything on this machine"


class Processors:
    """Counts, from when it is made, the processor time of processes by the name of their part."""

    def __init__(self, parts: Mapping[str, Sequence[int]]) -> None:
        self._parts = parts
        self._begun = time.monotonic()
        self._before = self._seconds()

    def taken(self) -> dict[str, float]:
        """Return how many processors each part, and everything on the machine, has kept busy on average."""
        seconds = max(1e-9, time.monotonic() - self._begun)
        return {name: (now - self._before[name]) / seconds for name, now in self._seconds().items()}

    def _seconds(self) -> dict[str, float]:
        found = {name: sum(map(_of_process, pids)) for name, pids in self._parts.items()}
        idle_and_waiting = slice(3, 5)
        ticks = [int(each) for each in Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:9]]
        return found | {ALL: (sum(ticks) - sum(ticks[idle_and_waiting])) / _TICKS}


def _of_process(pid: int) -> float:
    """Return the seconds that a process has taken, those in the system included; 0 where it has ended."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return 0.0
    user, system = said.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / _TICKS
