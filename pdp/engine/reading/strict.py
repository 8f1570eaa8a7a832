"""The strict way from text to a loaded model: everything checked, or every problem at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casbin.util import escape_assertion, get_eval_value, replace_eval
from simpleeval import DISALLOW_FUNCTIONS

from pdp.engine.definition import Loaded, load_checked
from pdp.engine.finding import InvalidPolicyError
from pdp.engine.language.expression import DeclinedError, parse
from pdp.engine.language.functions import Functions, functions_of, learn_patterns
from pdp.engine.language.roles import RoleGraph
from pdp.engine.reading.matcher_check import (
    Scope,
    check_expression,
    check_functions,
    check_literals,
    eval_arguments,
)
from pdp.engine.reading.model_check import check_model, fields_of
from pdp.engine.reading.model_lines import SECTIONS, Line
from pdp.engine.reading.report import Place, Report
from pdp.engine.reading.row_check import check_links, check_rows
from pdp.engine.reading.row_lines import LocatedRow, located_rows, row_lines


@dataclass(frozen=True, slots=True)
class Source:
    """What an engine is built from: a model, and a policy as text or as rows; *names* are what findings call them."""

    model: str
    policy: str | Sequence[Sequence[str]]
    names: tuple[str, str] = ("model", "policy")


def read_strictly(
    source: Source, added: Mapping[str, Callable[..., Any]], *, configured: bool
) -> tuple[Loaded, Functions]:
    """Return the model with its rows, and its functions with a test for each pattern.

    Raises InvalidPolicyError with every finding.

    *configured* says that enforcers are told more than text can say.
    """
    report = Report()
    check_functions(added, DISALLOW_FUNCTIONS, report)
    model = check_model(source.names[0], source.model, report, configured=configured)
    if isinstance(source.policy, str):
        rows = row_lines(source.names[1], source.policy, report)
    else:
        rows = located_rows(source.policy)
    meaning = _Meaning(source, model, rows, added, report)
    meaning.check(configured=configured)
    if report.findings:
        raise InvalidPolicyError(sorted(report.findings))
    return load_checked(source.model, ((row.type, row.fields) for row in rows)), meaning.functions


class _Meaning:
    """Checks rows against the definitions of the model, and matchers against both."""

    def __init__(
        self,
        source: Source,
        model: Mapping[str, Line],
        rows: Sequence[LocatedRow],
        added: Mapping[str, Callable[..., Any]],
        report: Report,
    ) -> None:
        self._source = source
        self._rows = rows
        self._report = report
        self._sections: dict[str, dict[str, Line]] = {letter: {} for letter in SECTIONS.values()}
        for line in model.values():
            self._sections[SECTIONS[line.section]][line.key] = line
        self._slots = {key: line.value.count("_") for key, line in self._sections["g"].items()}
        links = {key: [row.fields for row in rows if row.type == key] for key in self._slots}
        sound = {key: [link for link in links[key] if len(link) >= size] for key, size in self._slots.items()}
        graphs = {key: RoleGraph(sound[key], domains=size > 2) for key, size in self._slots.items() if size >= 2}
        self.functions = functions_of(graphs, added)
        self._used: set[str] = set()

    def check(self, *, configured: bool) -> None:
        """Check everything."""
        rules = {key: fields_of(line) for key, line in self._sections["p"].items()}
        # What belongs to a link with conditions is known to those who configure it.
        strangers = [row for row in self._rows if not (configured and row.type in self._slots)]
        check_rows(strangers, rules, self._slots, self._report)
        effect = self._sections["e"].get("e")
        ordered = effect is not None and effect.value.startswith("subjectPriority")
        check_links(self._rows, self._slots, self._report, ordered=ordered, file=self._source.names[1])
        for key, line in self._sections["m"].items():
            self._check_matcher(key, line)
        self._check_emptiness(effect)

    def _scope(self, key: str) -> Scope:
        number = key.removeprefix("m")
        return Scope(self._fields("r", number), self._fields("p", number), self.functions)

    def _fields(self, letter: str, number: str) -> Sequence[str]:
        name = f"{letter}{number}" if f"{letter}{number}" in self._sections[letter] else letter
        line = self._sections[letter].get(name)
        return [] if line is None else [f"{name}_{field}" for field in fields_of(line)]

    def _check_matcher(self, key: str, line: Line) -> None:
        text = escape_assertion(line.value)
        scope = self._scope(key)
        check_literals(line.value, line.place, self._report)
        arguments = get_eval_value(text)
        holes = {f"rule_text_{at}": argument for at, argument in enumerate(arguments)}
        if not eval_arguments(text, arguments, scope.rules, line.place, self._report):
            return
        check_expression(replace_eval(text, list(holes)), scope, line.place, self._report, holes)
        self._used |= {field for field in scope.rules if field in text}
        rows = [row for row in self._rows if scope.rules and row.type == scope.rules[0].partition("_")[0]]
        sound = [row for row in rows if len(row.fields) == len(scope.rules)]
        texts = [text]
        for argument in dict.fromkeys(arguments):
            at = scope.rules.index(argument)
            for row in sound:
                self._check_rule_text(row.fields[at], scope, row.places[at])
                texts.append(escape_assertion(row.fields[at]))
        self._check_patterns(texts, scope, sound, line.place)

    def _check_rule_text(self, text: str, scope: Scope, place: Place) -> None:
        check_literals(text, place, self._report)
        # A text that reaches outside its brackets would rewrite the matcher around it.
        check_expression(escape_assertion(text), scope, place, self._report, {})

    def _check_patterns(self, texts: Sequence[str], scope: Scope, rows: Sequence[LocatedRow], place: Place) -> None:
        expressions = []
        for text in dict.fromkeys(texts):
            try:
                expressions.append(parse(text))
            except (SyntaxError, DeclinedError, ValueError):
                continue

        def refused(family: str, field: str, pattern: str, error: Exception) -> None:
            at = scope.rules.index(field) if field else -1
            where = next((row.places[at] for row in rows if row.fields[at] == pattern), place) if field else place
            self._report.add(
                where,
                "pattern",
                f"`{pattern}` không dùng được làm mẫu của `{family}`: {error}",
                f"`{pattern}` cannot be used as a pattern of `{family}`: {error}",
                "a pattern that runs in linear time and means the same there",
            )

        fields = [row.fields for row in rows]
        learn_patterns(self.functions, expressions, list(scope.rules), fields, refused, lenient=False)

    def _check_emptiness(self, effect: Line | None) -> None:
        if any(row.type == "p" for row in self._rows):
            return
        if self._used or (effect is not None and effect.value.startswith("!")):
            self._report.add(
                Place(self._source.names[1], 1),
                "policy-empty",
                "không có quy tắc nào: PyCasbin khi đó so với các trường trống, và có thể cho phép",
                "there is no rule: PyCasbin then compares with empty fields, and may allow",
            )
