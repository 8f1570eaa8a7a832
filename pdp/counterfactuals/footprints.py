"""What a need rests on, so that what was found for it in one world is not looked for again in the next."""

from collections.abc import Iterable
from dataclasses import dataclass

from pdp.conditions import parts_of, rests_on
from pdp.conditions.expression import Holds, SomeConsent, SomeGround, SomeRefusal
from pdp.core.facts import Consent, Containment, Ground, RoleAssignment
from pdp.counterfactuals.steps import TIME, Meet, Step
from pdp.counterfactuals.values import LEAVES, terms_of
from pdp.counterfactuals.world import settable_path
from pdp.policy_set import PolicySet


@dataclass(frozen=True, slots=True)
class Footprint:
    """The properties (*paths*), *kinds* of ground, and whether *roles*, *consents* and *scopes* are looked at."""

    paths: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    roles: bool = False
    consents: bool = False
    scopes: bool = False

    def is_touched_by(self, step: Step) -> bool:
        """Say whether *step* could change what is needed; when in doubt, it could."""
        if isinstance(step, Meet):
            return step.path == TIME or step.path in self.paths or (step.path == "context.recipient" and self.consents)
        match step.fact.kind:
            case Ground(kind=kind):
                return kind in self.kinds
            case RoleAssignment():
                return self.roles or self.consents
            case Consent():
                return self.consents
            case Containment():
                return self.scopes or self.roles or self.consents


ROLES: Footprint = Footprint(roles=True)


def footprint_of(conditions: Iterable[str], policy: PolicySet, *, roles: bool = False) -> Footprint:
    """Return what *conditions* rest on; *roles* says that roles matter beside."""
    paths: set[str] = set()
    kinds: set[str] = set()
    consents = scopes = False
    names = frozenset[str]().union(*(rests_on(name, policy.conditions) for name in conditions))
    for name in names:
        for part in parts_of(policy.conditions[name].expression):
            if isinstance(part, SomeGround):
                kinds.add(part.kind)
            elif isinstance(part, SomeConsent | SomeRefusal):
                consents = True
            elif isinstance(part, LEAVES):
                roles = roles or isinstance(part, Holds)
                for term in terms_of(part):
                    scopes = scopes or term.path == "resource.scopes"
                    path = settable_path(term)
                    if path is not None:
                        paths.add(path)
    return Footprint(frozenset(paths), frozenset(kinds), roles, consents, scopes)
