"""Readings as bytes for a shared cache, and back: everything that a reading depends on stands in them too."""

import json
from typing import Any, Final

from pdp.core.caches import Content, Reading
from pdp.core.content import encoded
from pdp.core.ports import StoredFacts
from pdp_adapters.fact_rows import fact_of, instant, microseconds, row_of

FORMAT: Final = 2
"""Raised whenever these bytes, or what readings consist of, get another meaning."""

_LENGTH_BYTES: Final = 4


def content_bytes(version: str, operator: str, content: Content) -> bytes:
    """Return all that a reading of *content* depends on, as bytes that no other content has."""
    return encoded(("reading", FORMAT, version, operator, content))


def reading_bytes(content: bytes, operator: str, reading: Reading) -> bytes:
    """Return *reading* of *content*."""
    stored = reading.stored
    rows = []
    for fact in stored.facts:
        row = row_of(operator, fact)
        rows.append((row.id, row.kind, row.body, row.valid_from, row.valid_until))
    said = {
        "facts": rows,
        "token": stored.token,
        "committed_at": None if stored.committed_at is None else microseconds(stored.committed_at),
        "life": reading.life,
        "revision": reading.revision,
        "slots": reading.slots,
    }
    text = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()
    return len(content).to_bytes(_LENGTH_BYTES, "big") + content + text


def reading_from(body: bytes, content: bytes) -> Reading | None:
    """Return the reading in *body*, None when it is of another content."""
    length = int.from_bytes(body[:_LENGTH_BYTES], "big")
    # INVARIANT (compared in full): that its code is right says who wrote it, and not what it answers.
    if body[_LENGTH_BYTES : _LENGTH_BYTES + length] != content:
        return None
    said: dict[str, Any] = json.loads(body[_LENGTH_BYTES + length :])
    committed_at = said["committed_at"]
    facts = tuple(fact_of(*row) for row in said["facts"])
    stored = StoredFacts(facts, said["token"], None if committed_at is None else instant(committed_at))
    return Reading(stored, said["life"], said["revision"], tuple(said["slots"]))
