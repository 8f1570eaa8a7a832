"""A server in a process of its own, over a decision point that does as it is told: `child.py HOST:PORT GRACE HOW`.

HOW says what deciding does: `at once`, `slowly` (a second) or `never` (it does not come back).
"""

import sys
import time

from pdp.core.decision import Decision
from pdp.core.request import Request
from pdp.server import serve
from pdp.settings import Settings
from pdp.wiring.words import load_words
from tests.system.running import StubPoint, a_decision

SECONDS = {"at once": 0.0, "slowly": 1.0, "never": 3600.0}


def main(listen: str, grace: str, how: str) -> int:
    """Serve, and say on stdout when a decision has begun."""

    def decide(request: Request) -> Decision:
        print("begun", flush=True)  # noqa: T201
        time.sleep(SECONDS[how])
        return a_decision(request)

    return serve(StubPoint(decide), load_words(), Settings(listen=listen, grace_seconds=int(grace)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
