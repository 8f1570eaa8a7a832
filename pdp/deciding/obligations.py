"""What a caller owes for an answer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from pdp.core.by_identity import by_identity
from pdp.core.decision import Obligation
from pdp.core.entity import Entity
from pdp.core.facts import Value
from pdp.core.request import Request
from pdp.core.text import Text
from pdp.deciding.judgement import Judgement
from pdp.policy_set import Owed, ResidualRule

LEAVE_OUT: Final = "leave_out"


def owed(judgement: Judgement, rules: Sequence[ResidualRule]) -> tuple[Obligation, ...]:
    """Return the obligations of the rules that decided, each once for each clause that imposes it."""
    ids = _owing(rules)
    if not ids:
        return ()
    imposed, ready = judgement.policy.residuals.owed(ids)
    return ready or tuple([each.ready or _obligation(each, judgement) for each in imposed])


def _ids_owing(rules: Sequence[ResidualRule]) -> tuple[str, ...]:
    return tuple([rule.id for rule in rules if rule.owes])


_owing: Final = by_identity(_ids_owing)


def leave_out(categories: Iterable[str], clause: str) -> Obligation:
    """Return the obligation to leave narrower *categories* out of a broader record (contract, section 1)."""
    names = sorted(categories)
    shown = ", ".join(names)
    return Obligation(
        LEAVE_OUT,
        clause,
        {"categories": names},
        True,
        Text(f"Bỏ các loại dữ liệu sau khỏi kết quả: {shown}", f"leave these categories out: {shown}"),
    )


def _obligation(imposed: Owed, judgement: Judgement) -> Obligation:
    duty = imposed.duty
    parameters = dict(duty.fixed)
    for key, path in duty.taken_from.items():
        value = property_at(judgement.circumstances.request, path)
        if value is not None:
            parameters[key] = plain(value)
    for key, cases in duty.chosen.items():
        parameters[key] = next(
            (value for name, value in cases if name is None or not judgement.is_false(name)), cases[-1][1]
        )
    return Obligation(duty.obligation, imposed.clause, parameters, duty.before, duty.text)


def property_at(request: Request, path: str) -> Value | None:
    """Return the property of *request* at a path such as `resource.product`, None when it is not there."""
    root, _, key = path.partition(".")
    sections: Mapping[str, Mapping[str, Value]] = {
        "subject": request.subject_properties,
        "resource": request.resource.properties,
        "context": request.context,
        "extra": request.extra,
    }
    return sections[root].get(key) if root in sections else None


def plain(value: Value) -> object:
    """Return *value* as JSON can hold it."""
    if isinstance(value, tuple):
        return [str(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Entity) else value
