"""A decision with everything that led to it: the same value as the answer, with more of it visible."""

from dataclasses import dataclass
from enum import StrEnum

from pdp.core.decision import Decision, RuleTrace
from pdp.core.facts import Fact
from pdp.core.text import Text


@dataclass(frozen=True, slots=True)
class FactUse:
    """One fact, whether it counted towards the answer, and why not (None when it counted)."""

    fact: Fact
    counted: bool
    why_not: Text | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What would turn the denial into an allow: facts to *add* or *end*, *circumstances* to bring about.

    Each was tried: the changed request was decided again and allowed. *by_whom* names who could do it, "" when nobody
    is known who could.
    """

    add: tuple[Fact, ...]
    end: tuple[Fact, ...]
    circumstances: tuple[str, ...]
    message: Text
    by_whom: str = ""


class SearchOutcome(StrEnum):
    """What looking for changes that would make a denial an allow came to."""

    NOT_SEARCHED = ""
    """There was no denial."""
    FOUND = "found"
    """Some were found; there may be others."""
    NOTHING = "nothing"
    """It is proved that no change of facts or circumstances would."""
    BOUNDED = "bounded"
    """None was found within the bounds of the search, which proves nothing."""
    FAILED = "failed"
    """Deciding failed, so that nobody can say what would help."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision and its grounds.

    *matched* are the rules that speak of the request for a role that the subject holds; *nearest* those that came
    closest to allowing, fewest lacks first; *hypothetical* says that the question was about a past or imagined state.
    """

    decision: Decision
    matched: tuple[RuleTrace, ...]
    nearest: tuple[RuleTrace, ...]
    facts: tuple[FactUse, ...]
    would_allow: tuple[Change, ...] = ()
    hypothetical: bool = False
