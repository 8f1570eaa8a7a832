"""Signed heads: where a chain stood, said by whoever holds the key of the log."""

from datetime import datetime
from typing import Any, Final

import orjson

from pdp.core.log_ports import LogHead, Signs
from pdp.core.ports import Verifies
from pdp.decision_log.chain import DIGEST_BYTES

_HEAD: Final = b"pdp log head 1"
_REMOVED: Final = b"pdp log removed 1"
"""What was signed as one is no signature under the other."""


def signed_head(signs: Signs, writer: str, number: int, digest: bytes, at: datetime) -> LogHead:
    """Return the head of *writer* after the record *number*."""
    return _signed(signs, _HEAD, writer, number, digest, at)


def signed_removal(signs: Signs, writer: str, number: int, digest: bytes, at: datetime) -> LogHead:
    """Return the statement that retention has removed the records of *writer* up to *number*, whose digest it says."""
    return _signed(signs, _REMOVED, writer, number, digest, at)


def is_signed_head(head: LogHead, key: bytes, verifies: Verifies) -> bool:
    """Say whether the owner of the public *key* has signed *head*."""
    return verifies(key, head.signature, _message(_HEAD, head.writer, head.number, head.digest, head.at))


def is_signed_removal(head: LogHead, key: bytes, verifies: Verifies) -> bool:
    """Say whether the owner of the public *key* has stated the removal."""
    return verifies(key, head.signature, _message(_REMOVED, head.writer, head.number, head.digest, head.at))


def head_line(head: LogHead) -> bytes:
    """Return *head* as a line of JSON with its end."""
    said = {
        "writer": head.writer,
        "seq": head.number,
        "digest": head.digest.hex(),
        "at": head.at,
        "signature": head.signature.hex(),
    }
    return orjson.dumps(said) + b"\n"


def read_head(text: bytes) -> LogHead:
    """Return the head that a line says; raise ValueError when it says none."""
    said: Any = orjson.loads(text)
    try:
        head = LogHead(
            str(said["writer"]),
            int(said["seq"]),
            bytes.fromhex(said["digest"]),
            str(said["at"]),
            bytes.fromhex(said["signature"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("no head") from error
    if len(head.digest) != DIGEST_BYTES or head.number < 0 or head_line(head)[:-1] != text:
        raise ValueError("no head")
    return head


def _signed(signs: Signs, kind: bytes, writer: str, number: int, digest: bytes, at: datetime) -> LogHead:
    said = at.isoformat()
    return LogHead(writer, number, digest, said, signs.sign(_message(kind, writer, number, digest, said)))


def _message(kind: bytes, writer: str, number: int, digest: bytes, at: str) -> bytes:
    return b"\0".join((kind, writer.encode(), str(number).encode(), digest.hex().encode(), at.encode()))
