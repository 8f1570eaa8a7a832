"""`pdp callers` and `pdp keys`: what they show, what they change, and how they end."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pdp.callers.api_keys import KeyRing, read_pepper
from pdp.callers.key_file import read_keys
from pdp.cli import main

FILE = """
keys: {file: keys.json, pepper: keys.pepper}
callers:
  app: {api_keys: yes, operators: [kidsonline], methods: [DecisionService.Check], asserts: [role]}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file of callers whose keys are not made yet."""
    path = tmp_path / "callers.yaml"
    path.write_text(FILE, "utf-8")
    return path


def run(*arguments: object, code: int = 0) -> Any:
    """Run `pdp` with *arguments*; return what it did, which has to end with *code*."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == code, done.output
    return done


def test_a_key_goes_through_its_life(file: Path) -> None:
    """Issued, shown without its secret, rotated, revoked."""
    issued = run("keys", "issue", "app", "--callers", file, "--days", 30, "--note", "thử")
    clear = issued.stdout.strip()
    ring = KeyRing(
        read_keys((file.parent / "keys.json").read_bytes(), ""), read_pepper((file.parent / "keys.pepper").read_bytes())
    )
    found = ring.find(clear)
    assert found is not None
    assert (found.caller, found.note) == ("app", "thử")
    assert "app" in run("callers", file).stdout

    rotated = json.loads(run("keys", "rotate", found.id, "--callers", file, "--format", "json").stdout)
    listed = json.loads(run("keys", "list", "--callers", file, "--format", "json").stdout)
    assert {key["id"]: key["state"] for key in listed} == {found.id: "ending", rotated["id"]: "good"}
    assert clear.split("_", 2)[2] not in run("keys", "list", "--callers", file).output

    assert found.id in run("keys", "revoke", found.id, "--callers", file, "--lang", "en").stdout
    run("keys", "revoke", "--all-of", "app", "--callers", file)
    run("keys", "revoke", "--all-of", "app", "--callers", file, code=1)
    states = {key["state"] for key in json.loads(run("keys", "list", "--callers", file, "--format", "json").stdout)}
    assert states == {"revoked"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("issue", "nobody"),
        ("issue", "app", "--days", "9999"),
        ("rotate", "0" * 16),
        ("revoke", "0" * 16),
        ("revoke",),
    ],
    ids=["an unknown caller", "too long a term", "no such key", "no key to revoke", "nothing named"],
)
def test_what_cannot_be_done_is_trouble(file: Path, arguments: tuple[str, ...]) -> None:
    """Nothing is printed that could be taken for a key."""
    run("keys", "issue", "app", "--callers", file)
    done = run("keys", *arguments, "--callers", file, code=2)
    assert done.stdout == ""
    assert done.stderr


def test_every_mistake_of_a_file_of_callers_is_told(file: Path) -> None:
    """In either language; the table of one without mistakes ends with 0."""
    file.write_text(FILE.replace("kidsonline", "kidsonlin").replace("role", "roles"), "utf-8")
    english = run("callers", file, "--lang", "en", code=1).stderr
    vietnamese = run("callers", file, "--lang", "vi", code=1).stderr
    assert english.count("callers-entry") == vietnamese.count("callers-entry") == 2
    assert "hint: kidsonline" in english
    assert "gợi ý: kidsonline" in vietnamese


def test_a_file_without_its_keys_says_what_makes_them(file: Path) -> None:
    """As the server would."""
    assert "pdp keys issue" in run("callers", file, code=1).stderr


def test_the_table_is_shown_as_json_too(file: Path) -> None:
    """For programs."""
    run("keys", "issue", "app", "--callers", file)
    (shown,) = json.loads(run("callers", file, "--format", "json").stdout)
    assert shown["caller"] == "app"
    assert shown["methods"] == ["DecisionService.Check"]
    assert shown["asserts"] == ["role"]
