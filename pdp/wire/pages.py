"""Pages of what a look-up found.

A page token says after how many matches the page before ended, and holds a digest of the question and of everything
that was found. Each page looks up anew: the token fits only as long as that comes to the same, so that the pages of one
look-up are one answer. It opens nothing: whoever may ask may begin anywhere.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from typing import Final

from pdp.api.v1 import decision_pb2
from pdp.core.lookup import Found
from pdp.wire.lookups import match_to_wire, page_token_error

_DIGEST_BYTES: Final = 16
_POSITION_BYTES: Final = 4


def page_of(found: Found, question: bytes, size: int, token: str) -> Iterator[decision_pb2.Match | decision_pb2.End]:
    """Return the matches of the page of *found* at which *token* points ("": the first), and then its end.

    Raises InvalidRequestError at once for a token that is not one of this *question* and of what it finds now.
    """
    matches = [match_to_wire(match) for match in found.matches]
    digest = _digest(found, matches, question)
    start = _start(token, digest, len(matches))
    end = start + size
    following = _token(end, digest) if end < len(matches) else ""
    last = decision_pb2.End(
        complete=not following, next_page_token=following, checked_at=found.checked_at, revision=found.revision
    )
    return iter((*matches[start:end], last))


def _digest(found: Found, matches: list[decision_pb2.Match], question: bytes) -> bytes:
    digest = hashlib.sha256()
    revisions = (found.revision.encode(), found.checked_at.encode())
    for part in (question, *revisions, *(match.SerializeToString(deterministic=True) for match in matches)):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()[:_DIGEST_BYTES]


def _token(position: int, digest: bytes) -> str:
    return base64.urlsafe_b64encode(position.to_bytes(_POSITION_BYTES, "big") + digest).decode().rstrip("=")


def _start(token: str, digest: bytes, matches: int) -> int:
    if not token:
        return 0
    try:
        held = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise page_token_error(token) from None
    position = int.from_bytes(held[:_POSITION_BYTES], "big")
    # FAIL CLOSED (pages of two answers): what was found has changed, and nobody could say what the pages leave out.
    if _token(position, digest) != token or not 0 < position < matches:
        raise page_token_error(token)
    return position
