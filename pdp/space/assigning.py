"""Roles as facts on record: each one granted by somebody who may grant it, where it has to be granted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pdp.core.entity import Entity
from pdp.core.facts import Fact, RoleAssignment
from pdp.core.policy import Granting
from pdp.core.vocabulary import Vocabulary, WordKind


@dataclass(frozen=True)
class Assigning:
    """Assigns roles in the words of one operator, by its rules of who may grant which."""

    vocabulary: Vocabulary
    granting: Mapping[str, Granting]

    def assigned(self, holder: Entity, role: str, scope: Entity, operator: Entity) -> Iterator[Fact]:
        """Yield the facts by which *holder* has *role* in *scope*: those of the granter come first."""
        granting = self.granting.get(role)
        granter = None
        if granting is not None and granting.required:
            by = next((each for each in granting.by if each != role), granting.by[0])
            granter = Entity("user", f"granter-of-{role.replace('_', '-')}")
            held_in = self.vocabulary.words(WordKind.ROLE)[by].held_in
            yield from self.assigned(granter, by, scope if scope.type in held_in else operator, operator)
        yield Fact(RoleAssignment(holder, role, scope, granter))
