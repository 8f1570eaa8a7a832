"""Reading facts.yaml: the schema of facts and properties, checked against the vocabulary."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from pdp.core.fact_schema import ConsentSpec, FactSchema, ObligationSpec
from pdp.core.text import Text, nearest
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.words.grounds import read_grounds
from pdp.words.located import LocatedMap
from pdp.words.properties import Surroundings, read_names, read_operators, read_properties
from pdp.words.report import Report
from pdp.words.sections import digest_of, open_sections
from pdp.words.shapes import as_text, both_languages, check_id, check_keys, entries, map_at, texts_at

_SECTIONS: Final = (
    "conventions",
    "entity_types",
    "ground_properties",
    "grounds",
    "consent",
    "subject_properties",
    "resource_properties",
    "context_properties",
    "fields",
    "obligations",
)


def fact_schema_from(file_name: str, content: bytes, vocabulary: Vocabulary) -> FactSchema:
    """Return the schema that *content* holds; raise InvalidPolicyError with every problem when it has any."""
    sections, report = open_sections(file_name, content, _SECTIONS)
    operators = frozenset(vocabulary.words(WordKind.OPERATOR))
    anywhere = Surroundings(operators, operators, may_be_absent=True)
    for _, text in map_at(report, sections, "conventions"):
        as_text(report, text)
    schema = FactSchema(
        subject_properties=read_properties(report, map_at(report, sections, "subject_properties"), anywhere),
        resource_properties=read_properties(report, map_at(report, sections, "resource_properties"), anywhere),
        context_properties=read_properties(report, map_at(report, sections, "context_properties"), anywhere),
        grounds=read_grounds(report, sections, operators),
        consent=_consent(report, sections, operators),
        obligations=_obligations(report, map_at(report, sections, "obligations"), vocabulary),
        fields=_fields(report, sections),
        entity_types=_entity_types(report, sections, vocabulary),
        digest=digest_of(content),
    )
    report.raise_if_any()
    return schema


def _consent(report: Report, sections: LocatedMap, operators: frozenset[str]) -> ConsentSpec:
    section = map_at(report, sections, "consent")
    if name := sections.key("consent"):
        check_keys(report, section, name, ("form", "status", "properties", "ops"))
    forms = read_names(report, map_at(report, section, "form"))
    statuses = read_names(report, map_at(report, section, "status"))
    ops = read_operators(report, section, Surroundings(operators, operators, may_be_absent=False))
    inside = Surroundings(operators, ops, may_be_absent=False)
    return ConsentSpec(
        forms=tuple(forms),
        statuses=tuple(statuses),
        ops=ops,
        properties=read_properties(report, map_at(report, section, "properties"), inside),
        form_texts=forms,
        status_texts=statuses,
    )


def _obligations(report: Report, section: LocatedMap, vocabulary: Vocabulary) -> Mapping[str, ObligationSpec]:
    prefixes = {word.clause_prefix for word in vocabulary.words(WordKind.OPERATOR).values()}
    obligations: dict[str, ObligationSpec] = {}
    for key, entry in entries(report, section):
        check_keys(report, entry, key, ("vi", "en", "when", "clauses"), ("parameters",))
        when = entry.get("when")
        parameters = {name.text: as_text(report, value) for name, value in map_at(report, entry, "parameters")}
        obligations[key.text] = ObligationSpec(
            id=key.text,
            text=both_languages(report, entry),
            when=as_text(report, when) if when else "",
            clauses=_clauses(report, entry, prefixes),
            parameters=MappingProxyType(parameters),
        )
    return MappingProxyType(obligations)


def _clauses(report: Report, entry: LocatedMap, prefixes: Collection[str]) -> tuple[str, ...]:
    clauses = texts_at(report, entry, "clauses")
    for clause in clauses:
        prefix, _, number = clause.text.partition("-")
        if prefix in prefixes and number:
            continue
        message = Text(
            vi=f"`{clause.text}` không phải là điều khoản của nhà cung cấp nào",
            en=f"`{clause.text}` is no clause of any operator",
        )
        guess = nearest(prefix, {known.lower() for known in prefixes})
        report.error(clause, "word-clause", message, f"{guess.upper()}-{number}" if guess else None)
    return tuple(clause.text for clause in clauses)


def _fields(report: Report, sections: LocatedMap) -> tuple[str, ...]:
    fields = texts_at(report, sections, "fields")
    for field in fields:
        check_id(report, field)
    return tuple(field.text for field in fields)


def _entity_types(report: Report, sections: LocatedMap, vocabulary: Vocabulary) -> Mapping[str, Text]:
    """Return the entity types; report those that cannot stand in `type:id`, and those that roles need and are not here.

    The latter have no place in this file, so they are reported at the section that lacks them.
    """
    types = read_names(report, map_at(report, sections, "entity_types"))
    name = sections.key("entity_types")
    if name is None:
        return types
    for role in vocabulary.words(WordKind.ROLE).values():
        for type_ in role.held_in:
            if type_ not in types:
                message = Text(
                    vi=f"vai trò `{role.id}` được giữ ở `{type_}`, không phải là loại thực thể đã biết",
                    en=f"role `{role.id}` is held in `{type_}`, which is no known entity type",
                )
                report.error(name, "word-scope-type", message, nearest(type_, types))
    return types
