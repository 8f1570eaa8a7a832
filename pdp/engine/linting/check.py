"""Every finding in a Casbin model and its policy: the errors that keep it from loading, or else what is doubtful."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pdp.engine.finding import Finding, InvalidPolicyError, not_text
from pdp.engine.linting.doubts import Policy, find_doubts
from pdp.engine.linting.installed import check_installed
from pdp.engine.reading import Source, read_strictly
from pdp.engine.reading.model_lines import SECTIONS, model_lines
from pdp.engine.reading.report import Report
from pdp.engine.reading.row_lines import row_lines


def check_files(model_path: str | Path, policy_path: str | Path, functions: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Return every finding in two files, in order of their places, as `check_text` does.

    Raises OSError for a file that cannot be read.
    """
    names = str(model_path), str(policy_path)
    texts = []
    for name in names:
        try:
            texts.append(Path(name).read_bytes().decode())
        except UnicodeDecodeError:
            return (not_text(name),)
    # As PyCasbin opens them: line breaks of any system in the model, bytes in the policy.
    model_text = texts[0].replace("\r\n", "\n").replace("\r", "\n")
    return check_text(model_text, texts[1], functions, names)


def check_text(
    model_text: str, policy_text: str, functions: Iterable[str] = (), names: tuple[str, str] = ("model", "policy")
) -> tuple[Finding, ...]:
    """Return every finding in the texts of a model and a policy: errors if there are any, or else warnings and notes.

    *functions* are the names of those that the program will add; *names* are what findings call the two texts.
    """
    source = Source(model_text, policy_text, names)
    try:
        loaded, known = read_strictly(source, dict.fromkeys(functions, _added), configured=False)
    except InvalidPolicyError as error:
        return error.findings
    report = Report()
    lines = model_lines(names[0], model_text, Report())
    sections = {letter: {line.key: line for line in lines if SECTIONS[line.section] == letter} for letter in "rpgem"}
    find_doubts(Policy(loaded, known, sections, tuple(row_lines(names[1], policy_text, Report())), names), report)
    check_installed(names[0], report)
    return tuple(sorted(report.findings))


def _added(*_arguments: Any) -> bool:
    """Stand for a function that the program adds; nothing is evaluated here."""
    return False
