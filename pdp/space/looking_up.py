"""The values that conditions name, as a situation has them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from pdp.conditions.expression import Literal, Root, Shifted, Term
from pdp.conditions.shifting import shifted
from pdp.core.entity import Entity
from pdp.core.fact_schema import ValueType
from pdp.core.local_time import VIETNAM
from pdp.space import script
from pdp.space.angle import Angle
from pdp.space.facts import Facts, Slot
from pdp.space.people import People
from pdp.space.script import Formula, number
from pdp.space.values import SPAN_SECONDS, Entities, Listing, Scalar, Values

NOW: Final = datetime(2026, 6, 15, 5, tzinfo=UTC)
"""The time at which every situation is looked at: noon in Vietnam."""

PICTURED: Final = "resource.pictured"


class Terms:
    """Looks values up, where at most *pictured* persons stand beside the data subject."""

    def __init__(self, values: Values, people: People, facts: Facts, pictured: int) -> None:
        self._values = values
        self._people = people
        self._facts = facts
        self._pictured = pictured
        self._script = values.script

    def operand(
        self, right: Term | Literal | Shifted, left: Term, person: int, slot: Slot | None, angle: Angle
    ) -> Scalar:
        """Return what stands at the right of a comparison with *left*."""
        match right:
            case Literal(value=value):
                return Scalar(script.FALSE, self.literal(value))
            case Term():
                return self.scalar(right, person, slot, angle)
            case Shifted(term=term):
                start = self.scalar(term, person, slot, angle)
                return Scalar(start.absent, self._shifted(start.code, right))

    def literal(self, value: object) -> str:
        """Return the number of a value that is written out."""
        match value:
            case Entity():
                return self._values.named_entity(value)
            case bool() | int():
                return number(int(value))
            case _:
                return number(self._values.codes.text(str(value)))

    def _shifted(self, start: str, by: Shifted) -> str:
        """Return the instant that *by* says after *start*; the length of a year depends on where it begins."""
        if not by.duration.years:
            return self._script.stepped(start, (), int(by.duration.span.total_seconds()))
        edges = [NOW + timedelta(seconds=seconds) for seconds in (-SPAN_SECONDS, SPAN_SECONDS)]
        years = range(edges[0].astimezone(VIETNAM).year, edges[1].astimezone(VIETNAM).year + 1)
        turns = [datetime(year, 3, 1, tzinfo=VIETNAM) for year in years]
        steps = [
            (_seconds(turn), _seconds(shifted(turn - timedelta(hours=36), by)) - _seconds(turn) + 36 * 3600)
            for turn in turns
        ]
        after = _seconds(shifted(turns[-1] + timedelta(hours=1), by)) - _seconds(turns[-1]) - 3600
        return self._script.stepped(start, steps, after)

    def list_is_there(self, term: Term, slot: Slot | None) -> tuple[Formula, Formula]:
        """Return that a list is absent, and that it has something."""
        if term.path == PICTURED:
            persons = [self._people.person(each)[0] for each in range(1, self._pictured + 1)]
            return self._people.pictured_absent, self._script.either(self._people.subject_pictured, *persons)
        listed = self._listed(term, slot)
        return listed.absent, listed.nonempty

    def scalar(self, term: Term, person: int, slot: Slot | None, angle: Angle) -> Scalar:
        """Return the one value that *term* names."""
        match term.root:
            case Root.SUBJECT if not term.name:
                return Scalar(script.FALSE, self._people.subject)
            case Root.PERSON:
                there, code = self._people.person(person)
                return Scalar(self._script.negated(there), code)
            case Root.RECIPIENT:
                return self._recipient()
            case Root.RESOURCE if not term.name:
                return Scalar(script.FALSE, self.resource(angle.category))
            case Root.RESOURCE if term.name == "data_subject":
                there, code = self._people.person(0)
                return Scalar(self._script.negated(there), code)
            case Root.NOW:
                return Scalar(script.FALSE, "0")
            case Root.FACT if slot is not None:
                return self._facts.scalar(slot, term)
            case _:
                return self._values.scalar(term.path, term)

    def resource(self, category: str) -> str:
        """Return the number of the resource under *category*."""
        code = self._values.entity(f"resource as {category}")
        self._script.always(self._values.has_type(code, category), code)
        return code

    def _recipient(self) -> Scalar:
        """Return the recipient that is named, else the subject."""
        named, code = self._facts.named_recipient, self._values.entity("recipient")
        written = self._script
        written.always(written.implies(named.absent, written.equal(code, self._people.subject)), code)
        written.always(written.implies(written.negated(named.absent), written.equal(code, named.code)), code)
        return Scalar(script.FALSE, code)

    def _listed(self, term: Term, slot: Slot | None) -> Listing | Entities:
        if term.path == "resource.scopes":
            return self._people.scopes
        if term.type is ValueType.ENTITY:
            return self._values.entity_list(
                f"{slot.name}.{term.name}" if slot and term.root is Root.FACT else term.path
            )
        return self.words(term, slot)

    def words(self, term: Term, slot: Slot | None) -> Listing:
        """Return the list of words that *term* names."""
        if term.root is Root.FACT and slot is not None:
            return self._facts.listing(slot, term)
        return self._values.listing(term.path, term)

    def contains(self, listed: Term, code: str, slot: Slot | None) -> Formula:
        """Return that *code* is one of what stands in *listed*."""
        written = self._script
        if listed.path == PICTURED:
            persons = [self._people.person(each) for each in range(1, self._pictured + 1)]
            among = [written.both(there, written.equal(code, who)) for there, who in persons]
            own = written.both(self._people.subject_pictured, written.equal(code, self._people.person(0)[1]))
            return written.either(own, *among)
        found = self._listed(listed, slot)
        if isinstance(found, Entities):
            return self._values.contains(found, code)
        return written.either(
            *[written.both(has, written.equal(code, number(each))) for each, has in found.has.items()]
        )

    def is_within(self, listed: Term, right: Literal, slot: Slot | None) -> Formula:
        """Return that *listed* has something, and nothing that *right* does not have."""
        written = self._script
        wanted = [self.literal(each) for each in items(right)]
        if listed.path == PICTURED:
            everybody = [self._people.person(each) for each in range(1, self._pictured + 1)]
            everybody.append((self._people.subject_pictured, self._people.person(0)[1]))
            inside = [
                written.implies(there, written.either(*[written.equal(who, code) for code in wanted]))
                for there, who in everybody
            ]
            return written.both(written.either(*[there for there, _ in everybody]), *inside)
        found = self._listed(listed, slot)
        if isinstance(found, Entities):
            return self._values.within(found, frozenset(script.value_of(code) for code in wanted))
        codes = {script.value_of(code) for code in wanted}
        outside = [has for code, has in found.has.items() if code not in codes]
        return written.both(found.nonempty, written.negated(written.either(*outside)))


def items(literal: Literal) -> tuple[object, ...]:
    """Return what a literal lists, or itself."""
    return literal.value if isinstance(literal.value, tuple) else (literal.value,)


def _seconds(instant: datetime) -> int:
    return int((instant - NOW).total_seconds())
