"""Heads of the decision log in the store of facts, in SQL."""

from collections.abc import Callable

from pdp.core.log_ports import LogHead
from pdp_adapters.sql_database import Database


class SqlLogHeads:
    """Keeps the newest head of each writer in what *opened* returns.

    That is asked for at each use: a database that does not answer yet keeps nobody from starting.
    """

    def __init__(self, opened: Callable[[], Database]) -> None:
        self._opened = opened

    def keep(self, head: LogHead) -> None:
        """Keep *head* unless a later one is kept; durable on return."""
        said = {
            "writer": head.writer,
            "number": head.number,
            "digest": head.digest.hex(),
            "at": head.at,
            "signature": head.signature.hex(),
        }
        with self._opened().single() as session:
            session.run(
                "INSERT INTO log_head (writer, number, digest, at, signature)"
                " VALUES (:writer, :number, :digest, :at, :signature)"
                " ON CONFLICT (writer) DO UPDATE SET number = excluded.number, digest = excluded.digest,"
                " at = excluded.at, signature = excluded.signature WHERE excluded.number > log_head.number",
                said,
            )

    def heads(self) -> tuple[LogHead, ...]:
        """Return the newest head of every writer."""
        with self._opened().single() as session:
            rows = session.rows("SELECT writer, number, digest, at, signature FROM log_head ORDER BY writer", {})
        return tuple(
            LogHead(writer, number, bytes.fromhex(digest), at, bytes.fromhex(signature))
            for writer, number, digest, at, signature in rows
        )
