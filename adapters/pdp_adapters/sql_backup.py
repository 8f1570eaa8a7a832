"""The whole of a store in SQL as lines of JSON, and back into an empty store: the same for every database.

A restored store has a history of its own, so that tokens of the time after the copy mean nothing to it, and it is not
confirmed: nothing is allowed until an administrator has said that what was revoked since is no loss.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pdp.core.errors import UnavailableError
from pdp_adapters.sql_database import Database, Session
from pdp_adapters.sql_schema import MIGRATIONS, new_history
from pdp_adapters.sql_state import locked_state, read_state

FORMAT: Final = "promise-pdp facts"
_STEP: Final = 1000

_FACT: Final = (
    "id, operator, kind, name, subject, scope, data_subject, granter, valid_from, valid_until, body, begun, decision_id"
)
_TABLES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "fact": (_FACT, ("id",)),
    "past_fact": (f"{_FACT}, ended, deleted, ended_decision_id", ("id", "begun")),
    "change_set": ("revision, operator, at, actor, caller, request_id, content, outcome", ("revision",)),
    "partition_change": ("operator, number, revision", ("operator", "number")),
    "kept_past": ("operator, kind, revision", ("operator", "kind")),
}
"""Columns and key of every table that is carried."""


def dumped(database: Database) -> Iterator[str]:
    """Yield the lines of a backup, all of one state; the first says of which, the last how many there were."""
    with database.reading() as session:
        state = read_state(session)
        yield _line(
            {
                "format": FORMAT,
                "schema": len(MIGRATIONS),
                "history": state.token.history,
                "revision": state.token.revision,
                "kept_from": state.kept_from,
            }
        )
        count = 0
        for table in _TABLES:
            for row in _rows(session, table):
                count += 1
                yield _line({"table": table, **row})
        yield _line({"end": count})


def _rows(session: Session, table: str) -> Iterator[dict[str, Any]]:
    columns, key = _TABLES[table]
    names = columns.split(", ")
    last: dict[str, Any] | None = None
    while True:
        after, parameters = "", {"step": _STEP}
        if last is not None:
            after = f" WHERE ({', '.join(key)}) > ({', '.join(f':{name}' for name in key)})"
            parameters |= {name: last[name] for name in key}
        rows = session.rows(f"SELECT {columns} FROM {table}{after} ORDER BY {', '.join(key)} LIMIT :step", parameters)
        for row in rows:
            last = dict(zip(names, row, strict=True))
            yield last
        if len(rows) < _STEP:
            return


def restore(database: Database, lines: Iterable[str]) -> None:
    """Put the lines of a backup into *database*, all of them or nothing.

    Raises UnavailableError for a store that is not empty, for lines that are no whole backup, and for one of a newer
    version.
    """
    # The lines may come slowly, from another program or over a network: no limit of a writer holds here.
    with database.migrations() as session:
        state = locked_state(database, session)
        if state.token.revision:
            raise UnavailableError("a backup is restored into an empty store alone")
        read = iter(lines)
        head = _parsed(next(read, ""))
        if head.get("format") != FORMAT:
            raise UnavailableError("this is no backup of facts")
        if head["schema"] > len(MIGRATIONS):
            raise UnavailableError("the backup was made by a newer version of pdp")
        count = 0
        for line in read:
            row = _parsed(line)
            if "end" in row:
                break
            _insert(session, row.pop("table"), row)
            count += 1
        else:
            row = {}
        if row.get("end") != count:
            raise UnavailableError("the backup is not whole: its end is missing")
        database.board.forget(session)
        (newest,) = session.rows("SELECT coalesce(max(at), 0) FROM change_set", {})
        session.run(
            "UPDATE store SET history = :history, revision = :revision, committed_at = :at, kept_from = :kept_from,"
            " confirmed = 0",
            {
                "history": new_history(),
                "revision": head["revision"],
                "at": newest[0],
                "kept_from": head["kept_from"],
            },
        )
    database.board.changed(head["revision"])


def _insert(session: Session, table: str, row: Mapping[str, Any]) -> None:
    if table not in _TABLES:
        raise UnavailableError(f"the backup has a table `{table}` that this version does not know")
    names = _TABLES[table][0].split(", ")
    if set(names) != set(row):
        raise UnavailableError(f"a line of `{table}` in the backup has other columns")
    values = ", ".join(f":{name}" for name in names)
    session.run_later(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})", row)


def _parsed(line: str) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except ValueError:
        raise UnavailableError("a line of the backup is no JSON") from None
    if not isinstance(parsed, dict):
        raise UnavailableError("a line of the backup is no JSON object")
    return parsed


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
