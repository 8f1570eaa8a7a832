"""A chain whose answers do not wait for their records: those of a moment, HELD at most, end with the process."""

import os
import threading
from collections.abc import Iterable, Mapping
from typing import Final

from pdp.core.errors import UnavailableError
from pdp.decision_log.writing import Chain, Keeping

HELD: Final = 10_000
"""So many records are held back at most; who comes when there are as many waits until they are written."""

MOMENT_SECONDS: Final = 0.005
_PAUSE_SECONDS: Final = 1.0


class LateChain(Chain):
    """Holds records back and writes them together, in their order; nothing is dropped while the process lives."""

    def __init__(self, keeping: Keeping) -> None:
        self._hold_nothing()
        super().__init__(keeping)
        os.register_at_fork(after_in_child=self._hold_nothing)

    def _hold_nothing(self) -> None:
        self._held: list[bytes] = []
        self._holding = threading.Lock()
        self._come = threading.Event()
        self._is_over = threading.Event()
        self._late: threading.Thread | None = None
        self._has_failed = False

    def append(self, contents: Iterable[bytes]) -> None:
        """Hold a record of each of *contents*; raises UnavailableError while what is held cannot be written."""
        with self._holding:
            # FAIL CLOSED (record lost): once records cannot be written, nobody is answered before they are.
            if self._has_failed or len(self._held) >= HELD:
                self._write_held()
            self._held.extend(contents)
            if self._late is None:
                self._late = threading.Thread(target=self._write_on, name="decision-log", daemon=True)
                self._late.start()
        self._come.set()

    def measured(self) -> Mapping[str, float]:
        """Return what a chain tells, and how many records are held back."""
        return {**super().measured(), "waiting": len(self._held)}

    def end(self) -> None:
        """Write what is held, and that the chain ends here."""
        self._is_over.set()
        self._come.set()
        self._write()
        super().end()

    def _write_on(self) -> None:
        over, come = self._is_over, self._come
        while not over.is_set():
            come.wait()
            come.clear()
            over.wait(MOMENT_SECONDS)
            if not self._write():
                come.set()
                over.wait(_PAUSE_SECONDS)

    def _write(self) -> bool:
        """Write what is held and say whether nothing is held any more."""
        try:
            with self._holding:
                self._write_held()
        except UnavailableError as error:
            self._warn("records held back", str(error))
            return False
        return True

    def _write_held(self) -> None:
        """Write what is held; what cannot be written stays held. Raises UnavailableError."""
        if self._held:
            self._has_failed = True
            super().append(self._held)
            self._held, self._has_failed = [], False
