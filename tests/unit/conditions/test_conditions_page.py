"""What the page of conditions shows is the language."""

import re
from pathlib import Path
from typing import Final

import pytest

from pdp.conditions import Named, parse_condition, parts_of
from pdp.conditions.expression import Compare, Expression, Relation
from tests.unit.conditions.situations import a_resolver, read, schema

_PAGE: Final = (Path(__file__).parents[3] / "docs" / "reference" / "conditions.md").read_text("utf-8")
_BLOCK: Final = re.compile(r"^```condition (?P<operator>[a-z]+)\n(?P<lines>.*?)^```$", re.MULTILINE | re.DOTALL)
_EXAMPLES: Final = [
    (block["operator"], line) for block in _BLOCK.finditer(_PAGE) for line in block["lines"].splitlines() if line
]


@pytest.mark.parametrize(("operator", "text"), _EXAMPLES)
def test_every_example_is_read(operator: str, text: str) -> None:
    """Each line of an example is an expression of the operator that it is shown for."""
    parse_condition(text, a_resolver(operator))


def test_every_relation_has_an_example() -> None:
    """No relation, and no other kind of expression, goes without an example on the page."""
    shown = [part for operator, text in _EXAMPLES for part in parts_of(read(text, operator))]

    assert {part.relation for part in shown if isinstance(part, Compare)} == set(Relation)
    assert {type(part) for part in shown} == set(Expression.__args__)


def test_every_meaning_of_absence_is_on_the_page() -> None:
    """The table of absence names each property that is known without being sent, and no other."""
    known = {
        f"{section}.{key}"
        for section, specs in (
            ("subject", schema().subject_properties),
            ("resource", schema().resource_properties),
            ("context", schema().context_properties),
        )
        for key, spec in specs.items()
        if spec.absent is not None
    }
    table = _PAGE.partition("## What absence means")[2]

    assert set(re.findall(r"^\| `((?:subject|resource|context)\.[a-z_]+)` \|", table, re.MULTILINE)) == known


def test_the_expression_in_the_first_example_is_read() -> None:
    """The entry at the top of the page has an expression that is one."""
    (when,) = re.findall(r"^  when: (.+)$", _PAGE.partition("## ")[0], re.MULTILINE)

    assert not isinstance(read(when), Named)
