"""Writes the chain of one process: records in their order, each handed to the operating system before it is answered.

A process writes files of its own, under a name that no other has had. Files are opened by the first record, in the
process that writes it: workers are forked from one that writes none.
"""

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson

from pdp.core.errors import UnavailableError
from pdp.core.log_ports import LogFile, LogFolder, LogHeads, PersonKeys, Signs
from pdp.core.ports import Verifies
from pdp.decision_log.chain import beginning, line, link, log_name, start
from pdp.decision_log.dead_writers import FOUND, endings_of_the_dead, told
from pdp.decision_log.heads import head_line, is_signed_head, signed_head
from pdp.decision_log.reading import Past, find, past_of

HEAD_SECONDS: Final = 1.0
"""So often a head is signed, when there was a record since: what was cut off later than the last head is not found."""

_JOIN_SECONDS: Final = 10.0

Warn = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a log rests on: its *folder*, the keys of persons, the key that signs and what verifies, and where heads lie
    a second time.

    *limit_bytes*: what all records may take, 0 for no limit. *warn* is told what went wrong beside the records.
    """

    folder: LogFolder
    persons: PersonKeys
    signs: Signs
    verifies: Verifies
    heads: LogHeads | None
    limit_bytes: int = 0
    warn: Warn = lambda _what: None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Chain:
    """The chain of this process; safe for many threads."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        """Begin anew: what is open belongs to the process that this one was forked from."""
        self._lock = threading.Lock()
        self._signing = threading.Lock()
        self._signer: threading.Thread | None = None
        self._file: LogFile | None = None
        self._writer = ""
        self._number = -1
        self._digest = b""
        self._said = -1
        self._room = 0
        self._ended = threading.Event()
        self._troubles: dict[str, str] = {}
        self._records = self._bytes = 0
        self._unsigned_since = 0.0

    def append(self, contents: Iterable[bytes]) -> None:
        """Write a record of each of *contents*, in their order, with one write.

        Raises UnavailableError when the operating system has not taken all of them; then it has none.
        """
        with self._lock:
            try:
                self._append(self._file or self._open(), contents)
            # FAIL CLOSED (record lost): an answer whose record is gone is not given.
            except OSError as error:
                raise UnavailableError(f"the decision record could not be written: {error.strerror}") from error

    def recall(self, decision_id: str) -> Past | None:
        """Return what the record of the decision with this id tells, whichever writer made it; None without one."""
        keeping = self._keeping
        keeping.persons.refresh()
        record = find(keeping.folder, decision_id)
        return None if record is None else past_of(record, keeping.persons)

    def end(self) -> None:
        """Write that the chain ends here, and sign where."""
        self._ended.set()
        with self._lock:
            if self._file is None:
                return
            file = self._file
            try:
                self._append(file, [self._event("end")])
            except (OSError, UnavailableError) as error:
                self._warn("end", str(error))
        if self._signer is not None:
            self._signer.join(_JOIN_SECONDS)
        self.sign()
        with self._lock:
            self._file = None
            file.close()

    def measured(self) -> Mapping[str, float]:
        """Return how many records and bytes this process has written, how many wait, and the age of the oldest that no
        signed head covers, in seconds.
        """
        is_signed = self._number == self._said or self._file is None
        age = 0.0 if is_signed else time.monotonic() - self._unsigned_since
        return {"records": self._records, "bytes": self._bytes, "waiting": 0.0, "head-age": age}

    def sign(self) -> None:
        """Sign where the chain stands, if it has gone on, beside the records and in the second place."""
        # INVARIANT (heads in order): from where the chain is looked at until its head is written, one thread alone.
        with self._signing:
            with self._lock:
                file, number, digest = self._file, self._number, self._digest
            if file is None or number == self._said:
                return
            keeping = self._keeping
            head = signed_head(keeping.signs, self._writer, number, digest, keeping.now())
            is_kept = self._try("head", lambda: file.keep_head(head_line(head)))
            if keeping.heads is not None:
                second = keeping.heads
                self._try("second head", lambda: second.keep(head))
            if is_kept:
                self._said = number

    def _append(self, file: LogFile, contents: Iterable[bytes]) -> None:
        number, digest = self._number, self._digest
        lines: list[bytes] = []
        for content in contents:
            number += 1
            body = beginning(number) + content
            digest = link(digest, body)
            lines.append(line(body, digest))
        written = lines[0] if len(lines) == 1 else b"".join(lines)
        self._check_room(len(written))
        self._room -= len(written)
        file.append(written)
        if self._number == self._said:
            self._unsigned_since = time.monotonic()
        self._records += number - self._number
        self._bytes += len(written)
        self._number, self._digest = number, digest

    def _check_room(self, size: int) -> None:
        # FAIL CLOSED (no room): nothing is dropped to make room; retention is a command.
        if self._keeping.limit_bytes and self._room < size:
            raise UnavailableError("the decision log has reached its limit (pdp log prune)")

    def _open(self) -> LogFile:
        """Begin the chain: its first record, and a head that says that there is one."""
        keeping = self._keeping
        log = log_name(keeping.signs.public_key)
        writer = f"{log}-{keeping.now():%Y%m%dT%H%M%S}-{os.getpid()}-{secrets.token_hex(4)}"
        self._measure()
        self._check_room(1)
        file = keeping.folder.open_writer(writer)
        try:
            self._number, self._digest, self._writer = -1, start(writer), writer
            self._append(file, [self._event("begin")])
            head = signed_head(keeping.signs, writer, self._number, self._digest, keeping.now())
            # Without a head beside it the chain could be made anew by anybody: then there is no log to write to.
            file.keep_head(head_line(head))
        except BaseException:
            # Else every request that is refused would leave files that nobody closes.
            file.discard()
            raise
        self._file = file
        self._signer = threading.Thread(target=self._keep_signing, name="decision-log-heads", daemon=True)
        self._signer.start()
        # In a thread of its own: a log may have thousands of writers, and no head waits until all were looked at.
        threading.Thread(target=self._tell_of_the_dead, name="decision-log-dead", daemon=True).start()
        return file

    def _event(self, event: str, more: Mapping[str, object] | None = None) -> bytes:
        said = {
            "event": event,
            "writer": self._writer,
            "at": self._keeping.now(),
            "public_key": self._keeping.signs.public_key.hex(),
            **(more or {}),
        }
        return orjson.dumps(said)[1:-1]

    def _keep_signing(self) -> None:
        ended, beside = (
            self._ended,
            (("heads", self.sign), ("keys", self._keeping.persons.refresh), ("size", self._measure)),
        )
        while not ended.wait(HEAD_SECONDS):
            for what, do in beside:
                with suppress(Exception):  # nor may whoever is warned end it
                    self._try(what, do)

    def _tell_of_the_dead(self) -> None:
        """Put on record where the chains of writers end that can sign no more."""
        keeping, ended = self._keeping, self._ended

        def tell() -> None:
            key = keeping.signs.public_key
            endings = endings_of_the_dead(
                keeping.folder, lambda head: is_signed_head(head, key, keeping.verifies), ended.is_set
            )
            # Before the lock, for which decisions wait.
            event = self._event(FOUND, told(endings))
            with self._lock:
                if endings and self._file is not None and not ended.is_set():
                    self._append(self._file, [event])

        with suppress(Exception):
            self._try("dead writers", tell)

    def _measure(self) -> None:
        """Learn how much room is left; others write too, so this is right to what they write in a second."""
        if self._keeping.limit_bytes:
            self._room = self._keeping.limit_bytes - self._keeping.folder.size()

    def _try(self, what: str, do: Callable[[], None]) -> bool:
        """Do what the records do not depend on and say whether it was done; tell once when it begins to fail."""
        try:
            do()
        except (OSError, UnavailableError) as error:
            self._warn(what, str(error))
            return False
        # FAIL CLOSED (signed for ever): a mistake of ours in one of these may not end the signing of heads.
        except Exception as error:  # noqa: BLE001
            self._warn(what, f"{type(error).__name__}: {error}")
            return False
        self._troubles.pop(what, None)
        return True

    def _warn(self, what: str, problem: str) -> None:
        if self._troubles.get(what) != problem:
            self._troubles[what] = problem
            self._keeping.warn(f"{what}: {problem}")
