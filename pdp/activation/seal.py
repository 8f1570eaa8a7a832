"""The seal of a folder: which files it covers, its number, and who signed them."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pdp.activation.candidate import Candidate, File, short_name

_PURPOSE: Final = b"promise-pdp policy folder 1"
"""What a signature is for: it stands first in what is signed, so that no other signature can be taken for one."""

_MEMBERS: Final = frozenset({"operator", "number", "files", "signatures"})
LARGEST_SEAL: Final = 1 << 20
_MOST_SIGNATURES: Final = 32


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal of the folder of *operator*: the *digests* of its *files* by name, its *number*, and *signatures*.

    A later seal has a larger number. Whose a signature is does not stand in it: only a pinned key can tell.
    """

    operator: str
    number: int
    files: Mapping[str, str]
    signatures: tuple[bytes, ...] = ()

    @property
    def message(self) -> bytes:
        """Return the bytes that are signed: each part with its length before it, so that no two seals share them."""
        parts = [_PURPOSE, self.operator.encode(), str(self.number).encode()]
        for name in sorted(self.files):
            parts += [name.encode(), self.files[name].encode()]
        return b"".join(len(part).to_bytes(8, "big") + part for part in parts)

    def signed(self, signature: bytes) -> "Seal":
        """Return the seal with one more signature."""
        return replace(self, signatures=(*self.signatures, signature))

    def as_json(self) -> str:
        """Return the text of the file of this seal."""
        members = {
            "operator": self.operator,
            "number": self.number,
            "files": dict(sorted(self.files.items())),
            "signatures": [base64.b64encode(signature).decode() for signature in self.signatures],
        }
        return json.dumps(members, ensure_ascii=False, indent=2) + "\n"


def digests_of(files: Iterable[File]) -> Mapping[str, str]:
    """Return the SHA-256 of each of *files* by the name that a seal knows it by."""
    return {short_name(path): hashlib.sha256(content).hexdigest() for path, content in files}


def seal_of(candidate: Candidate, number: int) -> Seal:
    """Return the seal of *candidate* that nobody has signed yet."""
    return Seal(candidate.operator, number, digests_of(candidate.files))


def read_seal(content: bytes) -> Seal:
    """Return the seal that the file holds; raise ValueError, saying what is wrong, when it holds none."""
    if len(content) > LARGEST_SEAL:
        raise ValueError("too large")
    members = json.loads(content.decode("utf-8"), object_pairs_hook=_each_once, parse_constant=_no_constant)
    if not isinstance(members, dict) or members.keys() != _MEMBERS:
        raise ValueError(f"not an object with exactly {', '.join(sorted(_MEMBERS))}")
    operator, number, files, signatures = (members[key] for key in ("operator", "number", "files", "signatures"))
    if not isinstance(operator, str) or type(number) is not int or not 1 <= number < 1 << 53:
        raise ValueError("`operator` is a text and `number` a whole number from 1")
    if not isinstance(files, dict) or not all(isinstance(digest, str) for digest in files.values()):
        raise ValueError("`files` holds a digest for each name")
    if not isinstance(signatures, list) or len(signatures) > _MOST_SIGNATURES:
        raise ValueError(f"`signatures` is a list of at most {_MOST_SIGNATURES}")
    return Seal(operator, number, files, tuple(_bytes_of(each) for each in signatures))


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key stands twice")
    return members


def _no_constant(text: str) -> None:
    raise ValueError(f"`{text}` is no number")


def _bytes_of(signature: object) -> bytes:
    if not isinstance(signature, str):
        raise ValueError("a signature is a text of base64")
    try:
        return base64.b64decode(signature, validate=True)
    except binascii.Error as error:
        raise ValueError("a signature is a text of base64") from error


def sealed(candidate: Candidate, sign: Callable[[bytes], bytes]) -> Seal:
    """Return the seal of *candidate* with one more signature.

    A seal that is there and is of these very files is signed by one more person; otherwise a new one begins, whose
    number is the next. Raises ValueError when what is there is no seal.
    """
    known = read_seal(candidate.seal) if candidate.seal is not None else None
    proposed = seal_of(candidate, 1 if known is None else known.number + 1)
    if known is not None and (known.operator, known.files) == (proposed.operator, proposed.files):
        proposed = known
    signature = sign(proposed.message)
    return proposed if signature in proposed.signatures else proposed.signed(signature)
