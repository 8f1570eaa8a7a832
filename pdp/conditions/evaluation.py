"""Evaluates conditions three-valued: true, false or unknown (contract, section 4)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pdp.conditions.expression import (
    All,
    AnyOf,
    Compare,
    Condition,
    CoversCategory,
    EachPerson,
    Emptiness,
    Expression,
    HasType,
    Holds,
    Literal,
    Named,
    Not,
    Relation,
    Root,
    Shifted,
    SomeConsent,
    SomeGround,
    SomeRefusal,
    Stated,
    Term,
)
from pdp.conditions.finding_values import LOOKUPS, Frame
from pdp.conditions.results import FALSE, TRUE, UNKNOWN, Result, conjunction, disjunction, known, negation
from pdp.conditions.shifting import shifted, shifted_back
from pdp.core.circumstances import Circumstances
from pdp.core.decision import Outcome
from pdp.core.entity import Entity
from pdp.core.facts import Fact, Value
from pdp.core.vocabulary import WordKind


class Evaluator:
    """Evaluates the conditions of one folder in one set of circumstances.

    *instants* collects every instant at which a comparison with the time of the decision turns over.
    """

    def __init__(self, conditions: Mapping[str, Condition], circumstances: Circumstances) -> None:
        self.conditions = conditions
        self.circumstances = circumstances
        self.instants: set[datetime] = set()
        self._used: set[int] = set()
        self._seen: dict[tuple[str, Entity | None], Result] = {}
        self._evaluators: Mapping[type, Callable[..., Result]] = {
            All: self._all,
            AnyOf: self._any_of,
            Not: self._not,
            Named: self._named,
            Compare: self._compare,
            Stated: self._stated,
            CoversCategory: self._covers_category,
            HasType: self._has_type,
            Holds: self._holds,
            SomeGround: self._some_ground,
            SomeConsent: self._some_consent,
            SomeRefusal: self._some_refusal,
            EachPerson: self._each_person,
        }

    @property
    def outermost(self) -> Frame:
        """Return the frame of a whole condition: `person` is the data subject."""
        return Frame(self.circumstances.request.resource.data_subject)

    def named(self, name: str, frame: Frame | None = None) -> Result:
        """Evaluate the condition called *name*."""
        frame = Frame((frame or self.outermost).person)
        key = (name, frame.person)
        if key not in self._seen:
            self._seen[key] = self.evaluate(self.conditions[name].expression, frame)
        return self._seen[key]

    def evaluate(self, expression: Expression, frame: Frame) -> Result:
        """Evaluate *expression* at *frame*."""
        return self._evaluators[type(expression)](expression, frame)

    def condition(self, name: str) -> Condition:
        """Return the condition called *name*."""
        return self.conditions[name]

    def rested_on(self, fact: Fact) -> bool:
        """Say whether a true statement rested on this ground or consent."""
        return id(fact) in self._used

    def candidates(self, expression: SomeGround | SomeConsent, frame: Frame) -> tuple[Fact, ...]:
        """Return the facts of which a statement about some fact could be true."""
        if isinstance(expression, SomeGround):
            return self.circumstances.grounds(expression.kind)
        if frame.person is None:
            return ()
        return self.circumstances.consents(frame.person, expression.givers)

    def _all(self, expression: All, frame: Frame) -> Result:
        return conjunction(self.evaluate(part, frame) for part in expression.parts)

    def _any_of(self, expression: AnyOf, frame: Frame) -> Result:
        return disjunction(self.evaluate(part, frame) for part in expression.parts)

    def _not(self, expression: Not, frame: Frame) -> Result:
        return negation(self.evaluate(expression.part, frame))

    def _named(self, expression: Named, frame: Frame) -> Result:
        return self.named(expression.name, frame)

    def _some_ground(self, expression: SomeGround, frame: Frame) -> Result:
        return self._some(expression, frame)

    def _some_consent(self, expression: SomeConsent, frame: Frame) -> Result:
        if frame.person is None:
            return Result(Outcome.UNKNOWN, frozenset({"resource.data_subject"}))
        return self._some(expression, frame)

    def _some_refusal(self, expression: SomeRefusal, frame: Frame) -> Result:
        if frame.person is None:
            return Result(Outcome.UNKNOWN, frozenset({"resource.data_subject"}))
        found = self.circumstances.refusals(frame.person, expression.givers)
        self._used.update(id(fact) for fact in found)
        return known(bool(found))

    def _some(self, expression: SomeGround | SomeConsent, frame: Frame) -> Result:
        """Facts are closed: none at all is false and not unknown."""
        return disjunction(self._fits(fact, expression.where, frame) for fact in self.candidates(expression, frame))

    def _fits(self, fact: Fact, where: Expression | None, frame: Frame) -> Result:
        result = TRUE if where is None else self.evaluate(where, replace(frame, fact=fact))
        if result.outcome is Outcome.TRUE:
            self._used.add(id(fact))
        return result

    def _each_person(self, expression: EachPerson, frame: Frame) -> Result:
        people = self.circumstances.people
        # FAIL CLOSED (nobody named): "each of nobody" would be true of a picture of which nothing is known.
        if not people:
            return Result(Outcome.UNKNOWN, frozenset({"resource.data_subject"}))
        return conjunction(self.evaluate(expression.inner, replace(frame, person=person)) for person in people)

    def _stated(self, expression: Stated, frame: Frame) -> Result:
        value = self.value(expression.term, frame)
        if isinstance(value, Emptiness):
            known = value in {Emptiness.NONE, Emptiness.MATCHES_NOTHING}
            return FALSE if known else self._empty(expression.term, value)
        blank = value == () or (isinstance(value, str) and not value.strip())
        return FALSE if blank else TRUE

    def _covers_category(self, expression: CoversCategory, frame: Frame) -> Result:
        listed = self.value(expression.term, frame)
        if isinstance(listed, Emptiness):
            return self._empty(expression.term, listed)
        asked, covers = self.circumstances.resource.type, self.circumstances.hierarchies.covers
        return known(isinstance(listed, tuple) and any(covers(WordKind.CATEGORY, str(word), asked) for word in listed))

    def _has_type(self, expression: HasType, frame: Frame) -> Result:
        value = self.value(expression.term, frame)
        if isinstance(value, Emptiness):
            return self._empty(expression.term, value)
        return known(isinstance(value, Entity) and value.type in expression.types)

    def _holds(self, expression: Holds, frame: Frame) -> Result:
        value = self.value(expression.term, frame)
        if not isinstance(value, Entity):
            return self._empty(expression.term, value) if isinstance(value, Emptiness) else UNKNOWN
        return known(
            any(
                self.circumstances.holds(value, role, person=frame.person, scope_type=expression.scope_type)
                for role in expression.roles
            )
        )

    def _compare(self, expression: Compare, frame: Frame) -> Result:
        left = self.value(expression.left, frame)
        if isinstance(left, Emptiness):
            return self._compare_empty(expression, expression.left, left)
        right = self._right(expression.right, frame)
        if isinstance(right, Emptiness):
            term = expression.right.term if isinstance(expression.right, Shifted) else expression.right
            return self._compare_empty(expression, term, right) if isinstance(term, Term) else UNKNOWN
        self._note_instants(expression, left, right)
        return known(_COMPARISONS[expression.relation](left, right))

    def _compare_empty(self, expression: Compare, term: Term, emptiness: Emptiness) -> Result:
        """Compare a value that is not there, on either side: known when the schema says what absence means."""
        negative = expression.relation in NEGATIVE
        if emptiness is Emptiness.NONE:
            return known(negative)
        if emptiness is Emptiness.ALL:
            return known(expression.relation in {Relation.INCLUDES, Relation.IN})
        return self._empty(term, Emptiness.UNKNOWN if negative else emptiness)

    def _empty(self, term: Term, emptiness: Emptiness) -> Result:
        """Return what a statement about a value that is not there comes to."""
        if emptiness in {Emptiness.NONE, Emptiness.ALL}:
            return FALSE
        outcome = Outcome.FALSE if emptiness is Emptiness.MATCHES_NOTHING else Outcome.UNKNOWN
        return Result(outcome, frozenset({term.path}))

    def _right(self, right: Term | Literal | Shifted, frame: Frame) -> Value | Emptiness:
        if isinstance(right, Literal):
            return right.value
        if isinstance(right, Term):
            return self.value(right, frame)
        start = self.value(right.term, frame)
        if isinstance(start, datetime):
            return shifted(start, right)
        return start if isinstance(start, Emptiness) else Emptiness.UNKNOWN

    def _note_instants(self, expression: Compare, left: Value, right: Value) -> None:
        turning: set[datetime] = set()
        if expression.left.root is Root.NOW and isinstance(right, datetime):
            turning.add(right)
        if isinstance(left, datetime):
            match expression.right:
                case Term(root=Root.NOW):
                    turning.add(left)
                case Shifted(term=Term(root=Root.NOW)) as by:
                    turning |= shifted_back(left, by)
        # A comparison that includes equality turns over one step of the clock after it.
        self.instants |= turning | {instant + timedelta(microseconds=1) for instant in turning}

    def value(self, term: Term, frame: Frame) -> Value | Emptiness:
        """Look up *term*; what it means that the value is not there is said by its Emptiness."""
        found = LOOKUPS[term.root](self.circumstances, term.name, frame)
        if found is not None:
            return found
        return term.default if term.emptiness is Emptiness.DEFAULT else term.emptiness


NEGATIVE: Final = frozenset({Relation.IS_NOT, Relation.NOT_ONE_OF, Relation.NOT_IN})

# The operands have the same type by the time a condition is served: the parser refuses any other.
_COMPARISONS: Final[Mapping[Relation, Callable[..., bool]]] = {
    Relation.IS: lambda left, right: left == right,
    Relation.IS_NOT: lambda left, right: left != right,
    Relation.ONE_OF: lambda left, right: left in right,
    Relation.NOT_ONE_OF: lambda left, right: left not in right,
    Relation.IN: lambda left, right: left in right,
    Relation.NOT_IN: lambda left, right: left not in right,
    Relation.WITHIN: lambda left, right: bool(left) and set(left) <= set(right),
    Relation.INCLUDES: lambda left, right: right in left,
    Relation.AT_LEAST: lambda left, right: left >= right,
    Relation.AT_MOST: lambda left, right: left <= right,
    Relation.MORE: lambda left, right: left > right,
    Relation.LESS: lambda left, right: left < right,
    Relation.BEFORE: lambda left, right: left < right,
    Relation.NOT_BEFORE: lambda left, right: left >= right,
    Relation.AFTER: lambda left, right: left > right,
    Relation.NOT_AFTER: lambda left, right: left <= right,
}
