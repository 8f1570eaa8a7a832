"""Facts of any number, all of one shape, and the questions that are asked about them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, Final

from pdp.core.entity import Entity
from pdp.core.fact_identity import fact_id
from pdp.core.facts import Consent, Containment, Fact, FactKind, Ground, RoleAssignment

Situation = Mapping[str, Any]
"""A request in JSON form."""

OPERATOR: Final = "kidsonline"
CHAIN: Final = 8
"""So many containments lead from a child of the deep school up to it."""

_CLASS: Final = 25
"""So many children are in a class."""

_SCHOOL: Final = 200
"""So many children are in a school."""

_TO_THE_AGENT: Final = 0.1
"""The share of all grounds that one employee is the beneficiary of."""

_OF_THE_BIG_SCHOOL: Final = 0.01
"""The share of all roles that are held in one school."""

_DEEP: Final = 500
"""So many children are in the deep school."""

_SIGNED_IN: Final[Mapping[str, object]] = {
    "authenticated": True,
    "authentication_method": "password",
    "transport_encrypted": True,
    "channel": "mobile_app",
}


@dataclass(frozen=True, slots=True)
class Population:
    """Some *families*, each with eight facts; one employee with a tenth of all grounds; one school with many heads.

    Of a family: a child in a class, a mother who is its guardian, an aunt to whom she has given access, the
    registrations of both with the school and with the operator, and a consent of the mother.
    """

    families: int
    tickets: int
    heads: int

    @classmethod
    def of(cls, facts: int) -> "Population":
        """Return the population with about so many facts."""
        families = round(facts / (8 + 4 * _TO_THE_AGENT / (1 - _TO_THE_AGENT) + 2 * _OF_THE_BIG_SCHOOL + 1 / _CLASS))
        tickets = round(4 * families * _TO_THE_AGENT / (1 - _TO_THE_AGENT))
        heads = round(2 * families * _OF_THE_BIG_SCHOOL / (1 - _OF_THE_BIG_SCHOOL))
        return cls(families, tickets, heads)

    def facts(self, begin: int = 0, end: int | None = None) -> Iterator[Fact]:
        """Yield every fact, or those of the families from *begin* to *end*, and of all with the first of them."""
        for kind in self._kinds(range(begin, self.families if end is None else end)):
            yield Fact(kind, id=fact_id(OPERATOR, kind), stored=True)

    def batches(self, size: int) -> Iterator[Sequence[Fact]]:
        """Yield every fact, so many at a time."""
        facts = self.facts()
        while batch := list(islice(facts, size)):
            yield batch

    def _kinds(self, families: range) -> Iterator[FactKind]:
        if families.start == 0:
            for number in range(-(-self.families // _CLASS)):
                yield Containment(_class(number), _school(number * _CLASS))
            yield from self._deep_school()
            yield RoleAssignment(_AGENT, "support_staff", Entity("operator", OPERATOR))
        # Heads and tickets come among the families, as they would: nobody's rows lie side by side.
        for number in families:
            yield from _family(number)
            for at in range(number * self.heads // self.families, (number + 1) * self.heads // self.families):
                yield RoleAssignment(_head(at), "school_admin", _BIG_SCHOOL)
            for at in range(number * self.tickets // self.families, (number + 1) * self.tickets // self.families):
                yield _ticket(at, _mother(at % self.families))

    @staticmethod
    def _deep_school() -> Iterator[FactKind]:
        steps = [*(Entity("class", f"deep-{at}") for at in range(1, CHAIN)), _DEEP_SCHOOL]
        yield from (Containment(lower, upper) for lower, upper in pairwise(steps))
        yield RoleAssignment(_DEEP_HEAD, "school_admin", _DEEP_SCHOOL)
        yield from (Containment(_deep_child(number), steps[0]) for number in range(_DEEP))

    def scenes(self, questions: int) -> Mapping[str, Sequence[Situation]]:
        """Return, by the name of what they are about, so many different questions each; all of them are allowed."""
        families = [number * self.families // questions for number in range(questions)]
        in_big = range(min(self.families, _SCHOOL))
        return {
            "a mother": [_photo(_mother(number), _child(number), at) for at, number in enumerate(families)],
            "an aunt": [_photo(_aunt(number), _child(number), at) for at, number in enumerate(families)],
            "an employee with a tenth of all grounds": [
                _password(_mother(at * self.tickets // questions % self.families), at) for at in range(questions)
            ],
            "a school with a hundredth of all roles": [
                _report(_head(at * self.heads // questions), _child(in_big[at % len(in_big)]), at)
                for at in range(questions)
            ],
            "eight containments": [_report(_DEEP_HEAD, _deep_child(at % _DEEP), at) for at in range(questions)],
        }


_AGENT: Final = Entity("user", "agent")
_DEEP_HEAD: Final = Entity("user", "head-of-the-deep-school")
_DEEP_SCHOOL: Final = Entity("school", "deep")
_BIG_SCHOOL: Final = Entity("school", "0")


def _child(number: int) -> Entity:
    return Entity("child", f"c{number}")


def _deep_child(number: int) -> Entity:
    return Entity("child", f"deep-{number}")


def _mother(number: int) -> Entity:
    return Entity("user", f"m{number}")


def _aunt(number: int) -> Entity:
    return Entity("user", f"a{number}")


def _head(number: int) -> Entity:
    return Entity("user", f"head-{number}")


def _class(number: int) -> Entity:
    return Entity("class", str(number))


def _school(child: int) -> Entity:
    return Entity("school", str(child // _SCHOOL))


def _family(number: int) -> Iterator[FactKind]:
    child, mother, aunt = _child(number), _mother(number), _aunt(number)
    yield Containment(child, _class(number // _CLASS))
    yield RoleAssignment(mother, "primary_guardian", child)
    yield RoleAssignment(aunt, "family_member", child, mother)
    for person in (mother, aunt):
        for registrar in (_school(number), Entity("operator", OPERATOR)):
            registration = Entity("registration", f"{person.id}-{registrar.type}")
            yield Ground("registration", registration, "active", person, child, {"registrar": registrar})
    yield Consent(child, mother, ("media",), ("child_photo",), "given", form="written")


def _ticket(number: int, person: Entity) -> Ground:
    properties: dict[str, Any] = {"opened_by": person, "requester_verified": True, "product": OPERATOR}
    return Ground("support_ticket", Entity("ticket", str(number)), "open", _AGENT, person, properties)


def _photo(subject: Entity, child: Entity, at: int) -> Situation:
    return _asked(subject, "read", {"type": "child_photo", "id": f"photo-{at}", "data_subject": str(child)})


def _report(subject: Entity, child: Entity, at: int) -> Situation:
    resource = {"type": "child_activity", "id": f"report-{at}", "data_subject": str(child)}
    return _asked(subject, "read", resource, "education")


def _password(person: Entity, at: int) -> Situation:
    resource = {"type": "credentials", "id": f"password-{at}", "data_subject": str(person)}
    asked = _asked(_AGENT, "update", resource, "customer_support")
    asked["subject"]["properties"] = {"product": OPERATOR}
    return asked


def _asked(
    subject: Entity, action: str, resource: Mapping[str, str], purpose: str = "family_follow_up"
) -> dict[str, Any]:
    return {
        "operator": OPERATOR,
        "subject": {"type": subject.type, "id": subject.id},
        "action": {"name": action},
        "resource": resource,
        "purpose": purpose,
        "context": _SIGNED_IN,
    }
