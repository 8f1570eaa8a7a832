"""On what the figures were taken: a figure without its machine says nothing."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import peers


def describe() -> dict[str, Any]:
    """Return the processor, the cores that may be used, the system, the versions, the revision and the time."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "revision": _git("rev-parse", "--short=12", "HEAD") + ("+changes" if _git("status", "--porcelain") else ""),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": peers.versions(),
    }


def busy() -> float:
    """Return how many processes wanted a core on average during the last minute: this run alone, if it is quiet."""
    return round(os.getloadavg()[0], 2)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _git(*arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=peers.ROOT, capture_output=True, text=True, check=False)
    return ran.stdout.strip()
