"""The tables of a store in SQL, and the way from one version of them to the next."""

import secrets
from collections.abc import Sequence
from typing import Final

from pdp.core.errors import NotThereError, UnavailableError
from pdp_adapters.sql_database import Database, Session

_FACT: Final = """
    id {text} NOT NULL, operator {text} NOT NULL, kind {text} NOT NULL, name {text} NOT NULL,
    subject {text} NOT NULL, scope {text} NOT NULL, data_subject {text} NOT NULL, granter {text} NOT NULL,
    valid_from BIGINT, valid_until BIGINT, body {text} NOT NULL,
    begun BIGINT NOT NULL, decision_id {text} NOT NULL
"""

MIGRATIONS: Final[Sequence[Sequence[str]]] = (
    (
        # Where the store stands. One row: whoever writes changes it first, so writers come one after another and
        # revisions become visible in their order.
        """CREATE TABLE store (
            only_row SMALLINT PRIMARY KEY CHECK (only_row = 1), history {text} NOT NULL, revision BIGINT NOT NULL,
            committed_at BIGINT NOT NULL, kept_from BIGINT NOT NULL, confirmed SMALLINT NOT NULL)""",
        # The facts in force, whatever their terms say. An empty text stands for nobody, so that an index finds it.
        f"CREATE TABLE fact ({_FACT}, PRIMARY KEY (id))",
        "CREATE INDEX fact_by_subject ON fact (operator, subject, kind, name)",
        "CREATE INDEX fact_by_scope ON fact (operator, scope, kind, name, subject)",
        "CREATE INDEX fact_by_data_subject ON fact (operator, data_subject, kind, name, subject)",
        "CREATE INDEX ground_by_kind ON fact (operator, name) WHERE kind = 'ground'",
        "CREATE INDEX fact_by_revision ON fact (operator, begun)",
        # What facts were before they were replaced or deleted.
        f"""CREATE TABLE past_fact ({_FACT}, ended BIGINT NOT NULL, deleted SMALLINT NOT NULL,
            ended_decision_id {{text}} NOT NULL, PRIMARY KEY (id, begun))""",
        "CREATE INDEX past_fact_by_subject ON past_fact (operator, subject, kind)",
        "CREATE INDEX past_fact_by_scope ON past_fact (operator, scope, kind)",
        "CREATE INDEX past_fact_by_data_subject ON past_fact (operator, data_subject, kind)",
        "CREATE INDEX past_fact_by_begun ON past_fact (operator, begun)",
        "CREATE INDEX past_fact_by_ended ON past_fact (operator, ended)",
        # Who changed something, when, by which request.
        """CREATE TABLE change_set (
            revision BIGINT PRIMARY KEY, operator {text} NOT NULL, at BIGINT NOT NULL, actor {text} NOT NULL,
            caller {text} NOT NULL, request_id {text} NOT NULL, content {text} NOT NULL, outcome {text} NOT NULL)""",
        "CREATE UNIQUE INDEX change_set_by_request ON change_set (operator, request_id) WHERE request_id <> ''",
        "CREATE INDEX change_set_by_instant ON change_set (at, revision)",
        # The last revision that changed something in each partition (pdp.core.fact_identity).
        """CREATE TABLE partition_change (
            operator {text} NOT NULL, number {text} NOT NULL, revision BIGINT NOT NULL,
            PRIMARY KEY (operator, number))""",
    ),
    (
        # At which ends each of the last revisions changed something (pdp.core.ends), for those who follow.
        "CREATE TABLE change_slots (revision BIGINT PRIMARY KEY, slots {text} NOT NULL)",
        # Who rests on what it knows, and up to which revision it knows (pdp_adapters.lease_rules).
        """CREATE {passing} TABLE lease (
            instance {text} PRIMARY KEY, beat BIGINT NOT NULL, confirmed BIGINT NOT NULL)""",
    ),
    (
        # From which revision on the past of a kind of fact is kept, where some of it was pruned.
        """CREATE TABLE kept_past (
            operator {text} NOT NULL, kind {text} NOT NULL, revision BIGINT NOT NULL, PRIMARY KEY (operator, kind))""",
    ),
    (
        # Where the chains of the decision log stood when they were last signed (pdp.decision_log.heads).
        """CREATE TABLE log_head (
            writer {text} PRIMARY KEY, number BIGINT NOT NULL, digest {text} NOT NULL, at {text} NOT NULL,
            signature {text} NOT NULL)""",
    ),
    (
        # A word that each revision alone has: an older copy of the store gives the same numbers to other changes.
        "ALTER TABLE change_slots ADD COLUMN mark {text} NOT NULL DEFAULT ''",
    ),
)
"""The statements that lead from each version to the next; what is released is never changed, only added to."""

_HISTORY_BYTES: Final = 9


def migrate(database: Database) -> None:
    """Bring the tables to the newest version.

    Raises UnavailableError when they are newer than this version of the program knows: it would misread them.
    """
    if _version(database) == len(MIGRATIONS):
        return  # without writing: a store that cannot be written can still be read
    with database.migrations() as session:
        session.run("CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY)", {})
        (found,) = session.rows("SELECT coalesce(max(version), 0) FROM migration", {})
        version = int(found[0])
        if version > len(MIGRATIONS):
            raise UnavailableError(
                f"the store has schema {version}, and this version of pdp knows {len(MIGRATIONS)}: use the newer one"
            )
        for number in range(version, len(MIGRATIONS)):
            for statement in MIGRATIONS[number]:
                session.run(statement.format(text=database.dialect.text, passing=database.dialect.passing), {})
            session.run("INSERT INTO migration (version) VALUES (:version)", {"version": number + 1})
        if version == 0:
            _begin(session)
            for statement in database.dialect.statistics:
                session.run(statement, {})


def _version(database: Database) -> int:
    """Return the version of the tables, 0 where that cannot be told without making any."""
    try:
        with database.single() as session:
            (found,) = session.rows("SELECT coalesce(max(version), 0) FROM migration", {})
    except NotThereError:
        raise
    except UnavailableError:
        return 0
    return int(found[0])


def _begin(session: Session) -> None:
    session.run(
        "INSERT INTO store (only_row, history, revision, committed_at, kept_from, confirmed)"
        " VALUES (1, :history, 0, 0, 0, 1)",
        {"history": new_history()},
    )


def new_history() -> str:
    """Return the name of a history that no store has had."""
    return secrets.token_urlsafe(_HISTORY_BYTES).replace("-", "x").replace("_", "y")
