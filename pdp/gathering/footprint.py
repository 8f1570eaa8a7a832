"""What the conditions of a policy set look at among the facts, worked out once for each kind of request."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pdp.conditions import Condition, Expression
from pdp.conditions.expression import (
    All,
    AnyOf,
    EachPerson,
    Holds,
    Named,
    Not,
    Root,
    SomeConsent,
    SomeGround,
)
from pdp.conditions.traversal import parts_of
from pdp.core.decision import Effect
from pdp.core.policy import Rule
from pdp.core.vocabulary import WordKind
from pdp.gathering.ties import Alternative, ties_of
from pdp.policy_set import PolicySet

_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True)
class Demand:
    """Grounds of *kind* tied in the way of *alternative*; *strict* where it matters what is unknown of them."""

    kind: str
    alternative: Alternative
    strict: bool


@dataclass(frozen=True, slots=True)
class Demands:
    """What the rules for one kind of request look at; *naming* are the kinds of ground that name holders of roles."""

    grounds: tuple[Demand, ...]
    naming: frozenset[str]


class Footprint:
    """The demands of a policy set."""

    def __init__(self, policy: PolicySet) -> None:
        self._policy = policy
        # A condition is looked at in the same two ways whichever rule cites it.
        self._by_condition: dict[tuple[str, bool], tuple[Demand, ...]] = {}
        self.of = lru_cache(maxsize=_REMEMBERED)(self._of)

    def _of(self, action: str, category: str, purpose: str) -> Demands:
        """Return the demands of requests for this action, category and purpose."""
        found: dict[Demand, None] = {}
        for rule in self._policy.rules.values():
            strict = rule.effect is not Effect.ALLOW
            if strict and not self._may_deny(rule, action, category, purpose):
                continue
            # An allow rule applies on what is true alone. The rules of other regions are looked at too, for a denial
            # says which of them came nearest.
            found.update(dict.fromkeys(self._demands(rule.conditions, strict=strict)))
            for name in rule.owes:
                found.update(dict.fromkeys(self._demands(sorted(self._policy.duties[name].conditions), strict=True)))
        return Demands(tuple(found), _naming(self._policy.conditions))

    def _may_deny(self, rule: Rule, action: str, category: str, purpose: str) -> bool:
        """Say whether *rule* speaks of such requests, or of a part of what they ask for, which would be left out."""
        below = self._policy.hierarchies.downward[WordKind.CATEGORY].get(category, frozenset()) | {category}
        return any(self._policy.hierarchies.covers_region(rule.region, action, word, purpose) for word in below)

    def _demands(self, conditions: Iterable[str], *, strict: bool) -> Iterator[Demand]:
        for name in conditions:
            yield from self._of_condition(name, strict=strict)

    def _of_condition(self, name: str, *, strict: bool) -> tuple[Demand, ...]:
        key = (name, strict)
        found = self._by_condition.get(key)
        if found is None:
            condition = self._policy.conditions.get(name)  # None: whoever judges it meets the error
            found = () if condition is None else tuple(dict.fromkeys(self._walk(condition.expression, strict=strict)))
            # FAIL CLOSED (threads): only what is whole is put where another thread takes it for the answer. Conditions
            # that rest on one another in a circle are refused when read, so nothing need mark where the walk has been.
            self._by_condition[key] = found
        return found

    def _walk(self, expression: Expression, *, strict: bool) -> Iterator[Demand]:
        match expression:
            case Not(part=part):
                # FAIL CLOSED (negation): what is unknown below a `not` decides as much as what is true.
                yield from self._walk(part, strict=True)
            case All(parts=parts) | AnyOf(parts=parts):
                for part in parts:
                    yield from self._walk(part, strict=strict)
            case EachPerson(inner=inner):
                yield from self._walk(inner, strict=strict)
            case Named(name=name):
                yield from self._of_condition(name, strict=strict)
            case SomeGround(kind=kind, where=where):
                for alternative in ties_of(where):
                    yield Demand(kind, alternative, strict)
                if where is not None:
                    yield from self._walk(where, strict=True)
            case SomeConsent(where=where) if where is not None:
                yield from self._walk(where, strict=True)
            case _:
                pass


def _naming(conditions: Mapping[str, Condition]) -> frozenset[str]:
    """Return the kinds of ground of which some condition asks what role somebody named by them holds."""
    return frozenset(
        part.kind
        for condition in conditions.values()
        for part in parts_of(condition.expression)
        if isinstance(part, SomeGround) and part.where is not None and _asks_for_a_role(part.where)
    )


def _asks_for_a_role(where: Expression) -> bool:
    return any(isinstance(part, Holds) and part.term.root is Root.FACT for part in parts_of(where))
