"""A document that is fetched by https, and kept for as long as it may be old."""

import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, Final

from pdp.core.errors import UnavailableError
from pdp.core.ports import KEPT_SECONDS

LARGEST: Final = 64 << 10
FETCH_SECONDS: Final = 300.0
"""So often it is fetched anew."""

HURRIED_SECONDS: Final = 60.0
"""So often at most when somebody has missed something in it: whoever sends nonsense must not make us ask for it."""

_WHOLE_SECONDS: Final = 5.0
"""So long a whole answer is waited for, from the look-up of the name to the last byte."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Another address is not the one that was configured."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


class HttpsDocument:
    """What lies at *address*, which begins with https://. Its server is verified against *trusted*, by default the
    authorities of the machine; no proxy is used and no redirect followed. Only one thread may use it."""

    def __init__(
        self,
        address: str,
        trusted: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._clock = clock
        context = trusted or ssl.create_default_context()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), _NoRedirect
        )
        self._content: bytes | None = None
        self._fetched = self._tried = float("-inf")
        self._is_hurried = False
        self._fetches = 0
        self._fetching: threading.Thread | None = None

    def stamp(self) -> object:
        """Return how often it was due to be fetched: a number that goes up with time, and sooner when hurried."""
        wait = HURRIED_SECONDS if self._is_hurried or self._content is None else FETCH_SECONDS
        if self._clock() - self._tried >= wait:
            return self._fetches + 1
        return self._fetches

    def read(self) -> bytes:
        """Return the content, fetched if that is due; raise UnavailableError when none is young enough."""
        if self.stamp() != self._fetches:
            self._tried = self._clock()
            self._fetches += 1
            self._is_hurried = False
            try:
                self._content = self._fetch()
                self._fetched = self._tried
            # A process that can have no more threads, or is ending, says so by a RuntimeError.
            except (OSError, HTTPException, RuntimeError, ValueError) as error:
                if self._content is None:
                    raise UnavailableError(f"`{self._address}` cannot be fetched: {error}") from error
        if self._content is None or self._clock() - self._fetched > KEPT_SECONDS:
            raise UnavailableError(f"`{self._address}` could not be fetched for too long")
        return self._content

    def age(self) -> float:
        """Return how many seconds ago it was asked for what it holds now."""
        return self._clock() - self._fetched

    def hurry(self) -> None:
        """Let it be fetched as soon as that is allowed."""
        self._is_hurried = True

    def _fetch(self) -> bytes:
        """Return what the address answers in time.

        FAIL CLOSED (one who does not end): a server that sends a byte now and then keeps every time limit of a socket.
        Whoever reads documents goes on after a while, and no second fetch begins beside one that has not ended.
        """
        if self._fetching is not None and self._fetching.is_alive():
            raise TimeoutError("the former answer has not ended")
        found: list[bytes | Exception] = []

        def fetch() -> None:
            try:
                found.append(self._answer())
            except Exception as error:  # noqa: BLE001  # raised where it is waited for
                found.append(error)

        self._fetching = threading.Thread(target=fetch, name="fetching", daemon=True)
        self._fetching.start()
        self._fetching.join(_WHOLE_SECONDS)
        (got,) = found or [TimeoutError(f"no whole answer within {_WHOLE_SECONDS:g} s")]
        if isinstance(got, Exception):
            raise got
        return got

    def _answer(self) -> bytes:
        request = urllib.request.Request(self._address, headers={"Accept": "application/json"})
        try:
            with self._opener.open(request, timeout=_WHOLE_SECONDS) as answer:
                content: bytes = answer.read(LARGEST + 1)
        except urllib.error.HTTPError as error:
            error.close()  # it holds the connection
            raise OSError(str(error)) from None
        if len(content) > LARGEST:
            raise ValueError(f"more than {LARGEST} bytes")
        return content
