"""A decision with everything that led to it: the same value as the answer, with more of it visible."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pdp.core.decision import Decision, RuleTrace
from pdp.core.facts import Fact
from pdp.core.text import Text

NO_TEXT: Final = Text("", "")


@dataclass(frozen=True, slots=True)
class FactUse:
    """One fact, whether it counted towards the answer, and why not (None when it counted)."""

    fact: Fact
    counted: bool
    why_not: Text | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What would turn the denial into an allow: facts to *add* or *end*, *circumstances* to bring about.

    Each was tried: the changed request was decided again and allowed, and none of its parts is enough. A fact to add
    replaces one of the same identity. *by_whom* names who could do it, `type:id` or roles, "" where time alone does.
    *in_kind* and *by_role* say the same without naming anybody whom the question does not name.
    """

    add: tuple[Fact, ...]
    end: tuple[Fact, ...]
    circumstances: tuple[str, ...]
    message: Text
    by_whom: str = ""
    in_kind: Text = NO_TEXT
    by_role: str = ""


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
class WouldAllow:
    """What a search for changes came to: *changes*, smallest first, and *message*, which says how far they go."""

    outcome: SearchOutcome = SearchOutcome.NOT_SEARCHED
    changes: tuple[Change, ...] = ()
    message: Text = NO_TEXT


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision and its grounds.

    *matched* are the rules that speak of the request for a role that the subject holds; *nearest* those that came
    closest to allowing, fewest lacks first; *would_allow* what would make a denial an allow, *search* and
    *search_message* how far the search for that went; *hypothetical* says that the question was about a past or
    imagined state.
    """

    decision: Decision
    matched: tuple[RuleTrace, ...]
    nearest: tuple[RuleTrace, ...]
    facts: tuple[FactUse, ...]
    would_allow: tuple[Change, ...] = ()
    hypothetical: bool = False
    search: SearchOutcome = SearchOutcome.NOT_SEARCHED
    search_message: Text = NO_TEXT
