"""Key sets of issuers: whatever stands in one, it is a set of keys or said not to be."""

import base64

import pytest

from pdp.callers.key_sets import KeySetError, read_key_set
from tests.credentials import a_key, public_pem

P256 = bytes.fromhex("06082a8648ce3d030107")
SM2 = bytes.fromhex("06082a811ccf5501822d")


def test_a_key_of_a_curve_that_is_not_known_here_is_no_key() -> None:
    """The library says so by an exception that is no ValueError."""
    lines = public_pem(a_key()).decode().splitlines()
    der = base64.b64decode("".join(lines[1:-1])).replace(P256, SM2)
    assert SM2 in der
    pem = "\n".join((lines[0], base64.b64encode(der).decode(), lines[-1])).encode()
    with pytest.raises(KeySetError, match="no public key"):
        read_key_set(pem, "ES256")
