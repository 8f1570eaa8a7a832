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
from pdp.words import LocatedMap, LocatedText

FILE: Final = "obligations.yaml"
_KEYS: Final = {"clause", "before", "parameters"}


def read_duties(
    file: str,
    content: bytes | None,
    schema: FactSchema,
    clauses: Mapping[str, Clause],
    resolver: Resolver,
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
        fixed, taken_from = _parameters(entry, spec, resolver)
        found[spec.id] = Duty(spec.id, clause, entry.flag("before"), fixed, taken_from, spec.text)
    return found


def _parameters(
    entry: Entry, spec: ObligationSpec, resolver: Resolver
) -> tuple[Mapping[str, object], Mapping[str, str]]:
    fixed: dict[str, object] = {}
    taken_from: dict[str, str] = {}
    written = entry.body.get("parameters")
    given = written.entries if isinstance(written, LocatedMap) else ()
    for key, value in given:
        if key.text not in spec.parameters:
            entry.report.error(
                entry.file,
                (key.line, key.column),
                "obligation-parameter",
                f"nghĩa vụ `{spec.id}` không có tham số `{key.text}`",
                f"the obligation `{spec.id}` has no parameter `{key.text}`",
                nearest(key.text, spec.parameters) or ", ".join(spec.parameters),
            )
        elif isinstance(value, LocatedText) and "." in value.text:
            try:
                taken_from[key.text] = resolver.term(value.text, 0).path
            except ConditionSyntaxError as error:
                entry.report.error(
                    entry.file,
                    (value.line, value.column),
                    "obligation-parameter",
                    error.vi,
                    error.en,
                    error.suggestion,
                )
        elif isinstance(value, LocatedText):
            fixed[key.text] = int(value.text) if value.text.isdecimal() else value.text
    for missing in sorted(set(spec.parameters) - {key.text for key, _ in given}):
        entry.report.error(
            entry.file,
            entry.at,
            "obligation-parameter",
            f"nghĩa vụ `{spec.id}` thiếu tham số `{missing}`",
            f"the obligation `{spec.id}` lacks its parameter `{missing}`",
            f"{missing}: ...",
        )
    return fixed, taken_from
