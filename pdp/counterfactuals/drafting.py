"""Drafts a fact that a statement about some fact would be true of: its fields are chosen one by one, as it asks."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pdp.conditions.expression import (
    All,
    AnyOf,
    Compare,
    CoversCategory,
    EachPerson,
    Emptiness,
    Expression,
    HasType,
    Holds,
    Literal,
    Named,
    Not,
    Relation,
    Root,
    Shifted,
    SomeConsent,
    SomeGround,
    SomeRefusal,
    Stated,
    Term,
)
from pdp.conditions.finding_values import Frame
from pdp.core.entity import Entity
from pdp.core.facts import Consent, Fact, Ground, Value
from pdp.counterfactuals.roles import holder_unnamed, words_for
from pdp.counterfactuals.values import LEAVES, Leaf, Values, terms_of
from pdp.counterfactuals.world import World, satisfied

Fields = Mapping[str, Value | None]
"""Values of fields by name; None: the field is left out."""

Make = Callable[[Fields], Fact]
"""From the fields that are chosen to a fact; a field that is not among them is as the maker likes."""

PEOPLE: Final = ("beneficiary", "data_subject")
_LISTED: Final = frozenset({Relation.IS, Relation.ONE_OF, Relation.IN})
_CONSENT_FIELDS: Final = frozenset({"given_by", "recipient", "form", "purposes", "categories"})


@dataclass(frozen=True)
class Draft:
    """The fields chosen so far, and how many statements are left to be brought about by something else."""

    fields: Fields
    left: int = 0


class Drafting:
    """Chooses fields of one fact at one place of a condition. *helps* says whether a statement that does not look at
    open fields could be brought about at all.
    """

    def __init__(
        self,
        world: World,
        frame: Frame,
        values: Values,
        make: Make,
        helps: Callable[[Expression, bool, Frame], bool],
        first: Mapping[str, Value] | None = None,
    ) -> None:
        self._world = world
        self._frame = frame
        self._values = values
        self._make = make
        self._helps = helps
        self._first = first or {}

    def drafts(self, where: Expression | None, fixed: Fields) -> Iterator[Draft]:
        """Yield drafts of which *where* holds, or would with what is left; those of *fixed* fields stay."""
        start = Draft(dict(fixed))
        if where is None:
            yield start
        else:
            yield from self._so(where, True, start)

    def _so(self, part: Expression, wanted: bool, draft: Draft) -> Iterator[Draft]:
        match part:
            case Not(part=inner):
                yield from self._so(inner, not wanted, draft)
            case All(parts=parts) | AnyOf(parts=parts):
                if isinstance(part, All) is wanted:
                    yield from self._all(parts, wanted, draft)
                else:
                    for each in parts:
                        yield from self._so(each, wanted, draft)
            case _ if isinstance(part, LEAVES):
                yield from self._leaf(part, wanted, draft)
            case Named() | EachPerson() | SomeGround() | SomeConsent() | SomeRefusal():
                yield from self._other(part, wanted, draft)

    def _all(self, parts: tuple[Expression, ...], wanted: bool, draft: Draft) -> Iterator[Draft]:
        if not parts:
            yield draft
            return
        for begun in self._so(parts[0], wanted, draft):
            yield from self._all(parts[1:], wanted, begun)

    def _other(self, part: Expression, wanted: bool, draft: Draft) -> Iterator[Draft]:
        """Leave what does not look at the drafted fact to be brought about, where that is possible."""
        frame = self._frame_of(draft)
        if satisfied(self._world.evaluator.evaluate(part, frame), wanted):
            yield draft
        elif self._helps(part, wanted, frame):
            yield Draft(draft.fields, draft.left + 1)

    def _leaf(self, leaf: Leaf, wanted: bool, draft: Draft) -> Iterator[Draft]:
        open_ = [t for t in terms_of(leaf) if t.root is Root.FACT and t.name not in draft.fields]
        if not open_:
            yield from self._other(leaf, wanted, draft)
            return
        term = open_[0]
        left: list[Draft] = []
        for value in self._candidates(leaf, wanted, term):
            self._values.tried += 1
            chosen = Draft({**draft.fields, term.name: value}, draft.left)
            if len(open_) > 1:
                yield from self._leaf(leaf, wanted, chosen)
                continue
            if satisfied(self._world.evaluator.drafting(chosen.fields, leaf, self._frame), wanted):
                yield chosen
            elif value is not None and self._may_be_left(leaf, value, wanted, chosen):
                left.append(Draft(chosen.fields, chosen.left + 1))
        yield from left

    def _candidates(self, leaf: Leaf, wanted: bool, term: Term) -> Iterable[Value | None]:
        """Return the values to try for *term*: where only some can serve, those alone."""
        first = (self._first[term.name],) if term.name in self._first else ()
        pool = self._values.of(term, self._world)
        if isinstance(leaf, Holds):
            return dict.fromkeys((*first, *self._holders(leaf), *pool))
        serving = self._serving(leaf, term) if wanted else None
        if serving is None:
            return dict.fromkeys((*first, *pool))
        return dict.fromkeys(value for value in (*first, *serving) if value in serving)

    def _serving(self, leaf: Leaf, term: Term) -> tuple[Value, ...] | None:
        """Return the only values that *leaf* can be true of; None where they are not known."""
        if not isinstance(leaf, Compare) or leaf.left is not term or leaf.relation not in _LISTED:
            return None
        if isinstance(leaf.right, Shifted):
            return None
        right: object = (
            leaf.right.value
            if isinstance(leaf.right, Literal)
            else self._world.evaluator.value(leaf.right, self._frame)
        )
        if isinstance(right, Emptiness) or right is None:
            return None
        if leaf.relation is Relation.IS:
            return (right,)  # type: ignore[return-value]  # whatever is no Emptiness is a value
        listed = right if isinstance(right, tuple) else ()
        if leaf.relation is Relation.ONE_OF:
            return listed
        # What the data could come to lie in serves too: something of which nothing is known.
        unnamed = [one for one in self._values.of(term, self._world) if isinstance(one, Entity) and _made_up(one)]
        return (*listed, *unnamed)

    def _frame_of(self, draft: Draft) -> Frame:
        return replace(self._frame, fact=self._make(draft.fields))

    def _holders(self, leaf: Holds) -> list[Value]:
        """Return who may be meant by somebody of a role: whoever has one, then somebody unnamed."""
        words = words_for(self._world, leaf.roles)
        unnamed: list[Value] = [holder_unnamed(self._world, word) for word in words[:1]]
        return [*self._world.role_holders, *unnamed]

    def _may_be_left(self, leaf: Leaf, value: Value, wanted: bool, draft: Draft) -> bool:
        """Say whether *leaf* could be brought about once the field has *value*.

        Of those who do not hold a role yet only people whom the question is about, and somebody unnamed, are tried.
        """
        match leaf:
            case Holds():
                named = {self._world.request.subject, *self._world.circumstances.people, *self._holders(leaf)[-1:]}
                return value in named and self._helps(leaf, wanted, self._frame_of(draft))
            case Compare() | CoversCategory():
                return self._helps(leaf, wanted, self._frame_of(draft))
            case HasType() | Stated():
                return False


def _made_up(entity: Entity) -> bool:
    return entity.id.startswith("new-")


def ground_maker(world: World, kind: str, frame: Frame, like: Fact | None = None) -> Make:
    """Return what makes grounds of *kind*; fields not chosen are those of *like*, or what such a ground needs."""
    spec = world.policy.schema.grounds[kind]
    before = like.kind if like is not None and isinstance(like.kind, Ground) else None
    request = world.request
    person = frame.person or request.resource.data_subject
    fallback: dict[str, Value | None] = {
        "beneficiary": request.subject,
        "data_subject": person or request.subject,
        "concerns": request.resource.entity,
    }

    unused = before.id if before is not None else unused_id(world, kind)

    def make(fields: Fields) -> Fact:
        properties = dict(before.properties) if before is not None else {}
        for name in spec.requires if before is None else ():
            if name not in PEOPLE:
                properties[name] = fallback.get(name) or request.subject
        for name, value in fields.items():
            if name in {*PEOPLE, "id", "status"}:
                continue
            key = "issued_by" if name == "issuer" else name
            properties.pop(key, None)
            if value is not None:
                properties[key] = value
        people: dict[str, Entity | None] = {}
        for name in PEOPLE:
            default = getattr(before, name) if before is not None else None
            if before is None and name in spec.requires:
                default = fallback[name]
            chosen = fields.get(name, default)
            people[name] = chosen if isinstance(chosen, Entity) else None
        named = fields.get("id")
        id_ = named if isinstance(named, Entity) else unused
        status = fields.get("status") or (before.status if before is not None else spec.statuses[0])
        ground = Ground(kind, id_, str(status), people["beneficiary"], people["data_subject"], properties)
        return Fact(ground)

    return make


def unused_id(world: World, kind: str) -> Entity:
    """Return an id for a ground of *kind*: that of the one in which the data lies, otherwise a new one."""
    lies_in = [scope for scope in world.request.resource.scopes if scope.type == kind]
    if lies_in:
        return lies_in[0]
    taken = {fact.kind.id for fact in world.circumstances.facts if isinstance(fact.kind, Ground)}
    number = 1
    while Entity(kind, f"new-{number}") in taken:
        number += 1
    return Entity(kind, f"new-{number}")


def consent_maker(world: World, person: Entity, giver: Entity) -> Make:
    """Return what makes consents of *giver* to this very request, for data about *person*, from now on."""
    request = world.request

    def make(fields: Fields) -> Fact:
        recipient, form = fields.get("recipient"), fields.get("form")
        properties = {
            name: value for name, value in fields.items() if name not in _CONSENT_FIELDS and value is not None
        }
        consent = Consent(
            data_subject=person,
            given_by=giver,
            purposes=(request.purpose,),
            categories=(request.resource.type,),
            status="given",
            recipient=recipient if isinstance(recipient, Entity) else None,
            form=str(form) if form else "",
            properties=properties,
        )
        return Fact(consent, valid_from=world.instant)

    return make
