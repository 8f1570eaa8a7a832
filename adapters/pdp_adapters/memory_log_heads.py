"""Heads of the decision log in the memory of one process."""

from pdp.core.log_ports import LogHead


class MemoryLogHeads:
    """Keeps the newest head of each writer until the process ends."""

    def __init__(self) -> None:
        self._heads: dict[str, LogHead] = {}

    def keep(self, head: LogHead) -> None:
        """Keep *head* unless a later one is kept."""
        known = self._heads.get(head.writer)
        if known is None or known.number < head.number:
            self._heads[head.writer] = head

    def heads(self) -> tuple[LogHead, ...]:
        """Return the newest head of every writer."""
        return tuple(self._heads.values())

    def drop(self, writer: str) -> None:
        """Forget *writer*."""
        self._heads.pop(writer, None)
