"""What a store in SQL held before: pages as of a revision, changes, versions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from pdp.core.entity import Entity
from pdp.core.stores import Change, Changes, FactFilter, FactPage, Page, StoreState, Token, Version
from pdp_adapters.fact_rows import fact_of, instant, microseconds
from pdp_adapters.sql_database import Row, Session
from pdp_adapters.sql_pruning import check_past

_FACT: Final = "id, kind, body, valid_from, valid_until"
_NAMED: Final = ("kind", "subject", "scope", "data_subject")


def conditions_of(selection: FactFilter) -> tuple[str, dict[str, Any]]:
    """Return the conditions, each behind an AND, and the parameters that select what *selection* says."""
    parameters: dict[str, Any] = {}
    for name in _NAMED:
        value: str | Entity | None = getattr(selection, name)
        if value:
            parameters[name] = str(value)
    return "".join(f" AND {name} = :{name}" for name in parameters), parameters


def read_page(session: Session, operator: str, selection: FactFilter, page: Page, state: StoreState) -> FactPage:
    """Return a page of what *selection* selects, as of the revision of the page, of the instant asked for, or now."""
    revision = _revision_of(session, operator, selection, page, state)
    text, parameters = conditions_of(selection)
    current = f"SELECT {_FACT} FROM fact WHERE operator = :operator AND id > :after AND begun <= :revision{text}"
    past = (
        f"SELECT {_FACT} FROM past_fact WHERE operator = :operator AND id > :after"
        f" AND begun <= :revision AND ended > :revision{text}"
    )
    sql = current if revision == state.token.revision else f"{current} UNION ALL {past}"
    rows = session.rows(
        f"SELECT * FROM ({sql}) AS selected ORDER BY id LIMIT :size",
        {"operator": operator, "after": page.after, "revision": revision, "size": page.size + 1, **parameters},
    )
    facts = tuple(fact_of(*row) for row in rows[: page.size])
    return FactPage(facts, Token(state.token.history, revision), len(rows) <= page.size)


def _revision_of(session: Session, operator: str, selection: FactFilter, page: Page, state: StoreState) -> int:
    if page.revision is not None:
        return check_past(session, operator, selection.kind, page.revision, state)
    if selection.as_of is None:
        return state.token.revision
    return revision_at(session, operator, selection.kind, selection.as_of, state)


def revision_at(session: Session, operator: str, kind: str, moment: datetime, state: StoreState) -> int:
    """Return the revision that was in force at *moment*.

    Raises KeptNoLongerError where the past of the facts of *kind* ("": of any) is not kept from it on.
    """
    (found,) = session.rows(
        "SELECT coalesce(max(revision), 0) FROM change_set WHERE at <= :at", {"at": microseconds(moment)}
    )
    return check_past(session, operator, kind, int(found[0]), state)


_WRITTEN: Final = (
    f"SELECT fact.begun AS revision, 1 AS position, {', '.join(f'fact.{column}' for column in _FACT.split(', '))},"
    " change_set.at, change_set.actor, fact.decision_id FROM {table} AS fact"
    " JOIN change_set ON change_set.revision = fact.begun"
    " WHERE fact.operator = :operator AND fact.begun > :after AND fact.begun <= :until AND fact.body <> ''"
)
_DELETED: Final = (
    "SELECT fact.ended AS revision, 0 AS position, fact.id, '' AS kind, '' AS body,"
    " NULL AS valid_from, NULL AS valid_until,"
    " change_set.at, change_set.actor, fact.ended_decision_id FROM past_fact AS fact"
    " JOIN change_set ON change_set.revision = fact.ended"
    " WHERE fact.operator = :operator AND fact.deleted = 1 AND fact.ended > :after AND fact.ended <= :until"
)


def changes(session: Session, operator: str, after: Token, limit: int, state: StoreState) -> Changes:
    """Return at least *limit* changes of *operator* after a state, or all that there are, whole revisions."""
    rows = session.rows(
        "SELECT revision FROM change_set WHERE operator = :operator AND revision > :after"
        " ORDER BY revision LIMIT :limit",
        {"operator": operator, "after": after.revision, "limit": limit},
    )
    history = state.token.history
    until = rows[-1][0] if len(rows) == limit else state.token.revision
    if not rows:
        return Changes((), state.token)
    found = session.rows(
        f"{_WRITTEN.format(table='fact')} UNION ALL {_WRITTEN.format(table='past_fact')} UNION ALL {_DELETED}"
        " ORDER BY 1, 2, 3",
        {"operator": operator, "after": after.revision, "until": until},
    )
    return Changes(tuple(_change(row, history) for row in found), Token(history, until))


def _change(row: Row, history: str) -> Change:
    revision, position, id_, kind, body, valid_from, valid_until, at, actor, decision_id = row
    written = fact_of(id_, kind, body, valid_from, valid_until) if position else None
    return Change(Token(history, revision), id_, written, instant(at), actor, decision_id)


def versions(session: Session, operator: str, selection: FactFilter, state: StoreState) -> tuple[Version, ...]:
    """Return every version that is kept of what *selection* selects, oldest first."""
    text, parameters = conditions_of(selection)
    current = (
        f"SELECT {_FACT}, begun, decision_id, NULL AS ended, 0 AS deleted, '' AS ended_decision_id"
        f" FROM fact WHERE operator = :operator{text}"
    )
    past = (
        f"SELECT {_FACT}, begun, decision_id, ended, deleted, ended_decision_id"
        f" FROM past_fact WHERE operator = :operator AND body <> ''{text}"
    )
    rows = session.rows(f"{current} UNION ALL {past} ORDER BY 6, 1", {"operator": operator, **parameters})
    made = _change_sets(session, {row[at] for row in rows for at in (5, 7) if row[at] is not None})
    return tuple(_version(row, made, state.token.history) for row in rows)


def _change_sets(session: Session, revisions: Iterable[int]) -> dict[int, tuple[int, str]]:
    found: dict[int, tuple[int, str]] = {}
    for revision in revisions:
        for at, actor in session.rows(
            "SELECT at, actor FROM change_set WHERE revision = :revision", {"revision": revision}
        ):
            found[revision] = (at, actor)
    return found


def _version(row: Row, made: dict[int, tuple[int, str]], history: str) -> Version:
    id_, kind, body, valid_from, valid_until, begun, decision_id, ended, deleted, ended_decision_id = row
    fact = fact_of(id_, kind, body, valid_from, valid_until)
    at, actor = made[begun]
    beginning = Change(Token(history, begun), id_, fact, instant(at), actor, decision_id)
    if ended is None:
        return Version(fact, beginning, None, deleted=False)
    at, actor = made[ended]
    end = Change(Token(history, ended), id_, None, instant(at), actor, ended_decision_id)
    return Version(fact, beginning, end, bool(deleted))
