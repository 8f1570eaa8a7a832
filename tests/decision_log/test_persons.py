"""What is about a person can be told, erased and kept for as long as somebody wants; the chain goes on to verify."""

import binascii
import json
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pdp.cli import main
from pdp.core.entity import Entity
from pdp.core.errors import UnavailableError
from pdp.core.log_ports import LogHead, PersonKey
from pdp.decision_log import about_person, past_of, prune, records, sealing
from pdp.decision_log.heads import head_line, read_head
from pdp.decision_log.sealing import NONCE_BYTES, Seal
from pdp_adapters.log_key_folder import log_keys
from pdp_adapters.person_key_file import PersonKeyFile
from tests.builders import KIDSONLINE, POLICIES
from tests.decision_log.logs import Log, the_requests
from tests.decision_log.tampering import Files
from tests.system.running import wait_until

COUNT = 120


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Return a log of some decisions, in several files."""
    written = Log(tmp_path / "log", part_bytes=30_000)
    written.write(COUNT, heads_every=10)
    return written


def a_child() -> Entity:
    """Return the child that most of the decisions are about."""
    asked = [request.resource.data_subject for request in the_requests()[:COUNT]]
    return max((each for each in asked if each is not None and each.type == "child"), key=asked.count)


def run(*arguments: str | Path) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_erasing_a_person_erases_what_names_the_person_and_nothing_else(log: Log) -> None:
    """By another process: whoever reads the files afterwards finds no key; all other parts can be read still."""
    child = a_child()
    before = {each.decision_id: past_of(each, log.keys.persons) for each in records(log.folder)}
    text = (log.path / "keys/persons.keys").read_bytes()
    with (log.path / "keys/persons.keys").open("rb") as held:
        assert log.keys.persons.erase(KIDSONLINE, child) == 1
        assert held.read() == bytes(len(text))  # the file that was replaced holds nothing any more
    keys = log_keys(log.path).persons
    assert log.verified().is_whole
    erased = 0
    for record in records(log.folder):
        past, was = past_of(record, keys), before[record.decision_id]
        if was.data_subject == child:
            erased += 1
            assert past.request is None
            assert (past.data_subject, past.resource, past.parameters, past.failures) == (None, None, (), ())
        elif was.request is not None and str(child) not in str(was.request):
            assert past.request == was.request
        assert str(child) not in str(past.request)
        assert str(child) not in str(past.seen)
    assert erased > 3
    assert list(about_person(log.folder, keys, KIDSONLINE, child)) == []


def opens_with_one(seal: Seal, keys: Sequence[PersonKey]) -> bool:
    """Say whether one of the keys is enough to read what was sealed for all."""
    sealed = binascii.a2b_base64(orjson.loads(seal.seal(b"about", b"content"))[1])
    for each in keys:
        with suppress(InvalidTag):
            AESGCM(each.key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], b"about")
            return True
    return False


def test_a_part_about_two_persons_is_gone_with_either_key(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """No single key opens it; of a broken twin that seals with the first key alone, one does."""
    keys = [log.keys.persons.of(KIDSONLINE, Entity("user", name)) for name in ("a", "b")]
    assert not opens_with_one(Seal(keys), keys)
    monkeypatch.setattr(sealing, "joint_key", lambda several: several[0])
    assert opens_with_one(Seal(keys), keys)


def test_a_running_writer_learns_that_a_key_is_gone(log: Log) -> None:
    """What is written after that is sealed with a new key; nothing of the old one is used again."""
    child = a_child()
    request = next(each for each in the_requests() if each.resource.data_subject == child)
    chain = log.chain()
    point = log.point(chain)
    point.check(request)
    log_keys(log.path).persons.erase(KIDSONLINE, child)  # as another process does
    log.keys.persons.refresh()
    decision = point.check(request)
    chain.end()
    found = list(about_person(log.folder, log.keys.persons, KIDSONLINE, child))
    assert [past.record.decision_id for past in found] == [decision.decision_id]
    assert log.verified().is_whole


def test_the_receipt_of_facts_erase_says_so(log: Log, tmp_path: Path) -> None:
    """One command for both; without the log the receipt says that it was not touched."""
    child = a_child()
    store = f"sqlite:///{tmp_path}/facts.db"
    erase = ["facts", "erase", str(child), "--operator", KIDSONLINE, "--store", store]
    receipt = json.loads(run(*erase).stdout)
    assert (receipt["decision_log"], receipt["log_keys"]) == (None, None)
    receipt = json.loads(run(*erase, "--decision-log", log.path).stdout)
    assert (receipt["decision_log"], receipt["log_keys"]) == (str(log.path), 1)
    assert json.loads(run(*erase, "--decision-log", log.path).stdout)["log_keys"] == 0
    mode = stat.S_IMODE((log.path / "keys/persons.keys").stat().st_mode)
    assert mode == 0o600
    log.keys.persons.refresh()
    assert log.keys.persons.known(KIDSONLINE, child) is None


# --- The report -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "words"), [("vi", "được phép"), ("en", "was allowed to")])
def test_a_person_is_told_who_was_allowed_what(log: Log, lang: str, words: str) -> None:
    """Every allow about the child, no other, each with its published sentence."""
    child = a_child()
    own = [past_of(each, log.keys.persons) for each in records(log.folder)]
    allowed = [past for past in own if past.data_subject == child and past.record.allowed]
    command = ["log", "person", str(log.path), str(child), "--operator", KIDSONLINE, "--policies", str(POLICIES)]
    done = run(*command, "--lang", lang)
    told = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert len(told) == len(allowed) > 0
    assert all(words in line and str(child) in line for line in told)
    for past in allowed:
        assert any(str(past.subject) in line for line in told)
    clauses = {reason["clause"] for past in allowed for reason in past.record.said["reasons"]}
    assert [clause for clause in clauses if f"{clause}: " not in done.stdout] == []
    said = json.loads(run(*command, "--denials", "--format", "json").stdout)
    ids = {each["decision_id"] for each in said["decisions"]}
    assert ids >= {past.record.decision_id for past in own if past.data_subject == child}
    assert {"vi", "en"} <= said["decisions"][0]["words"]["purpose"].keys()


def test_nothing_is_told_of_a_stranger_or_at_another_operator(log: Log) -> None:
    """Ids belong to their operator."""
    command = ["log", "person", str(log.path), "--policies", str(POLICIES), "--lang", "en", "--operator"]
    assert "No decision" in run(*command, KIDSONLINE, "child:nobody").stdout
    assert "No decision" in run(*command, "homeid", str(a_child())).stdout


# --- Retention --------------------------------------------------------------------------------------------------------

LATER = datetime.now(UTC) + timedelta(days=400)


def test_what_is_removed_by_retention_leaves_a_log_that_verifies(log: Log) -> None:
    """Whole files go, a signed statement stays."""
    (writer,) = log.folder.writers()
    heads = [read_head(text) for text in log.folder.heads(writer).splitlines()]
    parts = len(log.folder.parts(writer))
    assert parts > 3
    middle = datetime.fromisoformat(heads[len(heads) // 2].at)
    done = prune(log.folder, log.keys.signs, middle, LATER)
    assert 0 < done.parts < parts
    verified = log.verified()
    assert verified.is_whole, verified.faults
    assert verified.records + done.records == COUNT + 2
    rest = prune(log.folder, log.keys.signs, LATER, LATER)
    assert rest.parts == parts - done.parts
    assert (log.verified().is_whole, log.lines()) == (True, [])


def test_the_beginning_cannot_be_cut_off_with_a_statement_of_somebody_else(log: Log) -> None:
    """A statement that another key signed is a fault, and so is a beginning that nobody stated."""
    (writer,) = log.folder.writers()
    files = Files.read(log.path, writer)
    head = read_head(files.heads[2])
    files.put(files.all[head.number + 1 :])
    files.write()
    assert not log.verified().is_whole
    forged = LogHead(writer, head.number, head.digest, head.at, bytes(64))
    log.folder.keep_removed(writer, head_line(forged))
    assert log.verified().faults[0].code == "not-signed"


def test_retention_leaves_what_is_written_and_what_is_new(log: Log) -> None:
    """A file that its writer has open stays, however old it is."""
    chain = log.chain()
    log.point(chain).check(the_requests()[0])
    chain.sign()
    # A process that another thread of this one is starting has every open file for a moment, and a file that was open
    # then stays until the next time.
    wait_until(lambda: prune(log.folder, log.keys.signs, LATER, LATER).held == 1)
    assert len([writer for writer in log.folder.writers() if log.folder.parts(writer)]) == 1
    log.point(chain).check(the_requests()[1])
    chain.end()
    verified = log.verified()
    assert (verified.is_whole, verified.decisions) == (True, 2)
    assert prune(log.folder, log.keys.signs, datetime.now(UTC) - timedelta(days=1), LATER).parts == 0


def test_a_retention_that_was_broken_off_can_be_done_again(log: Log) -> None:
    """The statement is there and the files are too: they are told, and go the next time."""
    copy = {path: path.read_bytes() for path in log.path.glob("*.log")}
    prune(log.folder, log.keys.signs, LATER, LATER)
    for last in sorted(copy)[-2:]:  # they go oldest first
        last.write_bytes(copy[last])
    verified = log.verified()
    assert (verified.is_whole, [note.code for note in verified.notes]) == (True, ["left-over", "left-over"])
    assert prune(log.folder, log.keys.signs, LATER, LATER).parts == 2
    assert log.verified().notes == []


def test_prune_as_a_command_verifies_first(log: Log) -> None:
    """A log that somebody changed is not helped to forget it."""
    done = run("log", "prune", log.path, "--keep-days", "30", "--lang", "en")
    assert (done.exit_code, done.stdout.startswith("0 files")) == (0, True)
    (writer,) = log.folder.writers()
    files = Files.read(log.path, writer)
    files.put(files.all[:20] + files.all[21:])
    files.write()
    assert run("log", "prune", log.path, "--keep-days", "0").exit_code == 1
    assert len(log.lines()) == COUNT + 1


@pytest.mark.parametrize("content", [b"", b"half of it"])
def test_a_digest_key_that_is_not_whole_is_not_used(tmp_path: Path, content: bytes) -> None:
    """Whoever finds the file of another process that has not written it yet has no key at all."""
    log_keys(tmp_path)
    (tmp_path / "keys" / "digest.key").write_bytes(content)

    with pytest.raises(UnavailableError, match="not whole"):
        log_keys(tmp_path)


@pytest.mark.parametrize("added", [2, 4])
def test_two_erasures_between_two_looks_are_learnt(tmp_path: Path, added: int) -> None:
    """The file may get its former inode again, and its former size or a larger one: it is another file all the same."""
    path = tmp_path / "persons.keys"
    worker, command = PersonKeyFile(path), PersonKeyFile(path)
    children = [Entity("child", f"c{number}") for number in range(3)]
    erased = [worker.of(KIDSONLINE, child).id for child in children[:2]]
    worker.of(KIDSONLINE, children[2])
    inode, size = path.stat().st_ino, path.stat().st_size
    os.link(path, tmp_path / "former")
    for child in children[:2]:
        assert command.erase(KIDSONLINE, child) == 1
    another = PersonKeyFile(path)
    others = [Entity("child", f"d{number}") for number in range(added)]
    made = [another.of(KIDSONLINE, child).id for child in others]
    # As a file system does that gives the place of a removed file to the next one.
    (tmp_path / "former").write_bytes(path.read_bytes())
    (tmp_path / "former").replace(path)
    assert (path.stat().st_ino, path.stat().st_size == size) == (inode, added == 2)
    before = worker.generation
    worker.refresh()
    assert worker.generation > before
    assert [worker.with_id(id_) for id_ in erased] == [None, None]
    assert [worker.of(KIDSONLINE, child).id for child in others] == made
    assert worker.of(KIDSONLINE, Entity("child", "new")).id not in made


def test_a_file_of_keys_without_a_first_line_is_read(tmp_path: Path) -> None:
    """It was made before files said which they are; erasing somebody makes another of it."""
    path = tmp_path / "persons.keys"
    mother, child = Entity("user", "lan"), Entity("child", "minh")
    first = PersonKeyFile(path)
    ids = [first.of(KIDSONLINE, person).id for person in (mother, child)]
    path.write_bytes(path.read_bytes().split(b"\n", 1)[1])
    worker = PersonKeyFile(path)
    assert [worker.of(KIDSONLINE, person).id for person in (mother, child)] == ids
    assert PersonKeyFile(path).erase(KIDSONLINE, child) == 1
    worker.refresh()
    assert (worker.known(KIDSONLINE, mother), worker.known(KIDSONLINE, child)) == (
        first.known(KIDSONLINE, mother),
        None,
    )
    assert path.read_bytes().startswith(b'{"file":"')
