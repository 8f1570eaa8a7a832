"""Parts that retention has stated to have removed and that are there all the same, since it was broken off.

They go oldest first, so what is left ends with the very record that the statement names. Whoever puts anything else in
their place is found; and nobody reads them: the first record of what is left has nothing before it that could tell.
"""

from collections.abc import Sequence

from pdp.core.log_ports import LogFolder, LogHead
from pdp.decision_log.chain import link, number_of, taken_apart
from pdp.decision_log.heads import read_head


def first_kept(folder: LogFolder, writer: str) -> int:
    """Return the number of the first record of *writer* that retention has not stated to have removed.

    Whether the statement is signed is the verifier's to say. Raises UnavailableError.
    """
    text = folder.removed(writer)
    try:
        return read_head(text.removesuffix(b"\n")).number + 1 if text else 0
    except ValueError:
        return 0


class LeftOver:
    """The parts of one writer that the statement *removed* covers, as they are met, in their order."""

    def __init__(self, removed: LogHead) -> None:
        self._removed = removed
        self._number: int | None = None
        self._digest = b""

    def has(self, lines: Sequence[bytes]) -> bool:
        """Say whether a part with these *lines* is one of them, by the number of its last record."""
        found = taken_apart(lines[-1]) if lines else None
        number = None if found is None else number_of(found.body)
        return number is not None and number <= self._removed.number

    def goes_on(self, lines: Sequence[bytes]) -> bool:
        """Say whether *lines* follow from those of the part before."""
        for text in lines:
            found = taken_apart(text)
            number = None if found is None else number_of(found.body)
            if found is None or number is None:
                return False
            if self._number is not None and (
                number != self._number + 1 or link(self._digest, found.body) != found.digest
            ):
                return False
            self._number, self._digest = number, found.digest
        return True

    def ends_well(self) -> bool:
        """Say whether there were none, or the last record was the one that the statement names."""
        removed = self._removed
        return self._number is None or (self._number, self._digest) == (removed.number, removed.digest)
