"""A request of one situation, asked by somebody else: what it showed for some roles it most often shows for others."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pdp.core.circumstances import Circumstances
from pdp.core.entity import Entity
from pdp.core.facts import Fact, RoleAssignment
from pdp.core.policy import Granting, Hierarchies
from pdp.core.request import Request
from pdp.core.role_holding import DATA_SUBJECT, THIRD_PARTY
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.policy_set import Asked
from pdp.space.assigning import Assigning
from pdp.space.people import OPERATOR_SCOPE


class Recasting:
    """Lets others ask the requests of one operator."""

    def __init__(self, vocabulary: Vocabulary, hierarchies: Hierarchies, granting: Mapping[str, Granting]) -> None:
        self._vocabulary = vocabulary
        self._hierarchies = hierarchies
        self._granting = granting
        self._assigning = Assigning(vocabulary, granting)
        words = vocabulary.words(WordKind.ROLE).values()
        types = {type_ for word in words for type_ in word.held_in} - {OPERATOR_SCOPE}
        self._scopes = {type_: Entity(type_, f"another-{type_}") for type_ in sorted(types)}

    def recast(self, request: Request, asked: Asked) -> Request | None:
        """Return *request* in the words of *asked*, by a subject with its roles, where a scope of every type is named.

        None when those roles cannot be held in it.
        """
        roles, action, category, purpose = asked
        resource = request.resource
        scopes = tuple(dict.fromkeys((*resource.scopes, *self._scopes.values())))
        operator = Entity(OPERATOR_SCOPE, request.operator)
        others = [fact for fact in request.facts if not _is_held_by(fact, request.subject)]
        held = [] if roles == {THIRD_PARTY} else sorted(roles - {DATA_SUBJECT})
        assigned = [fact for role in held for fact in self._assigned(request.subject, role, operator)]
        found = replace(
            request,
            action=action,
            purpose=purpose,
            resource=replace(resource, type=category, scopes=scopes),
            facts=(*others, *assigned),
        )
        if found.time is None:
            raise TypeError(found)
        held_so = Circumstances(found, (), found.time, self._hierarchies, self._granting).roles
        return found if held_so == roles else None

    def _assigned(self, holder: Entity, role: str, operator: Entity) -> Iterator[Fact]:
        held_in = self._vocabulary.words(WordKind.ROLE)[role].held_in
        scope = operator if OPERATOR_SCOPE in held_in else self._scopes[held_in[0]]
        yield from self._assigning.assigned(holder, role, scope, operator)


def _is_held_by(fact: Fact, holder: Entity) -> bool:
    return isinstance(fact.kind, RoleAssignment) and fact.kind.subject == holder
