"""Which requests of a batch have one answer, because nothing that tells them apart is ever looked at.

Fifty photos of one child, asked for by one mother, differ in their names alone. Where no fact and no condition speaks
of a name, the policy cannot tell them apart, and deciding fifty times is deciding once.
"""

from datetime import datetime

from pdp.core.facts import Containment, Fact, RoleAssignment
from pdp.core.ports import StoredFacts
from pdp.core.request import Request, alike_but_for_ids
from pdp.deciding.answer import Answer
from pdp.policy_set import PolicySet


class SharedAnswer:
    """The *answer* to *request*, with its term, for those requests beside it that cannot be told from it.

    Only within one batch: one policy and one instant, and *stored* is what was read for it.
    """

    __slots__ = ("_named", "_stored", "answer", "request", "valid_until")

    def __init__(
        self,
        policy: PolicySet,
        request: Request,
        stored: StoredFacts,
        answer: Answer,
        valid_until: datetime | None,
    ) -> None:
        self.request = request
        self.answer = answer
        self.valid_until = valid_until
        self._stored = stored
        self._named = None if _looks_at_id(policy, answer) else _ids_named((*stored.facts, *request.facts))

    def holds_for(self, other: Request, stored: StoredFacts) -> bool:
        """Say whether this is the answer to *other* too, for which *stored* was read.

        False may be said of one to which it is.
        """
        # FAIL CLOSED (told apart): whatever is not the very same object counts as something else.
        return (
            self._named is not None
            and stored is self._stored
            and alike_but_for_ids(self.request, other)
            and other.resource.id not in self._named
            and self.request.resource.id not in self._named
        )


def _looks_at_id(policy: PolicySet, answer: Answer) -> bool:
    """Say whether the resource's own name may have mattered; it may wherever deciding failed."""
    judgement = answer.judgement
    return judgement is None or bool(answer.failures) or policy.residuals.looks_at_id(judgement.asked)


def _ids_named(facts: tuple[Fact, ...]) -> frozenset[str]:
    """Return every id that a fact may say of a resource: of what a role is held in, or of what lies in what."""
    found: set[str] = set()
    for fact in facts:
        kind = fact.kind
        if isinstance(kind, RoleAssignment):
            found.add(kind.scope.id)
        elif isinstance(kind, Containment):
            found.update((kind.entity.id, kind.container.id))
    return frozenset(found)
