"""The answer, and everything that led to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from pdp.core.facts import Fact
from pdp.core.text import Text
from pdp.core.value import value

MAXIMUM_BOUNDARIES: Final = 32
"""How many instants are tried before the next one is given unproved as the end of an answer: early is safe, late is
not."""


class Effect(StrEnum):
    """What a rule does. LINE never decides: it says which sentence closes a region."""

    ALLOW = "allow"
    DENY = "deny"
    LINE = "line"


class Cause(StrEnum):
    """Why the answer is what it is (contract, section 1)."""

    RULE = "rule"
    UNMET = "unmet"
    SILENT = "silent"
    ERROR = "error"


class Outcome(StrEnum):
    """The value of a condition (contract, section 4)."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ConditionTrace:
    """One condition of a rule as it came out.

    *missing* names the properties whose absence made it unknown; *message* says the condition, or the part of it that
    failed, in words; *in_kind* the same without any name or value that was found, where that is another text. *error*
    says that evaluating it failed.
    """

    name: str
    outcome: Outcome
    missing: tuple[str, ...]
    message: Text
    error: bool = False
    in_kind: Text | None = None


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """A rule and how each of its conditions came out. *lacks* counts what kept it from applying."""

    rule: str
    clause: str
    effect: Effect
    file: str
    line: int
    conditions: tuple[ConditionTrace, ...]

    @property
    def lacks(self) -> int:
        """Return how many of the conditions are not true."""
        return sum(condition.outcome is not Outcome.TRUE for condition in self.conditions)


@value
class Reason:
    """One sentence that led to the answer. *rule* and *clause* are "" when no rule speaks of the request."""

    clause: str
    rule: str
    effect: Effect
    message: Text


@value
class Obligation:
    """What the caller must do when it acts on the answer; when *before*, before it acts."""

    id: str
    clause: str
    parameters: Mapping[str, object]
    before: bool
    message: Text


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that failed while deciding: in *rule*, or "" outside of any; *error* is for the record alone."""

    rule: str
    error: str


@value
class Decision:
    """The answer to one request.

    *revision* identifies the policy set, *checked_at* the facts that it saw, *valid_until* the first instant at which
    the passing of time could change it. *matched* holds every rule that speaks of the request, for the explanation;
    *failures* what went wrong meanwhile and *seen* the stored facts that it was made about, None where there were too
    many to be looked at: both are for the record, and never leave with the answer.
    """

    decision_id: str
    request_id: str
    allowed: bool
    cause: Cause
    reasons: tuple[Reason, ...]
    obligations: tuple[Obligation, ...]
    revision: str
    checked_at: str
    valid_until: datetime | None
    matched: tuple[RuleTrace, ...] = ()
    cached: bool = False
    failures: tuple[Failure, ...] = ()
    seen: tuple[Fact, ...] | None = field(default=(), compare=False, repr=False)


def alike_but_for_id(one: Decision, other: Decision) -> bool:
    """Say whether two decisions differ in nothing but the ids; False may be said of two that are alike."""
    return (
        one.reasons is other.reasons
        and one.obligations is other.obligations
        and one.allowed is other.allowed
        and one.cause is other.cause
        and one.valid_until is other.valid_until
        and one.cached is other.cached
        and one.revision == other.revision
        and one.checked_at == other.checked_at
        and one.failures is other.failures
        and one.matched is other.matched
        and one.seen is other.seen
    )
