"""What was last in force for each operator, so that a server that is started anew knows what an edit changes."""

import base64
import binascii
import json
from typing import Final

from pdp.activation.candidate import Candidate
from pdp.core.errors import UnavailableError
from pdp.core.ports import KeptContents

_MEMBERS: Final = frozenset({"operator", "digest", "files", "seal"})


class LastInForce:
    """Remembers the files and the seal that were last in force, through *kept*."""

    def __init__(self, kept: KeptContents) -> None:
        self._kept = kept

    def recall(self, operator: str) -> Candidate | None:
        """Return what was last in force for *operator*; None when that is not known for certain."""
        # FAIL CLOSED (second person): what cannot be read, or is not whole, is as good as nothing.
        try:
            content = self._kept.read(operator)
            return None if content is None else _candidate(operator, content)
        except (UnavailableError, ValueError, RecursionError):
            return None

    def begin(self, candidate: Candidate) -> None:
        """Forget what was in force, unless it is *candidate*, which is about to be. Raises UnavailableError.

        So what is remembered is never older than what is in force, wherever the process ends.
        """
        known = self.recall(candidate.operator)
        if known is None or known.digest != candidate.digest:
            self._kept.remove(candidate.operator)

    def remember(self, candidate: Candidate) -> bool:
        """Remember *candidate*, which is in force now; False when it could not be: then nothing is known of it."""
        known = self.recall(candidate.operator)
        if known is not None and known.digest == candidate.digest:
            return True
        try:
            self._kept.write(candidate.operator, _written(candidate))
        except UnavailableError:
            return False
        return True


def _written(candidate: Candidate) -> bytes:
    members = {
        "operator": candidate.operator,
        "digest": candidate.digest,
        "files": [[path, base64.b64encode(content).decode()] for path, content in candidate.files],
        "seal": None if candidate.seal is None else base64.b64encode(candidate.seal).decode(),
    }
    return json.dumps(members, ensure_ascii=False).encode()


def _candidate(operator: str, content: bytes) -> Candidate:
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
    return candidate


def _is_file(each: object) -> bool:
    return isinstance(each, list) and len(each) == 2 and all(isinstance(part, str) for part in each)


def _bytes_of(written: object) -> bytes:
    if not isinstance(written, str):
        raise ValueError("a content is a text of base64")
    try:
        return base64.b64decode(written, validate=True)
    except binascii.Error as error:
        raise ValueError("a content is a text of base64") from error
