"""The vocabulary and the fact schema, arranged by operator for reading requests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from pdp.core.fact_schema import FactSchema, GroundSpec, PropertySpec, ValueType
from pdp.core.vocabulary import Vocabulary, WordKind

_FIELDS: Final = "fields"


@dataclass(frozen=True, slots=True)
class Keys:
    """The property keys of one place: those that an operator may use, and those that are only another operator's.

    *elsewhere* says of a key where else in a request it stands, for a suggestion.
    """

    usable: Mapping[str, PropertySpec]
    foreign: frozenset[str] = frozenset()
    elsewhere: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OperatorWords:
    """What requests to one operator may hold. *id* is "" for the union that serves when the operator is not known."""

    id: str
    subject: Keys
    resource: Keys
    context: Keys
    consent: Keys
    may_consent: bool
    grounds: Mapping[str, GroundSpec]
    ground_keys: Mapping[str, Keys]


@dataclass(frozen=True)
class Words:
    """Every word that a request may hold, with one table for each operator, made once."""

    vocabulary: Vocabulary
    schema: FactSchema
    _by_operator: Mapping[str, OperatorWords] = field(init=False, repr=False, compare=False)
    _of_any: OperatorWords = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        operators = self.vocabulary.words(WordKind.OPERATOR)
        object.__setattr__(self, "_by_operator", {id_: _words_of(id_, (id_,), self.schema) for id_ in operators})
        object.__setattr__(self, "_of_any", _words_of("", operators, self.schema))

    def of(self, operator: str) -> OperatorWords:
        """Return the words of *operator*; of all operators together when it is no known one."""
        return self._by_operator.get(operator, self._of_any)


def _words_of(id_: str, operators: Iterable[str], schema: FactSchema) -> OperatorWords:
    ids = frozenset(operators)
    resource = {
        key: replace(spec, type=ValueType.ENUM, values=schema.fields) if key == _FIELDS else spec
        for key, spec in schema.resource_properties.items()
    }
    elsewhere = {
        **_places("context", schema.context_properties, ids),
        **_places("subject.properties", schema.subject_properties, ids),
        **_places("resource.properties", schema.resource_properties, ids),
    }
    grounds = {kind: spec for kind, spec in schema.grounds.items() if spec.ops & ids}
    common = _common_properties(schema)
    return OperatorWords(
        id=id_,
        subject=_keys(schema.subject_properties, ids, elsewhere),
        resource=_keys(resource, ids, elsewhere),
        context=_keys(schema.context_properties, ids, elsewhere),
        consent=_keys(schema.consent.properties, ids, {}),
        may_consent=bool(schema.consent.ops & ids),
        grounds=grounds,
        ground_keys={kind: _keys({**common, **spec.properties}, ids, {}) for kind, spec in grounds.items()},
    )


def _keys(specs: Mapping[str, PropertySpec], ids: frozenset[str], elsewhere: Mapping[str, str]) -> Keys:
    usable = {key: spec for key, spec in specs.items() if spec.ops & ids}
    return Keys(usable, frozenset(specs.keys() - usable.keys()), elsewhere)


def _common_properties(schema: FactSchema) -> Mapping[str, PropertySpec]:
    """Return the properties that every kind of ground has for those operators that have a use for them."""
    grounds = schema.grounds.values()
    ops: dict[str, frozenset[str]] = {}
    for ground in grounds:
        for key, spec in ground.properties.items():
            ops[key] = ops.get(key, frozenset()) | spec.ops
    return {
        key: spec
        for ground in grounds
        for key, spec in ground.properties.items()
        if all(key in other.properties for other in grounds if other.ops & ops[key])
    }


def _places(place: str, specs: Mapping[str, PropertySpec], ids: frozenset[str]) -> Mapping[str, str]:
    return {key: f"{place}.{key}" for key, spec in specs.items() if spec.ops & ids}
