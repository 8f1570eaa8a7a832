"""Compiled statements about values: the look-up of each side, what is done where one is missing, and the test."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, assert_never

from pdp.conditions import running
from pdp.conditions.evaluation import NEGATIVE
from pdp.conditions.expression import (
    ISSUER,
    Compare,
    CoversCategory,
    Emptiness,
    HasType,
    Holds,
    Literal,
    Relation,
    Root,
    Shifted,
    Stated,
    Term,
)
from pdp.conditions.program_text import Lines, Place, Sinks
from pdp.conditions.truth import EMPTY, FALSE, TRUE, UNKNOWN
from pdp.core.fact_schema import ValueType

_ALWAYS_THERE: Final = {(Root.SUBJECT, ""), (Root.RECIPIENT, ""), (Root.RESOURCE, ""), (Root.NOW, "")}


_GIVEN: Final = frozenset({"id", "status", "given_by"})
"""Fields that no fact comes without, be it a ground or a consent."""


_GROUND_FIELDS: Final = frozenset({"id", "beneficiary", "data_subject", "status"})


_CONSENT_FIELDS: Final = frozenset({"given_by", "recipient", "purposes", "categories"})


_ORDERS: Final[Mapping[Relation, str]] = {
    Relation.AT_LEAST: ">=",
    Relation.AT_MOST: "<=",
    Relation.MORE: ">",
    Relation.LESS: "<",
    Relation.BEFORE: "<",
    Relation.NOT_BEFORE: ">=",
    Relation.AFTER: ">",
    Relation.NOT_AFTER: "<=",
}


class ValueStatements:
    """Writes statements without parts; a part of it may be replaced by a subclass. *constants* are what they name."""

    def __init__(self) -> None:
        self.constants: dict[str, object] = {}

    def about_value(
        self, expression: Stated | CoversCategory | HasType | Holds, sinks: Sinks, lines: Lines, place: Place
    ) -> None:
        """Write a statement about one value."""
        term = expression.term
        match expression:
            case Stated():
                test = "not is_blank(left)"
            case CoversCategory():
                test = "covers_category(e, left)"
            case HasType(types=types):
                test = f"left.type in {self.constant(types)}"
            case Holds(roles=roles, scope_type=scope_type):
                given = ", ".join(self.constant(value) for value in (roles, scope_type))
                test = f"e.circumstances.holds_one_of(left, {given}, person)"
        if term.emptiness is Emptiness.DEFAULT:
            missing = self._of_default(expression, term)
        elif isinstance(expression, Stated) and term.emptiness is Emptiness.MATCHES_NOTHING:
            missing = FALSE
        else:
            missing = self.empty_value(term.emptiness)
        lines.add(f"left = {self._look_up(term, place)}")
        lines.choose([("left is None", sinks.of(missing)), (test, sinks.true)], sinks.false)

    def _of_default(self, expression: Stated | CoversCategory | HasType | Holds, term: Term) -> int:
        """Return what a statement comes to of a value that the schema gives under `absent:`; it is a word."""
        match expression:
            case Stated():
                return FALSE if running.is_blank(term.default) else TRUE
            case Holds():
                return UNKNOWN
            case _:
                return FALSE

    def empty_value(self, emptiness: Emptiness) -> int:
        """Return what a statement about a value that is not there comes to."""
        if emptiness in {Emptiness.NONE, Emptiness.ALL}:
            return FALSE
        return EMPTY if emptiness is Emptiness.MATCHES_NOTHING else UNKNOWN

    def empty_comparison(self, relation: Relation, emptiness: Emptiness) -> int:
        """Return what a comparison comes to of which one side is not there."""
        if emptiness is Emptiness.NONE:
            return TRUE if relation in NEGATIVE else FALSE
        if emptiness is Emptiness.ALL:
            return TRUE if relation in {Relation.INCLUDES, Relation.IN} else FALSE
        # FAIL CLOSED (empty matches nothing): it is different from nothing either.
        return self.empty_value(Emptiness.UNKNOWN if relation in NEGATIVE else emptiness)

    def compare(self, expression: Compare, sinks: Sinks, lines: Lines, place: Place) -> None:
        """Write a comparison of two values."""
        with self._side("left", expression.left, expression.relation, sinks, lines, place):
            right = expression.right
            if isinstance(right, Literal):
                lines.choose([(self._test(expression), sinks.true)], sinks.false)
                return
            term = right.term if isinstance(right, Shifted) else right
            with self._side("right", term, expression.relation, sinks, lines, place):
                self._compare_present(expression, sinks, lines)

    def _compare_present(self, expression: Compare, sinks: Sinks, lines: Lines) -> None:
        """Write the comparison of two looked-up values that are both there."""
        if not isinstance(expression.right, Shifted):
            self.note_instants(expression, lines)
            lines.choose([(self._test(expression), sinks.true)], sinks.false)
            return
        unknown = self.empty_comparison(expression.relation, Emptiness.UNKNOWN)
        lines.add(f"right = later(right, {self.constant(expression.right)})")
        lines.add(f"if right is None: {sinks.of(unknown) or 'pass'}")
        with lines.block("else:"):
            self.note_instants(expression, lines)
            lines.choose([(self._test(expression), sinks.true)], sinks.false)

    def note_instants(self, expression: Compare, lines: Lines) -> None:
        """Add what notes at which instants a comparison with the time of the decision turns over."""
        if expression.left.root is Root.NOW:
            lines.add("turns_at(e, right)")
        match expression.right:
            case Term(root=Root.NOW):
                lines.add("turns_at(e, left)")
            case Shifted(term=Term(root=Root.NOW)) as by:
                lines.add(f"turns_before(e, left, {self.constant(by)})")

    def _test(self, expression: Compare) -> str:
        """Return the expression that compares `left` with `right`, both being there."""
        relation, left, right = expression.relation, expression.left, expression.right
        is_entity = left.type is ValueType.ENTITY
        other = self.constant(right.value) if isinstance(right, Literal) else "right"
        match relation:
            case Relation.IS | Relation.IS_NOT:
                same = f"left == {other}"
                if is_entity and not left.is_list:
                    same = f"left.id == {other}.id and left.type == {other}.type"
                return f"not ({same})" if relation is Relation.IS_NOT else same
            case Relation.ONE_OF | Relation.IN:
                return f"among(left, {other})" if is_entity else f"left in {other}"
            case Relation.NOT_ONE_OF | Relation.NOT_IN:
                return f"not among(left, {other})" if is_entity else f"left not in {other}"
            case Relation.INCLUDES:
                return f"among({other}, left)" if is_entity else f"{other} in left"
            case Relation.WITHIN:
                return f"left and set(left) <= set({other})"
            case _:
                return f"left {_ORDERS[relation]} {other}"

    @contextmanager
    def _side(
        self, name: str, term: Term, relation: Relation, sinks: Sinks, lines: Lines, place: Place
    ) -> Iterator[None]:
        """Write the look-up of one side of a comparison; what is written meanwhile is for when it is there."""
        lines.add(f"{name} = {self._look_up(term, place)}")
        if (term.root, term.name) in _ALWAYS_THERE or (term.root is Root.FACT and place.fact and term.name in _GIVEN):
            yield
            return
        if term.emptiness is Emptiness.DEFAULT:
            lines.add(f"if {name} is None: {name} = {self.constant(term.default)}")
            yield
            return
        missing = self.empty_comparison(relation, term.emptiness)
        lines.add(f"if {name} is None: {sinks.of(missing) or 'pass'}")
        with lines.block("else:"):
            yield

    def _look_up(self, term: Term, place: Place) -> str:
        """Return the expression that looks *term* up, None when it is not there.

        The resource stands for its own entity: it has the type and the id of it.
        """
        key = self.constant(term.name)
        match term.root:
            case Root.SUBJECT:
                return f"e.request.subject_properties.get({key})" if term.name else "e.request.subject"
            case Root.PERSON:
                return "person"
            case Root.RECIPIENT:
                return f"e.request.context.get({self.constant('recipient')}, e.request.subject)"
            case Root.RESOURCE:
                fixed = {"": "", "data_subject": ".data_subject"}.get(term.name)
                if term.name == "scopes":
                    return "e.circumstances.scopes_named"
                return f"e.resource.properties.get({key})" if fixed is None else f"e.resource{fixed}"
            case Root.CONTEXT:
                return f"e.request.context.get({key})"
            case Root.EXTRA:
                return f"e.request.extra.get({key})"
            case Root.NOW:
                return "e.circumstances.instant"
            case Root.FACT:
                return self._look_up_fact(term.name, key, place)
            case _:
                assert_never(term.root)

    def _look_up_fact(self, name: str, key: str, place: Place) -> str:
        if not place.fact:
            return "None"
        if place.fact == "ground":
            if name in _GROUND_FIELDS:
                return f"its.{name}"
            if name == ISSUER:
                return f"its.properties.get({self.constant('issued_by')}) or its.beneficiary"
        elif name in _CONSENT_FIELDS:
            return f"its.{name}"
        elif name == "form":
            return "its.form or None"
        return f"its.properties.get({key})"

    def constant(self, value: object) -> str:
        """Return the name by which the functions know *value*."""
        name = f"constant_{len(self.constants)}"
        self.constants[name] = value
        return name
