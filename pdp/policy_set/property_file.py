"""Reads properties.yaml: context keys that an operator's folder declares beyond those of the schema."""

from collections.abc import Mapping
from typing import Final

from pdp.core.fact_schema import FactSchema, PropertySpec
from pdp.policy_set.report import FolderReport
from pdp.words import LocatedMap, Report, Surroundings, read_located, read_properties

FILE: Final = "properties.yaml"


def read_declared(
    file: str, content: bytes | None, operator: str, schema: FactSchema, report: FolderReport
) -> Mapping[str, PropertySpec]:
    """Return the declared keys; they are sent in `context.extra`."""
    if content is None:
        return {}
    located, findings = read_located(file, content)
    for finding in findings:
        report.add(finding)
    if not isinstance(located, LocatedMap):
        if located is not None:
            report.error(
                file,
                (located.line, located.column),
                "entry-not-a-mapping",
                "tệp phải gồm các mục `tên: {...}`",
                "the file must consist of entries `name: {...}`",
            )
        return {}
    of_file = Report(file)
    only = frozenset({operator})
    found = read_properties(of_file, located, Surroundings(operators=only, default=only, may_be_absent=True))
    for finding in of_file.findings:
        report.add(finding)
    for key, _ in located:
        if key.text in schema.context_properties or key.text.startswith("x_"):
            report.error(
                file,
                (key.line, key.column),
                "property-name-taken",
                f"`{key.text}` đã có nghĩa khác",
                f"`{key.text}` has a meaning already",
            )
    return found
