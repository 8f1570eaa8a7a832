"""`pdp prove`: what a policy must never allow, and what it must always, over the whole space."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pdp.cli.analysing import need_solver, progress_on_stderr
from pdp.cli.options import Exit, fail, output_options
from pdp.core.errors import InvalidPolicyError, PdpError
from pdp.policy_set import build_policy_set
from pdp.policy_set.building import INVARIANTS_FILE
from pdp.wire.json_form import message_to_json
from pdp.wire.outgoing import request_to_wire
from pdp.wire.words import Words
from pdp.wiring.folders import read_policy_at
from pdp.wiring.words import load_words

if TYPE_CHECKING:
    from pdp.analysis.invariants import WithInvariants
    from pdp.analysis.proving import Proof


@click.command()
@click.argument("folders", nargs=-1, required=True)
@click.option(
    "--only", multiple=True, metavar="NAME", help="Prove only the invariant of this name; may be given several times."
)
@click.option(
    "--witnesses",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the request that breaks each invariant into this directory.",
)
@output_options
def prove(folders: tuple[str, ...], only: tuple[str, ...], witnesses: Path | None, form: str, lang: str) -> None:
    """Prove the invariants.yaml of each of FOLDERS, or print a request that breaks one: `pdp explain` takes it.

    A folder is a path, such as policies/kidsonline, or REVISION:PATH of a Git repository. Every request was asked of
    the policy. Exit code 0: all invariants hold, 1: at least one does not, 2: trouble.
    """
    need_solver(lang)
    from pdp.analysis.proving import Prover, UnconfirmedBreachError
    from pdp.space import UndecidedError

    words = load_words()
    shown: list[dict[str, Any]] = []
    all_hold = True
    for folder in folders:
        stated = _stated(folder, words, lang)
        prover = Prover(stated, words)
        wanted = [one for one in stated.invariants if not only or one.name in only]
        tell = progress_on_stderr(f"pdp prove {stated.operator}")
        for at, invariant in enumerate(wanted):
            tell(at, len(wanted))
            try:
                proof = prover.proof(invariant)
            except (UndecidedError, UnconfirmedBreachError) as error:
                click.echo(f"pdp prove: {invariant.name}: {error}", err=True)
                sys.exit(Exit.TROUBLE)
            all_hold = all_hold and proof.holds
            shown.append(_as_json(stated.operator, proof))
            if witnesses is not None and proof.breach is not None:
                _write(witnesses, stated.operator, proof)
            if form == "text":
                click.echo(_line(stated.operator, proof, lang))
    if form == "json":
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    sys.exit(Exit.YES if all_hold else Exit.NO)


def _stated(folder: str, words: Words, lang: str) -> "WithInvariants":
    from pdp.analysis.invariants import read_invariants

    try:
        operator, files = read_policy_at(folder)
        policy = build_policy_set(operator, files, words.vocabulary, words.schema)
        written = [(path, content) for path, content in files if path.endswith(f"{operator}/{INVARIANTS_FILE}")]
        if not written:
            click.echo(f"{folder}: {INVARIANTS_FILE}?", err=True)
            sys.exit(Exit.TROUBLE)
        return read_invariants(policy, *written[0])
    except InvalidPolicyError as error:
        for finding in error.findings:
            click.echo(finding.in_locale(lang), err=True)
        sys.exit(Exit.TROUBLE)
    except PdpError as error:
        fail(error, lang)


def _line(operator: str, proof: "Proof", lang: str) -> str:
    invariant = proof.invariant
    head = f"{'✓' if proof.holds else '✗'} {operator} {invariant.name} ({', '.join(invariant.clauses)})"
    text = f"{head}\n  {invariant.text.in_locale(lang)}"
    if proof.breach is None or proof.answer is None:
        return text
    request = proof.breach
    rules = ", ".join(reason.rule for reason in proof.answer.reasons if reason.rule)
    label = "bị phá vỡ bởi" if lang == "vi" else "broken by"
    text += f"\n  {label}: {request.subject} {request.action} {request.resource.type} – {request.purpose} [{rules}]"
    return f"{text}\n{json.dumps(message_to_json(request_to_wire(request)), ensure_ascii=False)}"


def _as_json(operator: str, proof: "Proof") -> dict[str, Any]:
    invariant = proof.invariant
    return {
        "operator": operator,
        "invariant": invariant.name,
        "message": dict(invariant.text.as_map()),
        "clauses": list(invariant.clauses),
        "holds": proof.holds,
        "breach": None if proof.breach is None else message_to_json(request_to_wire(proof.breach)),
    }


def _write(directory: Path, operator: str, proof: "Proof") -> None:
    if proof.breach is not None:
        directory.mkdir(parents=True, exist_ok=True)
        written = json.dumps(message_to_json(request_to_wire(proof.breach)), ensure_ascii=False, indent=2)
        (directory / f"{operator}-{proof.invariant.name}.json").write_text(written + "\n", "utf-8")
