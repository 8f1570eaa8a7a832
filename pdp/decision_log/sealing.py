"""Sealing parts of a record with the keys of the persons that they name: erasing one of the keys erases the part.

AES-256-GCM (NIST SP 800-38D) with a nonce of 96 random bits for each sealing. A part that names several persons is
sealed with a key made of all of theirs, so that it is gone once one of them is erased.
"""

import binascii
import hashlib
import os
from collections.abc import Sequence
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pdp.core.entity import Entity
from pdp.core.log_ports import PersonKey, PersonKeys

NONCE_BYTES: Final = 12
_JOINT: Final = b"pdp decision log joint key\0"


class Seal:
    """Seals parts that name the same persons of one operator."""

    __slots__ = ("_cipher", "_prefix")

    def __init__(self, keys: Sequence[PersonKey]) -> None:
        ordered = sorted(keys, key=lambda each: each.id)
        self._cipher = AESGCM(joint_key([each.key for each in ordered]))
        ids = '","'.join(each.id for each in ordered)
        self._prefix = f'[["{ids}"],"'.encode()

    def seal(self, part: bytes, content: bytes) -> bytes:
        """Return JSON that holds *content* sealed, as the *part* of a record."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, content, part)
        return b'%b%b"]' % (self._prefix, binascii.b2a_base64(sealed, newline=False))


class Seals:
    """The seals of one operator, made as persons come up; remembered until a key may have been erased."""

    def __init__(self, operator: str, keys: PersonKeys) -> None:
        self._operator = operator
        self._keys = keys
        self._of_one: dict[Entity, Seal] = {}
        self._of_several: dict[frozenset[Entity], Seal] = {}

    def of(self, person: Entity) -> Seal:
        """Return what seals a part that names *person* alone."""
        found = self._of_one.get(person)
        if found is None:
            _bound(self._of_one)
            found = self._of_one[person] = Seal([self._keys.of(self._operator, person)])
        return found

    def of_all(self, persons: frozenset[Entity]) -> Seal:
        """Return what seals a part that names all of *persons*, at least one."""
        if len(persons) == 1:
            (person,) = persons
            return self.of(person)
        found = self._of_several.get(persons)
        if found is None:
            _bound(self._of_several)
            found = Seal([self._keys.of(self._operator, person) for person in persons])
            self._of_several[persons] = found
        return found


_REMEMBERED: Final = 16_384


def _bound(remembered: dict[Any, Seal]) -> None:
    if len(remembered) >= _REMEMBERED:
        remembered.clear()


def joint_key(keys: Sequence[bytes]) -> bytes:
    """Return the key of a part: that of the one person, or one made of all of *keys*, in the order of their ids."""
    return keys[0] if len(keys) == 1 else hashlib.sha256(_JOINT + b"".join(keys)).digest()


def opened(part: bytes, said: Any, keys: PersonKeys) -> bytes | None:
    """Return what was sealed as *part*; None when a key that it needs is gone.

    Raises ValueError when it was not sealed so.
    """
    ids, text = said
    found = [keys.with_id(id_) for id_ in ids]
    known = [key for key in found if key is not None]
    if len(known) < len(found):
        return None
    sealed = binascii.a2b_base64(text)
    try:
        return AESGCM(joint_key(known)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], part)
    except InvalidTag as error:
        raise ValueError("a sealed part was not sealed with these keys") from error
