"""Reading the kinds of ground of facts.yaml, with the properties that all kinds may carry."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from pdp.core.fact_schema import GroundSpec, PropertySpec
from pdp.core.text import Text
from pdp.words.located import LocatedMap, LocatedText
from pdp.words.properties import Surroundings, read_names, read_note, read_operators, read_properties
from pdp.words.report import Report
from pdp.words.shapes import both_languages, check_keys, entries, map_at, texts_at, unknown

_FIELDS: Final = ("beneficiary", "data_subject", "id", "status")


def read_grounds(report: Report, sections: LocatedMap, operators: frozenset[str]) -> Mapping[str, GroundSpec]:
    """Return the kinds of ground by id, and report what is wrong with them."""
    around = Surroundings(operators, operators, may_be_absent=False)
    common = read_properties(report, map_at(report, sections, "ground_properties"), around)
    return MappingProxyType(
        {
            key.text: _ground(report, key, entry, common, around)
            for key, entry in entries(report, map_at(report, sections, "grounds"))
        }
    )


def _ground(
    report: Report,
    key: LocatedText,
    entry: LocatedMap,
    common: Mapping[str, PropertySpec],
    around: Surroundings,
) -> GroundSpec:
    check_keys(report, entry, key, ("vi", "en", "requires", "status", "ops", "properties"), ("note",))
    statuses = read_names(report, map_at(report, entry, "status"))
    ops = read_operators(report, entry, around)
    section = map_at(report, entry, "properties")
    own = read_properties(report, section, replace(around, default=ops))
    for name, _ in section:
        if name.text in common:
            message = Text(
                vi=f"`{name.text}` đã có trong `ground_properties`",
                en=f"`{name.text}` stands already in `ground_properties`",
            )
            report.error(name, "word-duplicate", message, "remove one of them")
    properties = {**_of_operators(common, ops), **own}
    return GroundSpec(
        kind=key.text,
        requires=_requires(report, entry, properties),
        statuses=tuple(statuses),
        ops=ops,
        properties=MappingProxyType(properties),
        text=both_languages(report, entry),
        status_texts=statuses,
        note=read_note(report, entry),
    )


def _of_operators(common: Mapping[str, PropertySpec], ops: frozenset[str]) -> dict[str, PropertySpec]:
    """Return those of *common* that an operator of *ops* has a use for, each narrowed to these operators."""
    return {key: replace(spec, ops=spec.ops & ops) for key, spec in common.items() if spec.ops & ops}


def _requires(report: Report, entry: LocatedMap, properties: Mapping[str, PropertySpec]) -> tuple[str, ...]:
    required = texts_at(report, entry, "requires")
    for name in required:
        if name.text not in _FIELDS and name.text not in properties:
            noun = Text(vi="trường hay thuộc tính của loại này", en="field or property of this kind")
            unknown(report, name, "word-requires", noun, (*_FIELDS, *properties))
    return tuple(name.text for name in required)
