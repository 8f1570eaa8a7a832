"""`pdp matrix`: who may what, over the whole space."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from pdp.cli.analysing import jobs_option, need_solver, progress_on_stderr
from pdp.cli.options import Exit, fail, language_option
from pdp.core.errors import PdpError
from pdp.core.policy import ANY
from pdp.core.vocabulary import WordKind
from pdp.policy_set import PolicySet
from pdp.wiring.folders import load_policy_at
from pdp.wiring.words import load_words

if TYPE_CHECKING:
    from pdp.analysis.matrix import Bearing
    from pdp.analysis.sections import Part, Section


@click.command()
@click.argument("folder")
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="Only this role, or those in this group.")
@click.option("--category", "categories", multiple=True, metavar="CATEGORY", help="Only this and what lies in it.")
@click.option("--action", "actions", multiple=True, metavar="ACTION", help="Only this action, or those in this group.")
@click.option("--purpose", "purposes", multiple=True, metavar="PURPOSE", help="Only this and what lies in it.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "html", "json"]),
    default="text",
    show_default=True,
    help="Text for the terminal, HTML for one page to be printed, JSON in both languages for programs.",
)
@jobs_option
@language_option
def matrix(
    folder: str,
    roles: tuple[str, ...],
    categories: tuple[str, ...],
    actions: tuple[str, ...],
    purposes: tuple[str, ...],
    form: str,
    jobs: int | None,
    lang: str,
) -> None:
    """Print who may what by the policy in FOLDER: what is allowed, denied, or allowed under which conditions.

    FOLDER is a path, such as policies/kidsonline, or REVISION:PATH of a Git repository. The text has an overview; where
    words are named, also every answer about them. Exit code 0: printed, 2: trouble.
    """
    need_solver(lang)
    from pdp.analysis.matrix import Matrix
    from pdp.analysis.sections import sections
    from pdp.analysis.shared_work import cores
    from pdp.space import UndecidedError

    words = load_words()
    try:
        policy = load_policy_at(folder, words)
    except PdpError as error:
        fail(error, lang)
    named = {
        WordKind.ROLE: roles,
        WordKind.CATEGORY: categories,
        WordKind.ACTION: actions,
        WordKind.PURPOSE: purposes,
    }
    wanted = {kind: _inside(policy, kind, some) for kind, some in named.items() if some}
    try:
        looked_at = Matrix(policy, words.schema, wanted, jobs or cores())
        found = sections(looked_at, progress_on_stderr(f"pdp matrix {policy.operator}"))
    except UndecidedError as error:
        click.echo(f"pdp matrix: {error}", err=True)
        sys.exit(Exit.TROUBLE)
    if form == "html":
        from pdp.cli.matrix_page import page

        click.echo(page(policy, found, lang), nl=False)
    elif form == "json":
        click.echo(json.dumps(_as_json(policy, found), ensure_ascii=False, indent=2))
    else:
        from pdp.cli.matrix_text import render_matrix

        render_matrix(policy, found, lang, in_detail=bool(wanted))


def _inside(policy: PolicySet, kind: WordKind, named: Sequence[str]) -> frozenset[str]:
    """Return every word that is one of *named* or lies in one."""
    inside: Mapping[str, frozenset[str]] = policy.hierarchies.downward[kind]
    for word in named:
        if word != ANY and word not in inside:
            nearest = policy.vocabulary.nearest(kind, word)
            hint = f"; did you mean `{nearest}`?" if nearest else ""
            raise click.BadParameter(f"there is no {kind.singular} `{word}`{hint}", param_hint=f"--{kind.singular}")
    if ANY in named:
        return frozenset(policy.vocabulary.words(kind))
    return frozenset().union(*(inside[word] for word in named)) & frozenset(policy.vocabulary.words(kind))


def _as_json(policy: PolicySet, found: "Sequence[Section]") -> dict[str, Any]:
    return {
        "operator": policy.operator,
        "revision": policy.revision,
        "sections": [
            {
                "roles": list(section.roles),
                "best": {word: permission.value for word, permission in section.best.items()},
                "parts": [_part(policy, part) for part in section.parts],
            }
            for section in found
        ],
    }


def _part(policy: PolicySet, part: "Part") -> dict[str, Any]:
    entry = part.entry
    return {
        "answer": entry.permission.value,
        "regions": [
            {"categories": list(box.categories), "actions": list(box.actions), "purposes": list(box.purposes)}
            for box in part.regions
        ],
        "allowing": [_bearing(policy, one) for one in entry.allowing],
        "denying": [_bearing(policy, one) for one in entry.denying],
        "kept_back": {word: [_bearing(policy, one) for one in kept] for word, kept in entry.kept_back},
        "emptied": entry.emptied,
    }


def _bearing(policy: PolicySet, one: "Bearing") -> dict[str, Any]:
    return {
        "rule": one.rule.id,
        "clause": one.rule.clause,
        "sentence": dict(policy.clauses[one.rule.clause].text.as_map()),
        "conditions": [
            {"condition": name, "message": dict(policy.conditions[name].text.as_map())} for name in one.conditions
        ],
    }
