"""Expressions without what does not matter to their value: words, places, and the names of other conditions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pdp.conditions.expression import (
    All,
    AnyOf,
    Compare,
    Condition,
    CoversCategory,
    EachPerson,
    Expression,
    HasType,
    Holds,
    Literal,
    Named,
    Not,
    Root,
    Shifted,
    SomeConsent,
    SomeGround,
    SomeRefusal,
    Stated,
    Term,
)
from pdp.core.policy import ANY_WORD, Hierarchies
from pdp.core.text import Text
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.space.angle import Angle

_NOTHING: Final = Text("", "")


@dataclass(frozen=True, slots=True)
class Needs:
    """What the value of an expression depends on beside the request and its facts as a whole.

    Of an angle *category* is that of the data, *purpose* everything else: what for, and who would have the data.
    """

    person: bool = False
    fact: bool = False
    category: bool = False
    purpose: bool = False

    def __or__(self, other: "Needs") -> "Needs":
        return Needs(
            self.person or other.person,
            self.fact or other.fact,
            self.category or other.category,
            self.purpose or other.purpose,
        )

    def of_angle(self, angle: Angle) -> object:
        """Return as much of *angle* as is depended on: values are equal from angles that are equal in this."""
        if self.purpose:
            return angle if self.category else angle.under("")
        return angle.category if self.category else None


class Reading:
    """The conditions of one policy and the words that they are written in."""

    def __init__(self, conditions: Mapping[str, Condition], hierarchies: Hierarchies, vocabulary: Vocabulary) -> None:
        self.conditions = conditions
        self.hierarchies = hierarchies
        self._roles = tuple(vocabulary.words(WordKind.ROLE))

    def narrower(self, roles: Iterable[str]) -> tuple[str, ...]:
        """Return every role that is one of *roles*, lies in one or is in a group of that name."""
        wanted, above = set(roles), self.hierarchies.roles
        return tuple(role for role in self._roles if not wanted.isdisjoint(above.get(role, ANY_WORD)))


class Shared:
    """Keeps one object for all expressions that say the same, so that they are told apart by identity."""

    def __init__(self) -> None:
        self._known: dict[Expression, Expression] = {}
        self._needs: dict[int, Needs] = {}
        self._named: dict[tuple[Reading, str], Expression] = {}

    def condition(self, name: str, reading: Reading) -> Expression:
        """Return the expression of the condition called *name*, with those that it names put in their places."""
        key = (reading, name)
        found = self._named.get(key)
        if found is None:
            found = self._named[key] = self._normal(reading.conditions[name].expression, reading)
        return found

    def needs(self, expression: Expression) -> Needs:
        """Return what a shared *expression* depends on."""
        found = self._needs.get(id(expression))
        if found is None:
            found = self._needs[id(expression)] = _needs(expression, self)
        return found

    def _normal(self, expression: Expression, reading: Reading) -> Expression:
        if isinstance(expression, Named):
            return self.condition(expression.name, reading)
        bare = self._joined(expression, reading) or _statement(expression, reading)
        return self._known.setdefault(bare, bare)

    def _joined(self, expression: Expression, reading: Reading) -> Expression | None:
        """Return an expression with others inside it in the same way, None for a statement that has none."""
        match expression:
            case All(parts=parts) | AnyOf(parts=parts):
                return type(expression)(tuple(self._normal(part, reading) for part in parts))
            case Not(part=part):
                return Not(self._normal(part, reading))
            case EachPerson(inner=inner):
                return EachPerson(self._normal(inner, reading))
            case SomeGround(kind=kind, where=where):
                return SomeGround(kind, self._where(where, reading), _NOTHING)
            case SomeConsent(givers=givers, where=where):
                return SomeConsent(reading.narrower(givers), self._where(where, reading), _NOTHING)
            case _:
                return None

    def _where(self, where: Expression | None, reading: "Reading") -> Expression | None:
        return None if where is None else self._normal(where, reading)


def _statement(expression: Expression, reading: Reading) -> Expression:
    match expression:
        case SomeRefusal(givers=givers):
            return SomeRefusal(reading.narrower(givers), _NOTHING)
        case Compare(left=left, relation=relation, right=right):
            return Compare(_bare_term(left), relation, _bare_right(right))
        case CoversCategory(term=term) | Stated(term=term):
            return type(expression)(_bare_term(term))
        case HasType(term=term, types=types):
            return HasType(_bare_term(term), types, _NOTHING)
        case Holds(term=term, roles=roles, scope_type=scope_type):
            return Holds(_bare_term(term), reading.narrower(roles), scope_type, _NOTHING)
        case _:
            raise TypeError(expression)


def _bare_term(term: Term) -> Term:
    return replace(term, text=_NOTHING, at=0, value_texts=())


def _bare_right(right: Term | Literal | Shifted) -> Term | Literal | Shifted:
    match right:
        case Term():
            return _bare_term(right)
        case Literal():
            return replace(right, text=_NOTHING)
        case Shifted(duration=duration, term=term):
            return Shifted(replace(duration, text=_NOTHING), _bare_term(term))


def terms_of(expression: Expression) -> tuple[Term, ...]:
    """Return the terms of one statement, not of those inside it."""
    match expression:
        case Compare(left=left, right=Shifted(term=term)):
            return (left, term)
        case Compare(left=left, right=Term() as right):
            return (left, right)
        case Compare(left=left):
            return (left,)
        case CoversCategory(term=term) | Stated(term=term) | HasType(term=term) | Holds(term=term):
            return (term,)
        case _:
            return ()


def children(expression: Expression) -> tuple[Expression, ...]:
    """Return the expressions directly inside *expression*."""
    match expression:
        case All(parts=parts) | AnyOf(parts=parts):
            return parts
        case Not(part=part):
            return (part,)
        case EachPerson(inner=inner):
            return (inner,)
        case SomeGround(where=where) | SomeConsent(where=where):
            return () if where is None else (where,)
        case _:
            return ()


def _needs(expression: Expression, shared: Shared) -> Needs:
    found = Needs()
    for child in children(expression):
        found |= shared.needs(child)
    for term in terms_of(expression):
        resource_itself = term.root is Root.RESOURCE and not term.name
        found |= Needs(person=term.root is Root.PERSON, fact=term.root is Root.FACT, category=resource_itself)
    match expression:
        case EachPerson():
            return replace(found, person=False)
        case SomeGround():
            return replace(found, fact=False)
        case SomeConsent() | SomeRefusal():
            return Needs(person=True, fact=False, category=True, purpose=True)
        case CoversCategory():
            return replace(found, category=True)
        case Holds():
            return replace(found, person=True)
        case _:
            return found
