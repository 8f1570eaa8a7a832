"""What an engine is asked and what it answers: all matches and all errors, never one of several."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a policy file: its type (`p`, `p2`, `g`, ...) and its fields."""

    type: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What a set of rules is asked.

    *roles* are those that count. *applies* judges the conditions of a rule, given its id: it is called for each rule
    whose region speaks of the question, at most once a rule and role; what it raises is an error of that rule.
    """

    roles: frozenset[str]
    action: str
    category: str
    purpose: str
    applies: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class MatchError:
    """Evaluating *rule* failed."""

    rule: str
    error: Exception


@dataclass(frozen=True, slots=True)
class Matches:
    """The answer of an engine.

    *spoke* are the ids of all rules whose region speaks of the question; *allowing* and *denying* those that apply.
    A rule with an error is among *denying* when it denies, and not among *allowing* when it allows.
    """

    spoke: frozenset[str]
    allowing: frozenset[str]
    denying: frozenset[str]
    errors: tuple[MatchError, ...]


class RuleEngine(Protocol):
    """Finds the rows that match."""

    def matches(self, question: Question) -> Matches:
        """Return every match and every error; never raises for what happens inside a rule. Safe for many threads."""
