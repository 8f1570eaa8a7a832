"""What conditions see of a question beside the roles and the category as a whole."""

from pdp.core.vocabulary import WordKind
from pdp.policy_set import Asked
from pdp.space import Space, Traits
from pdp.space.angle import angle_of


def seen_of(space: Space, asked: Asked, traits: Traits) -> object:
    """Return what consents and lists of categories see: equal for questions that *traits* do not tell apart."""
    angle, upward = angle_of(asked, space.hierarchies), space.vocabulary.upward
    categories, purposes = (
        (frozenset(upward(kind, word)) & named, word in named)
        for kind, word, named in (
            (WordKind.CATEGORY, angle.category, traits.categories),
            (WordKind.PURPOSE, angle.purpose, traits.purposes),
        )
    )
    return categories, purposes, angle.publishing, angle.handing_out, angle.from_outside
