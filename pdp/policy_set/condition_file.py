"""Reads conditions.yaml: the named conditions that rules cite."""

from collections.abc import Iterator, Mapping
from typing import Final

from pdp.conditions import (
    RESERVED,
    Condition,
    ConditionSyntaxError,
    Expression,
    Named,
    Resolver,
    parse_condition,
    parts_of,
)
from pdp.core.policy import Clause
from pdp.core.text import nearest
from pdp.policy_set.entries import Entry, check_name, entries
from pdp.policy_set.report import FolderReport
from pdp.words import LocatedText, file_text, position

FILE: Final = "conditions.yaml"
_KEYS: Final = {"vi", "en", "clause", "when", "reading"}


def read_conditions(
    file: str, content: bytes | None, resolver: Resolver, clauses: Mapping[str, Clause], report: FolderReport
) -> tuple[Mapping[str, Condition], frozenset[str]]:
    """Return the conditions that could be read, by name, and the names of all that the file has.

    Reports every condition that cannot be read, and every reference that leads nowhere.
    """
    found: dict[str, Condition] = {}
    broken: set[str] = set()
    source = (file_text(file, content)[0] if content is not None else None) or ""
    for entry in entries(file, content, report, _KEYS):
        named = check_name(entry, RESERVED)
        expression = _expression(entry, source, resolver)
        clause = cited_clause(entry, clauses)
        text = entry.spoken()
        reading = entry.reading()
        if expression is None or not named:
            broken.add(entry.name.text)
            continue
        found[entry.name.text] = Condition(entry.name.text, text, clause, reading, expression, file, entry.name.line)
    _check_references(file, source, found, broken, report)
    return found, frozenset(found) | broken


def cited_clause(entry: Entry, clauses: Mapping[str, Clause]) -> str:
    """Return the clause that *entry* cites; report one that does not exist."""
    cited = entry.required("clause")
    if cited is not None and cited.text not in clauses:
        entry.report.error(
            entry.file,
            (cited.line, cited.column),
            "unknown-clause",
            f"không có điều khoản `{cited.text}`",
            f"there is no clause `{cited.text}`",
            nearest_clause(cited.text, clauses),
        )
    return cited.text if cited else ""


def nearest_clause(id_: str, clauses: Mapping[str, Clause]) -> str:
    """Return the clause id nearest to *id_*, "" when none is near."""
    lowered = {clause.lower(): clause for clause in clauses}
    return lowered.get(nearest(id_.lower(), lowered) or "", "")


def _expression(entry: Entry, source: str, resolver: Resolver) -> Expression | None:
    written = entry.required("when")
    if written is None:
        return None
    # The expression is read from the text of the file itself, up to its end, so that places are true in every style.
    text = source[: written.raw_end - (1 if written.style in {"'", '"'} else 0)]
    try:
        return parse_condition(text, resolver, _start(written, source))
    except ConditionSyntaxError as error:
        entry.report.error(
            entry.file, position(source, error.at), "condition-syntax", error.vi, error.en, error.suggestion
        )
        return None


def _start(written: LocatedText, source: str) -> int:
    """Return the offset at which the words begin, past the quote or the header of a block (`>-`)."""
    if written.style in {"|", ">"}:
        return source.index("\n", written.raw_start) + 1
    return written.raw_start + (1 if written.style else 0)


def _check_references(
    file: str, source: str, found: dict[str, Condition], broken: set[str], report: FolderReport
) -> None:
    for condition in found.values():
        for named in references(condition.expression):
            if named.name not in found and named.name not in broken:
                report.error(
                    file,
                    position(source, named.at),
                    "unknown-condition",
                    f"không có điều kiện `{named.name}`",
                    f"there is no condition `{named.name}`",
                    nearest(named.name, found),
                )
    for name in sorted(found):
        cycle = _cycle(name, found, ())
        if cycle:
            shown = " → ".join(cycle)
            report.error(
                file,
                (found[name].line, 1),
                "condition-cycle",
                f"điều kiện dựa vào chính nó: {shown}",
                f"the condition rests on itself: {shown}",
            )


def _cycle(name: str, found: Mapping[str, Condition], path: tuple[str, ...]) -> tuple[str, ...]:
    if path and name == path[0]:
        return (*path, name)
    if name in path or name not in found:
        return ()
    for named in references(found[name].expression):
        cycle = _cycle(named.name, found, (*path, name))
        if cycle:
            return cycle
    return ()


def references(expression: Expression) -> Iterator[Named]:
    """Yield the references to other conditions in *expression*."""
    for part in parts_of(expression):
        if isinstance(part, Named):
            yield part
