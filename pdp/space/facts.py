"""The facts of a situation: for each statement about some fact, the one that comes nearest to making it true.

INVARIANT (small situations): what "some fact such that ..." comes to is the best that any single fact comes to. So a
situation needs no more facts than there are such statements, each with a fact of its own; whatever else the others
come to, no fact may do better for a statement than the statement's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pdp.conditions.expression import ISSUER, Emptiness, Expression, Root, SomeConsent, SomeGround, SomeRefusal, Term
from pdp.core.fact_schema import FactSchema, ValueType
from pdp.core.policy import ANY_WORD, Hierarchies
from pdp.core.text import Text
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.space import script
from pdp.space.angle import Angle
from pdp.space.codes import GROUND_ID
from pdp.space.people import People
from pdp.space.script import Formula
from pdp.space.values import Listing, Scalar, Values

CONSENT: Final = "consent"
REFUSAL: Final = "refusal"


@dataclass(frozen=True, eq=False)
class Slot:
    """A fact that a situation may have: a ground of *kind*, a consent or a refusal about a *person*, by number."""

    kind: str
    name: str
    person: int = 0


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement about some fact, seen by a person from an angle, with its own facts.

    *own* is the fact that comes nearest to making it true, *refusal* the one that stops a consent; None for neither.
    """

    expression: SomeGround | SomeConsent | SomeRefusal
    person: int
    angle: Angle
    own: Slot | None
    refusal: Slot | None


class Facts:
    """The facts that statements of a situation rest on."""

    def __init__(self, values: Values, people: People, schema: FactSchema, vocabulary: Vocabulary) -> None:
        self._values = values
        self._script = values.script
        self._people = people
        self.schema = schema
        self._vocabulary = vocabulary
        self._statements: dict[tuple[int, int, object], Statement] = {}
        self._present: dict[Slot, Formula] = {}

    def statement(
        self, expression: SomeGround | SomeConsent | SomeRefusal, person: int, angle: Angle, seen: object
    ) -> Statement:
        """Return the statement that a shared *expression* makes there: one for all angles of which it sees as much."""
        key = (id(expression), person, seen)
        found = self._statements.get(key)
        if found is None:
            found = self._statements[key] = self._new(expression, person, angle)
        return found

    def _new(self, expression: Expression, person: int, angle: Angle) -> Statement:
        at = len(self._statements)
        match expression:
            case SomeGround(kind=kind):
                return Statement(expression, person, angle, Slot(kind, f"{kind} {at}"), None)
            case SomeConsent():
                own, refusal = Slot(CONSENT, f"consent {at}", person), Slot(REFUSAL, f"refusal {at}", person)
                return Statement(expression, person, angle, own, refusal)
            case SomeRefusal():
                return Statement(expression, person, angle, None, Slot(REFUSAL, f"refusal {at}", person))
            case _:
                raise TypeError(expression)

    # --- Parts of a fact ----------------------------------------------------------------------------------------------

    def present(self, slot: Slot) -> Formula:
        """Return that the fact is there, in force and about nothing else."""
        found = self._present.get(slot)
        if found is None:
            found = self._present[slot] = self._script.boolean(f"{slot.name} is there")
            if slot.kind not in {CONSENT, REFUSAL}:
                self._place_id(slot)
        return found

    @property
    def presence(self) -> Mapping[Slot, Formula]:
        """Return the same of every fact that was spoken of so far."""
        return self._present

    def _place_id(self, slot: Slot) -> None:
        """Keep a ground that is none of the scopes apart from those that are, so that it counts beside them."""
        code = self._values.entity(f"{slot.name}.id")
        written = self._script
        inside = self._values.contains(self._people.scopes, code)
        apart = written.same(written.negated(inside), self._values.has_type(code, GROUND_ID))
        written.always(apart, self._present[slot])

    def scalar(self, slot: Slot, term: Term) -> Scalar:
        """Return a part of a fact that is one value."""
        name = f"{slot.name}.{term.name}"
        if slot.kind in {CONSENT, REFUSAL}:
            return self._values.scalar(name, term, required=term.name == "given_by")
        if term.name == ISSUER:
            return self._issuer(slot, term)
        required = term.name in {"id", "status", *self.schema.grounds[slot.kind].requires}
        return self._values.scalar(name, term, required=required)

    def _issuer(self, slot: Slot, term: Term) -> Scalar:
        """Return `issued_by` where it is on record, else the beneficiary."""
        by, beneficiary = (self.scalar(slot, _renamed(term, name)) for name in ("issued_by", "beneficiary"))
        written, code = self._script, self._values.entity(f"{slot.name}.issuer")
        named = written.both(written.negated(by.absent), written.equal(code, by.code))
        else_beneficiary = written.both(by.absent, written.equal(code, beneficiary.code))
        absent = written.both(by.absent, beneficiary.absent)
        written.always(written.either(absent, named, else_beneficiary), code)
        return Scalar(absent, code)

    def listing(self, slot: Slot, term: Term) -> Listing:
        """Return a part of a fact that is a list of words."""
        name = f"{slot.name}.{term.name}"
        if slot.kind == REFUSAL:
            return self._values.listing(name, term)
        if slot.kind == CONSENT:
            return self._values.listing(name, term, required=term.name in {"purposes", "categories"})
        return self._values.listing(name, term, required=term.name in self.schema.grounds[slot.kind].requires)

    # --- Consent (contract, section 2) --------------------------------------------------------------------------------

    def covers(self, slot: Slot, angle: Angle, givers: frozenset[str], hierarchies: Hierarchies) -> Formula:
        """Return that a consent is there which covers what is asked, by an entitled giver."""
        written = self._script
        above_purpose = hierarchies.purposes.get(angle.purpose, ANY_WORD)
        above_category = hierarchies.categories.get(angle.category, ANY_WORD)
        recipient, wished = self._recipient(slot), self._wished(angle)
        return written.both(
            self.present(slot),
            self._lists_one(slot, "purposes", above_purpose),
            self._lists_one(slot, "categories", above_category),
            written.either(
                recipient.absent,
                written.both(written.negated(wished.absent), written.equal(recipient.code, wished.code)),
            ),
            self._people.holds(self.giver(slot), givers, None, slot.person),
        )

    def stops(self, slot: Slot, angle: Angle, givers: frozenset[str], hierarchies: Hierarchies) -> Formula:
        """Return that a refusal is there which touches what is asked, by an entitled giver."""
        written = self._script
        recipient, wished = self._recipient(slot), self._wished(angle)
        return written.both(
            self.present(slot),
            self._touches(slot, "purposes", WordKind.PURPOSE, angle.purpose, hierarchies),
            self._touches(slot, "categories", WordKind.CATEGORY, angle.category, hierarchies),
            written.either(recipient.absent, wished.absent, written.equal(recipient.code, wished.code)),
            self._people.holds(self.giver(slot), givers, None, slot.person),
        )

    def giver(self, slot: Slot) -> str:
        """Return the number of who spoke."""
        return self._values.entity(f"{slot.name}.given_by")

    def _recipient(self, slot: Slot) -> Scalar:
        return self.scalar(slot, _RECIPIENT)

    def _lists_one(self, slot: Slot, name: str, words: frozenset[str]) -> Formula:
        listed = self.listing(slot, self._word_list(name))
        codes = {self._values.codes.text(word) for word in words}
        return self._script.either(*[has for code, has in listed.has.items() if code in codes])

    def _touches(self, slot: Slot, name: str, kind: WordKind, asked: str, hierarchies: Hierarchies) -> Formula:
        listed = self.listing(slot, self._word_list(name))
        near = hierarchies.upward[kind][asked] | hierarchies.downward[kind].get(asked, frozenset())
        codes = {self._values.codes.text(word) for word in near}
        touching = [has for code, has in listed.has.items() if code in codes]
        return self._script.either(self._script.negated(listed.nonempty), *touching)

    def _word_list(self, name: str) -> Term:
        if name == "categories":
            return _CATEGORIES
        purposes = tuple(self._vocabulary.words(WordKind.PURPOSE))
        return Term(Root.FACT, name, ValueType.ENUM, True, purposes, Emptiness.UNKNOWN, "", _CATEGORIES.text, 0)

    @property
    def named_recipient(self) -> Scalar:
        """Return the recipient that a request names; an operator that has no use for one never learns of any."""
        if self._people.operator.id not in self.schema.context_properties["recipient"].ops:
            return Scalar(script.TRUE, self._people.subject)
        return self._values.scalar("context.recipient", _CONTEXT_RECIPIENT)

    def _wished(self, angle: Angle) -> Scalar:
        """Return who would have the data, absent when it is nobody in particular (circumstances, `recipient`)."""
        if angle.publishing:
            return Scalar(script.TRUE, self._people.subject)
        written, subject = self._script, self._people.subject
        named = self.named_recipient
        is_named = written.negated(named.absent)
        is_nobody = written.both(
            named.absent, script.TRUE if angle.handing_out and not angle.from_outside else script.FALSE
        )
        if angle.handing_out and angle.from_outside:
            is_nobody = written.both(is_named, written.negated(written.equal(named.code, subject)))
        code = self._values.entity("who would have the data")
        written.always(written.implies(is_named, written.equal(code, named.code)), code)
        written.always(written.implies(named.absent, written.equal(code, subject)), code)
        return Scalar(is_nobody, code)


def _renamed(term: Term, name: str) -> Term:
    return Term(Root.FACT, name, term.type, False, (), Emptiness.MATCHES_NOTHING, "", term.text, 0)


def _entity_term(root: Root, name: str) -> Term:
    return Term(root, name, ValueType.ENTITY, False, (), Emptiness.UNKNOWN, "", Text("", ""), 0)


_RECIPIENT: Final = _entity_term(Root.FACT, "recipient")
_CONTEXT_RECIPIENT: Final = _entity_term(Root.CONTEXT, "recipient")
_CATEGORIES: Final = Term(
    Root.FACT, "categories", ValueType.CATEGORY, True, (), Emptiness.UNKNOWN, "", _RECIPIENT.text, 0
)
