"""Evaluation by look-up: for each word of each column the rows that speak of it, intersected when a question comes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pdp.engine.chains import refuse_long_chains
from pdp.engine.index import BitColumn
from pdp.engine.language.roles import RoleGraph
from pdp.engine.matching import MatchError, Matches, Question, Row

_ANY: Final = "any"
_GROUPINGS: Final = ("g", "g2", "g3", "g4")
"""Which words lie in which, in the order of the columns role, action, category, purpose."""


@dataclass(frozen=True, slots=True)
class _Rule:
    id: str
    effect: str


def _broader(links: Sequence[tuple[str, ...]]) -> Mapping[str, Iterable[str]]:
    """Return for each narrow word itself and all that it lies in."""
    return {word: (word, *above) for (_, word), above in RoleGraph(links, domains=False).items()}


class IndexedEngine:
    """Decides as pdp/policy_set/model.conf says, with the same answers as PyCasbinEngine.

    Built once and never changed, without locks. *rows* must have passed the strict loader.
    """

    tier: Final = "indexed"

    def __init__(self, rows: Sequence[Row]) -> None:
        refuse_long_chains(rows)
        self._broader = tuple(_broader([row.fields for row in rows if row.type == type_]) for type_ in _GROUPINGS)
        self._index([row.fields for row in rows if row.type == "p"])

    def _index(self, rules: Sequence[tuple[str, ...]]) -> None:
        self._rules = tuple(_Rule(id_, effect) for id_, effect, *_ in rules)
        self._roles, self._actions, self._categories, self._purposes = (
            BitColumn([fields[position] for fields in rules], broader, always=_ANY)
            for position, broader in enumerate(self._broader, start=2)
        )

    def with_rules(self, rules: Sequence[tuple[str, ...]]) -> "IndexedEngine":
        """Return the engine of the same groupings and of the rules whose fields begin with those of *rules*:

        id, effect, role, action, category, purpose. For trying changes: the rest of a row is not looked at here.
        """
        other = object.__new__(type(self))
        other._broader = self._broader
        other._index(rules)
        return other

    def matches(self, question: Question) -> Matches:
        """Return every match and every error."""
        region = (
            self._actions.rows(question.action)
            & self._categories.rows(question.category)
            & self._purposes.rows(question.purpose)
        )
        found = region & self._roles.rows_of_any(question.roles)
        spoke: list[str] = []
        applying: dict[str, list[str]] = {"allow": [], "deny": []}
        errors: list[MatchError] = []
        while found:
            lowest = found & -found
            found ^= lowest
            rule = self._rules[lowest.bit_length() - 1]
            spoke.append(rule.id)
            if _applies(rule, question, errors):
                applying[rule.effect].append(rule.id)
        return Matches(
            spoke=frozenset(spoke),
            allowing=frozenset(applying["allow"]),
            denying=frozenset(applying["deny"]),
            errors=tuple(errors),
        )


def _applies(rule: _Rule, question: Question, errors: list[MatchError]) -> bool:
    try:
        return question.applies(rule.id)
    # FAIL CLOSED (error in a rule): whatever was raised, a deny rule still denies and an allow rule does not allow.
    except Exception as error:  # noqa: BLE001
        errors.append(MatchError(rule.id, error))
        return rule.effect != "allow"
