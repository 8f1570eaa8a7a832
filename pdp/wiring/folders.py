"""Policy sets from folders and from revisions of a Git repository."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pdp.core.errors import InvalidPolicyError, UnavailableError
from pdp.core.finding import Finding
from pdp.core.text import nearest
from pdp.policy_set import PolicySet, build_policy_set
from pdp.wire.words import Words
from pdp_adapters.folder_policies import FolderPolicies
from pdp_adapters.git_policies import GitPolicies


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy sets that may be served, and the findings of every folder by operator."""

    sets: Mapping[str, PolicySet]
    findings: Mapping[str, tuple[Finding, ...]]

    @property
    def refused(self) -> tuple[str, ...]:
        """Return the operators whose folder has an error."""
        return tuple(sorted(self.findings.keys() - self.sets.keys()))


def load_policies(directory: Path, words: Words, *, only: str = "") -> Policies:
    """Build the policy set of every operator under *directory*; a folder with an error leaves the others alone.

    *only* names one operator to be built, if it is there. Raises UnavailableError when the directory cannot be read.
    """
    source = FolderPolicies(directory)
    sets: dict[str, PolicySet] = {}
    findings: dict[str, tuple[Finding, ...]] = {}
    for operator in source.operators():
        if only not in {"", operator}:
            continue
        try:
            policy = build_policy_set(operator, source.read(operator), words.vocabulary, words.schema)
            sets[operator], findings[operator] = policy, policy.warnings
        except InvalidPolicyError as error:
            findings[operator] = error.findings
    return Policies(sets, findings)


def folder_files(directory: Path, operator: str) -> Sequence[tuple[str, bytes]]:
    """Return (path, content) of the files that decide for *operator*; raises UnavailableError."""
    return FolderPolicies(directory).read(operator)


def load_policy_at(place: str, words: Words) -> PolicySet:
    """Build the policy set of the operator whose folder is at *place*: a path, or `REVISION:PATH` of a Git repository.

    The folder has the name of the operator, and the shared and the house's files lie beside it. Raises
    InvalidPolicyError with every finding, and UnavailableError when it cannot be read.
    """
    operator, files = read_policy_at(place)
    return build_policy_set(operator, files, words.vocabulary, words.schema)


def read_policy_at(place: str) -> tuple[str, Sequence[tuple[str, bytes]]]:
    """Return the operator whose folder is at *place*, as `load_policy_at` takes it, and its files with their paths.

    Raises UnavailableError when it cannot be read.
    """
    revision, colon, inside = place.partition(":")
    if colon and not Path(place).exists():
        folder = PurePosixPath(inside)
        return folder.name, GitPolicies(revision, folder.parent, Path()).read(folder.name)
    path = Path(place)
    if not path.is_dir():
        near = nearest(path.name, [each.name for each in path.parent.glob("*/")]) if path.parent.is_dir() else None
        raise UnavailableError(f"`{place}` is no folder" + (f"; did you mean `{path.parent / near}`?" if near else ""))
    # Places in files are told as the folder was named, unless it was named by no name of its own, such as `.`.
    if path.name in {"", ".."}:
        path = path.resolve()
    return path.name, FolderPolicies(path.parent).read(path.name)


def validate_directory(directory: Path, words: Words) -> Mapping[str, tuple[Finding, ...]]:
    """Return the findings of *directory*: of its operators' folders, or of itself when it is one.

    A folder without an error is reviewed too. Raises UnavailableError when it cannot be read.
    """
    if (directory / "policy.csv").exists():
        name, files = read_policy_at(str(directory))
        return {name: _findings(name, files, words)}
    source = FolderPolicies(directory)
    return {operator: _findings(operator, source.read(operator), words) for operator in source.operators()}


def _findings(operator: str, files: Sequence[tuple[str, bytes]], words: Words) -> tuple[Finding, ...]:
    try:
        policy = build_policy_set(operator, files, words.vocabulary, words.schema)
    except InvalidPolicyError as error:
        return error.findings
    from pdp.review import review  # nothing else that reads folders needs it

    return tuple(sorted([*policy.warnings, *review(policy, words.schema)], key=lambda finding: finding.place))
