"""A folder of contents: whole or not at all, durable, and believed only where nobody else may write."""

import os
from pathlib import Path

import pytest

from pdp.core.errors import UnavailableError
from pdp_adapters.kept_folder import KeptFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where the folder is to be."""
    return tmp_path / "state" / "kept"


def test_a_content_is_that_which_was_written_last(folder: Path) -> None:
    """Also through another instance, as after a restart; what is removed is gone."""
    kept = KeptFolder(folder)
    assert kept.read("one") is None
    kept.write("one", b"first")
    kept.write("one", b"second")
    kept.write("two", b"other")
    assert (KeptFolder(folder).read("one"), KeptFolder(folder).read("two")) == (b"second", b"other")
    kept.remove("one")
    kept.remove("one")
    assert (kept.read("one"), kept.read("two")) == (None, b"other")


def test_it_is_for_its_user_alone(folder: Path) -> None:
    """The folder and the files, whatever the mask of the process."""
    before = os.umask(0)
    try:
        KeptFolder(folder).write("one", b"content")
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "one.json").stat().st_mode & 0o777 == 0o600


def test_a_write_that_breaks_off_leaves_the_former_content(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, say; the next write is not kept from anything by what was left."""
    kept = KeptFolder(folder)
    kept.write("one", b"former")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UnavailableError, match="cannot be written: No space left"):
            kept.write("one", b"later")
    assert kept.read("one") == b"former"
    kept.write("one", b"later")
    assert (kept.read("one"), sorted(os.listdir(folder))) == (b"later", ["one.json"])


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_to_is_not_read(mode: int, folder: Path) -> None:
    """Somebody else could say what was in force."""
    kept = KeptFolder(folder)
    kept.write("one", b"content")
    (folder / "one.json").chmod(mode)
    with pytest.raises(UnavailableError, match="written by others"):
        kept.read("one")


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_that_others_may_write_to_is_not_used(mode: int, folder: Path) -> None:
    """Neither at the start nor when it became so later."""
    kept = KeptFolder(folder)
    kept.write("one", b"content")
    folder.chmod(mode)
    with pytest.raises(UnavailableError, match="written by others"):
        KeptFolder(folder)
    with pytest.raises(UnavailableError, match="written by others"):
        kept.read("one")


def test_no_link_is_followed_and_nothing_but_a_file_is_read(folder: Path) -> None:
    """A link could lead to a file of this user that says something else."""
    kept = KeptFolder(folder)
    kept.write("one", b"content")
    (folder / "link.json").symlink_to("one.json")
    (folder / "folder.json").mkdir()
    for name in ("link", "folder"):
        with pytest.raises(UnavailableError):
            kept.read(name)


def test_a_folder_that_cannot_be_made_is_told(folder: Path) -> None:
    """A file stands in its place."""
    folder.parent.mkdir()
    folder.write_bytes(b"")
    with pytest.raises(UnavailableError, match="cannot be used"):
        KeptFolder(folder)
