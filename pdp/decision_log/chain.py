"""The chain: every record carries a digest over itself and the digest of the record before.

Whoever changes, removes, adds or moves a record has to make every later digest anew, and cannot make the signed heads
that name them (pdp.decision_log.heads).
"""

import hashlib
import re
from typing import Final, NamedTuple

VERSION: Final = 1
"""Of the form of a record; raised whenever a field gets another meaning."""

DIGEST_BYTES: Final = 32
_START: Final = b"pdp decision log %d\0" % VERSION
_NUMBER: Final = re.compile(rb'\{"v":%d,"seq":([0-9]{1,18}),' % VERSION)
_TAIL: Final = b',"digest":"'
_END: Final = b'"}'
_TAIL_BYTES: Final = len(_TAIL) + 2 * DIGEST_BYTES + len(_END)


class Link(NamedTuple):
    """A line taken apart: the *body*, over which the digest is made, and the *digest* that it carries."""

    body: bytes
    digest: bytes


def log_name(public_key: bytes) -> str:
    """Return what the names of all writers of a log begin with: other logs may lay their heads in the same place."""
    return hashlib.sha256(public_key).hexdigest()[:12]


def start(writer: str) -> bytes:
    """Return what stands in the place of a digest before the first record of *writer*."""
    return hashlib.sha256(_START + writer.encode()).digest()


def link(previous: bytes, body: bytes) -> bytes:
    """Return the digest of the record *body*, which follows the one with the digest *previous*."""
    return hashlib.sha256(previous + body).digest()


def beginning(number: int) -> bytes:
    """Return the bytes that the record of this number begins with."""
    return b'{"v":%d,"seq":%d,' % (VERSION, number)


def line(body: bytes, digest: bytes) -> bytes:
    """Return the line of a record, with its end."""
    return b'%b,"digest":"%b"}\n' % (body, digest.hex().encode())


def number_of(body: bytes) -> int | None:
    """Return the number that a *body* says it has, None when it says none."""
    found = _NUMBER.match(body)
    return None if found is None else int(found[1])


def taken_apart(text: bytes) -> Link | None:
    """Return the parts of a line without its end, None when it is no line of a log."""
    body, tail = text[:-_TAIL_BYTES], text[-_TAIL_BYTES:]
    if not tail.startswith(_TAIL) or not tail.endswith(_END):
        return None
    written = tail[len(_TAIL) : -len(_END)]
    try:
        digest = bytes.fromhex(written.decode("ascii"))
    except ValueError:
        return None
    # Else the letters of the digest could be changed from small to capital ones, and nothing would differ.
    return Link(body, digest) if digest.hex().encode() == written else None
