"""Policy folders on a disk, and a keeper that watches them."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from pdp.activation import BY_SERVER, NoSeals, PolicyJudge, PolicyKeeper, Verdict
from pdp.core.ports import PolicyFiles
from pdp_adapters.folder_policies import FolderPolicies
from tests.unit.policy_set.small_folder import Files, the_files, the_schema, the_vocabulary

POLICY = "kidsonline/policy.csv"
DENY_ROW = "p, no-reads, deny, any, read, child_data, any, without_consent, KIDS-1.13, nothing\n"
"""A row that denies, without a consent, what the folder without a fault allows."""


def write(directory: Path, files: Files | None = None) -> Path:
    """Write the folder without a fault, or *files*, under *directory*."""
    for path, content in (files or the_files()).items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(content)
    return directory


def append(path: Path, text: str) -> None:
    """Add *text* to the end of the file at *path*."""
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def swap_link(link: Path, target: Path) -> None:
    """Let *link* point to *target*, in one step."""
    fresh = link.with_name(f".{link.name}-fresh")
    fresh.symlink_to(target)
    fresh.rename(link)


def replace_folder(folder: Path, by: Path) -> None:
    """Put the folder *by* in the place of *folder*, which goes away."""
    away = folder.with_name(f".{folder.name}-away")
    folder.rename(away)
    by.rename(folder)
    shutil.rmtree(away)


def a_judge() -> PolicyJudge:
    """Return a judge that asks for no signature."""
    return PolicyJudge(the_vocabulary(), the_schema(), NoSeals())


def a_keeper(directory: Path, files: PolicyFiles | None = None, judge: PolicyJudge | None = None) -> PolicyKeeper:
    """Return a keeper with the folders of *directory* in force."""
    source = files or FolderPolicies(directory)
    keeper = PolicyKeeper(source, judge or a_judge(), lambda: datetime.now(UTC))
    for operator in source.operators():
        act_on(keeper, keeper.examine(operator))
    return keeper


def act_on(keeper: PolicyKeeper, verdict: Verdict) -> None:
    """Put in force what may be, and keep in mind what may not."""
    if verdict.policy is None:
        keeper.refuse(verdict)
    else:
        keeper.accept(verdict, BY_SERVER)


def look(keeper: PolicyKeeper, times: int = 2) -> None:
    """Look *times* times: what has changed is new at the first and settled at the second."""
    for _ in range(times):
        for verdict in keeper.look():
            act_on(keeper, verdict)


def codes(keeper: PolicyKeeper, operator: str = "kidsonline") -> list[str]:
    """Return why the folder of *operator* was refused, [] when it was not."""
    refused = keeper.standing.refused.get(operator)
    return [finding.code for finding in refused.findings] if refused is not None else []


def revision(keeper: PolicyKeeper) -> str:
    """Return the revision in force."""
    return keeper.standing.sets["kidsonline"].revision


def same_stat(path: Path, text: str) -> None:
    """Give *path* another content of the same length, with the times of the former."""
    before = path.stat()
    content = text.encode()
    if len(content) != before.st_size:
        raise ValueError("the length has to stay")
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
