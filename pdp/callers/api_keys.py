"""API keys: how they are made, and how one is compared with what is kept of it.

A key is `pdp_ID_SECRET`: the id finds it, the secret of 256 random bits proves it. What is kept is a hash under a key
of its own, the *pepper*, which lies in another file: who copies the file of keys can neither use nor guess one. The
hash covers the id, the caller and the term too, so who can write that file alone cannot give a key to another caller
or prolong it.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

PEPPER_BYTES: Final = 32
LONGEST_DAYS: Final = 400
"""A key that outlives the people who made it is one that nobody looks after."""

_SECRET_BYTES: Final = 32
_ID_BYTES: Final = 8
_FORM: Final = re.compile(r"pdp_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)
_NOBODY: Final = bytes(32)
"""What the secret of an unknown id is compared with, so that the time taken does not tell which ids there are."""


@dataclass(frozen=True, slots=True)
class KeptKey:
    """What is kept of a key: everything but its secret.

    *revoked_at* is the instant from which it is good no longer, sooner than its term; None when there is none.
    """

    id: str
    caller: str
    made_at: datetime
    expires_at: datetime
    digest: bytes
    revoked_at: datetime | None = None
    note: str = ""

    def state(self, now: datetime) -> str:
        """Return `revoked`, `expired`, `ending` for one that is revoked from an instant to come, or `good`."""
        if self.revoked_at is not None and self.revoked_at <= now:
            return "revoked"
        if self.expires_at <= now:
            return "expired"
        return "good" if self.revoked_at is None else "ending"

    @property
    def until(self) -> datetime:
        """Return the instant from which it is good no longer."""
        return min(self.expires_at, self.revoked_at or self.expires_at)


def new_pepper() -> bytes:
    """Return a fresh pepper, as it is written to its file."""
    return base64.urlsafe_b64encode(secrets.token_bytes(PEPPER_BYTES)) + b"\n"


def read_pepper(content: bytes) -> bytes:
    """Return the pepper that a file holds; raise ValueError for anything but what new_pepper makes."""
    pepper = base64.b64decode(content.strip(), altchars=b"-_", validate=True)
    if len(pepper) != PEPPER_BYTES:
        raise ValueError(f"a pepper has {PEPPER_BYTES} bytes")
    return pepper


def new_key(caller: str, pepper: bytes, made_at: datetime, expires_at: datetime, note: str = "") -> tuple[str, KeptKey]:
    """Return a new key for *caller*, in clear for the only time, and what is kept of it."""
    id_ = secrets.token_hex(_ID_BYTES)
    secret = base64.urlsafe_b64encode(secrets.token_bytes(_SECRET_BYTES)).rstrip(b"=").decode()
    digest = _digest(pepper, id_, caller, expires_at, secret)
    return f"pdp_{id_}_{secret}", KeptKey(id_, caller, made_at, expires_at, digest, None, note)


class KeyRing:
    """The keys that are kept, by id."""

    def __init__(self, keys: tuple[KeptKey, ...], pepper: bytes) -> None:
        self.keys = keys
        self._by_id = {key.id: key for key in keys}
        self._pepper = pepper

    def holding(self, keys: tuple[KeptKey, ...]) -> "KeyRing":
        """Return a ring of *keys* under the same pepper."""
        return KeyRing(keys, self._pepper)

    def find(self, presented: str) -> KeptKey | None:
        """Return the key that *presented* is, whatever has become of it since; None when it is none of them."""
        form = _FORM.fullmatch(presented)
        if form is None:
            return None
        id_, secret = form.groups()
        kept = self._by_id.get(id_)
        caller, expires_at = (kept.caller, kept.expires_at) if kept else ("", datetime.fromtimestamp(0, UTC))
        digest = _digest(self._pepper, id_, caller, expires_at, secret)
        is_it = hmac.compare_digest(digest, kept.digest if kept else _NOBODY)
        return kept if is_it else None


def _digest(pepper: bytes, id_: str, caller: str, expires_at: datetime, secret: str) -> bytes:
    # The parts hold no line break: ids and secrets by their form, names of callers by the rule of their file.
    text = "\n".join(("pdp-api-key-1", id_, caller, expires_at.astimezone(UTC).isoformat(), secret))
    return hmac.digest(pepper, text.encode(), hashlib.sha256)
