"""Instances broken on purpose, each in the way of a cache that somebody has built. `NONE` is as it should be."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from pdp.caching import Answers, CachedFacts, KeptReadings
from pdp.core.caches import Reading
from pdp.core.ends import Slots
from pdp.core.freshness import Standing, marked
from pdp.core.ports import StoredFacts
from pdp.core.stores import Token
from pdp_adapters.cache_keys import CacheKeys
from pdp_adapters.postgresql_leases import PostgresqlLeases
from pdp_adapters.sql_facts import SqlFacts
from pdp_adapters.sqlite_board import SqliteBoard
from tests.storm.saboteur import SEALED

NONE: Final = "none"


def _delete_on_revoke() -> None:
    """Whatever is kept holds until the process that makes a change deletes what it touches; others are sent a message.

    The messages are switched off, and a reading that was under way is kept after the deletion.
    """
    kept: list[Any] = []

    def remember(self: Any, *arguments: Any, _made: Any = KeptReadings.__init__) -> None:
        _made(self, *arguments)
        kept.append(self)

    def found(self: Any, operator: str, content: Any, _standing: Standing) -> Reading | None:
        return self._memory.get(operator, content)  # type: ignore[no-any-return]

    touched: set[int] = set()

    def noted(real: Any) -> Any:
        def changing(self: Any, session: Any, state: Any, revision: int, committed_at: Any, slots: Slots) -> None:
            touched.update(slots)
            real(self, session, state, revision, committed_at, slots)

        return changing

    def committed(self: SqlFacts, now: Token, _real: Any = SqlFacts._committed) -> None:
        _real(self, now)
        for share in [share for each in kept for share in each._memory._shares.values()]:
            for content, entry in list(share.entries.items()):
                if not touched.isdisjoint(entry.value.slots):
                    share.entries.pop(content, None)
        touched.clear()

    setattr(KeptReadings, "__init__", remember)  # noqa: B010
    setattr(KeptReadings, "found", found)  # noqa: B010
    setattr(SqlFacts, "_committed", committed)  # noqa: B010
    for board in (SqliteBoard, PostgresqlLeases):
        setattr(board, "changing", noted(board.changing))  # noqa: B010


def _revision_after_data() -> None:
    """The revision of a reading is asked for when the reading is over."""

    def read(
        self: CachedFacts,
        standing: Standing,
        read: Callable[[], StoredFacts],
        ends: Callable[[StoredFacts], Slots],
        _real: Any = CachedFacts._read,
    ) -> Reading:
        reading: Reading = _real(self, standing, read, ends)
        time.sleep(0.002)
        later = self._readings.freshness.standing()
        if later is None or later.revision <= reading.revision:
            return reading
        life = marked(later.life, later.mark_of(later.revision) or "")
        return replace(reading, life=life, revision=later.revision)

    setattr(CachedFacts, "_read", read)  # noqa: B010


def _key_without_revision() -> None:
    """What lies in Redis under the right name is taken, whatever revision it is of."""

    real = CachedFacts._shared_or_read

    def shared_or_read(self: Any, operator: str, content: Any, standing: Standing, *reading: Any) -> Reading:
        found: Reading | None = self._shared.get(operator, ("life", standing.life, *content))
        return real(self, operator, content, standing, *reading) if found is None else found

    setattr(CachedFacts, "_shared_or_read", shared_or_read)  # noqa: B010


def _unverified_value() -> None:
    """What lies in Redis is taken for what one of us has written."""
    setattr(CacheKeys, "sealed", lambda _self, _operator, body: bytes(SEALED) + body)  # noqa: B010
    setattr(CacheKeys, "opened", lambda _self, _operator, value: value[SEALED:])  # noqa: B010


def _not_awaited() -> None:
    """A change is acknowledged when it is committed, before everybody knows of it."""

    def late(self: SqliteBoard, session: Any, state: Any, revision: int, committed_at: Any, slots: Slots) -> None:
        import threading

        real = _REAL_CHANGING
        threading.Timer(0.02, lambda: real(self, session, state, revision, committed_at, slots)).start()

    setattr(PostgresqlLeases, "changed", lambda *_: None)  # noqa: B010
    setattr(SqliteBoard, "changing", late)  # noqa: B010


_REAL_CHANGING: Final = SqliteBoard.changing


def _answers_for_a_second() -> None:
    """A decision is kept for a second, whatever happens to the facts."""

    def decision(self: Any, request: Any, policy: str, now: Any) -> Any:
        from pdp.core.content import of_request

        kept = self._decisions.get(request.operator, of_request(request, policy))
        return kept.decision if kept is not None and (now - kept.at).total_seconds() < 1 else None

    setattr(Answers, "decision", decision)  # noqa: B010


TWINS: Final[dict[str, Callable[[], None]]] = {
    NONE: lambda: None,
    "delete-on-revoke": _delete_on_revoke,
    "revision-after-data": _revision_after_data,
    "key-without-revision": _key_without_revision,
    "unverified-value": _unverified_value,
    "not-awaited": _not_awaited,
    "answers-for-a-second": _answers_for_a_second,
}
