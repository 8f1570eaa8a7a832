"""The commands about a log: what they print, and how they end."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pdp.cli import main
from pdp.wiring.stores import fact_store
from tests.decision_log.logs import Log, the_requests
from tests.decision_log.tampering import Files


def run(*arguments: str | Path) -> Result:
    """Run a command about the log."""
    return CliRunner().invoke(main, ["log", *map(str, arguments)])


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Return a log of forty decisions."""
    written = Log(tmp_path_factory.mktemp("commands") / "log")
    written.write(40, heads_every=10)
    return written


def test_verify_says_that_a_log_is_whole_and_what_it_did_not_look_at(log: Log) -> None:
    """Exit code 0; without a store and a pinned key it says what cannot be known."""
    done = run("verify", log.path, "--format", "json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["whole"], said["decisions"]) == (0, True, 40)
    assert len(said["not_looked_at"]) == 2
    for lang, words in (("vi", "nhật ký nguyên vẹn"), ("en", "the log is whole")):
        assert words in run("verify", log.path, "--lang", lang).stdout


def test_verify_compares_with_the_store_and_with_a_pinned_key(tmp_path: Path) -> None:
    """What is cut off with the heads beside it is found by those in the store; another log by the pinned key."""
    url = f"sqlite:///{tmp_path}/facts.db"
    store = fact_store(url)
    log = Log(tmp_path / "log", store.log_heads)  # type: ignore[attr-defined]
    log.write(30, heads_every=10)
    pinned = tmp_path / "log.pub"
    pinned.write_bytes((log.path / "keys/signing.pub").read_bytes())
    assert run("verify", log.path, "--store", url, "--public-key", pinned).exit_code == 0
    (writer,) = log.folder.writers()
    files = Files.read(log.path, writer)
    files.put(files.all[:12])
    files.heads = files.heads[:3]
    files.write()
    assert run("verify", log.path, "--public-key", pinned).exit_code == 0
    done = run("verify", log.path, "--store", url, "--public-key", pinned, "--lang", "en")
    assert (done.exit_code, "[truncated]" in done.stdout) == (1, True)
    other = Log(tmp_path / "other")
    other.write(3)
    assert run("verify", other.path, "--public-key", pinned).exit_code == 1
    store.close()


def test_a_log_that_is_not_there_is_trouble(tmp_path: Path) -> None:
    """Nothing is made by looking."""
    for command in ("verify", "tail", "export"):
        done = run(command, tmp_path / "nowhere")
        assert (done.exit_code, "no decision log" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


def lines(arguments: Sequence[str | Path]) -> list[dict[str, object]]:
    """Return the lines of JSON that a command prints."""
    done = run(*arguments, "--format", "json")
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_tail_export_and_show_open_what_is_sealed(log: Log) -> None:
    """With the keys everything of a record can be read; selections leave the others out."""
    exported = lines(["export", log.path])
    assert len(exported) == 40
    asked = {str(request.subject) for request in the_requests()[:40]}
    assert {each["subject"] for each in exported} == asked
    last = lines(["tail", log.path, "-n", "3"])
    assert [each["at"] for each in last] == sorted(str(each["at"]) for each in exported)[-3:]
    denied = lines(["export", log.path, "--decision", "deny"])
    assert denied == [each for each in exported if each["decision"] == "deny"]
    assert lines(["export", log.path, "--operator", "homeid"]) == []
    one = exported[7]
    done = run("show", log.path, str(one["decision_id"]), "--format", "json")
    assert json.loads(done.stdout) == one
    assert run("show", log.path, "d-unknown").exit_code == 1


def test_without_the_keys_nothing_personal_is_shown(log: Log, tmp_path: Path) -> None:
    """Other keys open nothing: who and what about are shown as erased."""
    other = Log(tmp_path / "other")
    for each in lines(["export", log.path, "--log-keys", other.path / "keys"]):
        assert (each["subject"], each["data_subject"], each["resource"]) == (None, None, None)
        assert each["erased"]
