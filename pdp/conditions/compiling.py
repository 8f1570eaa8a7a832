"""Turns the conditions of a folder into Python functions that come to the same as the interpreter, many times faster.

Each condition becomes a function of its own, and so does each statement inside it that has parts; what has none is
written out in place. The text of a policy never becomes program text: its words and values are constants, which the
functions know by numbered names.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import CodeType
from typing import Final, assert_never

from pdp.conditions import running
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
    Named,
    Not,
    SomeConsent,
    SomeGround,
    SomeRefusal,
    Stated,
)
from pdp.conditions.program_text import IN_ALL, IN_ANY, IN_FACT, RETURN, Lines, Place, Sinks
from pdp.conditions.running import ConditionTable
from pdp.conditions.truth import FALSE, TRUE, UNKNOWN
from pdp.conditions.value_statements import ValueStatements
from pdp.core.entity import among


class ConditionCompiler(ValueStatements):
    """Writes the functions of *conditions*; a part of it may be replaced by a subclass."""

    def __init__(self, conditions: Mapping[str, Condition]) -> None:
        super().__init__()
        self._conditions = conditions
        self._numbers = {name: number for number, name in enumerate(conditions)}
        self._functions: list[Lines] = []

    def table(self) -> ConditionTable:
        """Compile every condition."""
        for name, condition in self._conditions.items():
            lines = Lines(f"def condition_{self._numbers[name]}(e, person, its=None):")
            self.write(condition.expression, RETURN, lines, Place())
            self._functions.append(lines)
        source = "\n\n".join("\n".join(lines.text) for lines in self._functions) + "\n"
        space: dict[str, object] = {**self.constants, "running": running, **_SUPPORT}
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
                if number is None:
                    self._dispatch(f"lacks_condition({self.constant(name)})", sinks, lines)
                    return
                lines.add(f"value = e.codes[{number}] if person is e.person else None")
                lines.add(f"if value is None: value = e.named({number}, person)")
                self._dispatch("value", sinks, lines)
            case SomeRefusal(givers=givers):
                found = f"e.circumstances.refusals(person, {self.constant(givers)})"
                lines.choose([("person is None", sinks.unknown), (found, sinks.true)], sinks.false)
            case Compare():
                self.compare(expression, sinks, lines, place)
            case Stated() | CoversCategory() | HasType() | Holds():
                self.about_value(expression, sinks, lines, place)
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
        if call != "value":
            lines.add(f"value = {call}")
        lines.choose(
            [(f"value == {code}", sinks.of(code)) for code in (TRUE, FALSE, UNKNOWN)],
            sinks.empty,
        )


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
