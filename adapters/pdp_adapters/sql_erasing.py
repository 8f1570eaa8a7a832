"""Taking one person out of a store in SQL, the past included."""

import json
from datetime import datetime
from typing import Final

from pdp.core.ends import ends_changed
from pdp.core.entity import Entity
from pdp.core.fact_identity import named_by
from pdp.core.facts import FactKind
from pdp.core.stores import Erasure, StoreState, Token
from pdp_adapters.fact_rows import COLUMNS, fact_of, instant, microseconds
from pdp_adapters.sql_database import Database, Session
from pdp_adapters.sql_writing import mark_partitions

_FACT: Final = "id, kind, body, valid_from, valid_until"

# What is left of an erased fact: its id, and that it is gone, for those who follow the changes.
_GONE: Final = (
    f"INSERT INTO past_fact ({COLUMNS}, begun, decision_id, ended, deleted, ended_decision_id)"
    " VALUES (:id, :operator, '', '', '', '', '', '', NULL, NULL, '', :ended, '', :ended, 1, '')"
)


def erase(
    database: Database, session: Session, operator: str, person: Entity, at: datetime, state: StoreState
) -> Erasure:
    """Remove every fact and version that names *person*, and the name from the record of who changed what.

    A request id with the name in it is forgotten too: the same write would be made once more.
    """
    revision = state.token.revision + 1
    current, past = (_naming(database, session, operator, person, table) for table in ("fact", "past_fact"))
    gone = {id_ for id_, *_ in current}
    for table, found in (("fact", current), ("past_fact", past)):
        session.run_each(
            f"DELETE FROM {table} WHERE operator = :operator AND id = :id AND begun = :begun",
            [{"operator": operator, "id": id_, "begun": begun} for id_, begun, _, _ in found],
        )
    session.run_each(_GONE, [{"operator": operator, "id": id_, "ended": revision} for id_ in sorted(gone)])
    mentions = session.run(
        "UPDATE change_set SET actor = '' WHERE operator = :operator AND actor = :person",
        {"operator": operator, "person": str(person)},
    )
    _forget_request_ids(database, session, operator, person, {at for _, *ats, _ in (*current, *past) for at in ats})
    mark_partitions(database, session, operator, (kind for *_, kind in current), revision)
    committed_at = max(microseconds(at), microseconds(state.committed_at))
    session.run(
        "INSERT INTO change_set (revision, operator, at, actor, caller, request_id, content, outcome)"
        " VALUES (:revision, :operator, :at, '', 'erase', '', '', '{}')",
        {"revision": revision, "operator": operator, "at": committed_at},
    )
    session.run("UPDATE store SET revision = :revision, committed_at = :at", {"revision": revision, "at": committed_at})
    slots = ends_changed(operator, (kind for *_, kind in current))
    database.board.changing(session, state, revision, instant(committed_at), slots)
    return Erasure(Token(state.token.history, revision), len(current), len(past), mentions, tuple(sorted(gone)))


def _forget_request_ids(
    database: Database, session: Session, operator: str, person: Entity, revisions: set[int]
) -> None:
    """Take away the request ids with *person* in them, or with the bare id where the write was about the person."""
    contains = database.dialect.contains("request_id", "name")
    change = f"UPDATE change_set SET request_id = '' WHERE operator = :operator AND {contains}"
    session.run(change, {"operator": operator, "name": str(person)})
    session.run_each(
        f"{change} AND revision = :revision",
        [{"operator": operator, "name": person.id, "revision": revision} for revision in sorted(revisions)],
    )


def _naming(
    database: Database, session: Session, operator: str, person: Entity, table: str
) -> list[tuple[str, int, int, FactKind]]:
    """Return (id, beginning, end, content) of all in *table* that names *person* anywhere; the beginning for no end."""
    # A body writes each name as JSON does, so it is found as text; what it says is looked at before it is believed.
    contains = database.dialect.contains("body", "name")
    end = "ended" if table == "past_fact" else "begun"
    rows = session.rows(
        f"SELECT {_FACT}, begun, {end} FROM {table} WHERE operator = :operator AND {contains}",
        {"operator": operator, "name": json.dumps(str(person))},
    )
    found = [(row[0], row[5], row[6], fact_of(*row[:5]).kind) for row in rows]
    return [each for each in found if person in named_by(each[3])]
