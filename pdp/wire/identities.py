"""Finds two facts of one request that contradict each other about one thing (contract, section 2, "Identity")."""

from pdp.core.entity import Entity
from pdp.core.facts import Containment, Fact, Ground
from pdp.wire import phrases
from pdp.wire.codes import Code
from pdp.wire.reading import Reading

Identity = tuple[str, Entity]


class FactsSeen:
    """The grounds and containments of one request so far.

    Roles and consents are no part of it: each of several terms of one role is true at its own time, and of several
    words of one giver the later is heard.
    """

    __slots__ = ("_by_identity",)

    def __init__(self) -> None:
        self._by_identity: dict[Identity, list[tuple[Fact, str]]] = {}

    def compare(self, reading: Reading, fact: Fact, place: str) -> None:
        """Report *fact* when it contradicts an earlier one."""
        identity = _identity(fact)
        if identity is None:
            return
        earlier = self._by_identity.setdefault(identity, [])
        for other, other_place in earlier:
            # FAIL CLOSED (two truths): evaluation would take whichever helps.
            if other.kind != fact.kind and _overlap(other, fact):
                kind = "ground" if isinstance(fact.kind, Ground) else "containment"
                reading.refuse(Code.TWO_TRUTHS, f"{place}.{kind}", str(identity[1]), phrases.two_truths(other_place))
                break
        earlier.append((fact, place))


def _identity(fact: Fact) -> Identity | None:
    """Return what a ground or containment is told by: an entity lies in one container of each type."""
    match fact.kind:
        case Ground(kind=kind, id=id_):
            return f"ground {kind}", id_
        case Containment(entity=entity, container=container):
            return f"containment {container.type}", entity
        case _:
            return None


def _overlap(one: Fact, other: Fact) -> bool:
    """Say whether there is an instant at which both facts are in force."""
    return not _ends_before(one, other) and not _ends_before(other, one)


def _ends_before(one: Fact, other: Fact) -> bool:
    return one.valid_until is not None and other.valid_from is not None and one.valid_until <= other.valid_from
