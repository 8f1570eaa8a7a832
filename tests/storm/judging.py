"""Which answers are stale: counted in the ledger of a storm."""

from collections.abc import Sequence
from typing import Any, Final

import grpc

from pdp.api.v1 import decision_pb2
from tests.storm.ledger import Ledger

RACE: Final = 5_000_000
"""A check that begins within so many nanoseconds of an acknowledged revocation is a race."""

Checked = tuple[int, int]
"""A family, and since when its grant was known to be revoked when it was asked about."""


def failed(ledger: Ledger, error: Any) -> None:
    """Count a question that had no answer; raise where it could never have one, so that nobody takes it for asked."""
    if error.code() is grpc.StatusCode.INVALID_ARGUMENT:
        raise error
    ledger.add("errors")


def judge(ledger: Ledger, asked: Sequence[Checked], begun: int, decisions: Sequence[int]) -> None:
    """Count the answers, and the stale ones among them."""
    races = allows = stale = 0
    for (family, since), decision in zip(asked, decisions, strict=True):
        races += 0 < begun - since < RACE
        if decision == decision_pb2.DECISION_ALLOW:
            allows += 1
            # Revoked before the question was sent, and not granted again before its answer came.
            stale += since > 0 and ledger.revoked_since(family) == since
    for name, number in (("checks", len(asked)), ("races", races), ("allows", allows), ("stale", stale)):
        ledger.add(name, number)
