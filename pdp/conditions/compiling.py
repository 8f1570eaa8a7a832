"""Turns the conditions of a folder into Python functions that come to the same as the interpreter, many times faster.

Each condition becomes a function of its own, and so does each statement inside it that has parts; what has none is
written out in place. The text of a policy never becomes program text: its words and values are constants, which the
functions know by numbered names.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from types import CodeType
from typing import Final, NamedTuple, assert_never

from pdp.conditions import running
from pdp.conditions.evaluation import NEGATIVE
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
from pdp.conditions.running import ConditionTable
from pdp.conditions.truth import EMPTY, FALSE, TRUE, UNKNOWN
from pdp.core.entity import among
from pdp.core.fact_schema import ValueType


class Sinks(NamedTuple):
    """What is to be done for each value that a statement can have: a line of program text, "" to go on."""

    true: str
    unknown: str
    empty: str
    false: str

    def of(self, code: int) -> str:
        """Return what is to be done for *code*."""
        return self[code]

    def negated(self) -> "Sinks":
        """Return what is to be done for each value of the negation: that of an empty value is unknown."""
        return Sinks(self.false, self.unknown, self.unknown, self.true)


RETURN: Final = Sinks(*(f"return {code}" for code in (TRUE, UNKNOWN, EMPTY, FALSE)))
"""The value of the statement is that of the function."""

IN_ALL: Final = Sinks("", f"found = found or {UNKNOWN}", f"found = {EMPTY}", f"return {FALSE}")
"""A part of `and`: false settles it, otherwise the greatest value so far stands in `found`."""

IN_ANY: Final = Sinks(f"return {TRUE}", f"found = {UNKNOWN}", f"found = {EMPTY} if found == {FALSE} else found", "")
"""A part of `or`: true settles it, otherwise the least value so far stands in `found`."""

IN_FACT: Final = Sinks("", f"fits = fits or {UNKNOWN}", f"fits = {EMPTY}", "continue")
"""A part of what must be so of a fact: false makes the next fact be looked at."""

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


class Lines:
    """The lines of one function, indented as they are added."""

    def __init__(self, header: str) -> None:
        self.text = [header]
        self._depth = 1

    def add(self, *statements: str) -> None:
        """Add *statements*, one a line, "" for none."""
        self.text += [f"{'    ' * self._depth}{statement}" for statement in statements if statement]

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Put what is added meanwhile under *header*."""
        self.add(header)
        self._depth += 1
        yield
        self._depth -= 1

    def choose(self, cases: list[tuple[str, str]], otherwise: str) -> None:
        """Add a choice: the statement of the first of *cases* whose test holds, else *otherwise*."""
        word = "if"
        for test, statement in cases:
            self.add(f"{word} {test}: {statement or 'pass'}")
            word = "elif"
        self.add(f"else: {otherwise}" if otherwise else "")


class Place(NamedTuple):
    """Where a statement stands: `its` is a fact of this kind, "" where there is none."""

    fact: str = ""


class ConditionCompiler:
    """Writes the functions of *conditions*; a part of it may be replaced by a subclass."""

    def __init__(self, conditions: Mapping[str, Condition]) -> None:
        self._conditions = conditions
        self._numbers = {name: number for number, name in enumerate(conditions)}
        self._constants: dict[str, object] = {}
        self._functions: list[Lines] = []

    def table(self) -> ConditionTable:
        """Compile every condition."""
        for name, condition in self._conditions.items():
            lines = Lines(f"def condition_{self._numbers[name]}(e, person, its=None):")
            self.write(condition.expression, RETURN, lines, Place())
            self._functions.append(lines)
        source = "\n\n".join("\n".join(lines.text) for lines in self._functions) + "\n"
        space: dict[str, object] = {**self._constants, "running": running, **_SUPPORT}
        exec(_program(source), space)  # noqa: S102  # this module's words and numbered names, no text of a policy
        functions = tuple(space[f"condition_{number}"] for number in self._numbers.values())
        return ConditionTable(self._numbers, functions, source)  # type: ignore[arg-type]  # what was just compiled

    # --- Statements with parts ----------------------------------------------------------------------------------------

    def write(self, expression: Expression, sinks: Sinks, lines: Lines, place: Place) -> None:
        """Add to *lines* what evaluates *expression* and then does what *sinks* say."""
        match expression:
            case Not(part=part):
                self.write(part, self.negated(sinks), lines, place)
            case All() | AnyOf() | EachPerson() | SomeGround() | SomeConsent():
                self._write_composite(expression, sinks, lines, place)
            case Named(name=name):
                number = self._numbers.get(name)
                call = f"lacks_condition({self.constant(name)})" if number is None else f"e.named({number}, person)"
                self._dispatch(call, sinks, lines)
            case SomeRefusal(givers=givers):
                found = f"e.circumstances.refusals(person, {self.constant(givers)})"
                lines.choose([("person is None", sinks.unknown), (found, sinks.true)], sinks.false)
            case Compare():
                self._compare(expression, sinks, lines, place)
            case Stated() | CoversCategory() | HasType() | Holds():
                self._about_value(expression, sinks, lines, place)
            case _:
                assert_never(expression)

    def negated(self, sinks: Sinks) -> Sinks:
        """Return what is to be done for each value of what stands behind `not`."""
        return sinks.negated()

    def _write_composite(self, expression: Expression, sinks: Sinks, lines: Lines, place: Place) -> None:
        match expression:
            # `and` within `and`, and `or` within `or`, are combined as if all parts stood side by side.
            case All(parts=parts) if sinks in {IN_ALL, IN_FACT}:
                for part in parts:
                    self.write(part, sinks, lines, place)
            case AnyOf(parts=parts) if sinks == IN_ANY:
                for part in parts:
                    self.write(part, sinks, lines, place)
            case _ if sinks == RETURN:
                self._write_body(expression, lines, place)
            case _:
                self._dispatch(f"{self._function(expression, place)}(e, person, its)", sinks, lines)

    def _function(self, expression: Expression, place: Place) -> str:
        """Write a function of its own for *expression*; return its name."""
        lines = Lines(f"def part_{len(self._functions)}(e, person, its):")
        name = lines.text[0].removeprefix("def ").partition("(")[0]
        self._functions.append(lines)
        self._write_body(expression, lines, place)
        return name

    def _write_body(self, expression: Expression, lines: Lines, place: Place) -> None:
        match expression:
            case All(parts=parts):
                self._combine(parts, TRUE, IN_ALL, lines, place)
            case AnyOf(parts=parts):
                self._combine(parts, FALSE, IN_ANY, lines, place)
            case EachPerson(inner=inner):
                # FAIL CLOSED (nobody named): "each of nobody" would be true of a picture of which nothing is known.
                lines.add("people = e.circumstances.people", f"if not people: return {UNKNOWN}", f"found = {TRUE}")
                with lines.block("for person in people:"):
                    self.write(inner, IN_ALL, lines, place)
                    lines.add("pass")
                lines.add("return found")
            case SomeGround(kind=kind, where=where):
                self._some(f"e.circumstances.grounds({self.constant(kind)})", where, lines, Place("ground"))
            case SomeConsent(givers=givers, where=where):
                lines.add(f"if person is None: return {UNKNOWN}")
                self._some(f"e.circumstances.consents(person, {self.constant(givers)})", where, lines, Place("consent"))

    def _combine(self, parts: tuple[Expression, ...], start: int, sinks: Sinks, lines: Lines, place: Place) -> None:
        lines.add(f"found = {start}")
        for part in parts:
            self.write(part, sinks, lines, place)
        lines.add("return found")

    def _some(self, facts: str, where: Expression | None, lines: Lines, place: Place) -> None:
        """Write a statement about some fact; facts are closed, so that none at all is false and not unknown."""
        if where is None:
            lines.add(f"return {TRUE} if {facts} else {FALSE}")
            return
        lines.add(f"found = {FALSE}")
        with lines.block(f"for fact in {facts}:"):
            lines.add("its = fact.kind", f"fits = {TRUE}")
            self.write(where, IN_FACT, lines, place)
            lines.add(f"if fits == {TRUE}: return {TRUE}", "if fits < found: found = fits")
        lines.add("return found")

    def _dispatch(self, call: str, sinks: Sinks, lines: Lines) -> None:
        if sinks == RETURN:
            lines.add(f"return {call}")
            return
        lines.add(f"value = {call}")
        lines.choose(
            [(f"value == {code}", sinks.of(code)) for code in (TRUE, FALSE, UNKNOWN)],
            sinks.empty,
        )

    # --- Statements without parts -------------------------------------------------------------------------------------

    def _about_value(
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

    def _compare(self, expression: Compare, sinks: Sinks, lines: Lines, place: Place) -> None:
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
        name = f"constant_{len(self._constants)}"
        self._constants[name] = value
        return name


_SUPPORT: Final[Mapping[str, object]] = {
    function.__name__: function
    for function in (
        among,
        running.covers_category,
        running.is_blank,
        running.later,
        running.turns_at,
        running.turns_before,
        running.lacks_condition,
    )
}


@lru_cache(maxsize=16)
def _program(source: str) -> CodeType:
    """Return *source* as a program; an edit of rows, words or values leaves that of the conditions as it is."""
    return compile(source, "<conditions>", "exec")


def compile_conditions(conditions: Mapping[str, Condition]) -> ConditionTable:
    """Return the functions of *conditions*: same values, instants and errors as the interpreter's."""
    return ConditionCompiler(conditions).table()
