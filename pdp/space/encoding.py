"""From expressions to what they come to, as formulas: the interpreter of conditions, once for all situations."""

from collections.abc import Callable, Mapping

from pdp.conditions.evaluation import NEGATIVE
from pdp.conditions.expression import (
    All,
    AnyOf,
    Compare,
    CoversCategory,
    EachPerson,
    Emptiness,
    Expression,
    HasType,
    Holds,
    Literal,
    Not,
    Relation,
    Shifted,
    SomeConsent,
    SomeGround,
    SomeRefusal,
    Stated,
    Term,
)
from pdp.core.fact_schema import ValueType
from pdp.core.policy import ANY_WORD, Hierarchies
from pdp.space import script
from pdp.space.angle import Angle
from pdp.space.facts import Facts, Slot, Statement
from pdp.space.graded import CERTAIN, DOUBTFUL, REFUTED, WANTING, Graded, Scale
from pdp.space.looking_up import Terms, items
from pdp.space.normal import Shared
from pdp.space.people import People
from pdp.space.script import Formula
from pdp.space.values import Values


class Encoder:
    """Says what expressions come to, where at most *pictured* persons stand beside the data subject."""

    scale_type: type[Scale] = Scale

    def __init__(
        self, values: Values, people: People, facts: Facts, shared: Shared, hierarchies: Hierarchies, pictured: int
    ) -> None:
        self._values = values
        self._people = people
        self._facts = facts
        self._shared = shared
        self._hierarchies = hierarchies
        self._pictured = pictured
        self._script = values.script
        self._scale = self.scale_type(self._script)
        self._terms = Terms(values, people, facts, pictured)
        self._known: dict[tuple[int, int, Slot | None, object], Graded] = {}
        self._met: dict[tuple[int, int, Slot | None, object], frozenset[Statement]] = {}
        self._collecting: list[set[Statement]] = []
        self._encoders: Mapping[type, Callable[..., Graded]] = {
            All: lambda e, k, s, a: self._scale.all_of(self._of(part, k, s, a) for part in e.parts),
            AnyOf: lambda e, k, s, a: self._scale.one_of(self._of(part, k, s, a) for part in e.parts),
            Not: lambda e, k, s, a: self._scale.negated(self._of(e.part, k, s, a)),
            EachPerson: self._each_person,
            SomeGround: self._some_ground,
            SomeConsent: self._some_consent,
            SomeRefusal: self._some_refusal,
            Stated: self._stated,
            CoversCategory: self._covers_category,
            HasType: self._has_type,
            Holds: self._holds,
            Compare: self._compare,
        }

    def value(self, expression: Expression, angle: Angle) -> tuple[Graded, frozenset[Statement]]:
        """Return what a shared *expression* comes to, and the statements about facts that it rests on."""
        self._collecting.append(set())
        graded = self._of(expression, 0, None, angle)
        return graded, frozenset(self._collecting.pop())

    def _of(self, expression: Expression, person: int, slot: Slot | None, angle: Angle) -> Graded:
        needs = self._shared.needs(expression)
        key = (
            id(expression),
            person if needs.person else 0,
            slot if needs.fact else None,
            needs.of_angle(angle),
        )
        if key not in self._known:
            self._collecting.append(set())
            self._known[key] = self._encoders[type(expression)](expression, person, slot, angle)
            self._met[key] = frozenset(self._collecting.pop())
        self._collecting[-1] |= self._met[key]
        return self._known[key]

    # --- Facts --------------------------------------------------------------------------------------------------------

    def at_fact(self, statement: Statement, slot: Slot) -> tuple[Graded, frozenset[Statement]]:
        """Return what *statement* would come to if *slot* were the only fact, and the statements inside it."""
        self._collecting.append(set())
        graded = self._fit(statement, slot)
        return graded, frozenset(self._collecting.pop())

    def stopped_by(self, statement: Statement, slot: Slot) -> Formula:
        """Return that the refusal *slot* stops the consent, or is the refusal, that *statement* is about."""
        expression = statement.expression
        if isinstance(expression, SomeGround):
            return script.FALSE
        return self._facts.stops(slot, statement.angle, frozenset(expression.givers), self._hierarchies)

    def _fit(self, statement: Statement, slot: Slot) -> Graded:
        expression, angle = statement.expression, statement.angle
        if isinstance(expression, SomeRefusal):
            raise TypeError(expression)
        if isinstance(expression, SomeConsent):
            candidate = self._facts.covers(slot, angle, frozenset(expression.givers), self._hierarchies)
        else:
            candidate = self._facts.present(slot)
        inner = CERTAIN if expression.where is None else self._of(expression.where, statement.person, slot, angle)
        return self._scale.chosen(candidate, inner, REFUTED)

    def _statement(self, expression: SomeGround | SomeConsent | SomeRefusal, person: int, angle: Angle) -> Statement:
        needs = self._shared.needs(expression)
        seen = needs.of_angle(angle)
        statement = self._facts.statement(expression, person if needs.person else 0, angle, seen)
        self._collecting[-1].add(statement)
        return statement

    def _some_ground(self, expression: SomeGround, person: int, slot: Slot | None, angle: Angle) -> Graded:
        statement = self._statement(expression, person, angle)
        return REFUTED if statement.own is None else self._fit(statement, statement.own)

    def _some_consent(self, expression: SomeConsent, person: int, slot: Slot | None, angle: Angle) -> Graded:
        statement = self._statement(expression, person, angle)
        if statement.own is None or statement.refusal is None:
            return REFUTED
        fits = self._fit(statement, statement.own)
        found = self._scale.chosen(self.stopped_by(statement, statement.refusal), REFUTED, fits)
        return self._where_somebody(person, found)

    def _some_refusal(self, expression: SomeRefusal, person: int, slot: Slot | None, angle: Angle) -> Graded:
        statement = self._statement(expression, person, angle)
        stopped = script.FALSE if statement.refusal is None else self.stopped_by(statement, statement.refusal)
        return self._where_somebody(person, self._scale.known(stopped))

    def _where_somebody(self, person: int, found: Graded) -> Graded:
        there, _ = self._people.person(person)
        return self._scale.chosen(there, found, DOUBTFUL)

    def _each_person(self, expression: EachPerson, person: int, slot: Slot | None, angle: Angle) -> Graded:
        parts, present = [], []
        for each in range(self._pictured + 1):
            there, _ = self._people.person(each)
            present.append(there)
            parts.append(self._scale.chosen(there, self._of(expression.inner, each, slot, angle), CERTAIN))
        return self._scale.chosen(self._script.either(*present), self._scale.all_of(parts), DOUBTFUL)

    # --- Statements about one value -----------------------------------------------------------------------------------

    def _stated(self, expression: Stated, person: int, slot: Slot | None, angle: Angle) -> Graded:
        term = expression.term
        absent = DOUBTFUL if term.emptiness is Emptiness.UNKNOWN else REFUTED
        if term.is_list:
            gone, there = self._terms.list_is_there(term, slot)
        else:
            found = self._terms.scalar(term, person, slot, angle)
            gone, there = found.absent, script.TRUE
            if term.type is ValueType.STRING:
                there = self._script.negated(self._script.equal(found.code, "0"))
        return self._scale.chosen(gone, absent, self._scale.known(there))

    def _covers_category(self, expression: CoversCategory, person: int, slot: Slot | None, angle: Angle) -> Graded:
        listed = self._terms.words(expression.term, slot)
        above = self._hierarchies.categories.get(angle.category, ANY_WORD)
        codes = {self._values.codes.text(word) for word in above}
        covered = self._script.either(*[has for code, has in listed.has.items() if code in codes])
        return self._scale.chosen(listed.absent, _empty(expression.term), self._scale.known(covered))

    def _has_type(self, expression: HasType, person: int, slot: Slot | None, angle: Angle) -> Graded:
        found = self._terms.scalar(expression.term, person, slot, angle)
        of_type = self._script.either(*[self._values.has_type(found.code, type_) for type_ in expression.types])
        return self._scale.chosen(found.absent, _empty(expression.term), self._scale.known(of_type))

    def _holds(self, expression: Holds, person: int, slot: Slot | None, angle: Angle) -> Graded:
        found = self._terms.scalar(expression.term, person, slot, angle)
        holds = self._people.holds(found.code, frozenset(expression.roles), expression.scope_type, person)
        return self._scale.chosen(found.absent, _empty(expression.term), self._scale.known(holds))

    # --- Comparisons --------------------------------------------------------------------------------------------------

    def _compare(self, expression: Compare, person: int, slot: Slot | None, angle: Angle) -> Graded:
        left, right = expression.left, expression.right
        relation = expression.relation
        gone, holds = self._compared(expression, person, slot, angle)
        found = self._scale.known(holds)
        other = right.term if isinstance(right, Shifted) else right
        if isinstance(other, Term):
            found = self._scale.chosen(gone[1], _compare_empty(relation, other), found)
        return self._scale.chosen(gone[0], _compare_empty(relation, left), found)

    def _compared(
        self, expression: Compare, person: int, slot: Slot | None, angle: Angle
    ) -> tuple[tuple[Formula, Formula], Formula]:
        """Return that the left and the right value are absent, and that the relation holds where both are there."""
        relation, right = expression.relation, expression.right
        written = self._script
        if relation in {Relation.WITHIN, Relation.INCLUDES}:
            gone, _ = self._terms.list_is_there(expression.left, slot)
            if relation is Relation.WITHIN and isinstance(right, Literal):
                return (gone, script.FALSE), self._terms.is_within(expression.left, right, slot)
            element = self._terms.operand(right, expression.left, person, slot, angle)
            return (gone, element.absent), self._terms.contains(expression.left, element.code, slot)
        left = self._terms.scalar(expression.left, person, slot, angle)
        if relation in {Relation.IN, Relation.NOT_IN} and isinstance(right, Term):
            gone, _ = self._terms.list_is_there(right, slot)
            inside = self._terms.contains(right, left.code, slot)
            return (left.absent, gone), written.negated(inside) if relation is Relation.NOT_IN else inside
        if relation in {Relation.ONE_OF, Relation.NOT_ONE_OF} and isinstance(right, Literal):
            codes = [self._terms.literal(each) for each in items(right)]
            among = written.either(*[written.equal(left.code, code) for code in codes])
            return (left.absent, script.FALSE), written.negated(among) if relation is Relation.NOT_ONE_OF else among
        other = self._terms.operand(right, expression.left, person, slot, angle)
        return (left.absent, other.absent), self._related(relation, left.code, other.code)

    def _related(self, relation: Relation, left: str, right: str) -> Formula:
        written = self._script
        match relation:
            case Relation.IS:
                return written.equal(left, right)
            case Relation.IS_NOT:
                return written.negated(written.equal(left, right))
            case Relation.AT_LEAST | Relation.NOT_BEFORE:
                return written.at_most(right, left)
            case Relation.AT_MOST | Relation.NOT_AFTER:
                return written.at_most(left, right)
            case Relation.MORE | Relation.AFTER:
                return written.negated(written.at_most(left, right))
            case Relation.LESS | Relation.BEFORE:
                return written.negated(written.at_most(right, left))
            case _:
                raise TypeError(relation)


def _empty(term: Term) -> Graded:
    """Return what a statement about a value that is not there comes to (evaluation, `_empty`)."""
    if term.emptiness in {Emptiness.NONE, Emptiness.ALL}:
        return REFUTED
    return WANTING if term.emptiness is Emptiness.MATCHES_NOTHING else DOUBTFUL


def _compare_empty(relation: Relation, term: Term) -> Graded:
    """Return what a comparison with a value that is not there comes to (evaluation, `_compare_empty`)."""
    negative = relation in NEGATIVE
    if term.emptiness is Emptiness.NONE:
        return CERTAIN if negative else REFUTED
    if term.emptiness is Emptiness.ALL:
        return CERTAIN if relation in {Relation.INCLUDES, Relation.IN} else REFUTED
    return DOUBTFUL if negative else _empty(term)
