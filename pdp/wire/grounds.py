"""Grounds: from wire messages to values of the core, and two of them that contradict each other."""

from typing import Final

from pdp.api.v1 import facts_pb2
from pdp.core.fact_schema import GroundSpec
from pdp.core.facts import Ground, Properties, no_properties
from pdp.wire import limits, phrases
from pdp.wire.codes import Code
from pdp.wire.entities import entity, member, optional_entity
from pdp.wire.mistakes import shown
from pdp.wire.properties import read_properties
from pdp.wire.reading import Reading

_PERSONS: Final = ("beneficiary", "data_subject")


def read_ground(reading: Reading, message: facts_pb2.Ground, place: str) -> Ground | None:
    """Read one ground."""
    reading.check_known_fields(message, place)
    spec = _read_kind(reading, message.kind, f"{place}.kind")
    id_ = entity(reading, message.id, place, "id")
    beneficiary = optional_entity(reading, message.beneficiary, place, "beneficiary")
    if not message.beneficiary:
        _refuse_if_required(reading, spec, "beneficiary", f"{place}.beneficiary")
    data_subject = optional_entity(reading, message.data_subject, place, "data_subject")
    if not message.data_subject:
        _refuse_if_required(reading, spec, "data_subject", f"{place}.data_subject")
    if spec is not None:
        member(reading, message.status, spec.statuses, phrases.STATUS, f"{place}.status")
    elif not message.status:
        reading.refuse(Code.REQUIRED, f"{place}.status", "", phrases.REQUIRED)
    properties = no_properties() if spec is None else _read_properties(reading, message, spec, f"{place}.properties")
    if spec is None or id_ is None:
        return None
    return Ground(spec.kind, id_, message.status, beneficiary, data_subject, properties)


def _read_kind(reading: Reading, kind: str, field: str) -> GroundSpec | None:
    usable = reading.operator.grounds
    spec = usable.get(kind)
    if spec is not None:
        return spec
    if not kind:
        reading.refuse(Code.REQUIRED, field, kind, phrases.REQUIRED)
    elif limits.is_too_long(kind):
        reading.refuse_long(kind, field)
    elif kind in reading.words.schema.grounds:
        message = phrases.kind_of_another_operator(kind, reading.operator.id)
        reading.refuse(Code.NOT_FOR_THIS_OPERATOR, field, kind, message, reading.suggest(kind, usable))
    else:
        message = phrases.unknown_word(phrases.GROUND_KIND, shown(kind))
        reading.refuse(Code.UNKNOWN_WORD, field, kind, message, reading.suggest(kind, usable))
    return None


def _read_properties(reading: Reading, message: facts_pb2.Ground, spec: GroundSpec, place: str) -> Properties:
    properties = no_properties()
    if message.HasField("properties"):
        properties = read_properties(reading, message.properties, reading.operator.ground_keys[spec.kind], place)
    for key in spec.requires:
        if key not in _PERSONS and key not in message.properties.fields:
            _refuse_if_required(reading, spec, key, f"{place}.{key}")
    return properties


def _refuse_if_required(reading: Reading, spec: GroundSpec | None, part: str, field: str) -> None:
    if spec is not None and part in spec.requires:
        reading.refuse(Code.LACKS_REQUIRED, field, "", phrases.lacks(phrases.ground_of(spec.kind), part))
