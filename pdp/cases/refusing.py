"""Says which changes of a rule the loader refuses."""

from collections.abc import Callable, Sequence

from pdp.cases.mutants import Mutant
from pdp.core.finding import Severity
from pdp.policy_set import LINE_BREAK, check_folder
from pdp.wire.words import Words

Files = Sequence[tuple[str, bytes]]


def refusing(operator: str, files: Files, words: Words) -> Callable[[Mutant], bool]:
    """Return what says whether the folder of *operator*, its *files* edited by a change, would be refused."""
    return lambda mutant: _has_error(operator, edited(files, mutant), words)


def edited(files: Files, mutant: Mutant) -> Files:
    """Return *files* with other lines in the place of the rule's, and everything else as it stands."""
    return [(path, _edited(content, mutant) if path == mutant.before.file else content) for path, content in files]


def _edited(content: bytes, mutant: Mutant) -> bytes:
    lines = LINE_BREAK.split(content.decode("utf-8"))
    at = mutant.before.line - 1
    return "\n".join([*lines[:at], *mutant.lines(), *lines[at + 1 :]]).encode()


def _has_error(operator: str, files: Files, words: Words) -> bool:
    found = check_folder(operator, files, words.vocabulary, words.schema)
    return any(finding.severity is Severity.ERROR for finding in found)
