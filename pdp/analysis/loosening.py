"""Whether an edit allows more: what a second person has to answer for."""

from collections.abc import Callable, Sequence
from typing import Final

from pdp.analysis.changes import Comparison
from pdp.analysis.kinds import Kind
from pdp.analysis.stance import Standing
from pdp.core.fact_schema import FactSchema
from pdp.core.request import Request
from pdp.policy_set import Asked, PolicySet
from pdp.space import FALSE, Formula, Unfolding

COMPARED: Final = frozenset({"policy.csv", "conditions.yaml", "clauses.yaml", "document.txt"})
"""The files whose edits the space shows whole, or which say nothing but the words of a sentence."""


class Loosening(Comparison):
    """Finds where something is allowed that was not, or is allowed without a duty that it came with.

    Less is left out of what is handed over, or a grant is recorded no more: both are as good as a new permission.
    """

    def __init__(
        self,
        before: PolicySet,
        after: PolicySet,
        schema: FactSchema,
        kinds: Sequence[Kind] = (Kind.NEWLY_ALLOWED,),
        jobs: int = 1,
    ) -> None:
        super().__init__(before, after, schema, (*kinds, Kind.OBLIGATIONS), jobs)

    def opened(
        self, asked: Asked, standings: Sequence[Standing] | None = None
    ) -> tuple[Unfolding, dict[Kind, Callable[[], Formula]]]:
        """Return the question, and what says that a duty is lost where something was allowed and still is."""
        question, formulas = super().opened(asked, standings)
        _, before, after = self._stances(asked, standings, question)
        written = self.space.script

        def lost() -> Formula:
            was, is_now = before.duties, after.duties
            gone = [written.both(owed, written.negated(is_now.get(duty, FALSE))) for duty, owed in was.items()]
            return written.both(before.allows, after.allows, written.either(*gone))

        return question, {**formulas, Kind.OBLIGATIONS: lost}

    def shows(self, kind: Kind, request: Request) -> bool:
        """Say whether *request* shows it: a duty that changed need not be one that was lost."""
        return kind is not Kind.OBLIGATIONS and super().shows(kind, request)


def allows_more(before: PolicySet, after: PolicySet, schema: FactSchema, kind: type[Comparison] = Loosening) -> bool:
    """Say whether *after* allows something that *before* does not, or without a duty. Raises UndecidedError."""
    # FAIL CLOSED (what the space leaves out): who may grant a role, what a duty demands, which keys are declared.
    if _changes_beside(before, after):
        return True
    return any(True for _ in kind(before, after, schema, [Kind.NEWLY_ALLOWED]).differences())


def _changes_beside(before: PolicySet, after: PolicySet) -> bool:
    changed = {name for name, _ in before.files.items() ^ after.files.items()}
    return any(name.rpartition("/")[2] not in COMPARED for name in changed)
