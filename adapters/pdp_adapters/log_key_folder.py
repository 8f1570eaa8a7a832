"""The keys of a decision log, made when they are not there: each in a file that its owner alone can read."""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pdp.core.errors import UnavailableError
from pdp_adapters.ed25519 import Signer, new_key
from pdp_adapters.person_key_file import PersonKeyFile

FOLDER: Final = "keys"
PUBLIC_KEY: Final = "signing.pub"
_PRIVATE_KEY: Final = "signing.key"
_DIGEST_KEY: Final = "digest.key"
_PERSONS: Final = "persons.keys"
_KEY_BYTES: Final = 32
_OWNER_ONLY: Final = 0o600
_FOLDER_OWNER_ONLY: Final = 0o700


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The keys of *persons*, the one that *signs* heads, and the one of the digests of texts."""

    persons: PersonKeyFile
    signs: Signer
    digest_key: bytes


def log_keys(log: Path, folder: Path | None = None) -> LogKeys:
    """Return the keys in *folder*, or in `keys` within the folder *log*; raises UnavailableError."""
    folder = folder or log / FOLDER
    try:
        folder.mkdir(mode=_FOLDER_OWNER_ONLY, parents=True, exist_ok=True)
        private = folder / _PRIVATE_KEY
        if not private.exists():
            with suppress(UnavailableError):  # another process may have been quicker; what is there is read below
                new_key(private)
        signs = Signer(private)
        _keep(folder / PUBLIC_KEY, signs.public_key.hex().encode() + b"\n")
        digest_key = _keep(folder / _DIGEST_KEY, secrets.token_bytes(_KEY_BYTES))
    except OSError as error:
        raise UnavailableError(f"the keys of the decision log `{folder}` cannot be had: {error.strerror}") from error
    # FAIL CLOSED (key cut off): under a key that is short or empty anybody could find the texts of the digests.
    if len(digest_key) != _KEY_BYTES:
        raise UnavailableError(f"`{folder / _DIGEST_KEY}` is not whole")
    return LogKeys(PersonKeyFile(folder / _PERSONS), signs, digest_key)


def public_key(log: Path, folder: Path | None = None) -> bytes:
    """Return the public key of the log in the folder *log*; raises UnavailableError."""
    path = (folder or log / FOLDER) / PUBLIC_KEY
    try:
        return bytes.fromhex(path.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise UnavailableError(f"`{path}` holds no public key of a decision log") from error


def _keep(path: Path, content: bytes) -> bytes:
    """Write *content* to *path* if nothing is there, and return what is there."""
    with suppress(FileExistsError):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY)
        with os.fdopen(file, "wb") as target:
            target.write(content)
    return path.read_bytes()
