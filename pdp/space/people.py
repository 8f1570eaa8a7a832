"""Who a situation is about, and who holds which role towards whom."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pdp.core.entity import Entity
from pdp.core.policy import ANY_WORD, Hierarchies
from pdp.core.role_holding import DATA_SUBJECT, THIRD_PARTY
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.space.script import Formula
from pdp.space.values import Entities, Values

OPERATOR_SCOPE: Final = "operator"


@dataclass(frozen=True, slots=True)
class RoleClass:
    """Roles that no condition tells apart and that are held in scopes of the same types; *name* is one of them."""

    name: str
    roles: frozenset[str]
    held_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """The holding of a role of a class by one entity, in a scope of a type, towards the person of that number."""

    role: RoleClass
    scope_type: str
    person: int
    holder: str
    formula: Formula


def role_classes(vocabulary: Vocabulary, mentioned: Iterable[frozenset[str]]) -> tuple[RoleClass, ...]:
    """Return the classes of the roles that can be assigned, when conditions ask for the sets of roles *mentioned*.

    `third_party` is a class of its own, since it is also held by whoever holds nothing.
    """
    asked = list(dict.fromkeys(mentioned))
    found: dict[tuple[object, ...], list[str]] = {}
    for role, word in vocabulary.words(WordKind.ROLE).items():
        if word.held_in:
            key = (tuple(role in roles for roles in asked), word.held_in, role == THIRD_PARTY)
            found.setdefault(key, []).append(role)
    words = vocabulary.words(WordKind.ROLE)
    return tuple(RoleClass(roles[0], frozenset(roles), words[roles[0]].held_in) for roles in found.values())


class People:
    """The persons of a situation, by number: 0 the data subject, from 1 on those who are pictured beside it."""

    def __init__(
        self, values: Values, vocabulary: Vocabulary, operator: Entity, classes: tuple[RoleClass, ...]
    ) -> None:
        self._values = values
        self._script = values.script
        self._vocabulary = vocabulary
        self.operator = operator
        self.classes = classes
        self.subject = values.entity("subject")
        self.scopes: Entities = values.entity_list("resource.scopes", absent_when_empty=True)
        self.subject_pictured = self._script.boolean("the data subject is named among those pictured")
        self.pictured_absent = self._script.boolean("resource.pictured is absent")
        self._persons: list[tuple[Formula, str]] = []
        self.held: dict[Formula, Held] = {}
        self._scope_types: dict[str, Formula] = {}
        self._resource_types: dict[str, Formula] = {}

    # --- Persons ------------------------------------------------------------------------------------------------------

    def person(self, number: int) -> tuple[Formula, str]:
        """Return whether there is a person of that *number*, and the number of the entity."""
        while len(self._persons) <= number:
            self._add_person(len(self._persons))
        return self._persons[number]

    @property
    def persons(self) -> Sequence[tuple[Formula, str]]:
        """Return the same of every person that was spoken of so far."""
        return self._persons

    def _add_person(self, at: int) -> None:
        written = self._script
        name = "resource.data_subject" if at == 0 else f"resource.pictured[{at}]"
        there, code = written.boolean(f"{name} is there"), self._values.entity(name)
        if at == 0:
            written.always(written.implies(self.subject_pictured, there), self.subject_pictured)
            named_and_absent = written.both(self.subject_pictured, self.pictured_absent)
            written.always(written.negated(named_and_absent), self.subject_pictured)
            self._keep_out_of_scopes(code, there)
        else:
            written.always(written.negated(written.both(there, self.pictured_absent)), there)
            for other_there, other in self._persons:
                both = written.both(there, other_there)
                written.always(written.implies(both, written.negated(written.equal(code, other))), there)
        self._persons.append((there, code))

    def _keep_out_of_scopes(self, code: str, there: Formula) -> None:
        """The scopes are told without the data subject."""
        inside = self._values.contains(self.scopes, code)
        self._script.always(self._script.negated(self._script.both(there, inside)), self.scopes.nonempty)

    def is_about(self, code: str, person: int) -> Formula:
        """Return that the entity with the number *code* is that person."""
        there, who = self.person(person)
        return self._script.both(there, self._script.equal(code, who))

    # --- Roles --------------------------------------------------------------------------------------------------------

    def narrower(self, roles: Iterable[str], hierarchies: Hierarchies) -> frozenset[str]:
        """Return every role that is one of *roles* or lies in one."""
        wanted = set(roles)
        return frozenset(
            role
            for role in self._vocabulary.words(WordKind.ROLE)
            if not wanted.isdisjoint(hierarchies.roles.get(role, ANY_WORD))
        )

    def holds(self, code: str, roles: frozenset[str], scope_type: str | None, person: int) -> Formula:
        """Return that an entity holds one of *roles* towards a person, in a scope of *scope_type* if one is given.

        *roles* are whole: every narrower one is among them.
        """
        assigned = [
            self._holding(each, type_, person, code)
            for each in self.classes
            if each.roles <= roles
            for type_ in each.held_in
            if scope_type in {None, type_}
        ]
        if scope_type is None and DATA_SUBJECT in roles:
            assigned.append(self.is_about(code, person))
        if scope_type is None and THIRD_PARTY in roles:
            assigned.append(self._is_nobody(code, person))
        return self._script.either(*assigned)

    def _is_nobody(self, code: str, person: int) -> Formula:
        every = [self._holding(each, type_, person, code) for each in self.classes for type_ in each.held_in]
        return self._script.negated(self._script.either(self.is_about(code, person), *every))

    def _holding(self, role: RoleClass, scope_type: str, person: int, code: str) -> Formula:
        towards = 0 if scope_type == OPERATOR_SCOPE else person
        function = self._script.function(f"holds {role.name} in {scope_type} towards {towards}")
        formula = self._script.applied(function, code)
        if formula not in self.held:
            self.held[formula] = Held(role, scope_type, towards, code, formula)
            if scope_type != OPERATOR_SCOPE:
                self._script.always(self._script.implies(formula, self._anchored(scope_type, towards)), formula)
        return formula

    def _anchored(self, scope_type: str, person: int) -> Formula:
        """Return that there is a scope of that type in which a role counts towards the person."""
        there, who = self.person(person)
        anchors = [self._script.both(there, self._values.has_type(who, scope_type))]
        if person == 0:
            anchors += [self.scope_of_type(scope_type), self.resource_is(scope_type)]
        return self._script.either(*anchors)

    def scope_of_type(self, scope_type: str) -> Formula:
        """Return that a scope of that type is named, beside those that conditions look for."""
        found = self._scope_types.get(scope_type)
        if found is None:
            found = self._scope_types[scope_type] = self._script.boolean(f"a scope is a {scope_type}")
            self._script.always(self._script.implies(found, self.scopes.nonempty), found)
        return found

    def every_scope(self) -> list[Formula]:
        """Return that a scope of each type is named in which a role may be held."""
        types = {type_ for each in self.classes for type_ in each.held_in if type_ != OPERATOR_SCOPE}
        return [self.scope_of_type(type_) for type_ in sorted(types)]

    def named_as_scopes(self, among: Container[Formula]) -> list[Formula]:
        """Return for each entity that was looked for among the scopes that it is one, where that is *among* some."""
        named = [self._script.applied(self.scopes.member, code) for code in self.scopes.tested]
        return [each for each in named if each in among]

    @property
    def scope_types(self) -> dict[str, Formula]:
        """Return for each type whether a scope of it is named."""
        return self._scope_types

    def resource_is(self, type_: str) -> Formula:
        """Return that the resource is of a category that is called like a type of scope."""
        if type_ not in self._resource_types:
            self._resource_types[type_] = self._script.boolean(f"the resource is a {type_}")
        return self._resource_types[type_]

    def asked(
        self, roles: frozenset[str], category: str, *, whole: bool, among: frozenset[str] | None = None
    ) -> list[Formula]:
        """Return what a question says: the subject holds exactly *roles* towards data of *category*.

        A role is held in the resource itself only when the category is *whole*, without narrower ones. Of roles that
        are not *among* some nothing is said.
        """
        written = self._script
        about = self.is_about(self.subject, 0)
        said = [about if DATA_SUBJECT in roles else written.negated(about)]
        assigned = roles - {DATA_SUBJECT}
        for each in self.classes:
            if among is not None and each.roles.isdisjoint(among):
                continue
            formulas = [self._holding(each, type_, 0, self.subject) for type_ in each.held_in]
            if roles == {THIRD_PARTY} and THIRD_PARTY in each.roles:
                continue
            held = written.either(*formulas)
            said.append(held if each.roles & assigned else written.negated(held))
        for type_, formula in self._resource_types.items():
            said.append(formula if whole and type_ == category else written.negated(formula))
        written.keep_reached(said)
        return said
