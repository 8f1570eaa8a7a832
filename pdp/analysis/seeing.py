"""What conditions see of a question beside the roles and the category as a whole."""

from dataclasses import dataclass

from pdp.analysis.roles import feature_of
from pdp.analysis.stance import Standing
from pdp.core.vocabulary import WordKind
from pdp.policy_set import Asked
from pdp.space import Holding, Space, Traits
from pdp.space.angle import angle_of


@dataclass(frozen=True, slots=True)
class StandingsApart:
    """The standings of both sides where they mean something else, what each means, and what conditions look at."""

    standings: tuple[Standing, ...]
    meanings: tuple[object, ...]
    traits: Traits


def seen_by(space: Space, asked: Asked, differing: StandingsApart, holding: Holding) -> tuple[object, object]:
    """Return what sides mean and see of a question, and what they see of the roles that are held."""
    traits, in_scopes = differing.traits, holding is Holding.IN_SCOPES
    view = view_of(space, asked, traits, narrow=any(one.keeping for one in differing.standings))
    features = frozenset(
        feature_of(role, traits, space.vocabulary, space.hierarchies, in_scopes=in_scopes) for role in asked[0]
    )
    return (differing.meanings, view), features


def view_of(space: Space, asked: Asked, traits: Traits, *, narrow: bool) -> object:
    """Return what conditions see of the words of a question: equal for questions that *traits* do not tell apart.

    *narrow*: they are also looked at under narrower categories, so that every category is one by itself.
    """
    whole = asked[2] if narrow or asked[2] in traits.types else ""
    return whole, _seen_of(space, asked, traits) if traits.consents else None


def _seen_of(space: Space, asked: Asked, traits: Traits) -> object:
    """Return what consents and lists of categories see."""
    angle, upward = angle_of(asked, space.hierarchies), space.vocabulary.upward
    categories, purposes = (
        (frozenset(upward(kind, word)) & named, word in named)
        for kind, word, named in (
            (WordKind.CATEGORY, angle.category, traits.categories),
            (WordKind.PURPOSE, angle.purpose, traits.purposes),
        )
    )
    return categories, purposes, angle.publishing, angle.handing_out, angle.from_outside
