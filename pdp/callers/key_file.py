"""The file of API keys: JSON, written as a whole and never in place."""

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pdp.callers.api_keys import KeptKey
from pdp.core.errors import InvalidSettingsError

_FORMAT: Final = 1
_FIELDS: Final = frozenset({"id", "caller", "made_at", "expires_at", "digest", "revoked_at", "note"})


def read_keys(content: bytes, file: str) -> tuple[KeptKey, ...]:
    """Return the keys that *content* holds; raise InvalidSettingsError with every mistake in it."""
    try:
        root = json.loads(content, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        raise InvalidSettingsError([f"{file}: no file of keys: {error}"]) from error
    if not isinstance(root, dict) or root.get("format") != _FORMAT or not isinstance(root.get("keys"), list):
        raise InvalidSettingsError([f"{file}: no file of keys: make one with `pdp keys issue`"])
    mistakes, found = [], {}
    for number, entry in enumerate(root["keys"], 1):
        try:
            key = _key(entry)
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            mistakes.append(f"{file}: key {number}: {error}")
            continue
        if key.id in found:
            mistakes.append(f"{file}: key {number}: id `{key.id}` stands twice")
        found[key.id] = key
    if mistakes:
        raise InvalidSettingsError(mistakes)
    return tuple(found.values())


def without_taken_back(keys: Iterable[KeptKey], content: bytes) -> tuple[KeptKey, ...]:
    """Return those of *keys* that *content* still holds for the same caller, whatever else is wrong with it.

    They are revoked, and end sooner, where it says so; nothing that it adds or prolongs counts. What is no
    file of keys at all takes nothing back.
    """
    try:
        root = json.loads(content)
    except (ValueError, RecursionError):
        return tuple(keys)
    if not isinstance(root, dict) or root.get("format") != _FORMAT or not isinstance(root.get("keys"), list):
        return tuple(keys)
    entries = [entry for entry in root["keys"] if isinstance(entry, dict)]
    held = (_held(key, [entry for entry in entries if entry.get("id") == key.id]) for key in keys)
    return tuple(key for key in held if key is not None)


def written(keys: Iterable[KeptKey]) -> bytes:
    """Return the content of a file that holds *keys*."""
    return (json.dumps({"format": _FORMAT, "keys": [_entry(key) for key in keys]}, indent=2) + "\n").encode()


def replace_file(path: Path, content: bytes) -> None:
    """Put *content* in the place of the file at *path*, for its owner's eyes; a crash leaves the old or the new one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():  # a server may run as another user of the same group
            os.chmod(temporary, path.stat().st_mode & 0o777)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _key(entry: Any) -> KeptKey:
    if not isinstance(entry, dict) or entry.keys() - _FIELDS:
        raise ValueError(f"must have the fields {', '.join(sorted(_FIELDS))} and no other")
    digest = bytes.fromhex(entry["digest"])
    if len(digest) != 32:
        raise ValueError("`digest` must be 64 hexadecimal digits")
    gone = entry.get("revoked_at")
    return KeptKey(
        id=_text(entry["id"]),
        caller=_text(entry["caller"]),
        made_at=_instant(entry["made_at"]),
        expires_at=_instant(entry["expires_at"]),
        digest=digest,
        revoked_at=None if gone is None else _instant(gone),
        note=_text(entry.get("note", "")),
    )


def _held(key: KeptKey, entries: list[dict[str, Any]]) -> KeptKey | None:
    """Return what is left of *key* by the *entries* with its id, None for nothing."""
    if not entries:
        return None
    for entry in entries:
        gone = entry.get("revoked_at")
        # FAIL CLOSED (an entry that cannot be read): another hash or caller, no term, or a revocation at no instant,
        # takes the key back. So does a shorter term under the same hash, which covers it (KeyRing.find).
        if entry.get("digest") != key.digest.hex() or entry.get("caller") != key.caller:
            return None
        try:
            key = replace(key, expires_at=min(_instant(entry.get("expires_at")), key.expires_at))
            at = None if gone is None else _instant(gone)
        except (TypeError, ValueError, OverflowError):
            return None
        if at is not None:
            key = replace(key, revoked_at=min(at, key.revoked_at or at))
    return key


def _entry(key: KeptKey) -> dict[str, str | None]:
    return {
        "id": key.id,
        "caller": key.caller,
        "made_at": key.made_at.astimezone(UTC).isoformat(),
        "expires_at": key.expires_at.astimezone(UTC).isoformat(),
        "digest": key.digest.hex(),
        "revoked_at": key.revoked_at.astimezone(UTC).isoformat() if key.revoked_at else None,
        "note": key.note,
    }


def _instant(value: Any) -> datetime:
    instant = datetime.fromisoformat(_text(value))
    if instant.tzinfo is None:
        raise ValueError(f"`{value}` has no offset from UTC")
    return instant.astimezone(UTC)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"`{value}` must be text")
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key of an object stands twice")
    return found
