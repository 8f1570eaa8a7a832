"""What a caller owes for an answer."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from pdp.core.decision import Obligation
from pdp.core.entity import Entity
from pdp.core.facts import Value
from pdp.core.policy import Duty, Rule
from pdp.core.request import Request
from pdp.core.text import Text
from pdp.deciding.judgement import Judgement

LEAVE_OUT: Final = "leave_out"


def owed(judgement: Judgement, rule_ids: Iterable[str]) -> tuple[Obligation, ...]:
    """Return the obligations of the rules that decided, each once for each clause that imposes it."""
    policy = judgement.policy
    found: dict[tuple[str, str], Obligation] = {}
    for rule_id in sorted(rule_ids):
        rule = policy.rules[rule_id]
        for name in rule.owes:
            obligation = _obligation(policy.duties[name], rule, judgement)
            found.setdefault((obligation.id, obligation.clause), obligation)
    return tuple(found[key] for key in sorted(found))


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


def _obligation(duty: Duty, rule: Rule, judgement: Judgement) -> Obligation:
    parameters = dict(duty.fixed)
    for key, path in duty.taken_from.items():
        value = property_at(judgement.circumstances.request, path)
        if value is not None:
            parameters[key] = plain(value)
    for key, cases in duty.chosen.items():
        parameters[key] = next(
            (value for name, value in cases if name is None or not judgement.is_false(name)), cases[-1][1]
        )
    clause = rule.clause if rule.clause in duty.clauses else duty.clause
    return Obligation(duty.obligation, clause, parameters, duty.before, duty.text)


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
