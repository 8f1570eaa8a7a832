"""Reading properties: those of facts.yaml, and those that an operator's policy folder declares for itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pdp.core.fact_schema import PropertySpec, ValueType
from pdp.core.text import Text
from pdp.words.located import LocatedMap, LocatedText
from pdp.words.report import Report
from pdp.words.shapes import as_text, both_languages, check_keys, entries, map_at, texts_at, unknown

_TYPES: Final = {type_.value: (type_, False) for type_ in ValueType} | {
    f"list<{type_}>": (type_, True) for type_ in ValueType
}
_NOTHING: Final = "none"
_EVERYTHING: Final = "all of the resource"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a property gets from where it stands.

    *operators* are all that exist and *default* those for which it is when it names none; it must not name others than
    these. *may_be_absent* says whether absence can have a meaning: inside a fact it never has.
    """

    operators: frozenset[str]
    default: frozenset[str]
    may_be_absent: bool


def read_properties(report: Report, section: LocatedMap, around: Surroundings) -> Mapping[str, PropertySpec]:
    """Return the properties of *section* by key, and report what is wrong with them."""
    return MappingProxyType(
        {key.text: _property(report, key, entry, around) for key, entry in entries(report, section)}
    )


def read_names(report: Report, section: LocatedMap) -> Mapping[str, Text]:
    """Return what each id of *section* is called: values, statuses, forms and entity types are listed like this."""
    names: dict[str, Text] = {}
    for key, entry in entries(report, section):
        check_keys(report, entry, key, ("vi", "en"), ("note",))
        names[key.text] = both_languages(report, entry)
    return MappingProxyType(names)


def read_operators(report: Report, owner: LocatedMap, around: Surroundings) -> frozenset[str]:
    """Return the operators that `ops` of *owner* names, the default when there is no `ops`."""
    if owner.get("ops") is None:
        return around.default
    named = texts_at(report, owner, "ops")
    for operator in named:
        if operator.text not in around.operators:
            unknown(report, operator, "word-operator-unknown", Text(vi="nhà cung cấp", en="operator"), around.operators)
        elif operator.text not in around.default:
            message = Text(
                vi=f"phần chứa khóa này không dành cho nhà cung cấp `{operator.text}`",
                en=f"what this stands in is not for operator `{operator.text}`",
            )
            report.error(operator, "word-operator-outside", message, ", ".join(sorted(around.default)))
    return frozenset(operator.text for operator in named)


def read_note(report: Report, owner: LocatedMap) -> str:
    """Return the note of *owner*, "" when it has none."""
    note = owner.get("note")
    return as_text(report, note) if note else ""


def _property(report: Report, key: LocatedText, entry: LocatedMap, around: Surroundings) -> PropertySpec:
    check_keys(report, entry, key, ("vi", "en", "type"), ("note", "values", "absent", "ops"))
    type_, is_list = _type(report, entry)
    values = read_names(report, map_at(report, entry, "values"))
    _check_values(report, key, entry, type_)
    return PropertySpec(
        key=key.text,
        type=type_ or ValueType.STRING,
        is_list=is_list,
        values=tuple(values),
        ops=read_operators(report, entry, around),
        absent=_absent(report, entry, _meanings_of_absence(type_, is_list, tuple(values)), around),
        text=both_languages(report, entry),
        value_texts=values,
        note=read_note(report, entry),
    )


def _type(report: Report, entry: LocatedMap) -> tuple[ValueType | None, bool]:
    """Return the type and whether it is a list of such; None when it is missing or unknown, and reported."""
    place = entry.get("type")
    if place is None:
        return None, False
    name = as_text(report, place)
    if isinstance(place, LocatedText) and name.strip() and name not in _TYPES:
        unknown(report, place, "word-type-unknown", Text(vi="kiểu", en="type"), _TYPES)
    return _TYPES.get(name, (None, False))


def _check_values(report: Report, key: LocatedText, entry: LocatedMap, type_: ValueType | None) -> None:
    given = entry.key("values")
    if type_ is ValueType.ENUM and (given is None or _is_empty(entry.get("values"))):
        message = Text(vi=f"enum `{key.text}` không có giá trị nào", en=f"enum `{key.text}` has no values")
        report.error(given or key, "word-values", message, "values:")
    elif given is not None and type_ not in (ValueType.ENUM, None):
        message = Text(vi=f"kiểu `{type_}` không liệt kê giá trị", en=f"type `{type_}` lists no values")
        report.error(given, "word-values", message, "type: enum")


def _is_empty(value: object) -> bool:
    return isinstance(value, LocatedMap) and not value.entries


def _meanings_of_absence(type_: ValueType | None, is_list: bool, values: tuple[str, ...]) -> tuple[str, ...]:
    if is_list:
        return (_NOTHING, _EVERYTHING)
    if type_ is ValueType.ENUM:
        return (*values, _NOTHING)
    return (_NOTHING,)


def _absent(report: Report, entry: LocatedMap, meanings: tuple[str, ...], around: Surroundings) -> str | None:
    """Return what a missing key stands for, None when a missing key is unknown."""
    value = entry.get("absent")
    if value is None:
        return None
    if not around.may_be_absent:
        message = Text(
            vi="thuộc tính bị thiếu trong một dữ kiện luôn là chưa biết",
            en="a property that is missing inside a fact is always unknown",
        )
        report.error(entry.key("absent") or value, "word-absent", message, "remove `absent`")
        return None
    text = as_text(report, value)
    if text and text not in meanings and isinstance(value, LocatedText):
        unknown(
            report, value, "word-absent", Text(vi="giá trị thay cho khóa bị thiếu", en="meaning of absence"), meanings
        )
    return text or None
