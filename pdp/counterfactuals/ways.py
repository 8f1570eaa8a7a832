"""From a statement that does not come out as wanted to every single step that could bring it nearer.

INVARIANT (every way): whatever set of changes makes the statement come out as wanted holds, but for changes that could
be left out or replaced by one named here, one of the steps returned. The search rests on it when it says that nothing
would help.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple

from pdp.conditions.expression import (
    All,
    AnyOf,
    Compare,
    EachPerson,
    Expression,
    Holds,
    Literal,
    Named,
    Not,
    Relation,
    Root,
    SomeConsent,
    SomeGround,
    SomeRefusal,
    Term,
)
from pdp.conditions.finding_values import Frame
from pdp.core.consents import GIVEN
from pdp.core.entity import Entity
from pdp.core.facts import Consent, Containment, Fact, Ground, Value
from pdp.counterfactuals.drafting import PEOPLE, Draft, Drafting, Fields, Make, consent_maker, ground_maker
from pdp.counterfactuals.roles import holder_unnamed, lies_in, to_hold, to_lose, words_for
from pdp.counterfactuals.steps import Add, Step, add, end, meet
from pdp.counterfactuals.values import LEAVES, Leaf, Values, changing
from pdp.counterfactuals.world import World, satisfied


class Width(NamedTuple):
    """How many drafts of one fact are *looked* at, and how many of them, at most, are *tried*.

    Where there are more, their failing proves nothing.
    """

    looked: int
    tried: int


NARROW: Final = Width(8, 3)
WIDE: Final = Width(128, 128)

_SCOPES: Final = "resource.scopes"

Steps = dict[str, Step]
"""Steps by their keys."""


class Ways:
    """Finds steps in one world. *cut* is set once something was left out, so that failing proves nothing."""

    def __init__(self, world: World, values: Values, width: Width = NARROW) -> None:
        self.world = world
        self.values = values
        self.width = width
        self.cut = False

    def towards(self, part: Expression, wanted: bool, frame: Frame) -> Steps:
        """Return the steps that could bring *part* nearer to coming out as *wanted*; it does not yet."""
        match part:
            case Not(part=inner):
                return self.towards(inner, not wanted, frame)
            case All(parts=parts) | AnyOf(parts=parts):
                if isinstance(part, All) is wanted:
                    return self._every(((each, frame) for each in parts), wanted)
                return self._any(((each, frame) for each in parts), wanted)
            case Named(name=name):
                return self.towards(self.world.evaluator.condition(name).expression, wanted, Frame(frame.person))
            case EachPerson(inner=inner):
                people = self.world.circumstances.people
                places = [(inner, replace(frame, person=person)) for person in people]
                return self._every(places, True) if wanted else self._any(places, False)
            case SomeGround():
                return self._some_ground(part, frame) if wanted else self._no_fact(part, frame)
            case SomeConsent():
                return self._some_consent(part, frame) if wanted else self._no_fact(part, frame)
            case SomeRefusal():
                return self._refusal(part, frame) if wanted else self._no_refusal(part.givers, frame)
            case _:
                return self._leaf(part, wanted, frame)

    def holds(self, part: Expression, wanted: bool, frame: Frame) -> bool:
        """Say whether *part* comes out as *wanted*."""
        return satisfied(self.world.evaluator.evaluate(part, frame), wanted)

    def _every(self, places: Iterable[tuple[Expression, Frame]], wanted: bool) -> Steps:
        """Return the steps towards that open place which has the fewest: all of them have to come out in the end."""
        fewest: Steps = {}
        for part, frame in places:
            if self.holds(part, wanted, frame):
                continue
            steps = self.towards(part, wanted, frame)
            if not steps:
                return {}
            if not fewest or len(steps) < len(fewest):
                fewest = steps
        return fewest

    def _any(self, places: Iterable[tuple[Expression, Frame]], wanted: bool) -> Steps:
        return {key: step for part, frame in places for key, step in self.towards(part, wanted, frame).items()}

    # --- Statements about one value -----------------------------------------------------------------------------------

    def _leaf(self, leaf: Leaf, wanted: bool, frame: Frame) -> Steps:
        steps: list[Step] = [
            meet(path, value)
            for change in changing(leaf, wanted, frame, self.world, self.values)
            for path, value in change.items()
        ]
        if isinstance(leaf, Holds):
            steps += self._holding(leaf, wanted, frame)
        elif isinstance(leaf, Compare):
            steps += self._lying_in(leaf, wanted, frame)
        return keyed(steps)

    def _holding(self, leaf: Holds, wanted: bool, frame: Frame) -> list[Step]:
        entity = self.world.evaluator.value(leaf.term, frame)
        if not isinstance(entity, Entity):
            if not wanted or leaf.term.root is Root.FACT:
                return []
            # Nobody is named yet: somebody who could come to hold the role.
            named = [holder_unnamed(self.world, word) for word in words_for(self.world, leaf.roles)[:1]]
            path = "context.recipient" if leaf.term.root is Root.RECIPIENT else leaf.term.path
            named += [one for one in self.world.named if one.type not in {"operator", "school", "class"}]
            return [meet(path, one) for one in named] if path.startswith(("context.", "extra.")) else []
        turn = to_hold if wanted else to_lose
        return turn(self.world, entity, leaf.roles, leaf.scope_type, frame.person)

    def _lying_in(self, leaf: Compare, wanted: bool, frame: Frame) -> list[Step]:
        entity = self._container(leaf, frame)
        if entity is None:
            return []
        if (leaf.relation is not Relation.NOT_IN) is wanted:
            return lies_in(self.world, entity)
        facts = self.world.circumstances.facts
        return [end(fact) for fact in facts if isinstance(fact.kind, Containment) and fact.kind.container == entity]

    def _container(self, leaf: Compare, frame: Frame) -> Entity | None:
        """Return what *leaf* says the data lies in, or not in; None when it says nothing of the kind."""
        found: object = None
        if isinstance(leaf.right, Term) and leaf.right.path == _SCOPES:
            found = self.world.evaluator.value(leaf.left, frame)
        elif leaf.left.path == _SCOPES and leaf.relation is Relation.INCLUDES:
            right = leaf.right
            found = right.value if isinstance(right, Literal) else None
            if isinstance(right, Term):
                found = self.world.evaluator.value(right, frame)
        return found if isinstance(found, Entity) else None

    # --- Grounds ------------------------------------------------------------------------------------------------------

    def _some_ground(self, part: SomeGround, frame: Frame) -> Steps:
        steps: list[Step] = []
        for fact in self.world.circumstances.grounds(part.kind):
            steps += self._through(fact, part.where, frame)
        written = {id(step.fact) for step in self.world.steps if isinstance(step, Add)}
        for fact in self.world.circumstances.facts:
            # What this very change writes needs no second writing.
            if isinstance(fact.kind, Ground) and fact.kind.kind == part.kind and id(fact) not in written:
                steps += self._mended(fact, fact.kind, part, frame)
        make = ground_maker(self.world, part.kind, frame)
        named = _is_named(self.world, part.kind)
        fixed: Fields = {} if named is None else {"id": named}
        for draft in self._drafts(part.where, frame, make, fixed):
            steps.append(add(make(draft.fields), fresh="id" not in draft.fields))
        return keyed(steps)

    def _through(self, fact: Fact, where: Expression | None, frame: Frame) -> list[Step]:
        """Return what, apart from *fact* itself, would make *where* hold for it."""
        if where is None:
            return []
        return list(self.towards(where, True, replace(frame, fact=fact)).values())

    def _mended(self, fact: Fact, ground: Ground, part: SomeGround, frame: Frame) -> list[Step]:
        """Return the ways to write *fact* anew, in force, with another status or other properties."""
        fixed: dict[str, Value | None] = {name: getattr(ground, name) for name in PEOPLE}
        fixed["id"] = ground.id
        make = ground_maker(self.world, part.kind, frame, fact)
        before: dict[str, Value] = {"status": ground.status, **ground.properties}
        found = [make(draft.fields) for draft in self._drafts(part.where, frame, make, fixed, before)]
        changed: list[Step] = [
            add(mended) for mended in found if (mended.kind, None, None) != (fact.kind, *_term(fact))
        ]
        return changed[:1]

    def _drafts(
        self,
        where: Expression | None,
        frame: Frame,
        make: Make,
        fixed: Fields,
        first: Mapping[str, Value] | None = None,
    ) -> list[Draft]:
        """Return the drafts of one fact that leave the least to be done by anything else."""
        drafting = Drafting(self.world, frame, self.values, make, self._helps, first)
        found = drafting.drafts(where, fixed)
        several: list[Draft] = []
        whole = 0
        for draft in islice(found, self.width.looked):
            several.append(draft)
            whole += not draft.left
            if whole == self.width.tried:
                break
        tried = sorted(several, key=lambda draft: draft.left)[: self.width.tried]
        if len(tried) < len(several) or next(found, None) is not None:
            self.cut = True
        return tried

    def _helps(self, part: Expression, wanted: bool, frame: Frame) -> bool:
        if isinstance(part, LEAVES) and next(changing(part, wanted, frame, self.world, self.values), None) is not None:
            return True
        return bool(self.towards(part, wanted, frame))

    def _no_fact(self, part: SomeGround | SomeConsent, frame: Frame) -> Steps:
        """Return the steps that keep the first fact that the statement may rest on from being one."""
        for fact in self.world.evaluator.candidates(part, frame):
            inner = replace(frame, fact=fact)
            if part.where is not None and self.holds(part.where, False, inner):
                continue
            steps: list[Step] = [end(fact)]
            if part.where is not None:
                steps += self.towards(part.where, False, inner).values()
            if isinstance(part, SomeConsent) and isinstance(fact.kind, Consent):
                steps += to_lose(self.world, fact.kind.given_by, part.givers, None, frame.person)
            return keyed(steps)
        return {}

    # --- Consents -----------------------------------------------------------------------------------------------------

    def _some_consent(self, part: SomeConsent, frame: Frame) -> Steps:
        person = frame.person
        if person is None:
            return {}
        if self.world.circumstances.refusals(person, part.givers):
            return self._no_refusal(part.givers, frame)
        steps: list[Step] = []
        for fact in self.world.circumstances.consents(person, part.givers):
            steps += self._through(fact, part.where, frame)
        covering = self._given_by_others(person, part)
        steps += [step for given in covering for step in to_hold(self.world, given.given_by, part.givers, None, person)]
        for giver in self._givers(part, person):
            steps += self._new_consents(part, frame, person, giver)
        steps += self._other_recipient(person)
        return keyed(steps)

    def _new_consents(self, part: SomeConsent, frame: Frame, person: Entity, giver: Entity) -> list[Step]:
        request = self.world.request
        make = consent_maker(self.world, person, giver)
        fixed: Fields = {"given_by": giver, "purposes": (request.purpose,), "categories": (request.resource.type,)}
        steps: list[Step] = []
        for draft in self._drafts(part.where, frame, make, fixed):
            recipient = self.world.circumstances.recipient
            fields = dict(draft.fields)
            named = fields.get("recipient")
            if named is None or named == recipient:
                steps.append(add(make(fields)))
            fullest: Fields = {"form": "written", "explicit": True, **fields, "recipient": recipient}
            fact = make(fullest)
            if part.where is None or self.holds(part.where, True, replace(frame, fact=fact)):
                steps.append(add(fact))
        return steps

    def _givers(self, part: SomeConsent, person: Entity) -> list[Entity]:
        """Return who would give it: everybody who may, and where nobody may, somebody unnamed."""
        circumstances = self.world.circumstances
        known = dict.fromkeys((person, *self.world.role_holders))
        entitled = [one for one in known if circumstances.holds_one_of(one, part.givers, None, person)]
        unnamed = [holder_unnamed(self.world, word) for word in words_for(self.world, part.givers)[:1]]
        return entitled or unnamed

    def _given_by_others(self, person: Entity, part: SomeConsent) -> Iterator[Consent]:
        """Yield consents about *person* whose giver may not give them yet."""
        circumstances = self.world.circumstances
        for fact in circumstances.facts:
            consent = fact.kind
            if not isinstance(consent, Consent) or consent.data_subject != person or consent.status != GIVEN:
                continue
            if fact.in_force(self.world.instant) and not circumstances.holds_one_of(
                consent.given_by, part.givers, None, person
            ):
                yield consent

    def _other_recipient(self, person: Entity) -> list[Step]:
        """Return the recipients whom consents about *person* name: naming one of them may be what is missing."""
        if not self.values.knows("context.recipient"):
            return []
        consents = [fact.kind for fact in self.world.circumstances.facts if isinstance(fact.kind, Consent)]
        named = {one.recipient for one in consents if one.data_subject == person and one.recipient is not None}
        now = self.world.request.context.get("recipient")
        return [meet("context.recipient", one) for one in sorted(named) if one != now]

    def _refusal(self, part: SomeRefusal, frame: Frame) -> Steps:
        if frame.person is None:
            return {}
        whole = SomeConsent(part.givers, None, part.text)
        steps: list[Step] = []
        for giver in self._givers(whole, frame.person):
            given = consent_maker(self.world, frame.person, giver)({}).kind
            if isinstance(given, Consent):
                steps.append(add(Fact(replace(given, status="refused"), valid_from=self.world.instant)))
                steps += to_hold(self.world, giver, part.givers, None, frame.person)
        return keyed(steps)

    def _no_refusal(self, givers: tuple[str, ...], frame: Frame) -> Steps:
        """Return the steps that do away with the first refusal in force: it ends, is taken back, or was not theirs."""
        person = frame.person
        if person is None:
            return {}
        for fact in self.world.circumstances.refusals(person, givers):
            if isinstance(fact.kind, Consent):
                giver = fact.kind.given_by
                steps: list[Step] = [end(fact)]
                if fact.valid_from is not None and fact.valid_from < self.world.instant:
                    fullest: Fields = {
                        "form": "written",
                        "explicit": True,
                        "recipient": self.world.circumstances.recipient,
                    }
                    steps.append(add(consent_maker(self.world, person, giver)(fullest)))
                steps += to_lose(self.world, giver, givers, None, person)
                return keyed([*steps, *self._other_recipient(person)])
        return {}


def keyed(steps: Iterable[Step]) -> Steps:
    """Return *steps* by their keys, the first of each."""
    found: Steps = {}
    for step in steps:
        found.setdefault(step.key, step)
    return found


def _is_named(world: World, kind: str) -> Entity | None:
    """Return the one ground of *kind* that may count, where the data lies in such a thing."""
    return next((scope for scope in world.request.resource.scopes if scope.type == kind), None)


def _term(fact: Fact) -> tuple[object, object]:
    return fact.valid_from, fact.valid_until
