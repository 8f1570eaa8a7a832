"""Evaluates conditions three-valued: true, false or unknown (contract, section 4)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pdp.conditions.expression import (
    ISSUER,
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
from pdp.core.circumstances import Circumstances
from pdp.core.decision import Outcome
from pdp.core.entity import Entity
from pdp.core.facts import Consent, Fact, Ground, Properties, Value
from pdp.core.local_time import VIETNAM
from pdp.core.vocabulary import WordKind


@dataclass(frozen=True, slots=True)
class Result:
    """An outcome, and the properties whose absence made it unknown.

    A false result with *missing* rests on an empty beneficiary, data subject or concern: that matches nothing, and it
    is different from nothing either, so the negation of such a result is unknown.
    """

    outcome: Outcome
    missing: frozenset[str] = frozenset()


TRUE: Final = Result(Outcome.TRUE)
FALSE: Final = Result(Outcome.FALSE)
UNKNOWN: Final = Result(Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Frame:
    """Whom `person` and what `its` mean at a place of the condition."""

    person: Entity | None
    fact: Fact | None = None


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
        return _known(bool(found))

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
        return _known(isinstance(listed, tuple) and any(covers(WordKind.CATEGORY, str(word), asked) for word in listed))

    def _has_type(self, expression: HasType, frame: Frame) -> Result:
        value = self.value(expression.term, frame)
        if isinstance(value, Emptiness):
            return self._empty(expression.term, value)
        return _known(isinstance(value, Entity) and value.type in expression.types)

    def _holds(self, expression: Holds, frame: Frame) -> Result:
        value = self.value(expression.term, frame)
        if not isinstance(value, Entity):
            return self._empty(expression.term, value) if isinstance(value, Emptiness) else UNKNOWN
        return _known(
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
        return _known(_COMPARISONS[expression.relation](left, right))

    def _compare_empty(self, expression: Compare, term: Term, emptiness: Emptiness) -> Result:
        """Compare a value that is not there, on either side: known when the schema says what absence means."""
        negative = expression.relation in NEGATIVE
        if emptiness is Emptiness.NONE:
            return _known(negative)
        if emptiness is Emptiness.ALL:
            return _known(expression.relation in {Relation.INCLUDES, Relation.IN})
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
        found = _LOOKUPS[term.root](self.circumstances, term.name, frame)
        if found is not None:
            return found
        return term.default if term.emptiness is Emptiness.DEFAULT else term.emptiness


def conjunction(results: Iterable[Result]) -> Result:
    """Kleene's and: false wins over unknown, and plainly false over false for want of a beneficiary or the like."""
    missing: frozenset[str] = frozenset()
    outcome = Outcome.TRUE
    for result in results:
        if result == FALSE:
            return FALSE
        if result.outcome is Outcome.FALSE or outcome is Outcome.TRUE:
            outcome = result.outcome
        missing |= result.missing
    return Result(outcome, missing)


def disjunction(results: Iterable[Result]) -> Result:
    """Kleene's or: true wins over unknown; of nothing it is false."""
    missing: frozenset[str] = frozenset()
    outcome = Outcome.FALSE
    for result in results:
        if result.outcome is Outcome.TRUE:
            return TRUE
        if result.outcome is Outcome.UNKNOWN:
            outcome = result.outcome
        missing |= result.missing
    return Result(outcome, missing)


def negation(result: Result) -> Result:
    """Kleene's not: the negation of unknown is unknown, and so is that of what an empty beneficiary made false."""
    # FAIL CLOSED (empty matches nothing): "not its beneficiary" must not hold of a fact that names nobody.
    if result.missing:
        return Result(Outcome.UNKNOWN, result.missing)
    if result.outcome is Outcome.UNKNOWN:
        return result
    return _known(result.outcome is Outcome.FALSE)


def shifted(start: datetime, by: Shifted) -> datetime:
    """Return the instant that *by* says after *start*.

    A year ends at the same local date in Vietnam (contract, section 2, "Time"); one from 29 February ends on 1 March.
    """
    if not by.duration.years:
        return start + by.duration.span
    local = start.astimezone(VIETNAM)
    try:
        return local.replace(year=local.year + by.duration.years).astimezone(start.tzinfo)
    except ValueError:
        return local.replace(year=local.year + by.duration.years, month=3, day=1).astimezone(start.tzinfo)


def shifted_back(end: datetime, by: Shifted) -> set[datetime]:
    """Return the instants at which that which *by* says later may reach or pass *end*: one too many is harmless."""
    if not by.duration.years:
        return {end - by.duration.span}
    local = end.astimezone(VIETNAM)
    if (local.month, local.day) == (2, 29):
        local = local.replace(month=3, day=1)
    start = local.replace(year=local.year - by.duration.years)
    found = {start}
    if (start.month, start.day) == (3, 1):
        # A leap day and the first of March both lead to the first of March.
        found |= {start - timedelta(days=1), start.replace(hour=0, minute=0, second=0, microsecond=0)}
    return {instant.astimezone(end.tzinfo) for instant in found}


def _known(holds: bool) -> Result:
    return TRUE if holds else FALSE


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


def _of_resource(circumstances: Circumstances, name: str, frame: Frame) -> Value | None:
    resource = circumstances.resource
    if name == "":
        return resource.entity
    if name == "data_subject":
        return resource.data_subject
    if name == "scopes":
        # FAIL CLOSED (no scope named): "is not in the scopes" must not hold because nobody said what they are.
        return tuple(sorted(circumstances.scopes)) or None
    return resource.properties.get(name)


def _of_fact(circumstances: Circumstances, name: str, frame: Frame) -> Value | None:
    kind = frame.fact.kind if frame.fact else None
    if isinstance(kind, Ground):
        fields: dict[str, Value | None] = {
            "id": kind.id,
            "beneficiary": kind.beneficiary,
            "data_subject": kind.data_subject,
            "status": kind.status,
        }
        if name == ISSUER:
            return _property(kind.properties, "issued_by") or kind.beneficiary
    elif isinstance(kind, Consent):
        fields = {
            "given_by": kind.given_by,
            "recipient": kind.recipient,
            "form": kind.form or None,
            "purposes": kind.purposes,
            "categories": kind.categories,
        }
    else:
        return None
    return fields[name] if name in fields else _property(kind.properties, name)


def _property(properties: Properties, name: str) -> Value | None:
    return properties.get(name)


_LOOKUPS: Final[Mapping[Root, Callable[[Circumstances, str, Frame], Value | None]]] = {
    Root.SUBJECT: lambda c, name, _: c.request.subject_properties.get(name) if name else c.request.subject,
    Root.PERSON: lambda _, __, frame: frame.person,
    # facts.yaml, `recipient`: "who would receive the data, where that is not the subject".
    Root.RECIPIENT: lambda c, _, __: c.request.context.get("recipient", c.request.subject),
    Root.RESOURCE: _of_resource,
    Root.CONTEXT: lambda c, name, _: c.request.context.get(name),
    Root.EXTRA: lambda c, name, _: c.request.extra.get(name),
    Root.NOW: lambda c, _, __: c.instant,
    Root.FACT: _of_fact,
}
