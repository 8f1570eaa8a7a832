"""What one answer of the solver says: truths, numbers, entities, and the values of properties."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Final

from pdp.conditions.expression import Emptiness, Root, Term
from pdp.core.entity import Entity
from pdp.core.fact_schema import ValueType
from pdp.core.facts import Value
from pdp.core.text import Text
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.space.codes import NATURAL_PERSON
from pdp.space.looking_up import NOW
from pdp.space.made_of import MadeOf
from pdp.space.script import FALSE, TRUE, in_order, is_number, value_of
from pdp.space.values import Values

BLANK: Final = " "
"""A text that is there and says nothing."""

_NAMES: Final = {
    "subject": "asker",
    "resource.data_subject": "person-concerned",
    "context.recipient": "recipient",
    "context.grantee": "grantee",
}


class Answered:
    """The numbers *found* by the solver, for what they stand for."""

    def __init__(self, values: Values, made_of: MadeOf, vocabulary: Vocabulary, found: Mapping[str, int]) -> None:
        self._values = values
        self._made_of = made_of
        self._vocabulary = vocabulary
        self._found = found
        self.resource_id = "data-1"
        self._entities = self._name_entities()
        self._others: dict[str, Entity] = {}
        self._fresh = 0

    def is_so(self, formula: str) -> bool:
        """Say whether *formula* holds in the answer."""
        if formula in {TRUE, FALSE}:
            return formula == TRUE
        return bool(self._found.get(formula, 0))

    def _number(self, code: str) -> int:
        return value_of(code) if is_number(code) else self._found[code]

    def _name_entities(self) -> dict[int, Entity]:
        paths = self._values.entity_names
        known = {code: paths[code] for code in sorted(self._found.keys() & paths.keys(), key=in_order)}
        types = {
            self._found[code]: self._values.codes.type_of(self._found[type_term])
            for code in known
            if (type_term := self._values.type_term(code)) in self._found
        }
        named = dict(self._values.codes.entities)
        resource = ""
        for code, path in sorted(known.items(), key=lambda item: (item[1] not in _NAMES, not _is_resource(item[1]))):
            number_ = self._found[code]
            # The resource is one, under whichever category it is looked at.
            id_ = resource if _is_resource(path) and resource else f"{_stem(path)}-{len(named) + 1}"
            one = named.setdefault(number_, Entity(types.get(number_, NATURAL_PERSON), id_))
            resource = one.id if _is_resource(path) else resource
        # Where it is looked at under a narrower category alone, it is that resource all the same.
        self.resource_id = resource or self.resource_id
        return named

    def entity(self, code: str) -> Entity:
        """Return the entity with this number, or one like no other where nothing is asked of it."""
        if not is_number(code) and code not in self._found:
            path = self._values.entity_names.get(code, "somebody")
            return self._others.setdefault(code, Entity("user", f"{_stem(path)}-x{len(self._others) + 1}"))
        return self._entities[self._number(code)]

    def new(self, type_: str, stem: str) -> Entity:
        """Return an entity like no other."""
        self._fresh += 1
        return Entity(type_, f"{stem}-{self._fresh}")

    @cached_property
    def told(self) -> tuple[tuple[str, Term, Value], ...]:
        """Return every value that is there, with its path and what it is."""
        return tuple(self._all_values())

    def _all_values(self) -> Iterable[tuple[str, Term, Value]]:
        made_of, found = self._made_of, self._found.keys()
        for path in made_of.scalars_of(found):
            term, scalar = self._values.scalars[path]
            if not self.is_so(scalar.absent):
                yield path, term, self._value(term, scalar.code)
        for path in made_of.listings_of(found):
            term, listing = self._values.listings[path]
            if not self.is_so(listing.absent):
                texts = [self._values.codes.text_of(code) for code, has in listing.has.items() if self.is_so(has)]
                yield path, term, tuple(texts)
        for path, listed in self._values.entity_lists.items():
            if path != "resource.scopes" and self.asked_about(listed.absent) and not self.is_so(listed.absent):
                yield path, _ENTITY_LIST, self.members(path)

    def asked_about(self, *names: str) -> bool:
        """Say whether the question spoke of one of *names*."""
        return not self._found.keys().isdisjoint(names)

    def _value(self, term: Term, code: str) -> Value:
        if code not in self._found and term.type is not ValueType.ENTITY:
            return self._any_value(term)
        number_ = self._number(code) if code in self._found else 0
        match term.type:
            case ValueType.BOOL:
                return bool(number_)
            case ValueType.INT:
                return number_
            case ValueType.TIMESTAMP:
                return NOW + timedelta(seconds=number_)
            case ValueType.ENTITY:
                return self.entity(code)
            case _:
                return self._values.codes.text_of(number_) or BLANK

    def _any_value(self, term: Term) -> Value:
        """Return a value of which nothing is asked but that it is there."""
        match term.type:
            case ValueType.BOOL:
                return True
            case ValueType.INT:
                return 1
            case ValueType.TIMESTAMP:
                return NOW
            case ValueType.ROLE | ValueType.CATEGORY:
                kind = WordKind.ROLE if term.type is ValueType.ROLE else WordKind.CATEGORY
                return next(iter(self._vocabulary.words(kind)))
            case _:
                return term.values[0] if term.values else "something"

    def members(self, name: str) -> tuple[Entity, ...]:
        """Return what stands in the list of entities called *name*."""
        listed = self._values.entity_lists[name]
        inside = [
            self.entity(code) for code in listed.tested if self.is_so(self._values.script.applied(listed.member, code))
        ]
        within = [self.is_so(formula) for formula in listed.within.values()]
        if self.is_so(listed.nonempty) and not any(within) and (within or not inside):
            inside.append(self.new("org", "somebody"))
        return tuple(dict.fromkeys(inside))


def _is_resource(path: str) -> bool:
    return path.startswith("resource as ")


def _stem(path: str) -> str:
    return _NAMES.get(path) or path.rpartition(".")[2].replace("_", "-").split("[")[0].split(" ")[0]


_ENTITY_LIST: Final = Term(Root.CONTEXT, "", ValueType.ENTITY, True, (), Emptiness.UNKNOWN, "", Text("", ""), 0)
