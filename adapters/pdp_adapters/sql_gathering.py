"""The two statements that gather the facts of a question.

The first follows containers upward from what is asked about, and reads along with the state of the store what is known
of these people and things. The second, where it is needed, reads the roles of those whom the first one found named.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from pdp.core.containment import MAXIMUM_STEPS
from pdp.core.entity import Entity
from pdp.core.fact_index import further_holders
from pdp.core.facts import Consent, Containment, Fact, Ground
from pdp.core.wanted import ELSEWHERE, GATHERED_STEPS, MAXIMUM_GATHERED, GroundsWanted, Keys, Wanted
from pdp_adapters.fact_rows import fact_of
from pdp_adapters.sql_database import Database, Dialect, Row, Session

_COLUMNS: Final = "id, kind, body, valid_from, valid_until, 1 AS confirmed"
_FACTS: Final = f"SELECT {_COLUMNS} FROM fact WHERE operator = :operator"
_MAXIMUM_ROWS: Final = 2 * MAXIMUM_GATHERED
"""A fact may be found in several ways. As many rows as this are taken for more facts than may be looked at."""

Shape = tuple[bool, bool, bool, bool]
"""Of a group of grounds: whether beneficiary, data subject and concern are asked for, and whether within."""


class Gathered:
    """What one statement read: the state of the store as of it, its mark included, and facts."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.facts: dict[str, Fact] = {}
        self._is_cut_off = len(rows) >= _MAXIMUM_ROWS
        self.history, self.revision, self.committed_at, self.confirmed, self.mark = "", -1, 0, False, ""
        for id_, kind, body, valid_from, valid_until, confirmed in rows:
            if id_:
                self.facts[id_] = fact_of(id_, kind, body, valid_from, valid_until)
            else:
                self.history, self.revision, self.committed_at = kind, valid_from, valid_until
                self.confirmed, self.mark = bool(confirmed), body

    @property
    def too_many(self) -> bool:
        """Say whether there are more facts than may be looked at."""
        # FAIL CLOSED (cut off): a statement that was cut off has lost facts, so none of what it gave is used.
        return self._is_cut_off or are_too_many(self.facts)


def are_too_many(facts: Mapping[str, Fact]) -> bool:
    """Say whether *facts*, all those of one gathering, are more than may be looked at."""
    return len(facts) > MAXIMUM_GATHERED


def gather_first(database: Database, session: Session, operator: str, wanted: Wanted) -> Gathered:
    """Read the state of the store and what is wanted, but for the roles of those whom the facts found name."""
    shapes = tuple(
        (group.beneficiaries is not None, group.data_subjects is not None, group.concerns is not None, group.within)
        for group in wanted.grounds
    )
    parameters: dict[str, Any] = {
        "operator": operator,
        "start": _names(database, wanted.start),
        "holders": _names(database, wanted.holders),
        "people": _names(database, wanted.people),
        "ids": database.array(sorted(wanted.ids)),
        "subjects": _names(database, wanted.subjects),
    }
    for at, group in enumerate(wanted.grounds):
        parameters |= _group_parameters(database, at, group)
    return Gathered(session.rows(_first(database.dialect, shapes), parameters))


def gather_further(
    database: Database, session: Session, operator: str, wanted: Wanted, first: Gathered
) -> Gathered | None:
    """Read the roles of those whom the facts found name; None when there is nobody new among them."""
    facts = first.facts.values()
    consents = [fact for fact in facts if isinstance(fact.kind, Consent) and fact.kind.data_subject in wanted.people]
    grounds = [fact for fact in facts if isinstance(fact.kind, Ground)]
    holders = further_holders(consents, grounds, wanted) - wanted.holders
    if not holders:
        return None
    inside = set(wanted.start)
    for fact in facts:
        match fact.kind:
            case Containment(container=container):
                inside.add(container)
            case Consent(recipient=recipient) if recipient is not None:
                inside.add(recipient)
            case _:
                pass
    parameters = {
        "operator": operator,
        "start": _names(database, inside),
        "holders": _names(database, holders),
    }
    return Gathered(session.rows(_further(database.dialect), parameters))


@lru_cache(maxsize=1024)
def _first(dialect: Dialect, shapes: tuple[Shape, ...]) -> str:
    parts = [
        _state(dialect),
        f"{_FACTS} AND kind = 'containment' AND subject IN (SELECT entity FROM inside)",
        _roles(dialect),
        _elsewhere(dialect),
        f"{_FACTS} AND kind = 'consent' AND data_subject {dialect.among('people')}",
        f"{_FACTS} AND id {dialect.among('ids')}",
        *(_group(dialect, at, shape) for at, shape in enumerate(shapes)),
    ]
    return f"""WITH RECURSIVE
        reached (entity, steps) AS (
            SELECT start.value, 0 FROM (
                {dialect.each("start")} UNION SELECT scope FROM fact
                WHERE operator = :operator AND kind = 'consent' AND scope <> ''
                    AND data_subject {dialect.among("people")}
            ) AS start
            UNION
            SELECT fact.scope, reached.steps + 1 FROM reached JOIN fact
                ON fact.operator = :operator AND fact.subject = reached.entity AND fact.kind = 'containment'
            WHERE reached.steps < {GATHERED_STEPS}),
        inside (entity) AS MATERIALIZED (SELECT DISTINCT entity FROM reached),
        {_granting(dialect)}
        {" UNION ALL ".join(parts)} LIMIT {_MAXIMUM_ROWS}"""


@lru_cache(maxsize=8)
def _further(dialect: Dialect) -> str:
    return f"""WITH RECURSIVE
        inside (entity) AS MATERIALIZED ({dialect.each("start")}),
        {_granting(dialect)}
        {_state(dialect)} UNION ALL {_roles(dialect)} LIMIT {_MAXIMUM_ROWS}"""


def _state(dialect: Dialect) -> str:
    return (
        f"SELECT '' AS id, history AS kind, {dialect.mark} AS body, revision AS valid_from,"
        " committed_at AS valid_until, confirmed AS confirmed FROM store"
    )


def _granting(dialect: Dialect) -> str:
    """Return the table of those whose roles matter: the holders, and who granted their roles, and so on.

    Wherever these roles are held: a few more people cost less than asking at each step whether a scope is inside.
    """
    return f"""granting (entity, steps) AS (
            SELECT start.value, 0 FROM ({dialect.each("holders")}) AS start
            UNION
            SELECT fact.granter, granting.steps + 1 FROM granting JOIN fact
                ON fact.operator = :operator AND fact.subject = granting.entity AND fact.kind = 'role'
            WHERE granting.steps < {MAXIMUM_STEPS} AND fact.granter <> '')"""


def _roles(dialect: Dialect) -> str:
    # Whoever grants or holds a role has few; in one scope a hundredth of all may be held.
    inside = f"{dialect.aside('scope')} IN (SELECT entity FROM inside)"
    return f"{_FACTS} AND kind = 'role' AND subject IN (SELECT entity FROM granting) AND {inside}"


def _elsewhere(dialect: Dialect) -> str:
    """Return what gives the first roles of each subject by their ids, wherever they hold.

    INVARIANT (together as alone): of each, however many questions are read for together, and always the same ones.
    """
    return f"""SELECT {_COLUMNS} FROM (
            SELECT id, kind, body, valid_from, valid_until,
                row_number() OVER (PARTITION BY subject ORDER BY id) AS place
            FROM fact WHERE operator = :operator AND kind = 'role' AND subject {dialect.among("subjects")}
        ) AS elsewhere WHERE place <= {ELSEWHERE}"""


def _group(dialect: Dialect, at: int, shape: Shape) -> str:
    beneficiaries, data_subjects, concerns, within = shape
    table = "fact"
    if data_subjects:
        # Whom the data is about has few grounds; a beneficiary may have a tenth of all.
        table += dialect.by("fact_by_data_subject")
    text = f"{_FACTS} AND kind = 'ground' AND name {dialect.among(f'kinds{at}')}".replace("FROM fact", f"FROM {table}")
    if beneficiaries:
        subject = dialect.aside("subject") if data_subjects else "subject"
        text += f" AND {subject} {dialect.among(f'beneficiaries{at}')}"
    if data_subjects:
        text += f" AND data_subject {dialect.among(f'data_subjects{at}')}"
    if concerns and within:
        text += f" AND scope IN (SELECT entity FROM inside UNION {dialect.each(f'concerns{at}')})"
    elif concerns:
        text += f" AND scope {dialect.among(f'concerns{at}')}"
    return text


def _group_parameters(database: Database, at: int, group: GroundsWanted) -> Mapping[str, Any]:
    parameters: dict[str, Any] = {f"kinds{at}": database.array(sorted(group.kinds))}
    for name, keys in (
        ("beneficiaries", group.beneficiaries),
        ("data_subjects", group.data_subjects),
        ("concerns", group.concerns),
    ):
        if keys is not None:
            parameters[f"{name}{at}"] = _keys(database, keys)
    return parameters


def _names(database: Database, entities: Iterable[Entity]) -> Any:
    return database.array([str(entity) for entity in entities])


def _keys(database: Database, keys: Keys) -> Any:
    return database.array(["" if key is None else str(key) for key in keys])
