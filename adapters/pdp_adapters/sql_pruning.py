"""The past of facts in SQL that is kept no longer."""

from datetime import datetime
from typing import Final

from pdp.core.errors import KeptNoLongerError
from pdp.core.stores import StoreState
from pdp_adapters.fact_rows import microseconds
from pdp_adapters.sql_database import Session

STEP: Final = 2_000
"""So many versions are removed in one transaction: other writers wait for no more."""

_ENDED: Final = "operator = :operator AND kind = :kind AND ended <= :until"


def check_past(session: Session, operator: str, kind: str, revision: int, state: StoreState) -> int:
    """Return *revision*; raise KeptNoLongerError where the past of *kind* ("": of any) is not kept from it on."""
    text, parameters = (" AND kind = :kind", {"kind": kind}) if kind else ("", {})
    (found,) = session.rows(
        f"SELECT coalesce(max(revision), 0) FROM kept_past WHERE operator = :operator{text}",
        {"operator": operator, **parameters},
    )
    floor = max(int(found[0]), state.kept_from)
    if revision < floor:
        raise KeptNoLongerError(f"the past is kept from revision {floor} on")
    return revision


def prunable(session: Session, operator: str, kind: str, before: datetime) -> tuple[int, int]:
    """Return how many versions of *kind* had ended *before* an instant, and in which revision the last of them did."""
    (last,) = session.rows(
        "SELECT coalesce(max(revision), 0) FROM change_set WHERE at < :before", {"before": microseconds(before)}
    )
    (found,) = session.rows(
        f"SELECT count(*), coalesce(max(ended), 0) FROM past_fact WHERE {_ENDED}",
        {"operator": operator, "kind": kind, "until": last[0]},
    )
    return int(found[0]), int(found[1])


def prune_some(session: Session, operator: str, kind: str, until: int) -> int:
    """Remove up to STEP versions of *kind* that had ended by revision *until*, and return how many there were.

    FAIL CLOSED (past in part): whoever asks about the past from now on is told that it is kept no longer, before any
    of it is gone.
    """
    named = {"operator": operator, "kind": kind, "until": until}
    session.run(
        "INSERT INTO kept_past (operator, kind, revision) VALUES (:operator, :kind, :until)"
        " ON CONFLICT (operator, kind) DO UPDATE SET revision = excluded.revision"
        " WHERE kept_past.revision < excluded.revision",
        named,
    )
    some = f"SELECT id, begun FROM past_fact WHERE {_ENDED} LIMIT {STEP}"
    return session.run(f"DELETE FROM past_fact WHERE (id, begun) IN ({some})", named)
