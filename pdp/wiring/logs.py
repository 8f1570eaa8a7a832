"""The part of the composition root that is about decision logs."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pdp.core.errors import UnavailableError
from pdp.core.log_ports import LogFolder, LogHead, LogHeads, PersonKeys, Signs
from pdp.core.ports import DecisionLog
from pdp.decision_log import Chain, ChainedDecisionLog, Keeping, LateChain, Recording, Signed, Verified, Verifier
from pdp.server.events import Event, json_log
from pdp.settings import Settings
from pdp_adapters import ed25519
from pdp_adapters.json_decision_log import JsonDecisionLog
from pdp_adapters.log_folder import FileLogFolder
from pdp_adapters.log_key_folder import LogKeys, log_keys, public_key
from pdp_adapters.no_decision_log import NoDecisionLog
from pdp_adapters.pipe_stream import PipeStream, is_pipe

_MEGABYTE: Final = 1 << 20


def is_folder(where: str) -> bool:
    """Say whether the decision log at *where* is a folder: it ends with `/`, or is there."""
    return where not in {"-", "none"} and (where.endswith("/") or Path(where).is_dir())


def log_asked_for(settings: Settings, heads: LogHeads | None) -> DecisionLog:
    """Return the decision log that *settings* ask for, whose *heads* lie there a second time.

    Raises UnavailableError when it cannot be opened.
    """
    where = settings.decision_log
    if not is_folder(where):
        return decision_log(where)
    report = json_log()

    def warn(problem: str) -> None:
        report.error(Event.LOG_TROUBLE.value, problem=problem, pid=os.getpid())

    folder = FileLogFolder(Path(where), settings.log_part_megabytes * _MEGABYTE)
    keys = log_keys(Path(where), settings.log_keys)
    limit = settings.log_megabytes * _MEGABYTE
    keeping = Keeping(folder, keys.persons, keys.signs, ed25519.verifies, heads, limit, warn)
    chain = Chain(keeping) if settings.log_wait else LateChain(keeping)
    return ChainedDecisionLog(chain, Recording(keys.persons, keys.digest_key))


def decision_log(where: str) -> DecisionLog:
    """Return the log that writes lines to *where*: a path, `-` for stdout, `none`.

    Raises UnavailableError when the file cannot be opened.
    """
    if where == "none":
        return NoDecisionLog()
    if where == "-":
        stdout = sys.stdout.buffer
        return JsonDecisionLog(PipeStream(stdout.fileno()) if is_pipe(stdout.fileno()) else stdout)
    try:
        return JsonDecisionLog(Path(where).open("ab", buffering=0))
    except OSError as error:
        raise UnavailableError(f"the decision log `{where}` cannot be opened: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class OpenedLog:
    """A log that is there: its *folder*, and *path* with the folder of *keys* (None: in the log)."""

    path: Path
    folder: LogFolder
    keys: Path | None

    def persons(self) -> PersonKeys:
        """Return the keys of persons; raises UnavailableError."""
        return self._log_keys().persons

    def signs(self) -> Signs:
        """Return the key that signs; raises UnavailableError."""
        return self._log_keys().signs

    def public_key(self, pinned: Path | None = None) -> bytes:
        """Return the public key that heads are verified with, the one in the file *pinned* if given.

        Raises UnavailableError.
        """
        return public_key(self.path, self.keys) if pinned is None else _pinned(pinned)

    def verified(self, key: bytes, second: tuple[LogHead, ...] = ()) -> Verified:
        """Return what verifying against the public *key* comes to; raises UnavailableError."""
        return Verifier(self.folder, key, ed25519.verifies, second).verify()

    def signed(self) -> Signed:
        """Return what says which records of a writer the heads beside them cover; raises UnavailableError."""
        return Verifier(self.folder, self.public_key(), ed25519.verifies).signed

    def _log_keys(self) -> LogKeys:
        if not ((self.keys or self.path / "keys").is_dir()):
            raise UnavailableError(f"there are no keys of the decision log `{self.path}`")
        return log_keys(self.path, self.keys)


def opened_log(path: Path, keys: Path | None = None) -> OpenedLog:
    """Return the decision log in the folder *path*; raises UnavailableError when there is none."""
    return OpenedLog(path, FileLogFolder(path, 0, make=False), keys)


def _pinned(path: Path) -> bytes:
    try:
        return bytes.fromhex(path.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise UnavailableError(f"`{path}` holds no public key of a decision log") from error
