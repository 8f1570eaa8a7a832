"""What was last in force for each operator, so that a server that is started anew knows what an edit changes."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pdp.activation.candidate import Candidate
from pdp.core.errors import UnavailableError
from pdp.core.ports import KeptContents

_MEMBERS: Final = frozenset({"operator", "digest", "files", "seal", "at"})

RECENT: Final = timedelta(minutes=10)
"""What was in force so long ago at most was in force last, as far as it is known here."""

_RENEWED: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was in force here, and whether that was *recent*.

    Where it was not, something may have been in force since at another server, and been taken back there: then it says
    what is older, and not what an edit allows.
    """

    candidate: Candidate
    recent: bool


class LastInForce:
    """Remembers the files and the seal that were last in force, through *kept*; *now* tells the present instant."""

    def __init__(self, kept: KeptContents, now: Callable[[], datetime]) -> None:
        self._kept = kept
        self._now = now
        self._renewed: dict[str, datetime] = {}
        # INVARIANT (forgotten before): of these nothing is written until it is known what has come in force.
        self._forgotten: set[str] = set()

    def recall(self, operator: str) -> Remembered | None:
        """Return what was last in force for *operator*; None when that is not known for certain."""
        # FAIL CLOSED (second person): what cannot be read, or is not whole, is as good as nothing.
        try:
            content = self._kept.read(operator)
            return None if content is None else self._remembered(operator, content)
        except (UnavailableError, ValueError, RecursionError, OverflowError):
            return None

    def _remembered(self, operator: str, content: bytes) -> Remembered:
        candidate, at = _read(operator, content)
        # FAIL CLOSED (clock): a record of the future was written under another clock, and nobody knows how long ago.
        return Remembered(candidate, timedelta(0) <= self._now() - at <= RECENT)

    def renew(self, candidate: Candidate) -> None:
        """Say of *candidate* that it is in force still; what cannot be written now is tried again at the next call."""
        operator, now = candidate.operator, self._now()
        last = self._renewed.get(operator)
        if operator in self._forgotten:
            return
        if last is None or not timedelta(0) <= now - last < _RENEWED:
            self._write(candidate)

    def begin(self, candidate: Candidate) -> None:
        """Forget what was in force, unless it is *candidate*, which is about to be. Raises UnavailableError.

        So what is remembered is never older than what is in force, wherever the process ends.
        """
        known = self.recall(candidate.operator)
        if known is None or known.candidate.digest != candidate.digest:
            self._forgotten.add(candidate.operator)
            self._kept.remove(candidate.operator)

    def remember(self, candidate: Candidate) -> bool:
        """Remember *candidate*, which is in force now; False when it could not be: then nothing is known of it."""
        self._forgotten.discard(candidate.operator)
        return self._write(candidate)

    def _write(self, candidate: Candidate) -> bool:
        now = self._now()
        try:
            self._kept.write(candidate.operator, _written(candidate, now))
        except UnavailableError:
            return False
        self._renewed[candidate.operator] = now
        return True


def _written(candidate: Candidate, at: datetime) -> bytes:
    members = {
        "operator": candidate.operator,
        "digest": candidate.digest,
        "files": [[path, base64.b64encode(content).decode()] for path, content in candidate.files],
        "seal": None if candidate.seal is None else base64.b64encode(candidate.seal).decode(),
        "at": at.isoformat(),
    }
    return json.dumps(members, ensure_ascii=False).encode()


def _read(operator: str, content: bytes) -> tuple[Candidate, datetime]:
    members = json.loads(content.decode("utf-8"))
    if not isinstance(members, dict) or members.keys() != _MEMBERS or members["operator"] != operator:
        raise ValueError("not what was in force for this operator")
    if not isinstance(members["files"], list) or not all(_is_file(each) for each in members["files"]):
        raise ValueError("`files` holds pairs of a path and a content")
    files = tuple((path, _bytes_of(written)) for path, written in members["files"])
    seal = members["seal"]
    candidate = Candidate(operator, files, None if seal is None else _bytes_of(seal))
    if candidate.digest != members["digest"]:
        raise ValueError("the digest is of something else")
    at = datetime.fromisoformat(members["at"]) if isinstance(members["at"], str) else None
    if at is None or at.tzinfo is None:
        raise ValueError("`at` is an instant with an offset")
    return candidate, at


def _is_file(each: object) -> bool:
    return isinstance(each, list) and len(each) == 2 and all(isinstance(part, str) for part in each)


def _bytes_of(written: object) -> bytes:
    if not isinstance(written, str):
        raise ValueError("a content is a text of base64")
    try:
        return base64.b64decode(written, validate=True)
    except binascii.Error as error:
        raise ValueError("a content is a text of base64") from error
