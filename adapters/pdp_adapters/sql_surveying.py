"""What a look-up wants of a store in SQL, of the present or of the past.

Containers are followed step by step, each by one statement over all that the step before has found: look-ups are rare
beside checks, and the past lies in two tables, through which no single statement can climb by index.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from pdp.core.entity import Entity
from pdp.core.errors import TooMuchToLookUpError
from pdp.core.fact_index import scope_of, subject_of
from pdp.core.facts import Fact
from pdp.core.ports import StoredFacts
from pdp.core.stores import StoreState, Token
from pdp.core.survey import Survey
from pdp_adapters.fact_rows import fact_of, instant
from pdp_adapters.sql_database import Database, Session
from pdp_adapters.sql_history import revision_at

_FACT: Final = "SELECT id, kind, body, valid_from, valid_until FROM"


def surveyed(
    database: Database,
    session: Session,
    operator: str,
    survey: Survey,
    state: StoreState,
    as_of: datetime | None,
    limit: int,
) -> StoredFacts:
    """Return what *survey* wants; *state* is where the store stands, and what *session* sees."""
    revision = state.token.revision if as_of is None else revision_at(session, operator, "", as_of, state)
    found = _Survey(database, session, operator, None if revision == state.token.revision else revision, limit)
    found.take(survey)
    committed_at = state.committed_at
    if revision != state.token.revision:
        rows = session.rows("SELECT at FROM change_set WHERE revision = :revision", {"revision": revision})
        committed_at = instant(rows[0][0] if rows else 0)
    return StoredFacts(tuple(found.facts.values()), str(Token(state.token.history, revision)), committed_at)


class _Survey:
    """The facts found so far as of *revision*, None for the present; more than *limit* are too many."""

    def __init__(self, database: Database, session: Session, operator: str, revision: int | None, limit: int) -> None:
        self.facts: dict[str, Fact] = {}
        self._database = database
        self._session = session
        self._operator = operator
        self._revision = revision
        self._limit = limit

    def take(self, survey: Survey) -> None:
        """Read all that *survey* wants."""
        if survey.everything:
            self._read("", {})
            return
        among = self._database.dialect.among
        self._read(f" AND id {among('ids')}", {"ids": self._database.array(sorted(survey.ids))})
        consents = self._read(f" AND data_subject {among('names')} AND kind = 'consent'", self._names(survey.people))
        recipients = {scope for fact in consents if (scope := scope_of(fact.kind)) is not None}
        inside = self._follow(self._follow(recipients, "scope") | survey.about, "subject")
        self._read(f" AND scope {among('names')} AND kind = 'role'", self._names(inside))
        for ground in survey.grounds:
            tied = "" if ground.data_subjects is None else f" AND data_subject {among('names')}"
            self._read(
                f" AND kind = 'ground' AND name = :word{tied}",
                {"word": ground.kind, **({} if ground.data_subjects is None else self._names(ground.data_subjects))},
            )

    def _follow(self, start: Iterable[Entity], field: str) -> set[Entity]:
        """Follow containments from *start* to the end: upward by the column subject, downward by the column scope."""
        reached, lately = set[Entity](), set(start)
        onward = scope_of if field == "subject" else subject_of
        while lately:
            reached |= lately
            among = self._database.dialect.among("names")
            facts = self._read(f" AND {field} {among} AND kind = 'containment'", self._names(lately))
            lately = {end for fact in facts if (end := onward(fact.kind)) is not None} - reached
        return reached

    def _read(self, conditions: str, parameters: Mapping[str, Any]) -> list[Fact]:
        if self._revision is None:
            sql = f"{_FACT} fact WHERE operator = :operator{conditions}"
        else:
            then = f"operator = :operator AND begun <= :revision{conditions}"
            sql = f"{_FACT} fact WHERE {then} UNION ALL {_FACT} past_fact WHERE {then} AND ended > :revision"
        bounds = {"operator": self._operator, "most": self._limit + 1, "revision": self._revision}
        rows = self._session.rows(f"{sql} LIMIT :most", {**parameters, **bounds})
        found = [fact_of(*row) for row in rows]
        self.facts.update((fact.id, fact) for fact in found)
        # FAIL CLOSED (cut off): what a statement was cut off from could be whom the look-up is about.
        if len(rows) > self._limit or len(self.facts) > self._limit:
            raise TooMuchToLookUpError(f"more than {self._limit} stored facts could matter: name more of it")
        return found

    def _names(self, entities: Iterable[Entity | None]) -> dict[str, Any]:
        return {"names": self._database.array(["" if entity is None else str(entity) for entity in entities])}
