"""Requests that show differences, each asked of both policies as it reads back from the wire."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pdp.analysis.changes import Comparison, Difference
from pdp.analysis.kinds import kind_of
from pdp.analysis.shared_work import Progress, each_of
from pdp.core.errors import InvalidRequestError
from pdp.core.request import Request
from pdp.deciding import Answer, decide
from pdp.policy_set import PolicySet
from pdp.wire.json_form import check_request_from_dict, message_to_json
from pdp.wire.outgoing import request_to_wire
from pdp.wire.requests import request_from_wire
from pdp.wire.words import Words


class UnconfirmedError(Exception):
    """The two policies answer a witness otherwise than the space says: nothing of the comparison may be relied on."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that shows a difference, and what each policy answers."""

    request: Request
    before: Answer
    after: Answer


def witnessed(
    comparison: Comparison, words: Words, differences: Sequence[Difference], progress: Progress | None = None
) -> Iterator[Witness]:
    """Yield for each of *differences* a request that shows it. Raises UnconfirmedError when it shows something else."""
    imagined = each_of(partial(_imagined, comparison), differences, comparison.jobs, progress)
    for difference, written in zip(differences, imagined, strict=True):
        yield _confirmed(comparison, words, difference, written)


def _imagined(comparison: Comparison, difference: Difference) -> dict[str, Any]:
    """Return such a request as JSON, in which a process can send it to another."""
    imagined = comparison.situation(difference)
    if imagined is None:
        raise UnconfirmedError(f"no request shows {difference.kind} at {difference.asked}")
    written: dict[str, Any] = message_to_json(request_to_wire(imagined))
    return written


def _confirmed(comparison: Comparison, words: Words, difference: Difference, written: dict[str, Any]) -> Witness:
    policy, kind, asked = comparison.sides[1].policy, difference.kind, difference.asked
    try:
        request = request_from_wire(
            check_request_from_dict(written), words, declared={policy.operator: policy.declared}
        )
    except InvalidRequestError as error:
        raise UnconfirmedError(f"a request for {kind} at {asked} cannot be sent: {error}") from error
    before, after = (_answer(side.policy, request) for side in comparison.sides)
    if kind_of(before, after) is not kind:
        raise UnconfirmedError(f"a request for {kind} at {asked} shows {kind_of(before, after)}")
    return Witness(request, before, after)


def _answer(policy: PolicySet, request: Request) -> Answer:
    if request.time is None:
        raise TypeError(request)
    return decide(policy, request, (), request.time)
