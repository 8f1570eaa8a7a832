"""The keys by which what lies in a shared cache is found, read and believed.

Every operator has keys of its own, made from a common one (HKDF with SHA-256, RFC 5869): what is written for one cannot
be read as the value of another. A value carries the id of the key that it was sealed with; several keys may be in use
while they are changed for new ones. Values are encrypted, and cannot be changed unnoticed, by AES-256-GCM-SIV (RFC
8452): a random nonce that comes twice gives nothing away but whether two values are the same.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from pdp.core.errors import InvalidSettingsError

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_ID_BYTES: Final = 8
_LINE: Final = re.compile(r"([a-z0-9-]{1,32})\s+([0-9a-f]{64})", re.ASCII)


class CacheKeys:
    """Keys by id; the first is used for what is written, the others only for what is read."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = {_id(name): key for name, key in keys.items()}
        self._first = _id(next(iter(keys)))
        self._sub_key = lru_cache(maxsize=1024)(self._made_sub_key)
        self._cipher = lru_cache(maxsize=1024)(self._made_cipher)

    @classmethod
    def read(cls, path: Path) -> "CacheKeys":
        """Return the keys in a file: on each line an id and 64 hexadecimal digits, the one to write with first.

        Raises InvalidSettingsError, without what stands in the file, for anything else.
        """
        try:
            lines = [line.strip() for line in path.read_text("ascii").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidSettingsError([f"--cache-keys: {path} cannot be read: {type(error).__name__}"]) from None
        found: dict[str, bytes] = {}
        for number, line in enumerate(lines, start=1):
            if not line or line.startswith("#"):
                continue
            match = _LINE.fullmatch(line)
            if match is None:
                raise InvalidSettingsError([f"--cache-keys: {path}:{number}: not an id and 64 hexadecimal digits"])
            key = bytes.fromhex(match[2])
            # FAIL CLOSED (guessable key): whoever knows the key can write what everybody believes.
            if match[1] in found or len(set(key)) < _ID_BYTES:
                raise InvalidSettingsError([f"--cache-keys: {path}:{number}: the id is there twice, or no random key"])
            found[match[1]] = key
        if not found:
            raise InvalidSettingsError([f"--cache-keys: {path} holds no key"])
        return cls(found)

    @classmethod
    def made_up(cls) -> "CacheKeys":
        """Return a key that this process and those forked from it know alone."""
        return cls({"made-up": secrets.token_bytes(KEY_BYTES)})

    def names(self, operator: str, content: bytes) -> list[bytes]:
        """Return under which names *content* may lie, the one to write first."""
        ids = [self._first, *(id_ for id_ in self._keys if id_ != self._first)]
        return [hmac.digest(self._sub_key(id_, operator, "name"), content, "sha256") for id_ in ids]

    def sealed(self, operator: str, body: bytes) -> bytes:
        """Return *body* so that only who has the key can read it, or make the like, with the id of the key."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self._first + nonce + self._cipher(self._first, operator).encrypt(nonce, body, self._first)

    def opened(self, operator: str, value: bytes) -> bytes | None:
        """Return what was sealed for *operator*, None for anything else."""
        id_, nonce = value[:_ID_BYTES], value[_ID_BYTES : _ID_BYTES + NONCE_BYTES]
        if id_ not in self._keys or len(nonce) < NONCE_BYTES:
            return None
        try:
            return self._cipher(id_, operator).decrypt(nonce, value[_ID_BYTES + NONCE_BYTES :], id_)
        except InvalidTag:
            return None

    def _made_cipher(self, id_: bytes, operator: str) -> AESGCMSIV:
        return AESGCMSIV(self._sub_key(id_, operator, "sealed"))

    def _made_sub_key(self, id_: bytes, operator: str, use: str) -> bytes:
        extracted = hmac.digest(b"promise-pdp cache", self._keys[id_], "sha256")
        return hmac.digest(extracted, f"{use}/{operator}".encode() + b"\x01", "sha256")


def _id(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()[:_ID_BYTES]
