"""What an engine answers besides yes and no."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MatchedRule:
    """A rule that matches: its fields, its place in the order of evaluation (from 0) and its effect.

    *effect* is "allow" or "deny"; "" for a rule whose effect is written in any other way, which decides nothing.
    """

    number: int
    fields: tuple[str, ...]
    effect: str


@dataclass(frozen=True, slots=True)
class FailedRule:
    """A rule whose evaluation raised *error*."""

    number: int
    fields: tuple[str, ...]
    error: Exception


@dataclass(frozen=True, slots=True)
class EngineMatches:
    """Every rule that matches a request and every error, each in the order of evaluation.

    A decision stops at the rule that settles it; this does not.
    """

    rules: tuple[MatchedRule, ...]
    errors: tuple[FailedRule, ...]


@dataclass(frozen=True, slots=True)
class NearRule:
    """A rule that would have allowed, had it not been for one *condition* of the matcher.

    *values* are the fields that the condition reads (`r.sub`, `p.act`) with what they hold; *error* is what the
    condition raised, None when it was not met.
    """

    number: int
    fields: tuple[str, ...]
    condition: str
    values: Mapping[str, Any]
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a request is denied.

    *decision* is True when it is not, and then there is nothing else to say. *denying* are the deny rules that match.
    *nearest* are rules that fail one condition only, at most as many as were asked for. *unheard* are the fields of the
    request whose text no rule looks for.
    """

    decision: bool
    denying: tuple[MatchedRule, ...] = ()
    nearest: tuple[NearRule, ...] = ()
    unheard: tuple[str, ...] = ()
    errors: tuple[FailedRule, ...] = ()
