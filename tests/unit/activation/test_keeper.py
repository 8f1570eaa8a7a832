"""What is in force changes for something valid, whole and settled; nothing else takes it away."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pdp.activation.keeper import LOOKS_BORNE
from pdp.core.errors import UnsettledError
from pdp_adapters.folder_policies import FolderPolicies
from tests.unit.activation.folders import (
    DENY_ROW,
    POLICY,
    a_keeper,
    act_on,
    append,
    codes,
    look,
    replace_folder,
    revision,
    same_stat,
    swap_link,
    write,
)
from tests.unit.policy_set.small_folder import the_files


def test_a_changed_folder_is_in_force_once_it_has_settled(tmp_path: Path) -> None:
    """At the first look it is new, at the second it is settled; then it is judged once."""
    keeper = a_keeper(write(tmp_path))
    before = revision(keeper)
    append(tmp_path / POLICY, DENY_ROW)

    assert keeper.look() == ()
    assert revision(keeper) == before
    (verdict,) = keeper.look()
    act_on(keeper, verdict)

    assert revision(keeper) != before
    assert "no-reads" in keeper.standing.sets["kidsonline"].rules
    assert keeper.look() == ()


def test_the_content_counts_and_not_the_time_of_the_file(tmp_path: Path) -> None:
    """A file with another content of the same length and time is another file."""
    keeper = a_keeper(write(tmp_path))
    before = revision(keeper)
    same_stat(tmp_path / POLICY, (tmp_path / POLICY).read_text("utf-8").replace("# Who may", "# WHO MAY"))
    look(keeper)

    assert revision(keeper) != before


def test_cases_and_notes_decide_nothing(tmp_path: Path) -> None:
    """A folder whose cases have changed is not read again."""
    keeper = a_keeper(write(tmp_path))
    (tmp_path / "kidsonline" / "cases.json").write_text("[]\n", "utf-8")
    (tmp_path / "kidsonline" / "README.md").write_text("notes\n", "utf-8")

    assert [*keeper.look(), *keeper.look()] == []


def test_the_shared_folder_belongs_to_every_operator(tmp_path: Path) -> None:
    """What changes there changes the revision of those who use it."""
    keeper = a_keeper(write(tmp_path))
    before = revision(keeper)
    append(tmp_path / "shared" / "conditions.yaml", "# another day\n")
    look(keeper)

    assert revision(keeper) != before


def cut_in_a_line(folder: Path) -> None:
    """Lose the end of the last line and all behind it."""
    file = folder / "policy.csv"
    file.write_bytes(file.read_bytes()[:-3])


def misspell(folder: Path) -> None:
    """Write an effect that Casbin would drop without a word."""
    append(folder / "policy.csv", DENY_ROW.replace("deny", "Deny"))


def lose_a_file(folder: Path) -> None:
    """Delete a file that every folder must have."""
    (folder / "granting.yaml").unlink()


def empty_a_file(folder: Path) -> None:
    """Leave a policy of no bytes."""
    (folder / "policy.csv").write_bytes(b"")


def empty_the_folder(folder: Path) -> None:
    """Leave a folder without a file."""
    for path in folder.iterdir():
        path.unlink()


def delete_the_folder(folder: Path) -> None:
    """Leave no folder."""
    shutil.rmtree(folder)


def delete_everything(folder: Path) -> None:
    """Leave no directory of policies at all."""
    shutil.rmtree(folder.parent)


def rename_away(folder: Path) -> None:
    """Leave the folder under a name that nobody knows."""
    folder.rename(folder.with_name("kidsonline-old"))


SPOILT: list[tuple[Callable[[Path], None], str]] = [
    (cut_in_a_line, "cut-off"),
    (misspell, "unknown-effect"),
    (lose_a_file, "file-missing"),
    (empty_a_file, "policy-empty"),
    (empty_the_folder, "file-missing"),
    (delete_the_folder, "folder-unreadable"),
    (delete_everything, "folder-unreadable"),
    (rename_away, "folder-unreadable"),
]


@pytest.mark.parametrize(("spoil", "code"), SPOILT, ids=[spoil.__name__ for spoil, _ in SPOILT])
def test_the_last_good_set_stays_and_says_why(spoil: Callable[[Path], None], code: str, tmp_path: Path) -> None:
    """Nothing that happens to a folder takes its operator out of force; once it is mended, the refusal is gone."""
    keeper = a_keeper(write(tmp_path / "policies"))
    before = keeper.standing.active["kidsonline"]
    spoil(tmp_path / "policies" / "kidsonline")
    look(keeper)

    assert code in codes(keeper)
    assert keeper.standing.active["kidsonline"].policy is before.policy
    assert keeper.standing.active["kidsonline"].since == before.since

    shutil.rmtree(tmp_path / "policies", ignore_errors=True)
    write(tmp_path / "policies")
    look(keeper)

    assert codes(keeper) == []
    assert keeper.standing.active["kidsonline"].policy is before.policy
    assert keeper.standing.active["kidsonline"].since == before.since


def test_a_new_folder_is_put_in_force_and_one_of_nobody_is_refused(tmp_path: Path) -> None:
    """An operator that had no folder at the start gets its set; a name that is no operator's gets none."""
    (tmp_path / "shared").mkdir()
    keeper = a_keeper(tmp_path)
    assert keeper.standing.sets == {}
    write(tmp_path)
    shutil.copytree(tmp_path / "kidsonline", tmp_path / "kidsonlin")
    look(keeper)

    assert set(keeper.standing.sets) == {"kidsonline"}
    assert codes(keeper, "kidsonlin") == ["unknown-operator"]


def test_a_folder_swapped_by_its_link_is_read_whole(tmp_path: Path) -> None:
    """As mounted configuration does it: one rename of a link puts all files in place."""
    write(tmp_path / "v1")
    write(tmp_path / "v2")
    append(tmp_path / "v2" / POLICY, DENY_ROW)
    (tmp_path / "policies").symlink_to("v1")
    keeper = a_keeper(tmp_path / "policies")
    before = revision(keeper)
    swap_link(tmp_path / "policies", Path("v2"))
    look(keeper)
    assert "no-reads" in keeper.standing.sets["kidsonline"].rules
    swap_link(tmp_path / "policies", Path("v1"))
    look(keeper)
    assert revision(keeper) == before


def test_files_that_are_links_into_a_swapped_folder_are_read_whole(tmp_path: Path) -> None:
    """As Kubernetes does it: each file is a link through `..data`, which is replaced in one step."""
    for version, more in (("..v1", ""), ("..v2", DENY_ROW)):
        write(tmp_path / "kidsonline" / version)
        append(tmp_path / "kidsonline" / version / POLICY, more)
    write(tmp_path / "shared-of", {path: content for path, content in the_files().items() if "shared/" in path})
    (tmp_path / "shared-of" / "shared").rename(tmp_path / "shared")
    (tmp_path / "shared-of").rmdir()
    (tmp_path / "kidsonline" / "..data").symlink_to("..v1")
    for path in the_files():
        operator, _, name = path.partition("/")
        if operator == "kidsonline":
            (tmp_path / "kidsonline" / name).symlink_to(f"..data/kidsonline/{name}")
    keeper = a_keeper(tmp_path)
    assert "no-reads" not in keeper.standing.sets["kidsonline"].rules
    swap_link(tmp_path / "kidsonline" / "..data", Path("..v2"))
    look(keeper)

    assert "no-reads" in keeper.standing.sets["kidsonline"].rules


def test_a_folder_replaced_by_renames_is_read_whole(tmp_path: Path) -> None:
    """The new folder stands beside the old one, under a hidden name, until it takes its place."""
    keeper = a_keeper(write(tmp_path))
    shutil.copytree(tmp_path / "kidsonline", tmp_path / ".next")
    append(tmp_path / ".next" / "policy.csv", DENY_ROW)
    look(keeper)
    assert "no-reads" not in keeper.standing.sets["kidsonline"].rules
    replace_folder(tmp_path / "kidsonline", tmp_path / ".next")
    look(keeper)

    assert "no-reads" in keeper.standing.sets["kidsonline"].rules


def test_a_file_that_somebody_writes_is_not_read(tmp_path: Path) -> None:
    """However long they pause, and however valid the half is; after some looks it is told, in the end it is read."""
    write(tmp_path)
    append(tmp_path / POLICY, DENY_ROW)
    keeper = a_keeper(tmp_path)
    before = revision(keeper)
    whole = (tmp_path / POLICY).read_text("utf-8")
    with (tmp_path / POLICY).open("w", encoding="utf-8") as file:
        file.write(whole.removesuffix(DENY_ROW))
        file.flush()
        look(keeper, LOOKS_BORNE - 1)
        assert codes(keeper) == []
        look(keeper, 1)
        assert codes(keeper) == ["being-written"]
        assert revision(keeper) == before
        with pytest.raises(UnsettledError):
            FolderPolicies(tmp_path).read_settled("kidsonline")
        assert [finding.code for finding in keeper.examine("kidsonline").findings] == ["being-written"]
        file.write(DENY_ROW)
    look(keeper)

    assert codes(keeper) == []
    assert revision(keeper) == before


def test_what_was_refused_cannot_be_put_in_force(tmp_path: Path) -> None:
    """Nobody can accept a verdict without a set."""
    keeper = a_keeper(write(tmp_path))
    misspell(tmp_path / "kidsonline")
    verdict = keeper.examine("kidsonline")
    assert verdict.policy is None
    with pytest.raises(ValueError, match="refused"):
        keeper.accept(verdict, "somebody")


def test_rules_of_the_house_that_are_deleted_stay_in_force(tmp_path: Path) -> None:
    """Without the folder of the house the rest would be valid, and lack what the house refuses."""
    write(tmp_path)
    (tmp_path / "house" / "kidsonline").mkdir(parents=True)
    row = "p, house-no-reads, deny, any, read, child_data, any, without_consent, HOUSE-1, nothing\n"
    (tmp_path / "house" / "kidsonline" / "policy.csv").write_text(row, "utf-8")
    clause = "HOUSE-1:\n  quote: Không.\n  en: No.\n  section: Nhà\n  kind: decision\n"
    (tmp_path / "house" / "kidsonline" / "clauses.yaml").write_text(clause, "utf-8")
    keeper = a_keeper(tmp_path)
    assert codes(keeper) == []
    before = keeper.standing.active["kidsonline"]
    assert "house-no-reads" in before.policy.rules
    shutil.rmtree(tmp_path / "house")
    look(keeper)

    assert codes(keeper) == ["rules-gone"]
    assert keeper.standing.active["kidsonline"].policy is before.policy
    assert keeper.standing.active["kidsonline"].since == before.since
