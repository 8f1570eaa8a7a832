"""Asks a server far more than it can answer, in a process that gives way to whoever measures on the same core.

Usage: python -m benchmarks.overload.flooder ADDRESS AUTHORIZATION RATE SECONDS
It says when it is ready and begins when it is told so by a line.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from benchmarks.overload.asking import asked, told
from benchmarks.served.open_loop import Stream, ask_at_rates

_GIVES_WAY: Final = 15
"""A flood takes what the core of the load has left: what its own caller waits there is no wait of the server's."""


@contextmanager
def flooding(address: str, authorization: str, rate: float, seconds: float) -> Iterator[dict[str, Any]]:
    """Flood the server at *address* beside what is done meanwhile; what became of it stands in what is given, then."""
    command = [sys.executable, "-m", "benchmarks.overload.flooder", address, authorization, str(rate), str(seconds)]
    found: dict[str, Any] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        process.stdin.write("begin\n")
        process.stdin.flush()
        yield found
        found.update(json.loads(process.communicate(timeout=seconds + 60)[0]))


def main(address: str, authorization: str, rate: float, seconds: float) -> None:
    """Flood, and print what became of it."""
    os.nice(_GIVES_WAY)
    print("ready", flush=True)
    sys.stdin.readline()
    (outcome,) = ask_at_rates(address, [Stream(asked(authorization), rate)], seconds)
    print(json.dumps(told(outcome)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
