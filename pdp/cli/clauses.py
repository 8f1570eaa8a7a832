"""`pdp clauses`: every published sentence and where it is kept."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from pdp.cli import doubtful as doubtful_readings
from pdp.cli.options import Exit, fail, policies_option
from pdp.cli.options import language_option as lang_option
from pdp.core.decision import Effect
from pdp.core.errors import InvalidPolicyError, PdpError
from pdp.core.policy import Clause
from pdp.core.text import Text
from pdp.policy_set import Place, PolicySet
from pdp.wiring.folders import load_policies
from pdp.wiring.words import load_words

# The clauses that nobody keeps here come first: they are what somebody else has to see to.
_ORDER: Final[Sequence[Place | None]] = (
    None,
    Place.NOT_DECIDABLE,
    Place.ENFORCED,
    Place.CONDITION,
    Place.DUTY,
    Place.NONE,
)

_PLACE_TEXTS: Final[Mapping[Place | None, Text]] = {
    None: Text("chưa có chỗ", "no place yet"),
    Place.NOT_DECIDABLE: Text("không quyết định được ở đây", "not decidable here"),
    Place.ENFORCED: Text("được thực thi", "enforced"),
    Place.CONDITION: Text("điều kiện", "condition"),
    Place.DUTY: Text("nghĩa vụ", "duty"),
    Place.NONE: Text("không liên quan đến truy cập", "nothing to do with access"),
}


@click.command()
@click.argument("operators", metavar="[OPERATOR]...", nargs=-1)
@policies_option
@click.option("--contradictions", is_flag=True, help="Only the sentences of one document that contradict each other.")
@click.option("--doubtful", is_flag=True, help="Only the doubtful readings, with the other one and what would change.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="Text for people, JSON in both languages for programs, Markdown for documents.",
)
@lang_option
def clauses(
    operators: tuple[str, ...], policies: Path, contradictions: bool, doubtful: bool, form: str, lang: str
) -> None:
    """Print every published sentence with the place where it is kept, those that nobody keeps here first.

    Exit code 0: every sentence has a place, 1: some have none, 2: trouble.
    """
    try:
        sets = _chosen(operators, policies)
    except PdpError as error:
        fail(error, lang)
    if doubtful:
        _print_doubtful(sets, form, lang)
    else:
        _print_table(sets, form, lang, contradictions=contradictions)
    without = any(place is None for policy in sets.values() for place in policy.places.values())
    sys.exit(Exit.NO if without else Exit.YES)


def _print_doubtful(sets: Mapping[str, PolicySet], form: str, lang: str) -> None:
    if form == "json":
        shown = {operator: doubtful_readings.as_json(policy) for operator, policy in sets.items()}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    show = doubtful_readings.print_markdown if form == "markdown" else doubtful_readings.print_text
    for policy in sets.values():
        show(policy, lang)


def _print_table(sets: Mapping[str, PolicySet], form: str, lang: str, *, contradictions: bool) -> None:
    tables = {operator: _rows(policy, contradictions=contradictions) for operator, policy in sets.items()}
    if form == "json":
        shown = {operator: [_as_json(clause, sets[operator]) for clause in rows] for operator, rows in tables.items()}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        show = _print_markdown if form == "markdown" else _print_text
        for operator, rows in tables.items():
            show(sets[operator], rows, lang)


def _chosen(operators: tuple[str, ...], directory: Path) -> Mapping[str, PolicySet]:
    loaded = load_policies(directory, load_words())
    for operator in operators or loaded.findings:
        if operator not in loaded.sets:
            if operator in loaded.findings:
                raise InvalidPolicyError(loaded.findings[operator])
            raise click.UsageError(f"there is no policy folder `{operator}` under {directory}")
    return {operator: loaded.sets[operator] for operator in operators or loaded.sets}


def _rows(policy: PolicySet, *, contradictions: bool) -> list[Clause]:
    promised = [clause for clause in policy.clauses.values() if clause.is_promise]
    chosen = [clause for clause in promised if clause.contradicts or not contradictions]
    return sorted(chosen, key=lambda clause: _ORDER.index(policy.places[clause.id]))


def _cited_by(clause: Clause, policy: PolicySet) -> list[str]:
    """Return the names of the rows, conditions and obligations that keep *clause*."""
    rows = [rule.id for rule in policy.rules.values() if rule.clause == clause.id]
    rows += [line.id for line in policy.lines if line.clause == clause.id]
    named = [condition.name for condition in policy.conditions.values() if condition.clause == clause.id]
    owed = [duty.obligation for duty in policy.duties.values() if duty.clause == clause.id]
    granted = [f"{grant.role} (granting)" for grant in policy.granting.values() if grant.clause == clause.id]
    return [*rows, *named, *owed, *granted]


def shares(policy: PolicySet) -> Mapping[Place | None, float]:
    """Return the share of each place among the clauses that say something about access, from 0 to 1."""
    relevant = [policy.places[id_] for id_, each in policy.clauses.items() if each.is_promise and each.kind != "none"]
    return {place: relevant.count(place) / len(relevant) for place in _ORDER if place in relevant}


def _print_text(policy: PolicySet, rows: Iterable[Clause], lang: str) -> None:
    click.secho(f"{policy.operator}: {_say_shares(policy, lang)}", bold=True)
    for clause in rows:
        place = _PLACE_TEXTS[policy.places[clause.id]].in_locale(lang)
        click.echo(f"\n{clause.id}  {place}  {', '.join(_cited_by(clause, policy))}".rstrip())
        click.echo(f"  {clause.text.in_locale(lang)}")
        for note in _notes(clause, lang):
            click.echo(f"  – {note}")
    click.echo("")


def _print_markdown(policy: PolicySet, rows: Iterable[Clause], lang: str) -> None:
    titles = (
        ("câu", "chỗ thực hiện", "bằng", "câu đã công bố", "cách hiểu")
        if lang == "vi"
        else ("clause", "place", "kept by", "published sentence", "reading")
    )
    click.echo(f"## {policy.operator}\n\n{_say_shares(policy, lang)}\n")
    click.echo("| " + " | ".join(titles) + " |\n" + "| --- " * len(titles) + "|")
    for clause in rows:
        cells = (
            clause.id,
            _PLACE_TEXTS[policy.places[clause.id]].in_locale(lang),
            ", ".join(f"`{name}`" for name in _cited_by(clause, policy)),
            clause.text.in_locale(lang),
            " ".join(_notes(clause, lang)),
        )
        click.echo("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    click.echo("")


def _notes(clause: Clause, lang: str) -> list[str]:
    reading = clause.doubt.reading if clause.doubt else None
    notes = [text.in_locale(lang) for text in (clause.not_decidable, reading) if text is not None]
    if clause.contradicts:
        said = Text("mâu thuẫn với", "contradicts").in_locale(lang)
        notes.insert(0, f"{said} {', '.join(clause.contradicts)}")
    return notes


def _say_shares(policy: PolicySet, lang: str) -> str:
    return ", ".join(f"{_PLACE_TEXTS[place].in_locale(lang)} {share:.0%}" for place, share in shares(policy).items())


def _as_json(clause: Clause, policy: PolicySet) -> dict[str, object]:
    place = policy.places[clause.id]
    decided = [rule.effect for rule in policy.rules.values() if rule.clause == clause.id]
    return {
        "id": clause.id,
        "section": clause.section,
        "kind": clause.kind,
        "place": place.value if place else None,
        "kept_by": _cited_by(clause, policy),
        "effects": sorted({effect.value for effect in decided if effect is not Effect.LINE}),
        "sentence": dict(clause.text.as_map()),
        "reading": dict(clause.doubt.reading.as_map()) if clause.doubt else None,
        "not_decidable_here": dict(clause.not_decidable.as_map()) if clause.not_decidable else None,
        "contradicts": list(clause.contradicts),
    }
