"""From where conditions are looked at: what of a question their values depend on."""

from dataclasses import dataclass, replace

from pdp.core.circumstances import HANDING_OUT, OUTSIDERS, PUBLISHING
from pdp.core.policy import ANY_WORD, Hierarchies
from pdp.policy_set import Asked


@dataclass(frozen=True, slots=True)
class Angle:
    """The category and purpose of a question, and who would have the data by its action and roles."""

    category: str
    purpose: str
    publishing: bool
    handing_out: bool
    from_outside: bool

    def under(self, category: str) -> "Angle":
        """Return the same for a narrower category of the same resource."""
        return replace(self, category=category)


def angle_of(asked: Asked, hierarchies: Hierarchies) -> Angle:
    """Return the angle of a question."""
    roles, action, category, purpose = asked
    outside = any(not hierarchies.roles.get(role, ANY_WORD).isdisjoint(OUTSIDERS) for role in roles)
    return Angle(category, purpose, action == PUBLISHING, action in HANDING_OUT, outside)
