"""Casbin's table of rules, as its SQL adapters make it: `casbin_rule (id, ptype, v0, ..., v5)`."""

from collections.abc import Sequence
from typing import Final

from pdp.core.errors import OtherRowsError
from pdp_adapters.sql_database import Database, Session

STANDARD: Final = 6
"""So many values the table of Casbin's own adapters holds in a row."""

Rule = tuple[str, tuple[str, ...]]
"""The type of a row (`p`, `g`, ...) and its values."""


class CasbinRules:
    """The table `casbin_rule` in *database*."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> tuple[Rule, ...]:
        """Return the rows in their order; a value behind the last one that is not empty is none."""
        with self._database.reading() as session:
            return _rows(session)

    def write(self, rules: Sequence[Rule], *, replaces: bool = False) -> tuple[Rule, ...]:
        """Put *rules* in the place of all rows; return those that do not fit into the table, which are not written.

        Raises OtherRowsError, having changed nothing, where a row would be lost that is none of *rules* and it was not
        said that this *replaces* them.
        """
        fitting = [rule for rule in rules if len(rule[1]) <= STANDARD]
        columns = ", ".join(f"v{number}" for number in range(STANDARD))
        places = ", ".join(f":v{number}" for number in range(STANDARD))
        with self._database.writing() as session:
            session.run(
                "CREATE TABLE IF NOT EXISTS casbin_rule (id INTEGER PRIMARY KEY, ptype VARCHAR(255), "
                f"{', '.join(f'v{number} VARCHAR(255)' for number in range(STANDARD))})",
                {},
            )
            others = sum(1 for rule in _rows(session) if rule not in set(fitting))
            if others and not replaces:
                raise OtherRowsError(others)
            session.run("DELETE FROM casbin_rule", {})
            session.run_each(
                f"INSERT INTO casbin_rule (id, ptype, {columns}) VALUES (:id, :ptype, {places})",
                [_row(number, rule) for number, rule in enumerate(fitting, start=1)],
            )
        return tuple(rule for rule in rules if len(rule[1]) > STANDARD)

    def close(self) -> None:
        """Close the connections of this process."""
        self._database.close()


def _rows(session: Session) -> tuple[Rule, ...]:
    columns = ", ".join(f"v{number}" for number in range(STANDARD))
    rows = session.rows(f"SELECT ptype, {columns} FROM casbin_rule ORDER BY id", {})
    return tuple((ptype or "", _values(values)) for ptype, *values in rows)


def _values(values: Sequence[str | None]) -> tuple[str, ...]:
    held = [value or "" for value in values]
    while held and not held[-1]:
        held.pop()
    return tuple(held)


def _row(number: int, rule: Rule) -> dict[str, object]:
    ptype, values = rule
    held = (*values, *("",) * (STANDARD - len(values)))
    return {"id": number, "ptype": ptype, **{f"v{at}": value for at, value in enumerate(held)}}
