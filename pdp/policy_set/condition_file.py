"""Reads conditions.yaml: the named conditions that rules cite."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from pdp.policy_set.entries import DOUBT_KEYS, Entry, check_name, entries
from pdp.policy_set.report import FolderReport
from pdp.policy_set.rows import LINE_BREAK
from pdp.words import LocatedText, file_text, position

FILE: Final = "conditions.yaml"
SHARED_FILE: Final = "shared/conditions.yaml"
_KEYS: Final = {"vi", "en", "clause", "when", *DOUBT_KEYS, "same_as"}
_SHARED_KEYS: Final = {"vi", "en", "when", *DOUBT_KEYS}


@dataclass(frozen=True, slots=True)
class _Source:
    """A file of conditions: its entries by name and its text."""

    file: str
    text: str
    entries: Mapping[str, Entry]


def read_conditions(
    own: tuple[str, bytes | None],
    shared: tuple[str, bytes | None],
    resolver: Resolver,
    clauses: Mapping[str, Clause],
    report: FolderReport,
) -> tuple[Mapping[str, Condition], frozenset[str]]:
    """Return the conditions that could be read, by name, and the names of all that the folder has.

    *own* is the file of the folder, *shared* that of all operators, from which an entry takes its words and its
    expression with `same_as`. Reports every condition that cannot be read, and every reference that leads nowhere.
    """
    source = _read_source(*own, _KEYS, report)
    common = _read_source(*shared, _SHARED_KEYS, report)
    found: dict[str, Condition] = {}
    for entry in source.entries.values():
        condition = _condition(entry, source, common, resolver, clauses)
        if condition is not None:
            found[condition.name] = condition
    names = frozenset(source.entries)
    _check_references(source, found, names, report)
    return found, names


def _read_source(file: str, content: bytes | None, keys: set[str], report: FolderReport) -> _Source:
    text = (file_text(file, content)[0] if content is not None else None) or ""
    return _Source(file, text, {entry.name.text: entry for entry in entries(file, content, report, keys)})


def _condition(
    entry: Entry, source: _Source, common: _Source, resolver: Resolver, clauses: Mapping[str, Clause]
) -> Condition | None:
    name = entry.name.text
    named = check_name(entry, RESERVED | {name} if resolver.takes(name) else RESERVED)
    clause = cited_clause(entry, clauses)
    origin, place = _origin(entry, source, common)
    if origin is None:
        return None
    expression = _expression(origin, place.text, resolver)
    text, doubt = origin.spoken(), entry.doubt() or origin.doubt()
    if expression is None or not named:
        return None
    return Condition(entry.name.text, text, clause, doubt, expression, place.file, origin.name.line)


def _origin(entry: Entry, source: _Source, common: _Source) -> tuple[Entry | None, _Source]:
    """Return the entry that has the words and the expression of *entry*, and its file: itself, or a shared one."""
    same_as = entry.optional("same_as")
    if same_as is None:
        return entry, source
    for key in ("vi", "en", "when"):
        if entry.body.get(key) is not None:
            entry.report.error(
                entry.file,
                entry.place(key),
                "condition-twice",
                f"`{key}` đã có trong điều kiện dùng chung `{same_as.text}`",
                f"`{key}` comes from the shared condition `{same_as.text}` already",
                "remove it, or remove `same_as`",
            )
    origin = common.entries.get(same_as.text)
    if origin is None:
        entry.report.error(
            entry.file,
            (same_as.line, same_as.column),
            "unknown-condition",
            f"không có điều kiện dùng chung `{same_as.text}`",
            f"there is no shared condition `{same_as.text}`",
            nearest(same_as.text, common.entries),
        )
    return origin, common


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
        header = LINE_BREAK.search(source, written.raw_start)
        return header.end() if header else len(source)
    return written.raw_start + (1 if written.style else 0)


def _check_references(
    source: _Source, found: Mapping[str, Condition], names: frozenset[str], report: FolderReport
) -> None:
    for condition in found.values():
        for named in references(condition.expression):
            if named.name not in names:
                place = position(source.text, named.at) if condition.file == source.file else (condition.line, 1)
                report.error(
                    condition.file,
                    place,
                    "unknown-condition",
                    f"không có điều kiện `{named.name}`",
                    f"there is no condition `{named.name}`",
                    nearest(named.name, names),
                )
    edges = {
        name: tuple(named.name for named in references(condition.expression) if named.name in found)
        for name, condition in found.items()
    }
    for name in sorted(found):
        cycle = _cycle(name, edges)
        if cycle:
            shown = " → ".join(cycle)
            report.error(
                found[name].file,
                (found[name].line, 1),
                "condition-cycle",
                f"điều kiện dựa vào chính nó: {shown}",
                f"the condition rests on itself: {shown}",
            )


def _cycle(start: str, edges: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return a shortest way from *start* back to itself, empty when there is none; each name is visited once."""
    reached_from: dict[str, str] = {}
    pending = [start]
    for name in pending:
        for other in edges[name]:
            if other == start:
                way = [start, name]
                while way[-1] != start:
                    way.append(reached_from[way[-1]])
                return tuple(reversed(way))
            if other not in reached_from:
                reached_from[other] = name
                pending.append(other)
    return ()


def references(expression: Expression) -> Iterator[Named]:
    """Yield the references to other conditions in *expression*."""
    for part in parts_of(expression):
        if isinstance(part, Named):
            yield part
