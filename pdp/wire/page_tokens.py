"""Where a page of facts ended, as text that means something to the same question alone.

A token holds no secret and opens nothing: whoever may read the facts of a filter may begin anywhere among them. Its
check finds a token that was altered, or given with another filter, so that no facts are passed over without a word.
"""

import base64
import binascii
import hashlib
from typing import Final

from pdp.api.v1 import facts_pb2
from pdp.core.errors import InvalidRequestError, RequestError
from pdp.wire import phrases
from pdp.wire.codes import Code
from pdp.wire.mistakes import shown

_CHECK_BYTES: Final = 16
_REVISION_BYTES: Final = 8


def token_of_page(after: str, revision: int, message: facts_pb2.ReadFactsRequest) -> str:
    """Return the token of the page that begins after the fact *after*, as of *revision*."""
    content = revision.to_bytes(_REVISION_BYTES, "big") + after.encode()
    return base64.urlsafe_b64encode(_check(content, message) + content).decode().rstrip("=")


def page_from_token(token: str, message: facts_pb2.ReadFactsRequest) -> tuple[str, int | None]:
    """Return after which fact, and as of which revision, the page of *token* begins; "" begins at the beginning, now.

    Raises InvalidRequestError for what is no such token, or one of another question.
    """
    if not token:
        return "", None
    try:
        held = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        content = held[_CHECK_BYTES:]
        # One spelling alone: the last letter may hold bits that no byte does.
        spelled = base64.urlsafe_b64encode(held).decode().rstrip("=")
        if spelled != token or held[:_CHECK_BYTES] != _check(content, message):
            raise ValueError
        return content[_REVISION_BYTES:].decode(), int.from_bytes(content[:_REVISION_BYTES], "big")
    except (ValueError, binascii.Error):
        message_text = phrases.PAGE_TOKEN
        raise InvalidRequestError(
            [RequestError(Code.MALFORMED_TOKEN.value, "page_token", shown(token), "", message_text)]
        ) from None


def _check(content: bytes, message: facts_pb2.ReadFactsRequest) -> bytes:
    question = message.filter.SerializeToString(deterministic=True)
    return hashlib.sha256(len(question).to_bytes(4, "big") + question + content).digest()[:_CHECK_BYTES]
