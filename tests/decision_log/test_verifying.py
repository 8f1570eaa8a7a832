"""Every tampering is found; a verifier that lacks a part lets some of them through."""

import shutil
from pathlib import Path

import pytest

from pdp.core.log_ports import LogHead
from pdp.decision_log.heads import head_line, is_signed_head, is_signed_removal, read_head
from pdp_adapters import ed25519
from pdp_adapters.log_key_folder import public_key
from pdp_adapters.memory_log_heads import MemoryLogHeads
from tests.decision_log.logs import Log
from tests.decision_log.tampering import TWINS, Files, Tampering


@pytest.fixture(scope="module")
def tampering(tmp_path_factory: pytest.TempPathFactory) -> Tampering:
    """Return a log that was tampered with a hundred times."""
    storm = Tampering(tmp_path_factory.mktemp("tampering"), seed=5)
    assert storm.untouched().is_whole
    for _ in range(100):
        storm.once(twins=True)
    return storm


def test_every_tampering_is_found(tampering: Tampering) -> None:
    """Edits, removals, moves, repetitions and truncations, by those who know the chain and those who do not."""
    assert tampering.missed.total() == 0, tampering.missed
    assert len(tampering.found) > 20


@pytest.mark.parametrize("twin", TWINS)
def test_a_verifier_that_lacks_a_part_is_got_past(tampering: Tampering, twin: str) -> None:
    """Each part is needed: the same tamperings get past a twin without it."""
    assert tampering.past_twins[twin] > 0


def test_a_log_as_it_was_written_is_whole(tmp_path: Path) -> None:
    """Nothing is found in it, and everything in it is counted."""
    log = Log(tmp_path / "log")
    log.write(20, heads_every=5)
    log.write(10, ends=False)
    verified = log.verified()
    assert verified.faults == []
    assert (verified.writers, verified.decisions, verified.records, verified.uncovered) == (2, 30, 33, 0)


def test_what_is_cut_off_with_every_head_is_not_found(tmp_path: Path) -> None:
    """The page says so: without the heads in the second place there is nothing left that could tell."""
    log = Log(tmp_path / "log")
    log.write(30, heads_every=5)
    (writer,) = log.folder.writers()
    files = Files.read(log.path, writer)
    kept = files.heads[2]
    files.put(files.all[: read_head(kept).number + 1])
    files.heads = files.heads[:3]
    files.write()
    assert [fault.code for fault in log.verified().faults] == ["truncated"]
    log.second = MemoryLogHeads()
    assert log.verified().is_whole


def test_the_end_of_a_killed_writer_is_a_note(tmp_path: Path) -> None:
    """Half a record at the very end was answered to nobody; in the middle it is a fault."""
    log = Log(tmp_path / "log", part_bytes=20_000)
    log.write(60, ends=False)
    last = sorted(log.path.glob("*.log"))[-1]
    with last.open("ab") as file:
        file.write(b'{"v":1,"seq":61,"event":"deci')
    verified = log.verified()
    assert (verified.faults, [note.code for note in verified.notes]) == ([], ["cut-off"])
    first = sorted(log.path.glob("*.log"))[0]
    first.write_bytes(first.read_bytes()[:-1])
    assert not log.verified().is_whole


def test_records_after_the_last_head_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads the result sees how many records the chain alone protects."""
    monkeypatch.setattr("pdp.decision_log.writing.HEAD_SECONDS", 600.0)  # none is signed while this is looked at
    log = Log(tmp_path / "log")
    chain = log.chain()
    point = log.point(chain)
    from tests.decision_log.logs import the_requests

    for request in the_requests()[:9]:
        point.check(request)
    verified = log.verified()
    assert (verified.is_whole, verified.uncovered) == (True, 9)


def test_heads_of_another_log_in_the_same_store_are_no_faults(tmp_path: Path) -> None:
    """Servers on two machines keep two logs, and their heads in one store."""
    one = Log(tmp_path / "one")
    other = Log(tmp_path / "other", one.second)
    one.write(5)
    other.write(5)
    assert len(one.second.heads()) == 2
    assert one.verified().is_whole
    assert other.verified().is_whole
    shutil.rmtree(other.path / "keys")
    for path in other.path.iterdir():
        path.unlink()
    shutil.copytree(one.path / "keys", other.path / "keys")
    assert not other.verified().is_whole


def test_a_head_is_no_statement_of_removal(tmp_path: Path) -> None:
    """Else a head would be enough to cut the beginning off."""
    log = Log(tmp_path / "log")
    log.write(30, heads_every=5)
    (writer,) = log.folder.writers()
    files = Files.read(log.path, writer)
    head = read_head(files.heads[2])
    key = public_key(log.path)
    assert is_signed_head(head, key, ed25519.verifies)
    assert not is_signed_removal(head, key, ed25519.verifies)
    log.folder.keep_removed(writer, head_line(head))
    files.put(files.all[head.number + 1 :])
    files.write()
    assert not log.verified().is_whole


@pytest.mark.parametrize("field", ["writer", "number", "digest", "at"])
def test_a_signature_is_over_every_field(tmp_path: Path, field: str) -> None:
    """A head with another value in any field is not signed."""
    log = Log(tmp_path / "log")
    log.write(3)
    (head,) = log.second.heads()
    values = {"writer": head.writer, "number": head.number, "digest": head.digest, "at": head.at}
    others = {"writer": head.writer + "0", "number": head.number - 1, "digest": bytes(32), "at": head.at + "0"}
    changed = LogHead(**{**values, field: others[field]}, signature=head.signature)  # type: ignore[arg-type]
    key = public_key(log.path)
    assert is_signed_head(head, key, ed25519.verifies)
    assert not is_signed_head(changed, key, ed25519.verifies)
