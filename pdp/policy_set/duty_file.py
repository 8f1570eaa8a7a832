"""Reads obligations.yaml: under which clause, with which parameters, this operator imposes each obligation."""

from collections.abc import Mapping
from typing import Final

from pdp.conditions import ConditionSyntaxError, Resolver
from pdp.core.fact_schema import FactSchema, ObligationSpec
from pdp.core.policy import Clause, Duty
from pdp.core.text import nearest
from pdp.policy_set.condition_file import cited_clause
from pdp.policy_set.entries import Entry, entries
from pdp.policy_set.report import FolderReport
from pdp.words import Located, LocatedMap, LocatedText

FILE: Final = "obligations.yaml"
NONE: Final = "none"
_NO_PROPERTIES: Final = ("data_subject", "scopes")
_KEYS: Final = {"clause", "before", "parameters"}


def read_duties(
    file: str,
    content: bytes | None,
    schema: FactSchema,
    clauses: Mapping[str, Clause],
    resolver: Resolver,
    conditions: frozenset[str],
    report: FolderReport,
) -> Mapping[str, Duty]:
    """Return the duties by the id of their obligation."""
    found: dict[str, Duty] = {}
    for entry in entries(file, content, report, _KEYS):
        spec = schema.obligations.get(entry.name.text)
        if spec is None:
            report.error(
                file,
                entry.at,
                "unknown-obligation",
                f"không có nghĩa vụ `{entry.name.text}`",
                f"there is no obligation `{entry.name.text}`",
                nearest(entry.name.text, schema.obligations),
            )
            continue
        clause = cited_clause(entry, clauses)
        if clause in clauses and clause not in spec.clauses:
            report.error(
                file,
                entry.place("clause"),
                "obligation-clause",
                f"điều khoản `{clause}` không đặt ra nghĩa vụ `{spec.id}`",
                f"the clause `{clause}` does not impose the obligation `{spec.id}`",
                ", ".join(known for known in spec.clauses if known in clauses),
            )
        parameters = _Parameters(entry, resolver, conditions)
        parameters.read(spec)
        found[spec.id] = Duty(
            obligation=spec.id,
            clause=clause,
            clauses=spec.clauses,
            before=entry.flag("before"),
            fixed=parameters.fixed,
            taken_from=parameters.taken_from,
            chosen=parameters.chosen,
            text=spec.text,
        )
    return found


class _Parameters:
    """Reads the parameters of one duty."""

    def __init__(self, entry: Entry, resolver: Resolver, conditions: frozenset[str]) -> None:
        self._entry = entry
        self._resolver = resolver
        self._conditions = conditions
        self.fixed: dict[str, object] = {}
        self.taken_from: dict[str, str] = {}
        self.chosen: dict[str, tuple[tuple[str | None, object], ...]] = {}

    def read(self, spec: ObligationSpec) -> None:
        """Read the parameters that *spec* has, and report every other and every one that is missing.

        A parameter that the operator's promise leaves open is written `none`.
        """
        written = self._entry.body.get("parameters")
        given = written.entries if isinstance(written, LocatedMap) else ()
        if written is not None and not isinstance(written, LocatedMap):
            self._error(
                (written.line, written.column),
                "`parameters` phải gồm các khóa",
                "`parameters` must have keys",
                ", ".join(f"{name}: ..." for name in spec.parameters) or "remove it",
            )
        for key, value in given:
            if key.text not in spec.parameters:
                self._error(
                    (key.line, key.column),
                    f"nghĩa vụ `{spec.id}` không có tham số `{key.text}`",
                    f"the obligation `{spec.id}` has no parameter `{key.text}`",
                    nearest(key.text, spec.parameters) or ", ".join(spec.parameters),
                )
            elif isinstance(value, LocatedText):
                self._one(key.text, value)
            elif isinstance(value, LocatedMap) or not value.items:
                self._error(
                    (value.line, value.column),
                    f"`{key.text}` phải là một giá trị hoặc danh sách các trường hợp",
                    f"`{key.text}` must be one value or a list of cases",
                    "[{when: CONDITION, is: VALUE}, {is: VALUE}]",
                )
            else:
                self.chosen[key.text] = tuple(self._case(item) for item in value.items)
        for missing in sorted(set(spec.parameters) - {key.text for key, _ in given}):
            self._error(
                self._entry.at,
                f"nghĩa vụ `{spec.id}` thiếu tham số `{missing}`",
                f"the obligation `{spec.id}` lacks its parameter `{missing}`",
                f"{missing}: ...",
            )

    def _one(self, key: str, value: LocatedText) -> None:
        if value.text == NONE:
            return
        if "." not in value.text:
            self.fixed[key] = _plain(value.text)
            return
        try:
            term = self._resolver.term(value.text, 0)
        except ConditionSyntaxError as error:
            self._error((value.line, value.column), error.vi, error.en, error.suggestion)
            return
        if term.name in _NO_PROPERTIES:
            self._error(
                (value.line, value.column),
                f"`{value.text}` không phải là thuộc tính",
                f"`{value.text}` is no property",
                "resource.product",
            )
        self.taken_from[key] = term.path

    def _case(self, item: Located) -> tuple[str | None, object]:
        """Read `{when: CONDITION, is: VALUE}`, or `{is: VALUE}` for all other cases."""
        body = item if isinstance(item, LocatedMap) else LocatedMap((), item.line, item.column)
        condition, value = body.get("when"), body.get("is")
        # FAIL CLOSED (case): a case whose `when` is misspelt would be taken as the one for all other cases.
        for name, inside in body:
            if name.text not in {"when", "is"} or not isinstance(inside, LocatedText):
                self._error(
                    (name.line, name.column),
                    f"`{name.text}` không dùng được ở đây",
                    f"`{name.text}` cannot be used here",
                    "{when: CONDITION, is: VALUE}",
                )
        if not isinstance(value, LocatedText):
            self._error((item.line, item.column), "thiếu `is`", "`is` is missing", "{when: CONDITION, is: VALUE}")
            return None, ""
        if not isinstance(condition, LocatedText):
            return None, _plain(value.text)
        if condition.text not in self._conditions:
            self._entry.report.error(
                self._entry.file,
                (condition.line, condition.column),
                "unknown-condition",
                f"không có điều kiện `{condition.text}`",
                f"there is no condition `{condition.text}`",
                nearest(condition.text, self._conditions),
            )
        return condition.text, _plain(value.text)

    def _error(self, at: tuple[int, int], vi: str, en: str, suggestion: str | None) -> None:
        self._entry.report.error(self._entry.file, at, "obligation-parameter", vi, en, suggestion)


def _plain(text: str) -> object:
    return int(text) if text.isdecimal() else text
