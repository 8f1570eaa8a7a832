"""`pdp clauses --doubtful`: every doubtful reading, the other one, and what would change with it."""

from collections.abc import Mapping
from typing import Final

import click

from pdp.core.policy import Doubt
from pdp.core.text import Text
from pdp.policy_set import PolicySet

_TITLES: Final = (
    Text("cách hiểu được áp dụng", "the reading taken"),
    Text("cách hiểu khác", "the other reading"),
    Text("điều sẽ thay đổi", "what would change"),
)
_COUNTED: Final = Text("cách hiểu còn bỏ ngỏ", "doubtful readings")
_NOT_SAID: Final = Text("chưa ghi", "not said yet")
_WHERE: Final = Text("ghi tại", "stands at")


def print_text(policy: PolicySet, lang: str) -> None:
    """Print the doubtful readings of one operator for a terminal."""
    click.secho(f"{policy.operator}: {len(policy.doubts)} {_COUNTED.in_locale(lang)}", bold=True)
    for clause, owner, doubt in policy.doubts:
        click.echo(f"\n{_name(clause, owner, lang)}\n  {policy.clauses[clause].text.in_locale(lang)}")
        for title, said in zip(_TITLES, _parts(doubt), strict=True):
            click.echo(f"  – {title.in_locale(lang)}: {said.in_locale(lang)}")
    click.echo("")


def print_markdown(policy: PolicySet, lang: str) -> None:
    """Print the doubtful readings of one operator as a section of a page: a table would have cells too long to read."""
    click.echo(f"## {policy.operator}: {len(policy.doubts)} {_COUNTED.in_locale(lang)}\n")
    for clause, owner, doubt in policy.doubts:
        click.echo(f"### {_name(clause, owner, lang)}\n\n> {policy.clauses[clause].text.in_locale(lang)}\n")
        for title, said in zip(_TITLES, _parts(doubt), strict=True):
            click.echo(f"- **{title.in_locale(lang)}**: {said.in_locale(lang)}")
        click.echo("")


def as_json(policy: PolicySet) -> list[Mapping[str, object]]:
    """Return the doubtful readings of one operator, in both languages."""
    return [
        {
            "clause": clause,
            "stands_at": owner,
            "sentence": dict(policy.clauses[clause].text.as_map()),
            "reading": dict(doubt.reading.as_map()),
            "other_reading": dict(doubt.other.as_map()) if doubt.other else None,
            "would_change": dict(doubt.would_change.as_map()) if doubt.would_change else None,
        }
        for clause, owner, doubt in policy.doubts
    ]


def _name(clause: str, owner: str, lang: str) -> str:
    return clause if owner == clause else f"{clause} ({_WHERE.in_locale(lang)} `{owner}`)"


def _parts(doubt: Doubt) -> tuple[Text, Text, Text]:
    return doubt.reading, doubt.other or _NOT_SAID, doubt.would_change or _NOT_SAID
