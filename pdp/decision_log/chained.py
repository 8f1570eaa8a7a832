"""The decision log that can be checked and replayed: the DecisionLog of a decision point."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pdp.core.decision import Decision
from pdp.core.errors import UnavailableError
from pdp.core.request import Request
from pdp.decision_log.reading import Past
from pdp.decision_log.recording import Recording
from pdp.decision_log.writing import Chain


class ChainedDecisionLog:
    """Writes what *recording* makes of a decision into *chain*; a record that is not kept fails the request."""

    def __init__(self, chain: Chain, recording: Recording) -> None:
        self._chain = chain
        self._recording = recording

    def record(self, request: Request, decision: Decision, at: datetime) -> None:
        """Keep one record; raises UnavailableError when the operating system has not taken it."""
        self._chain.append((self._content(request, decision, at),))

    def record_all(self, records: Sequence[tuple[Request, Decision, datetime]]) -> None:
        """Keep *records* with one write; raises UnavailableError when one of them is lost, and none is kept then."""
        if records:
            self._chain.append([self._content(*each) for each in records])

    def withholding(self, keys: Mapping[str, frozenset[str]]) -> "ChainedDecisionLog":
        """Return the same log, of which each record holds digests alone of the properties that *keys* names."""
        return ChainedDecisionLog(self._chain, self._recording.withholding(keys))

    def recall(self, decision_id: str) -> Past | None:
        """Return what the record of the decision with this id tells, None when there is none.

        Raises UnavailableError when the log cannot be read. It looks through all records: for people, not for programs.
        """
        return self._chain.recall(decision_id)

    def measured(self) -> Mapping[str, float]:
        """Return what the chain of this process tells of itself."""
        return self._chain.measured()

    def end(self) -> None:
        """Sign where the chain ends."""
        self._chain.end()

    def _content(self, request: Request, decision: Decision, at: datetime) -> bytes:
        try:
            return self._recording.content(request, decision, at)
        # FAIL CLOSED (record lost): what cannot be recorded is not answered.
        except (ValueError, TypeError) as error:
            raise UnavailableError("the decision record could not be made") from error
