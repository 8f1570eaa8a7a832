"""`pdp log person`: who was allowed to see a person's data, when, why, and by which published sentence."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from pdp.cli.facts.opening import named
from pdp.cli.log.opening import as_json, log_argument, opened_folder
from pdp.cli.options import output_options, policies_option
from pdp.core.entity import Entity
from pdp.core.local_time import say_instant
from pdp.core.policy import Clause
from pdp.core.text import Text
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.decision_log import Past, about_person
from pdp.wiring.folders import load_policies
from pdp.wiring.words import load_words

_ERASED: Final = Text("(đã xóa)", "(erased)")
_ALLOWED: Final = Text("được phép", "was allowed to")
_DENIED: Final = Text("không được phép", "was not allowed to")
_NOBODY: Final = Text("Không có quyết định nào còn đọc được về", "No decision that can be read is about")
_HOUSE: Final = Text("quy tắc nội bộ, không phải cam kết đã công bố", "a house rule, not a published promise")
_WHY: Final = Text("vì", "because of")
_UNSIGNED: Final = Text(
    "chưa có chữ ký nào của nhật ký xác nhận bản ghi này (pdp log verify)",
    "no signature of the log vouches for this record (pdp log verify)",
)
_FOR: Final = Text("để", "for")


@click.command("person")
@log_argument
@click.argument("person", metavar="TYPE:ID")
@click.option("--operator", required=True, envvar="PDP_OPERATOR", help="Whose records: ids are those of an operator.")
@policies_option
@click.option("--denials", is_flag=True, help="Also who asked and was not allowed to.")
@output_options
def report(
    folder: Path,
    log_keys: Path | None,
    person: str,
    operator: str,
    policies: Path,
    denials: bool,
    form: str,
    lang: str,
) -> None:
    """Tell a person, or whoever asks for a child, who was allowed to do what with their data.

    Each answer with its instant in Vietnam, its purpose and the sentences that allowed it. An answer says what was
    allowed; whether it was then done is known to whoever asked.
    """
    who = named("TYPE:ID", person)
    words = load_words()
    policy = load_policies(policies, words, only=operator).sets.get(operator)
    clauses = {} if policy is None else policy.clauses
    with opened_folder(folder, log_keys, lang) as log:
        found = [
            past
            for past in about_person(log.folder, log.persons(), operator, who, log.signed())
            if denials or past.record.allowed
        ]
    found.sort(key=lambda past: past.record.at)
    if form == "json":
        shown = [_as_json(past, words.vocabulary, clauses) for past in found]
        click.echo(json.dumps({"person": str(who), "operator": operator, "decisions": shown}, ensure_ascii=False))
    elif not found:
        click.echo(f"{_NOBODY.in_locale(lang)} {who}.")
    else:
        for past in found:
            _render(past, who, words.vocabulary, clauses, lang)


def _render(past: Past, who: Entity, vocabulary: Vocabulary, clauses: Mapping[str, Clause], lang: str) -> None:
    said = past.record.said
    asker = _ERASED.in_locale(lang) if past.subject is None else str(past.subject)
    may = (_ALLOWED if past.record.allowed else _DENIED).in_locale(lang)
    words = _words(past, vocabulary)
    click.echo(
        f"{say_instant(past.record.at.replace(microsecond=0))}  {asker} {may} {words['action'].in_locale(lang)}:"
        f" {words['category'].in_locale(lang)} ({who}), {_FOR.in_locale(lang)} {words['purpose'].in_locale(lang)}"
    )
    if past.record.is_signed is False:
        click.echo(f"    {_UNSIGNED.in_locale(lang)}")
    for clause in dict.fromkeys(reason["clause"] for reason in said["reasons"] if reason["clause"]):
        known = clauses.get(clause)
        told = "" if known is None else f": {known.text.in_locale(lang)}"
        house = "" if known is None or known.is_promise else f" ({_HOUSE.in_locale(lang)})"
        click.echo(f"    {_WHY.in_locale(lang)} {clause}{house}{told}")


def _as_json(past: Past, vocabulary: Vocabulary, clauses: Mapping[str, Clause]) -> dict[str, Any]:
    shown = as_json(past)
    shown["words"] = {kind: dict(text.as_map()) for kind, text in _words(past, vocabulary).items()}
    shown["sentences"] = {
        reason["clause"]: dict(clauses[reason["clause"]].text.as_map())
        for reason in past.record.said["reasons"]
        if reason["clause"] in clauses
    }
    return shown


def _words(past: Past, vocabulary: Vocabulary) -> dict[str, Text]:
    kinds = {"action": WordKind.ACTION, "category": WordKind.CATEGORY, "purpose": WordKind.PURPOSE}
    return {name: vocabulary.text(kind, past.record.said[name]) for name, kind in kinds.items()}
