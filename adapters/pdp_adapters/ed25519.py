"""Ed25519: keys in files, signatures and whether they are right."""

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pdp.core.errors import UnavailableError

_OWNER_ALONE: Final = 0o600


def verifies(key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether *signature* is that of the owner of the public *key* (32 bytes) under *message*."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class Signer:
    """Signs with the private key of a file."""

    def __init__(self, path: Path) -> None:
        """Read the key, PEM without a password; raise UnavailableError when the file holds none of Ed25519."""
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), None)
        except OSError as error:
            raise UnavailableError(f"the key `{path}` cannot be read: {error.strerror}") from error
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise UnavailableError(f"`{path}` holds no private key without a password") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise UnavailableError(f"`{path}` holds a key of another kind than Ed25519")
        self._key = key

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes by which others know the key."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the signature under *message*."""
        return self._key.sign(message)


def new_key(path: Path) -> bytes:
    """Make a key, write it to *path*, which only its owner can read, and return the public key.

    Raises UnavailableError when there is such a file already, or it cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ALONE)
    except OSError as error:
        raise UnavailableError(f"the key `{path}` cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    return key.public_key().public_bytes_raw()
