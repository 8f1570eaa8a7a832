"""Values that a request or a fact may have: there or absent, one of a type or a list of it."""

from dataclasses import dataclass, field
from typing import Final

from pdp.conditions.expression import Emptiness, Root, Term
from pdp.core.entity import Entity
from pdp.core.fact_schema import ValueType
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.space import script
from pdp.space.codes import Codes
from pdp.space.script import Formula, Script, number

SPAN_SECONDS: Final = 20 * 366 * 86_400
"""How far from the time of the decision the instants of a situation may lie."""

_LARGEST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value: *absent* says that it is not there, *code* is its number where it is."""

    absent: Formula
    code: str


@dataclass(slots=True)
class Listing:
    """A list of words or texts: *has* says of each code of its domain whether it is in it."""

    absent: Formula
    nonempty: Formula
    has: dict[int, Formula]


@dataclass(slots=True)
class Entities:
    """A list of entities. *tested* are the numbers looked for in it, *within* the sets that it was held against."""

    absent: Formula
    nonempty: Formula
    member: str
    name: str
    tested: list[str] = field(default_factory=list)
    within: dict[frozenset[int], Formula] = field(default_factory=dict)


class Values:
    """Makes the values of a situation as they are first looked at, and remembers them."""

    def __init__(self, written: Script, codes: Codes, vocabulary: Vocabulary, operator: Entity) -> None:
        self._operator = operator
        self.script = written
        self.codes = codes
        self._vocabulary = vocabulary
        self.scalars: dict[str, tuple[Term, Scalar]] = {}
        self.listings: dict[str, tuple[Term, Listing]] = {}
        self.entity_lists: dict[str, Entities] = {}
        self.entity_names: dict[str, str] = {}
        """By the number of an entity that is asked about, the path where it stands."""
        self._types = written.function("type of an entity", "Int")
        self._literals: set[int] = set()
        self.texts_named: dict[str, set[int]] = {}

    # --- Entities -----------------------------------------------------------------------------------------------------

    def entity(self, name: str) -> str:
        """Return the number of the entity at *name*: any entity at all."""
        code = self.script.integer(name)
        if code not in self.entity_names:
            self.entity_names[code] = name
            self.script.always(self.script.at_most("0", self._type(code)), self._type(code))
            self.script.always(self.script.at_most(self._type(code), number(999)), self._type(code))
            # A request speaks of no operator but its own.
            is_operator = self.has_type(code, self._operator.type)
            own = self.script.equal(code, number(self.codes.entity(self._operator)))
            self.script.always(self.script.implies(is_operator, own), self._type(code))
        return code

    def _type(self, code: str) -> str:
        return self.script.number_applied(self._types, code)

    def named_entity(self, entity: Entity) -> str:
        """Return the number of an entity that a condition names."""
        code = self.codes.entity(entity)
        if code not in self._literals:
            self._literals.add(code)
            self.script.always(self.has_type(number(code), entity.type), number(code))
        return number(code)

    def has_type(self, code: str, type_: str) -> Formula:
        """Return that the entity with this number is of *type_*."""
        return self.script.equal(self._type(code), number(self.codes.type(type_)))

    def type_term(self, code: str) -> str:
        """Return the number of the type of an entity."""
        return self._type(code)

    # --- One value ----------------------------------------------------------------------------------------------------

    def scalar(self, name: str, term: Term, *, required: bool = False) -> Scalar:
        """Return the value at *name*, of the type of *term*."""
        found = self.scalars.get(name)
        if found is None:
            found = self.scalars[name] = (term, self._new_scalar(name, term, required))
        return found[1]

    def _new_scalar(self, name: str, term: Term, required: bool) -> Scalar:
        # What stands for a value that is not there may as well be sent.
        is_there = required or term.emptiness is Emptiness.DEFAULT
        absent = script.FALSE if is_there else self.script.boolean(f"{name} is absent")
        if term.type is ValueType.ENTITY:
            return Scalar(absent, self.entity(name))
        code = self.script.integer(name)
        domain = self._domain(term)
        if domain is not None:
            self.script.always(self.script.either(*[self.script.equal(code, number(each)) for each in domain]), code)
        else:
            low, high = _BOUNDS[term.type]
            self.script.always(self.script.at_most(number(low), code), code)
            self.script.always(self.script.at_most(code, number(high)), code)
        return Scalar(absent, code)

    def _domain(self, term: Term) -> list[int] | None:
        match term.type:
            case ValueType.BOOL:
                return [0, 1]
            case ValueType.ENUM:
                return [self.codes.text(value) for value in term.values]
            case ValueType.ROLE | ValueType.CATEGORY:
                kind = WordKind.ROLE if term.type is ValueType.ROLE else WordKind.CATEGORY
                return [self.codes.text(word) for word in self._vocabulary.words(kind)]
            case _:
                return None

    # --- Lists --------------------------------------------------------------------------------------------------------

    def listing(self, name: str, term: Term, *, required: bool = False) -> Listing:
        """Return the list of words or texts at *name*; one that is *required* has something in it."""
        found = self.listings.get(name)
        if found is None:
            found = self.listings[name] = (term, self._new_listing(name, term, required))
        return found[1]

    def _new_listing(self, name: str, term: Term, required: bool) -> Listing:
        domain = self._domain(term)
        if domain is None:  # open texts: those that conditions name, and one that none does
            named = sorted(self.texts_named.get(term.path, set()))
            domain = [*named, self.codes.text("something else")]
        has = {code: self.script.boolean(f"{code} is in {name}") for code in domain}
        absent = script.FALSE if required else self.script.boolean(f"{name} is absent")
        nonempty = self.script.either(*has.values())
        # The wire tells an empty list in the context, and one of fields, from none at all by refusing it.
        if required or term.root is Root.CONTEXT or term.name == "fields":
            for formula in (absent, *has.values()):
                self.script.always(self.script.either(absent, nonempty), formula)
        return Listing(absent, nonempty, has)

    def entity_list(self, name: str, *, absent_when_empty: bool = False) -> Entities:
        """Return the list of entities at *name*."""
        found = self.entity_lists.get(name)
        if found is None:
            nonempty = self.script.boolean(f"{name} has something")
            absent = self.script.boolean(f"{name} is absent")
            if absent_when_empty:
                absent = self.script.negated(nonempty)
            found = self.entity_lists[name] = Entities(absent, nonempty, self.script.function(f"in {name}"), name)
        return found

    def contains(self, listed: Entities, code: str) -> Formula:
        """Return that the entity with this number is in the list."""
        inside = self.script.applied(listed.member, code)
        if code not in listed.tested:
            listed.tested.append(code)
            self.script.always(self.script.implies(inside, listed.nonempty), inside)
            for among, within in listed.within.items():
                self._keep_within(inside, code, among, within)
        return inside

    def within(self, listed: Entities, among: frozenset[int]) -> Formula:
        """Return that the list has something, and nothing but the named entities *among*."""
        found = listed.within.get(among)
        if found is None:
            found = self.script.boolean(f"{listed.name} is within {sorted(among)}")
            listed.within[among] = found
            self.script.always(self.script.implies(found, listed.nonempty), found)
            members = [self.contains(listed, number(code)) for code in among]
            self.script.always(self.script.implies(found, self.script.either(*members)), found)
            for code in list(listed.tested):
                self._keep_within(self.script.applied(listed.member, code), code, among, found)
            for other, known in list(listed.within.items()):
                self._tell_apart(listed, (among, found), (other, known))
                self._tell_apart(listed, (other, known), (among, found))
        return found

    def _tell_apart(
        self, listed: Entities, one: tuple[frozenset[int], Formula], other: tuple[frozenset[int], Formula]
    ) -> None:
        """Let a list that is within *one* and not within the *other* have something of the difference."""
        difference = [self.contains(listed, number(code)) for code in one[0] - other[0]]
        apart = self.script.both(one[1], self.script.negated(other[1]))
        self.script.always(self.script.implies(apart, self.script.either(*difference)), one[1])

    def _keep_within(self, inside: Formula, code: str, among: frozenset[int], within: Formula) -> None:
        one_of = self.script.either(*[self.script.equal(code, number(each)) for each in among])
        self.script.always(self.script.implies(self.script.both(within, inside), one_of), within)


_BOUNDS: Final = {
    ValueType.INT: (-_LARGEST, _LARGEST),
    ValueType.STRING: (0, _LARGEST),
    ValueType.TIMESTAMP: (-SPAN_SECONDS, SPAN_SECONDS),
}
