"""Where a store in SQL stands, and what may not rest on it."""

from pdp.core.errors import ForeignTokenError, KeptNoLongerError, UnavailableError
from pdp.core.request import Consistency, Freshness
from pdp.core.stores import StoreState, Token
from pdp_adapters.fact_rows import instant
from pdp_adapters.sql_database import Database, Parameters, Row, Session, Statement

_COLUMNS = "history, revision, committed_at, kept_from, confirmed"


def read_state(session: Session, mark: str = "''") -> StoreState:
    """Return where the store stands, with what *mark* gives (Dialect.mark)."""
    return _state(session.rows(f"SELECT {_COLUMNS}, {mark} FROM store", {}))


def locked_state(database: Database, session: Session) -> StoreState:
    """Return where the store stands, and let no other writer in until the transaction ends."""
    # INVARIANT (order of revisions): a database that lets several transactions write at once makes them wait here for
    # one another, so that each sees all that the one before it did, and revisions become visible in their order.
    return _state(session.rows(*_locking(database)))


def locked_state_and(
    database: Database, session: Session, sql: str, parameters: Parameters
) -> tuple[StoreState, list[Row]]:
    """Return what `locked_state` returns, and what a query gives that comes after it in one message."""
    rows, found = session.rows_of_two(_locking(database), (sql, parameters))
    return _state(rows), found


def _locking(database: Database) -> Statement:
    return f"SELECT {_COLUMNS} FROM store{database.dialect.locking}", {}


def _state(rows: list[Row]) -> StoreState:
    if len(rows) != 1:
        raise UnavailableError("the store does not say where it stands")
    history, revision, committed_at, kept_from, confirmed, *mark = rows[0]
    return StoreState(Token(history, revision), instant(committed_at), kept_from, bool(confirmed), *mark)


def check_consistency(now: Token, consistency: Consistency) -> None:
    """Raise for a state that is not as fresh as *consistency* asks for."""
    if consistency.freshness is Freshness.AT_LEAST_AS_FRESH:
        check_token(Token.parse(consistency.token), now)


def check_token(asked: Token | None, now: Token) -> None:
    """Raise ForeignTokenError for a token of another store, UnavailableError for one of a later state than *now*."""
    if asked is None or asked.history != now.history:
        raise ForeignTokenError("the token is of another store")
    if asked.revision > now.revision:
        raise UnavailableError(f"the store is at revision {now.revision}, and the token is of a later one")


def check_kept(after: Token, state: StoreState) -> None:
    """Raise for a state whose changes are not, or no longer, known."""
    check_token(after, state.token)
    if after.revision < state.kept_from:
        raise KeptNoLongerError(f"changes are kept from revision {state.kept_from} on")
