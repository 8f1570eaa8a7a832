"""Whether an edit allows more: what a second person has to answer for."""

from collections.abc import Callable, Sequence
from typing import Final

from pdp.analysis.changes import Comparison, Kind
from pdp.analysis.stance import Standing
from pdp.core.fact_schema import FactSchema
from pdp.policy_set import Asked, PolicySet
from pdp.space import FALSE, Formula, Unfolding

COMPARED: Final = frozenset({"policy.csv", "conditions.yaml", "clauses.yaml", "document.txt"})
"""The files whose edits the space shows whole, or which say nothing but the words of a sentence."""


class Loosening(Comparison):
    """Finds where something is allowed that was not, or is allowed without a duty that it came with.

    Less is left out of what is handed over, or a grant is recorded no more: both are as good as a new permission.
    """

    def opened(
        self, asked: Asked, standings: Sequence[Standing] | None = None
    ) -> tuple[Unfolding, dict[Kind, Callable[[], Formula]]]:
        """Return the question, and what says that more is allowed, as what is newly allowed."""
        question, before, after = self._stances(asked, standings)
        written = self.space.script

        def more() -> Formula:
            was, is_now = before.duties, after.duties
            lost = [written.both(owed, written.negated(is_now.get(duty, FALSE))) for duty, owed in was.items()]
            return written.both(after.allows, written.either(written.negated(before.allows), *lost))

        return question, {Kind.NEWLY_ALLOWED: more}


def allows_more(before: PolicySet, after: PolicySet, schema: FactSchema, kind: type[Comparison] = Loosening) -> bool:
    """Say whether *after* allows something that *before* does not, or without a duty. Raises UndecidedError."""
    # FAIL CLOSED (what the space leaves out): who may grant a role, what a duty demands, which keys are declared.
    if _changes_beside(before, after):
        return True
    return any(True for _ in kind(before, after, schema, [Kind.NEWLY_ALLOWED]).differences())


def _changes_beside(before: PolicySet, after: PolicySet) -> bool:
    changed = {name for name, _ in before.files.items() ^ after.files.items()}
    return any(name.rpartition("/")[2] not in COMPARED for name in changed)
