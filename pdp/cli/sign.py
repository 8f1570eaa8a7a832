"""`pdp new-key`, `pdp sign` and `pdp verify`: who answers for a policy folder."""

import base64
import json
import sys
from pathlib import Path
from typing import Final

import click

from pdp.activation import SEAL_FILE, PolicyJudge, sealed
from pdp.cli.options import Exit, fail, output_options, tell
from pdp.core.errors import InvalidSettingsError, PdpError
from pdp.core.finding import Severity
from pdp.core.text import Text
from pdp.wiring.activation import candidate_in, in_force_at, new_key, pinned_seals, signer
from pdp.wiring.words import load_words

_SIGNED: Final = Text(
    vi="{operator}: đã ký {files} tệp, số {number}, tổng cộng {signatures} chữ ký",
    en="{operator}: {files} files signed, number {number}, {signatures} signatures in all",
)
_NO_SEAL: Final = Text(
    vi="{file}: không phải tệp chữ ký: {error}; hãy xóa tệp này rồi ký lại",
    en="{file}: not a file of signatures: {error}; remove it and sign again",
)
_PINNED: Final = Text(vi="{name} {public_key}", en="{name} {public_key}")
_RIGHT: Final = Text(vi="{operator}: đã được ký đúng", en="{operator}: rightly signed")

folder_argument = click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))


@click.command(name="new-key")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@output_options
def make_key(name: str, file: Path, form: str, lang: str) -> None:
    """Make a key for NAME, keep its private half in FILE, and print the line that pins its public half.

    FILE has no password: keep it where only its owner can read it. Exit code 0: made, 2: trouble.
    """
    try:
        public = new_key(file)
    except PdpError as error:
        fail(error, lang)
    tell({"name": name, "public_key": base64.b64encode(public).decode()}, _PINNED, form, lang)


@click.command()
@folder_argument
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The signer's private key.")
@output_options
def sign(folder: Path, key: Path, form: str, lang: str) -> None:
    """Sign all that decides in FOLDER, the folder of one operator, and in the shared folder beside it.

    Where signatures of these very files are there, one more is added. Exit code 0: signed, 2: trouble.
    """
    file = folder / SEAL_FILE
    try:
        candidate = candidate_in(folder)
        seal = sealed(candidate, signer(key).sign)
    except PdpError as error:
        fail(error, lang)
    except ValueError as error:
        click.echo(_NO_SEAL.in_locale(lang).format(file=file, error=error), err=True)
        sys.exit(Exit.TROUBLE)
    fresh = file.with_name(f".{SEAL_FILE}")
    fresh.write_text(seal.as_json(), "utf-8")
    fresh.replace(file)
    signed = {
        "operator": seal.operator,
        "files": len(seal.files),
        "number": seal.number,
        "signatures": len(seal.signatures),
    }
    tell(signed, _SIGNED, form, lang)


@click.command()
@folder_argument
@click.option("--policy-keys", type=click.Path(path_type=Path), required=True, help="The keys that are pinned.")
@click.option("--second-signature", is_flag=True, help="Two persons have to sign.")
@click.option(
    "--in-place-of",
    metavar="PLACE",
    help="A folder, or REVISION:PATH: the second person is needed only for what allows more than it.",
)
@output_options
def verify(
    folder: Path, policy_keys: Path, second_signature: bool, in_place_of: str | None, form: str, lang: str
) -> None:
    """Say whether a server with these keys would put FOLDER in force, the folder of one operator.

    Exit code 0: yes, 1: no, 2: trouble.
    """
    try:
        words = load_words()
        second = ("yes" if in_place_of is None else "newly-allowed") if second_signature else "no"
        former = None if in_place_of is None else in_force_at(in_place_of, words)
        seals = pinned_seals(policy_keys, second)
        verdict = PolicyJudge(words.vocabulary, words.schema, seals).judge(candidate_in(folder), former)
    except InvalidSettingsError as error:
        for mistake in error.mistakes:
            click.echo(mistake, err=True)
        sys.exit(Exit.TROUBLE)
    except PdpError as error:
        fail(error, lang)
    wrong = [each for each in verdict.findings if each.severity is Severity.ERROR]
    is_right = verdict.policy is not None
    if form == "json":
        said = {
            "operator": verdict.candidate.operator,
            "is_right": is_right,
            "errors": [each.message.as_map() for each in wrong],
        }
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        for finding in wrong:
            click.echo(finding.in_locale(lang))
        if is_right:
            click.echo(_RIGHT.in_locale(lang).format(operator=verdict.candidate.operator))
    sys.exit(Exit.YES if is_right else Exit.NO)
