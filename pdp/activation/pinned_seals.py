"""Whether enough of those whose keys are pinned have signed a folder as it is."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pdp.activation.candidate import SEAL_FILE, Candidate
from pdp.activation.judging import Comparing
from pdp.activation.remembering import Remembered
from pdp.activation.seal import Seal, digests_of, read_seal
from pdp.activation.standing import Active
from pdp.activation.wrong import wrong
from pdp.core.errors import InvalidSettingsError
from pdp.core.finding import Finding
from pdp.core.ports import Verifies
from pdp.core.text import Text

KEY_BYTES: Final = 32
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{0,63}", re.ASCII)

Former = Active | Candidate
"""What is in force, or what was when the server was running before."""

NewlyAllows = Callable[[Former | None, Candidate], "bool | Comparing"]
"""Says whether a candidate allows anything that the former, None for nothing, does not; or is still comparing."""


def every_edit(_former: Former | None, _candidate: Candidate) -> bool:
    """Take every edit for one that may newly allow something."""
    return True


@dataclass(frozen=True, slots=True)
class PinnedKeys:
    """Whose signatures count: each of *keys* belongs to one person, who may have several."""

    keys: Mapping[bytes, str]

    @property
    def persons(self) -> frozenset[str]:
        """Return the names of all."""
        return frozenset(self.keys.values())


def read_pinned_keys(place: str, text: str) -> PinnedKeys:
    """Return the keys of *text*, a line `NAME KEY` for each; raise InvalidSettingsError with every mistake."""
    keys: dict[bytes, str] = {}
    mistakes: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        key = _key_of(words[1]) if len(words) == 2 else None
        if key is None or not _NAME.fullmatch(words[0]):
            mistakes.append(f"{place}:{number}: not a line `NAME KEY` as `pdp new-key` prints it")
        # FAIL CLOSED (second person): one key under two names would let one person sign as two.
        elif key in keys:
            mistakes.append(f"{place}:{number}: this key is pinned already")
        else:
            keys[key] = words[0]
    if not keys and not mistakes:
        mistakes.append(f"{place}: no key is pinned, so nothing could ever be served")
    if mistakes:
        raise InvalidSettingsError(mistakes)
    return PinnedKeys(keys)


class PinnedSeals:
    """Asks for the signature of one pinned person, and of a second one when *newly_allows* says so of an edit.

    *recalls* tells what was last in force for an operator, for a server that is started anew.
    """

    def __init__(
        self,
        pinned: PinnedKeys,
        verifies: Verifies,
        newly_allows: NewlyAllows | None = None,
        recalls: Callable[[str], Remembered | None] = lambda _: None,
    ) -> None:
        self._pinned = pinned
        self._verifies = verifies
        self._newly_allows = newly_allows
        self._recalls = recalls

    def findings(self, candidate: Candidate, former: Active | None) -> "tuple[Finding, ...] | Comparing":
        """Return what is wrong with the signatures of *candidate* in the place of *former*, or what finds that out."""
        place = f"{candidate.operator}/{SEAL_FILE}"
        if candidate.seal is None:
            return (wrong(place, "unsigned", _UNSIGNED, "pdp sign"),)
        try:
            seal = read_seal(candidate.seal)
        except (ValueError, RecursionError) as error:
            return (wrong(place, "seal-malformed", _said(_MALFORMED, error), "pdp sign"),)
        mismatches = tuple(_mismatches(place, seal, candidate))
        if mismatches:
            return mismatches
        signers = self._signers(seal)
        if not signers:
            return (wrong(place, "seal-untrusted", _UNTRUSTED, "let somebody sign whose key is pinned"),)
        recalled = self._recalled(candidate.operator) if former is None else None
        known: Former | None = former if recalled is None else recalled.candidate
        if known is not None and _is_older(seal, known):
            return (wrong(place, "seal-older", _OLDER, "sign the folder again"),)
        if len(signers) >= 2 or self._newly_allows is None:
            return ()
        # FAIL CLOSED (second person): what was in force long ago may have been taken back since, at another server.
        compared = known if recalled is None or recalled.recent else None
        more = self._newly_allows(compared, candidate)
        return more if isinstance(more, Comparing) else second_person_findings(candidate, more=more)

    def _recalled(self, operator: str) -> Remembered | None:
        """Return what was last in force, when it is whole and somebody has signed it whose key is pinned."""
        # FAIL CLOSED (second person): what was changed since is not what was in force.
        known = self._recalls(operator)
        if known is None or known.candidate.seal is None:
            return None
        try:
            seal = read_seal(known.candidate.seal)
        except (ValueError, RecursionError):
            return None
        return known if self._signers(seal) and not any(_mismatches("", seal, known.candidate)) else None

    def _signers(self, seal: Seal) -> frozenset[str]:
        """Return the persons who signed *seal*: whoever's pinned key verifies a signature, whatever the file says."""
        message = seal.message
        return frozenset(
            person
            for key, person in self._pinned.keys.items()
            if any(self._verifies(key, signature, message) for signature in seal.signatures)
        )


def second_person_findings(candidate: Candidate, *, more: bool) -> tuple[Finding, ...]:
    """Return what is wrong with a *candidate* that one person has signed, when it allows *more* and when not."""
    place = f"{candidate.operator}/{SEAL_FILE}"
    return (wrong(place, "second-person-missing", _SECOND, "let another person sign too"),) if more else ()


def _mismatches(place: str, seal: Seal, candidate: Candidate) -> Iterator[Finding]:
    if seal.operator != candidate.operator:
        yield wrong(place, "seal-of-another", _said(_OF_ANOTHER, seal.operator), "pdp sign")
        return
    lying = digests_of(candidate.files)
    for name in sorted(seal.files.keys() | lying.keys()):
        if name not in lying:
            yield wrong(name, "signed-file-missing", _MISSING, "put the file back, or sign the folder again")
        elif name not in seal.files:
            yield wrong(name, "file-not-signed", _NOT_SIGNED, "sign the folder again")
        elif seal.files[name] != lying[name]:
            yield wrong(name, "signed-file-changed", _CHANGED, "sign the folder again")


def _is_older(seal: Seal, former: Former) -> bool:
    """Say whether *seal* may not follow what is in force: its number is smaller, or the same for other files."""
    if former.seal is None:
        return False
    known = read_seal(former.seal)
    return seal.number < known.number or (seal.number == known.number and seal.files != known.files)


def _key_of(text: str) -> bytes | None:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


def _said(text: Text, what: object) -> Text:
    return Text(vi=text.vi.format(what), en=text.en.format(what))


_UNSIGNED: Final = Text("thư mục chưa được ký", "nobody has signed the folder")
_MALFORMED: Final = Text("không phải tệp chữ ký: {}", "not a file of signatures: {}")
_OF_ANOTHER: Final = Text("chữ ký là của nhà cung cấp `{}`", "the signatures are those of the operator `{}`")
_MISSING: Final = Text("tệp đã được ký nhưng không còn ở đây", "the file was signed and is not here any more")
_NOT_SIGNED: Final = Text("tệp này chưa được ký", "the file was not signed")
_CHANGED: Final = Text("tệp đã thay đổi sau khi được ký", "the file has changed since it was signed")
_UNTRUSTED: Final = Text(
    "không có chữ ký nào đúng của người được ghim khóa", "no signature is that of somebody whose key is pinned"
)
_OLDER: Final = Text("chữ ký cũ hơn chữ ký đang có hiệu lực", "the signatures are older than those in force")
_SECOND: Final = Text(
    "thay đổi này cần chữ ký của người thứ hai", "this edit needs the signature of a second person too"
)
