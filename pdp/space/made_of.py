"""Which names of the script a situation is made of, and of which value of it each is a part."""

from collections.abc import Collection, Iterable, Sequence, Set
from itertools import islice
from typing import TypeVar

from pdp.space.facts import Facts
from pdp.space.people import People
from pdp.space.values import Values

_T = TypeVar("_T")
_Places = dict[str, tuple[int, str]]
"""By the name of a part of a value, the place and the path of the value."""


class MadeOf:
    """Looks at each part of the space once: parts only ever come, and a matrix asks thousands of questions."""

    def __init__(self, values: Values, people: People, facts: Facts) -> None:
        self._values = values
        self._people = people
        self._facts = facts
        self._names: set[str] = set()
        self._looked_at: dict[str, int] = {}
        self._scalars: _Places = {}
        self._listings: _Places = {}

    def names(self) -> Set[str]:
        """Return every name that situations are made of."""
        values, people, found = self._values, self._people, self._names
        found |= {people.subject_pictured, people.pictured_absent, people.scopes.nonempty}
        for person in self._new("persons", people.persons):
            found.update(person)
        found.update(self._new("scope types", people.scope_types.values()))
        found.update(self._new("facts", self._facts.presence.values()))
        for path, (_, scalar) in self._new("scalars", values.scalars.items()):
            self._note(self._scalars, path, (scalar.absent, scalar.code))
        for path, (_, listing) in self._new("listings", values.listings.items()):
            self._note(self._listings, path, (listing.absent, *listing.has.values()))
        for name, listed in values.entity_lists.items():
            found |= {listed.absent, listed.nonempty}
            found.update(self._new(f"what {name} lies within", listed.within.values()))
            for code in self._new(f"what is looked for in {name}", listed.tested):
                found |= {code, values.script.applied(listed.member, code)}
        for held in self._new("roles", people.held.values()):
            found |= {held.formula, held.holder}
        for code in self._new("entities", values.entity_names):
            found |= {code, values.type_term(code)}
        return found

    def scalars_of(self, names: Set[str]) -> list[str]:
        """Return the paths of the scalars that *names* are a part of, in the order in which they came."""
        return _paths(self._scalars, names)

    def listings_of(self, names: Set[str]) -> list[str]:
        """Return the paths of the lists of words that *names* are a part of, in the order in which they came."""
        return _paths(self._listings, names)

    def _new(self, what: str, parts: Collection[_T]) -> Sequence[_T]:
        """Return those of *parts* that have come since they were looked at last."""
        new = list(islice(parts, self._looked_at.get(what, 0), None))
        self._looked_at[what] = len(parts)
        return new

    def _note(self, places: _Places, path: str, names: Iterable[str]) -> None:
        self._names.update(names)
        place = len(places), path
        places.update((name, place) for name in names)


def _paths(places: _Places, names: Set[str]) -> list[str]:
    return [path for _, path in sorted({places[name] for name in names & places.keys()})]
