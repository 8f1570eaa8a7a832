"""The families of a storm: children, their mothers, and aunts who may see their photos while the mothers say so."""

from functools import lru_cache
from typing import Any, Final

from google.protobuf.json_format import ParseDict

from pdp.api.v1 import decision_pb2, facts_pb2
from pdp.core.fact_identity import fact_id
from pdp.core.facts import Containment, FactKind, Ground, RoleAssignment
from tests.stores.writing import entity, lies_in, role

OPERATOR: Final = "kidsonline"
FAMILIES: Final = 60
PHOTOS: Final = 4
_OTHERS: Final = 5000
SIGNED_IN: Final = {
    "authenticated": True, "authentication_method": "password", "transport_encrypted": True, "channel": "mobile_app",
}  # fmt: skip


def child(number: int) -> str:
    """Return the child of a family."""
    return f"child:minh-{number}"


def mother(number: int) -> str:
    """Return its mother."""
    return f"user:lan-{number}"


def aunt(number: int) -> str:
    """Return its aunt."""
    return f"user:hoa-{number}"


def at_first() -> list[FactKind]:
    """Return what is stored before anything is granted."""
    facts: list[FactKind] = [lies_in("class:lá-1", "school:hoa-sen")]
    for number in range(FAMILIES):
        facts += [role(mother(number), "primary_guardian", child(number)), lies_in(child(number), "class:lá-1")]
        for person in (mother(number), aunt(number)):
            for registrar in ("school:hoa-sen", "operator:kidsonline"):
                name = f"registration:{person.replace(':', '-')}-{registrar.partition(':')[0]}"
                more = {"registrar": entity(registrar)}
                facts.append(
                    Ground("registration", entity(name), "active", entity(person), entity(child(number)), more)
                )
    return facts


def granted(number: int) -> RoleAssignment:
    """Return what a mother grants."""
    return role(aunt(number), "family_member", child(number), mother(number))


def grant(number: int) -> facts_pb2.WriteFactsRequest:
    """Return the request by which she does."""
    fact = {"role": {"subject": aunt(number), "role": "family_member", "scope": child(number)}}
    asked = {"operator": OPERATOR, "actor": _subject(mother(number)), "context": SIGNED_IN, "facts": [fact]}
    return ParseDict(asked, facts_pb2.WriteFactsRequest())


def revoke(number: int) -> facts_pb2.DeleteFactsRequest:
    """Return the request by which she takes it back."""
    ids = [fact_id(OPERATOR, granted(number))]
    asked = {"operator": OPERATOR, "actor": _subject(mother(number)), "context": SIGNED_IN, "ids": ids}
    return ParseDict(asked, facts_pb2.DeleteFactsRequest())


@lru_cache(maxsize=_OTHERS)
def unrelated(number: int) -> facts_pb2.WriteFactsRequest:
    """Return a write that concerns none of the families; numbers from _OTHERS on begin anew."""
    if number >= _OTHERS:
        return unrelated(number % _OTHERS)
    fact = {"containment": {"entity": f"child:other-{number}", "container": f"class:other-{number % 40}"}}
    actor = _subject("service:sync")
    return ParseDict({"operator": OPERATOR, "actor": actor, "facts": [fact]}, facts_pb2.WriteFactsRequest())


def question(number: int, photo: int) -> decision_pb2.CheckRequest:
    """Return the question whether the aunt may see a photo."""
    asked: dict[str, Any] = {
        "operator": OPERATOR,
        "subject": _subject(aunt(number)),
        "action": {"name": "read"},
        "resource": {"type": "child_photo", "id": f"anh-{photo}", "data_subject": child(number)},
        "purpose": "family_follow_up",
        "context": SIGNED_IN,
    }
    return ParseDict(asked, decision_pb2.CheckRequest())


def _subject(name: str) -> dict[str, str]:
    type_, _, id_ = name.partition(":")
    return {"type": type_, "id": id_}


__all__ = ["Containment", "at_first", "grant", "granted", "question", "revoke", "unrelated"]
