"""One reading for all who want the same at the same time."""

import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from pdp.core.caches import Content

Value = TypeVar("Value")

WAIT_SECONDS: Final = 0.2
"""So long somebody waits for the reading of another; then he reads himself."""


class _Flight(Generic[Value]):
    def __init__(self) -> None:
        self.ended = threading.Event()
        self.value: Value | None = None


class Flights(Generic[Value]):
    """Readings under way, by content."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[Content, _Flight[Value]] = {}

    def joined(self, content: Content, read: Callable[[], Value]) -> tuple[Value, bool]:
        """Return what *read* gives, here or for somebody who began before, and whether it was read here.

        What another read may have been read before this call: it has to be held against what was known at its
        beginning. Where the other fails or takes too long, it is read here.
        """
        with self._lock:
            flight = self._flights.get(content)
            leads = flight is None
            if flight is None:
                flight = self._flights[content] = _Flight()
        if not leads:
            flight.ended.wait(WAIT_SECONDS)
            if flight.value is not None:
                return flight.value, False
            return read(), True
        try:
            flight.value = value = read()
            return value, True
        finally:
            with self._lock:
                del self._flights[content]
            flight.ended.set()
