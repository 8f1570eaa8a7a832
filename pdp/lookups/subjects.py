"""Who may do this to that?

A decision tells one subject from another by its type, and by whether the question, a fact or a condition names it. So
everybody of a type whom nothing names is answered alike, and one of them, whose id nobody can have, stands for all.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from pdp.core.decision import ConditionTrace, Outcome
from pdp.core.entity import Entity
from pdp.core.errors import TooMuchToLookUpError
from pdp.core.facts import Fact
from pdp.core.lookup import Certainty, Match
from pdp.core.request import Request
from pdp.core.text import Text
from pdp.lookups.finding import Standing, bound_work, standing
from pdp.lookups.naming import named
from pdp.policy_set import PolicySet

ANYBODY: Final = ""
"""The id of the subject who stands for all whom nothing names: no id is empty, so it is nobody's."""

NOT_EXCEPTED: Final = "is_not_excepted"
"""Name of the condition that a match for everyone has when somebody who is named may not."""

MAXIMUM_EXCEPTIONS: Final = 256
"""So many who may not, although everyone else may, are named; with more the look-up is refused."""


def find_subjects(policy: PolicySet, request: Request, stored: tuple[Fact, ...], at: datetime) -> tuple[Match, ...]:
    """Return everybody of the type of the subject of *request* who may do it: everyone first, then by id.

    *stored* must hold every stored fact that could matter to anybody. The id and properties of the subject are not
    looked at. Raises TooMuchToLookUpError instead of leaving anybody out.
    """
    type_ = request.subject.type
    known = sorted(entity for entity in named(policy, request, stored) if entity.type == type_)
    bound_work(len(known) + 1, len(stored) + len(request.facts))
    asked = replace(request, subject_properties={})
    anybody = Entity(type_, ANYBODY)
    stands = {who: standing(policy, replace(asked, subject=who), stored, at) for who in (anybody, *known)}
    rest = stands.pop(anybody)
    matches = [Match(who, found.certainty, found.conditions, found.reasons) for who, found in stands.items() if found]
    return (*_everyone(rest, stands), *matches)


def _everyone(rest: Standing | None, stands: Mapping[Entity, Standing | None]) -> tuple[Match, ...]:
    """Return the match for everyone, if there is one, on the condition that it is none of those who may not."""
    if rest is None:
        return ()
    sure = rest.certainty is Certainty.CERTAIN
    excepted = [
        who for who, found in stands.items() if found is None or (sure and found.certainty is not Certainty.CERTAIN)
    ]
    if len(excepted) > MAXIMUM_EXCEPTIONS:
        raise TooMuchToLookUpError(f"everyone may but {len(excepted)}, too many to be named")
    if not excepted:
        return (Match(None, rest.certainty, rest.conditions, rest.reasons),)
    return (Match(None, Certainty.IF, (*rest.conditions, _not_among(excepted)), rest.reasons),)


def _not_among(excepted: list[Entity]) -> ConditionTrace:
    names = ", ".join(f"`{who}`" for who in excepted)
    message = Text(f"không phải là một trong số này: {names}", f"it is none of these: {names}")
    return ConditionTrace(NOT_EXCEPTED, Outcome.UNKNOWN, ("subject.id",), message)
