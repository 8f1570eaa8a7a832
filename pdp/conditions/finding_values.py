"""Where a term finds its value: in the request, in the circumstances, or in the fact that is looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pdp.conditions.expression import (
    ISSUER,
    Root,
)
from pdp.core.circumstances import Circumstances
from pdp.core.entity import Entity
from pdp.core.facts import Consent, Fact, Ground, Properties, Value


@dataclass(frozen=True, slots=True)
class Frame:
    """Whom `person` and what `its` mean at a place of the condition."""

    person: Entity | None
    fact: Fact | None = None


def _of_resource(circumstances: Circumstances, name: str, frame: Frame) -> Value | None:
    resource = circumstances.resource
    if name == "":
        return resource.entity
    if name == "data_subject":
        return resource.data_subject
    if name == "scopes":
        # FAIL CLOSED (no scope named): "is not in the scopes" must not hold because nobody said what they are.
        return tuple(sorted(circumstances.scopes)) or None
    return resource.properties.get(name)


def _of_fact(circumstances: Circumstances, name: str, frame: Frame) -> Value | None:
    kind = frame.fact.kind if frame.fact else None
    if isinstance(kind, Ground):
        fields: dict[str, Value | None] = {
            "id": kind.id,
            "beneficiary": kind.beneficiary,
            "data_subject": kind.data_subject,
            "status": kind.status,
        }
        if name == ISSUER:
            return _property(kind.properties, "issued_by") or kind.beneficiary
    elif isinstance(kind, Consent):
        fields = {
            "given_by": kind.given_by,
            "recipient": kind.recipient,
            "form": kind.form or None,
            "purposes": kind.purposes,
            "categories": kind.categories,
        }
    else:
        return None
    return fields[name] if name in fields else _property(kind.properties, name)


def _property(properties: Properties, name: str) -> Value | None:
    return properties.get(name)


LOOKUPS: Final[Mapping[Root, Callable[[Circumstances, str, Frame], Value | None]]] = {
    Root.SUBJECT: lambda c, name, _: c.request.subject_properties.get(name) if name else c.request.subject,
    Root.PERSON: lambda _, __, frame: frame.person,
    # facts.yaml, `recipient`: "who would receive the data, where that is not the subject".
    Root.RECIPIENT: lambda c, _, __: c.request.context.get("recipient", c.request.subject),
    Root.RESOURCE: _of_resource,
    Root.CONTEXT: lambda c, name, _: c.request.context.get(name),
    Root.EXTRA: lambda c, name, _: c.request.extra.get(name),
    Root.NOW: lambda c, _, __: c.instant,
    Root.FACT: _of_fact,
}
