"""Readings that processes share in Redis, which may be gone, slow, hung, emptied, full, read-only or lie.

Whatever it does costs time alone: a call waits for 30 ms at most, after three that fail it is left alone for a second,
and what comes back is believed only if somebody with the key wrote it as the answer to this very question.
"""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from redis.exceptions import ResponseError

from pdp.core.caches import Content, Reading
from pdp.core.errors import UnavailableError
from pdp_adapters.breaker import Breaker, Pace
from pdp_adapters.cache_keys import CacheKeys
from pdp_adapters.reading_bytes import content_bytes, reading_bytes, reading_from

PREFIX: Final = b"pdp:1:"
"""What the names of all values begin with: a user of Redis that may read and write these alone is enough."""

KEPT_SECONDS: Final = 300
"""So long a value stays, a fifth more or less: what one process wrote at once is not gone at once."""

MOST_BYTES: Final = 1 << 20
"""What is larger than this is not written."""

COUNTED: Final = ("shared-hits", "shared-misses", "shared-refused", "shared-failed", "shared-skipped", "shared-written")


class RedisReadings:
    """Readings in the Redis that *connect* gives a client for; *version* is of the program that wrote them."""

    name: Final = "redis"

    def __init__(self, connect: Callable[[], Any], keys: CacheKeys, version: str) -> None:
        self._connect = connect
        self._keys = keys
        self._version = version
        self._breaker = Breaker()
        self._pace = Pace()
        self._counted: Counter[str] = Counter(dict.fromkeys(COUNTED, 0))
        self._lock = threading.Lock()
        self._client: tuple[int, Any] | None = None
        self._missed_at = threading.local()

    def get(self, operator: str, content: Content) -> Reading | None:
        """Return the reading of *content*, None on a miss and on every failure."""
        self._missed_at.instant = None
        if not self._pace.is_worth_it() or not self._breaker.lets_through():
            self._counted["shared-skipped"] += 1
            self._missed_at.instant = time.monotonic()
            return None
        begun = time.monotonic()
        found: Reading | None = self._called(lambda client: self._found(client, operator, content))
        now = self._missed_at.instant = time.monotonic()
        self._pace.first_took(now - begun)
        self._counted["shared-misses" if found is None else "shared-hits"] += 1
        return found

    def put(self, operator: str, content: Content, reading: Reading) -> None:
        """Keep *reading* for a while, if Redis takes it."""
        missed_at = getattr(self._missed_at, "instant", None)
        if missed_at is not None:
            # What was read instead was read on this thread, since the miss.
            self._pace.second_took(time.monotonic() - missed_at)
        named = content_bytes(self._version, operator, content)
        value = self._keys.sealed(operator, reading_bytes(named, operator, reading))
        if len(value) > MOST_BYTES or not self._breaker.lets_through():
            return
        name = PREFIX + self._keys.names(operator, named)[0]
        seconds = int(KEPT_SECONDS * random.uniform(0.8, 1.2))  # spread, not secret
        if self._called(lambda client: client.set(name, value, ex=seconds)):
            self._counted["shared-written"] += 1

    def counted(self) -> Mapping[str, int]:
        """Return how often what happened."""
        return {**self._counted, "shared-left-alone": self._breaker.opened}

    def close(self) -> None:
        """Let go of the connections of this process."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None and client[0] == os.getpid():
            client[1].close()

    def _found(self, client: Any, operator: str, content: Content) -> Reading | None:
        named = content_bytes(self._version, operator, content)
        values = [client.get(PREFIX + name) for name in self._keys.names(operator, named)]
        return self._believed(operator, named, values)

    def _believed(self, operator: str, named: bytes, values: list[object]) -> Reading | None:
        for value in values:
            if value is None:
                continue
            found = None
            # What has the right code and cannot be read was written by another kind of program of ours.
            with suppress(ArithmeticError, LookupError, TypeError, ValueError, UnavailableError):
                body = self._keys.opened(operator, value) if isinstance(value, bytes) else None
                # FAIL CLOSED (forged value): whoever can write to Redis is not thereby one of us.
                found = None if body is None else reading_from(body, named)
            if found is not None:
                return found
            self._counted["shared-refused"] += 1
        return None

    def _called(self, call: Callable[[Any], Any]) -> Any:
        """Return what *call* gives, None when Redis fails."""
        try:
            answer = call(self._own_client())
        except ResponseError:
            # It answers, and does not do it: full, read-only, not permitted, another kind of value under the name.
            self._counted["shared-failed"] += 1
            self._breaker.succeeded()
            return None
        except Exception:  # noqa: BLE001 - what answers there may be anything, and the library raises what it likes
            self._counted["shared-failed"] += 1
            self._breaker.failed()
            return None
        self._breaker.succeeded()
        return answer

    def _own_client(self) -> Any:
        """Return the client of this process; one from before a fork belongs to the other process."""
        held = self._client
        if held is not None and held[0] == os.getpid():
            return held[1]
        with self._lock:
            if self._client is None or self._client[0] != os.getpid():
                self._client = (os.getpid(), self._connect())
            return self._client[1]
