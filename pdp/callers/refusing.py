"""Why a credential is not good: one word each for the log; the caller learns none of them."""

from enum import StrEnum
from typing import NoReturn

from pdp.core.errors import UnknownCallerError


class Reason(StrEnum):
    """The reasons for which nobody is known behind a call.

    no-credential         the call brings none
    several-headers       more than one `authorization` header
    headers-too-large     its headers are longer than any proper call needs
    scheme                an `authorization` that is neither `Bearer TOKEN` nor `ApiKey KEY`
    key-unknown           no such API key
    key-revoked           the key was revoked
    key-expired           the key has run out
    key-caller            the caller of the key is not, or is no longer, among those of the file
    token-form            not a compact signed token, or one with a header that is not accepted
    token-issuer          of an issuer that is not configured
    token-key             signed with a key, or by an algorithm, that the issuer does not have here
    token-signature       the signature does not fit
    token-audience        meant for somebody else
    token-expired         it has run out, or is not valid yet
    token-claims          a required claim is missing or malformed, or the token is valid for too long
    token-bound           bound to another client certificate than that of the connection
    token-subject         of a subject that is no caller
    certificate-form      a client certificate that names nobody clearly
    certificate-issuer    issued by an authority that is not, or is no longer, trusted
    certificate-expired   it has run out while the connection was open
    certificate-unknown   names nobody among the callers
    remembered-expired    what was good before has run out since
    credentials-differ    the certificate and the header name different callers
    """

    NO_CREDENTIAL = "no-credential"
    SEVERAL_HEADERS = "several-headers"
    HEADERS_TOO_LARGE = "headers-too-large"
    SCHEME = "scheme"
    KEY_UNKNOWN = "key-unknown"
    KEY_REVOKED = "key-revoked"
    KEY_EXPIRED = "key-expired"
    KEY_CALLER = "key-caller"
    TOKEN_FORM = "token-form"
    TOKEN_ISSUER = "token-issuer"
    TOKEN_KEY = "token-key"
    TOKEN_SIGNATURE = "token-signature"
    TOKEN_AUDIENCE = "token-audience"
    TOKEN_EXPIRED = "token-expired"
    TOKEN_CLAIMS = "token-claims"
    TOKEN_BOUND = "token-bound"
    TOKEN_SUBJECT = "token-subject"
    CERTIFICATE_FORM = "certificate-form"
    CERTIFICATE_ISSUER = "certificate-issuer"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_UNKNOWN = "certificate-unknown"
    REMEMBERED_EXPIRED = "remembered-expired"
    CREDENTIALS_DIFFER = "credentials-differ"


def refuse(reason: Reason) -> NoReturn:
    """Raise UnknownCallerError for *reason*."""
    raise UnknownCallerError(reason.value)
