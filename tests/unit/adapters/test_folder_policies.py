"""Policy files from a directory."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from pdp.core.errors import UnavailableError
from pdp_adapters import settled_files
from pdp_adapters.folder_policies import MAXIMUM_FILES, FolderPolicies


def a_directory(root: Path) -> Path:
    """Return a directory with one operator's folder, the shared one and a hidden one."""
    for name in ("kidsonline", "shared", ".drafts"):
        (root / name).mkdir()
        (root / name / "conditions.yaml").write_text(f"# {name}\n", "utf-8")
    (root / "README.md").write_text("no folder\n", "utf-8")
    (root / "kidsonline" / ".swp").write_text("half an edit\n", "utf-8")
    return root


def test_operators_are_the_folders_that_are_neither_shared_nor_hidden(tmp_path: Path) -> None:
    """The shared folder and hidden ones are no operators."""
    assert FolderPolicies(a_directory(tmp_path)).operators() == ["kidsonline"]


def test_a_folder_comes_with_the_shared_files_and_without_hidden_ones(tmp_path: Path) -> None:
    """The files of an operator are its own and those of all operators."""
    files = FolderPolicies(a_directory(tmp_path)).read("kidsonline")

    assert [Path(path).relative_to(tmp_path).as_posix() for path, _ in files] == [
        "kidsonline/conditions.yaml",
        "shared/conditions.yaml",
    ]


def test_a_directory_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A missing directory or folder is no empty one."""
    with pytest.raises(UnavailableError, match="cannot be read"):
        FolderPolicies(tmp_path / "nowhere").operators()
    with pytest.raises(UnavailableError, match="cannot be read"):
        FolderPolicies(tmp_path).read("kidsonline")


def test_a_folder_of_very_many_files_is_refused(tmp_path: Path) -> None:
    """A folder with more files than any has is not read in part."""
    directory = a_directory(tmp_path)
    for number in range(MAXIMUM_FILES):
        (directory / "kidsonline" / f"f{number}").write_text("", "utf-8")

    with pytest.raises(UnavailableError, match="more than"):
        FolderPolicies(directory).read("kidsonline")


def test_a_folder_that_goes_after_it_was_read_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The listing that is compared with the first may find nothing left; whoever watches has to live through it."""
    folder = tmp_path / "kidsonline"
    folder.mkdir()
    (folder / "policy.csv").write_text("p, a rule\n", "utf-8")

    def read_and_lose(paths: Iterable[Path]) -> list[tuple[str, bytes]]:
        files = settled_files.read_settled(paths)
        folder.rename(tmp_path / ".gone")
        return files

    monkeypatch.setattr("pdp_adapters.folder_policies.read_settled", read_and_lose)

    with pytest.raises(UnavailableError, match="kidsonline"):
        FolderPolicies(tmp_path).read_settled("kidsonline")
