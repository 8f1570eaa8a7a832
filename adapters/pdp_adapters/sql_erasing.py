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
    """Remove every fact and version that names *person*, and the name from the record of who changed what."""
    revision = state.token.revision + 1
    current, past = (_naming(database, session, operator, person, table) for table in ("fact", "past_fact"))
    gone = {id_: begun for id_, begun, _ in current}
    for table, found in (("fact", current), ("past_fact", past)):
        session.run_each(
            f"DELETE FROM {table} WHERE operator = :operator AND id = :id AND begun = :begun",
            [{"operator": operator, "id": id_, "begun": begun} for id_, begun, _ in found],
        )
    session.run_each(_GONE, [{"operator": operator, "id": id_, "ended": revision} for id_ in sorted(gone)])
    mentions = session.run(
        "UPDATE change_set SET actor = '' WHERE operator = :operator AND actor = :person",
        {"operator": operator, "person": str(person)},
    )
    mark_partitions(database, session, operator, (kind for _, _, kind in current), revision)
    committed_at = max(microseconds(at), microseconds(state.committed_at))
    session.run(
        "INSERT INTO change_set (revision, operator, at, actor, caller, request_id, content, outcome)"
        " VALUES (:revision, :operator, :at, '', 'erase', '', '', '{}')",
        {"revision": revision, "operator": operator, "at": committed_at},
    )
    session.run("UPDATE store SET revision = :revision, committed_at = :at", {"revision": revision, "at": committed_at})
    slots = ends_changed(operator, (kind for _, _, kind in current))
    database.board.changing(session, state, revision, instant(committed_at), slots)
    return Erasure(Token(state.token.history, revision), len(current), len(past), mentions, tuple(sorted(gone)))


def _naming(
    database: Database, session: Session, operator: str, person: Entity, table: str
) -> list[tuple[str, int, FactKind]]:
    """Return (id, beginning, content) of all in *table* that names *person* anywhere."""
    # A body writes each name as JSON does, so it is found as text; what it says is looked at before it is believed.
    contains = database.dialect.contains("body", "name")
    rows = session.rows(
        f"SELECT {_FACT}, begun FROM {table} WHERE operator = :operator AND {contains}",
        {"operator": operator, "name": json.dumps(str(person))},
    )
    found = [(row[0], row[5], fact_of(*row[:5]).kind) for row in rows]
    return [(id_, begun, kind) for id_, begun, kind in found if person in named_by(kind)]
