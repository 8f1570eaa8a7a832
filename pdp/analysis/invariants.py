"""Reads invariants.yaml: what a policy must never, and what it must always allow, in words that an admin reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pdp.conditions import (
    Condition,
    ConditionSyntaxError,
    ConditionTable,
    Resolver,
    compile_conditions,
    parse_condition,
    parts_of,
)
from pdp.conditions.expression import Named
from pdp.core.errors import InvalidPolicyError
from pdp.core.policy import ANY, Granting, Hierarchies
from pdp.core.text import Text, nearest
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.policy_set import PolicySet
from pdp.policy_set.building import INVARIANTS_FILE
from pdp.policy_set.entries import Entry, check_name, entries
from pdp.policy_set.report import FolderReport
from pdp.words import LocatedText

FILE: Final = INVARIANTS_FILE
NEVER: Final = "never"
ALWAYS: Final = "always"

_COLUMNS: Final = {
    "who": WordKind.ROLE,
    "does": WordKind.ACTION,
    "to": WordKind.CATEGORY,
    "for": WordKind.PURPOSE,
}
_EXCEPT: Final = {key: f"except_{key}" for key in _COLUMNS}
_KEYS: Final = {"vi", "en", "clauses", "claim", "alone", "unless", "if", *_COLUMNS, *_EXCEPT.values()}


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must never, or must always, be allowed.

    *words* are those that it is about, by kind. With *alone* the subject holds no role but these. *unless* and *given*
    name conditions of the policy with its invariants: it is about situations where *unless* is not true and *given* is.
    """

    name: str
    text: Text
    clauses: tuple[str, ...]
    claim: str
    words: Mapping[WordKind, frozenset[str]]
    alone: bool
    unless: str | None
    given: str | None
    file: str
    line: int


@dataclass(frozen=True, eq=False)
class WithInvariants:
    """A policy and its invariants; their expressions are conditions beside those of the policy."""

    policy: PolicySet
    invariants: tuple[Invariant, ...]
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    compiled: ConditionTable = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compiled", compile_conditions(self.conditions))

    @property
    def operator(self) -> str:
        """Return the id of the operator."""
        return self.policy.operator

    @property
    def vocabulary(self) -> Vocabulary:
        """Return the words."""
        return self.policy.vocabulary

    @property
    def hierarchies(self) -> Hierarchies:
        """Return which words lie in which."""
        return self.policy.hierarchies

    @property
    def granting(self) -> Mapping[str, Granting]:
        """Return who may grant which role."""
        return self.policy.granting


def read_invariants(policy: PolicySet, file: str, content: bytes) -> WithInvariants:
    """Return the invariants that *file* says of *policy*; raise InvalidPolicyError with every finding."""
    report = FolderReport()
    resolver = Resolver(policy.operator, policy.vocabulary, policy.schema, policy.declared, policy.groups)
    conditions = dict(policy.conditions)
    found = []
    for entry in entries(file, content, report, _KEYS):
        check_name(entry)
        unless, given = (_expression(entry, key, resolver, policy, conditions) for key in ("unless", "if"))
        found.append(
            Invariant(
                name=entry.name.text,
                text=entry.spoken(),
                clauses=_clauses(entry, policy),
                claim=_claim(entry),
                words={kind: _words(entry, key, kind, policy) for key, kind in _COLUMNS.items()},
                alone=entry.body.get("alone") is not None and entry.flag("alone"),
                unless=unless,
                given=given,
                file=file,
                line=entry.name.line,
            )
        )
    if report.has_errors:
        raise InvalidPolicyError(report.findings)
    return WithInvariants(policy, tuple(found), conditions)


def _claim(entry: Entry) -> str:
    claim = entry.text("claim")
    if claim not in {NEVER, ALWAYS, ""}:
        entry.report.error(
            entry.file,
            entry.place("claim"),
            "invariant-claim",
            f"`{claim}` phải là `never` hoặc `always`",
            f"`{claim}` must be `never` or `always`",
            "never, always",
        )
    return claim


def _clauses(entry: Entry, policy: PolicySet) -> tuple[str, ...]:
    clauses = entry.words("clauses")
    for clause in clauses:
        if clause.text not in policy.clauses:
            suggestion = nearest(clause.text, policy.clauses) or ""
            _unknown(entry, clause, "unknown-clause", Text("điều khoản", "clause"), suggestion)
    return tuple(clause.text for clause in clauses)


def _words(entry: Entry, key: str, kind: WordKind, policy: PolicySet) -> frozenset[str]:
    everything = frozenset(policy.vocabulary.words(kind))
    named = entry.words(key)
    kept = frozenset().union(*(_meant(entry, word, kind, policy) for word in named))
    if entry.body.get(_EXCEPT[key]) is not None:
        kept -= frozenset().union(*(_meant(entry, word, kind, policy) for word in entry.words(_EXCEPT[key])))
    return kept & everything


def _meant(entry: Entry, word: LocatedText, kind: WordKind, policy: PolicySet) -> frozenset[str]:
    inside = policy.hierarchies.downward[kind]
    if word.text == ANY:
        return frozenset(policy.vocabulary.words(kind))
    if word.text not in inside:
        suggestion = nearest(word.text, inside) or ""
        _unknown(entry, word, f"unknown-{kind.singular}", Text("từ", kind.singular), suggestion)
        return frozenset()
    return inside[word.text]


def _unknown(entry: Entry, word: LocatedText, code: str, what: Text, suggestion: str) -> None:
    entry.report.error(
        entry.file,
        (word.line, word.column),
        code,
        f"không có {what.vi} `{word.text}`",
        f"there is no {what.en} `{word.text}`",
        suggestion,
    )


def _expression(
    entry: Entry, key: str, resolver: Resolver, policy: PolicySet, conditions: dict[str, Condition]
) -> str | None:
    written = entry.optional(key)
    if written is None:
        return None
    try:
        expression = parse_condition(written.text, resolver)
    except ConditionSyntaxError as error:
        entry.report.error(entry.file, entry.place(key), "condition-syntax", error.vi, error.en, error.suggestion)
        return None
    for part in parts_of(expression):
        if isinstance(part, Named) and part.name not in policy.conditions:
            suggestion = nearest(part.name, policy.conditions) or ""
            _unknown(entry, written, "unknown-condition", Text("điều kiện", "condition"), suggestion)
            return None
    name = f"{key} of {entry.name.text}"
    said = Text(written.text, written.text)
    conditions[name] = Condition(name, said, "", None, expression, entry.file, written.line)
    return name
