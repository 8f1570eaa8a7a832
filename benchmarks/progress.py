"""What a long run is at, on stderr."""

import sys
import time
from typing import Final

_BEGUN: Final = time.monotonic()


def say(what: str) -> None:
    """Tell *what* is done, with the seconds since the beginning."""
    print(f"{time.monotonic() - _BEGUN:6.1f} s  {what}", file=sys.stderr, flush=True)
