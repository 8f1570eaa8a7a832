"""Verdicts on folders of which it is still being found out whether they allow more, while everything else goes on."""

from typing import Final, Generic, TypeVar

from pdp.activation import PolicyKeeper, Verdict

COMPARING_SECONDS: Final = 0.1
"""How often it is looked whether a comparison of policies has come to its end."""

Asker = TypeVar("Asker")


class SetAside(Generic[Asker]):
    """Holds one verdict for each operator, with those who have asked for it; *keeper* knows what becomes of it."""

    def __init__(self, keeper: PolicyKeeper) -> None:
        self._keeper = keeper
        self._held: dict[str, tuple[Verdict, tuple[Asker, ...]]] = {}

    def __bool__(self) -> bool:
        return bool(self._held)

    def put(self, verdict: Verdict, askers: tuple[Asker, ...]) -> tuple[Asker, ...] | None:
        """Set *verdict* aside, None, while it is being found out; or return all who have asked for it.

        What the folder held before is compared no longer; the same content is not compared from the start again.
        """
        operator = verdict.candidate.operator
        former, waiting = self._held.pop(operator, (None, ()))
        if former is not None and former.comparing is not None:
            if verdict.comparing is not None and former.candidate.digest == verdict.candidate.digest:
                verdict.comparing.end()
                verdict = former
            else:
                former.comparing.end()
        if verdict.comparing is None:
            return (*waiting, *askers)
        self._held[operator] = (verdict, (*waiting, *askers))
        return None

    def decided(self) -> tuple[Verdict, tuple[Asker, ...]] | None:
        """Return a verdict that is known now, with those who have asked for it, and hold it no longer."""
        for operator, (verdict, askers) in self._held.items():
            if (decided := self._keeper.decided(verdict)) is not None:
                del self._held[operator]
                return decided, askers
        return None
