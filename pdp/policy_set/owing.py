"""What a caller owes for the rules that decided, as far as the policy alone knows it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pdp.core.decision import Obligation
from pdp.core.policy import Duty, Rule


@dataclass(frozen=True, slots=True)
class Owed:
    """One obligation under one *clause*; *ready* when nothing of it depends on the request, otherwise None."""

    duty: Duty
    clause: str
    ready: Obligation | None


def owed_for(rules: Iterable[Rule], duties: Mapping[str, Duty]) -> tuple[Owed, ...]:
    """Return what *rules* impose, each obligation once for each clause that imposes it, in order."""
    found: dict[tuple[str, str], Owed] = {}
    for rule in rules:
        for name in rule.owes:
            duty = duties[name]
            clause = rule.clause if rule.clause in duty.clauses else duty.clause
            ready = None
            if not duty.taken_from and not duty.chosen:
                parameters = MappingProxyType(dict(duty.fixed))
                ready = Obligation(duty.obligation, clause, parameters, duty.before, duty.text)
            found.setdefault((duty.obligation, clause), Owed(duty, clause, ready))
    return tuple(found[key] for key in sorted(found))


Imposed = tuple[tuple[Owed, ...], tuple[Obligation, ...] | None]
"""What is owed; and the obligations themselves where nothing of any depends on the request, otherwise None."""


def imposed_by(rules: Iterable[Rule], duties: Mapping[str, Duty]) -> Imposed:
    """Return what *rules* impose, once for all that asks for it."""
    imposed = owed_for(rules, duties)
    whole = tuple(each.ready for each in imposed if each.ready is not None)
    return imposed, whole if len(whole) == len(imposed) else None
