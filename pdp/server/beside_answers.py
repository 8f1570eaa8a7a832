"""How something large is built in a process that answers meanwhile."""

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TURN_SECONDS: Final = 0.0002
"""How long a thread that builds keeps the interpreter from an answer that waits for it; usual are 5 ms."""

_USUAL_TURN: Final = sys.getswitchinterval()
_lock: Final = threading.Lock()
_building: set[object] = set()


@contextmanager
def beside_answers() -> Iterator[None]:
    """Let other threads have the interpreter soon, and nobody collect garbage, while something large is built."""
    token = object()
    with _lock:
        _building.add(token)
        sys.setswitchinterval(TURN_SECONDS)
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _building.remove(token)
            if not _building:
                gc.enable()
                sys.setswitchinterval(_USUAL_TURN)
