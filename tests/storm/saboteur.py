"""Does to Redis and to the instances what may happen to them, one thing after another."""

import json
import os
import random
import signal
import time
from collections.abc import Sequence
from typing import Any, Final

import redis as library

from tests.caching.redis_server import RedisServer
from tests.storm.ledger import Ledger

SEALED: Final = 20
"""Bytes of the id of the key and of the nonce before what is sealed."""


class Saboteur:
    """Works on a Redis and on the processes of the instances."""

    def __init__(self, redis: RedisServer, processes: Sequence[int], ledger: Ledger, seed: int) -> None:
        self._redis = redis
        self._processes = processes
        self._ledger = ledger
        self._random = random.Random(seed)
        self._old: dict[bytes, bytes] = {}
        self._works = (self.fill, self.freeze, self.empty, self.fill, self.kill, self.fill, self.hang)

    def work(self, number: int) -> None:
        """Do the next thing."""
        try:
            self._works[number % len(self._works)]()
        except library.RedisError:
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill Redis, and start it again empty."""
        self._redis.kill()
        time.sleep(0.4)
        self._redis.start()
        self._ledger.add("redis-killed")

    def hang(self) -> None:
        """Let Redis stand still for longer than it is waited for."""
        self._redis.signal(signal.SIGSTOP)
        time.sleep(0.8)
        self._redis.signal(signal.SIGCONT)
        self._ledger.add("redis-hung")

    def empty(self) -> None:
        """Take everything out of Redis."""
        self._redis.client().flushall()
        self._ledger.add("redis-emptied")

    def fill(self) -> None:
        """Put back what was there before, under its name and under others, and forge what looks newer."""
        client = self._redis.client()
        names = list(client.scan_iter(count=500))[:400]
        values = client.mget(names) if names else []
        now = {name: value for name, value in zip(names, values, strict=True) if value}
        newest = max(map(said_in, now.values()), key=lambda said: int(said.get("revision", 0)), default={})
        for name, value in self._old.items():
            client.set(name, forged(value, newest) if self._random.random() < 0.5 else value)
        if len(now) > 1:
            others = list(now.values())
            for name in self._random.sample(list(now), len(now) // 4):
                client.set(name, self._random.choice(others))
        if self._random.random() < 0.5 or not self._old:
            self._old = now
        self._ledger.add("redis-filled")

    def freeze(self) -> None:
        """Let one instance stand still for two seconds."""
        chosen = self._random.choice(list(self._processes))
        os.kill(chosen, signal.SIGSTOP)
        time.sleep(2.0)
        os.kill(chosen, signal.SIGCONT)
        self._ledger.add("frozen")


def forged(value: bytes, newest: dict[str, Any]) -> bytes:
    """Return an old value that claims to be of the *newest* revision or of one that is yet to come.

    Where nothing can be read, one that is changed.
    """
    said = said_in(value)
    if not said or not newest:
        return value[:-1] + bytes([value[-1] ^ 1])
    # Where revisions have marks, one that is yet to come has none that could be known.
    revision = newest["revision"] if "#" in newest["life"] else 1 << 62
    said |= {"life": newest["life"], "revision": revision}
    length = int.from_bytes(value[SEALED : SEALED + 4], "big")
    return value[: SEALED + 4 + length] + json.dumps(said).encode()


def said_in(value: bytes) -> dict[str, Any]:
    """Return what *value* says, nothing where it is sealed so that it cannot be read."""
    length = int.from_bytes(value[SEALED : SEALED + 4], "big")
    try:
        said: dict[str, Any] = json.loads(value[SEALED + 4 + length :])
    except ValueError:
        return {}
    return said
