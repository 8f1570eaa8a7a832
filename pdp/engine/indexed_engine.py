"""Evaluation by look-up: for each word of each column the rows that speak of it, intersected when a question comes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pdp.engine.chains import refuse_long_chains
from pdp.engine.matching import MatchError, Matches, Question, Row

_ANY: Final = "any"
_GROUPINGS: Final = ("g", "g2", "g3", "g4")
"""Which words lie in which, in the order of the columns role, action, category, purpose."""


@dataclass(frozen=True, slots=True)
class _Rule:
    id: str
    effect: str


class _Column:
    """The rows that speak of each word, as the bits of a number: bit n stands for row n."""

    def __init__(self, words: Sequence[str], broader: Mapping[str, frozenset[str]]) -> None:
        rows: dict[str, int] = {}
        for number, word in enumerate(words):
            rows[word] = rows.get(word, 0) | 1 << number
        self._of_any = rows.get(_ANY, 0)
        self._of_word = {
            word: self._joined(rows, broader.get(word, frozenset({word}))) for word in rows.keys() | broader.keys()
        }

    def _joined(self, rows: Mapping[str, int], words: frozenset[str]) -> int:
        found = self._of_any
        for word in words:
            found |= rows.get(word, 0)
        return found

    def rows(self, word: str) -> int:
        return self._of_word.get(word, self._of_any)


def _closure(links: Sequence[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    """Return for each word itself and all that it lies in."""
    above: dict[str, list[str]] = {}
    for narrow, broad in links:
        above.setdefault(narrow, []).append(broad)
    closed = {}
    for word in above:
        reached, ahead = {word}, [word]
        while ahead:
            ahead = [broad for narrow in ahead for broad in above.get(narrow, ()) if broad not in reached]
            reached.update(ahead)
        closed[word] = frozenset(reached)
    return closed


class IndexedEngine:
    """Decides as pdp/policy_set/model.conf says, with the same answers as PyCasbinEngine.

    Built once and never changed, without locks. *rows* must have passed the strict loader.
    """

    tier: Final = "indexed"

    def __init__(self, rows: Sequence[Row]) -> None:
        refuse_long_chains(rows)
        rules = [row.fields for row in rows if row.type == "p"]
        self._rules = tuple(_Rule(id_, effect) for id_, effect, *_ in rules)
        self._roles, self._actions, self._categories, self._purposes = (
            _Column(
                [fields[position] for fields in rules],
                _closure([(row.fields[0], row.fields[1]) for row in rows if row.type == grouping]),
            )
            for position, grouping in enumerate(_GROUPINGS, start=2)
        )

    def matches(self, question: Question) -> Matches:
        """Return every match and every error."""
        region = (
            self._actions.rows(question.action)
            & self._categories.rows(question.category)
            & self._purposes.rows(question.purpose)
        )
        found = 0
        for role in question.roles:
            found |= self._roles.rows(role)
        found &= region
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
