"""`pdp facts`: the commands over a store of their own."""

import json
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pdp.cli import main
from tests.builders import POLICIES

ROOT = POLICIES.parent
SIGNED_IN = [
    part
    for pair in ("authenticated=true", "authentication_method=password", "transport_encrypted=true")
    for part in ("--context", pair)
]
AUNT = "user:demo-hoa is family_member in child:demo-minh"
MOTHER = ["--actor", "user:demo-lan", *SIGNED_IN]
QUESTION = [
    *("--operator", "kidsonline", "--subject", "user:demo-hoa", "--action", "read"),
    *("--resource", "child_photo:x", "--data-subject", "child:demo-minh", "--purpose", "family_follow_up"),
    *SIGNED_IN,
]

Run = Callable[..., Result]


@pytest.fixture
def store(tmp_path: Path) -> str:
    """Return the address of a store that does not exist yet."""
    return f"sqlite:///{tmp_path}/state/facts.db"


@pytest.fixture
def run(store: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command about facts of KidsOnline."""
    monkeypatch.chdir(ROOT)

    def command(name: str, *arguments: str, operator: bool = True, **more: Any) -> Result:
        own = ["--operator", "kidsonline"] if operator else []
        return CliRunner().invoke(main, ["facts", name, *arguments, *own, "--store", store, "--lang", "en"], **more)

    return command


@pytest.fixture
def demo(run: Run) -> Run:
    """Return the same over the demo facts."""
    assert run("import", "examples/demo-facts.jsonl").exit_code == 0
    return run


def may_see(store: str) -> bool:
    """Ask whether the aunt may see a photo."""
    asked = CliRunner().invoke(main, ["check", *QUESTION, "--store", store])
    assert asked.exit_code in {0, 1}, asked.output
    return asked.exit_code == 0


def test_a_revocation_by_hand_counts_at_once(demo: Run, store: str) -> None:
    """The mother revokes the aunt's access, and grants it again; each is obeyed by the next question."""
    assert may_see(store)

    revoked = demo("revoke", AUNT, *MOTHER)
    assert (revoked.exit_code, revoked.output) == (0, "deleted 1\n")
    assert not may_see(store)
    assert demo("revoke", AUNT, *MOTHER).exit_code == 1

    assert demo("grant", AUNT, *MOTHER).exit_code == 0
    assert may_see(store)
    (fact,) = [
        json.loads(line)
        for line in demo("list", "--subject", "user:demo-hoa", "--kind", "role", "--format", "json").output.splitlines()
    ]
    assert fact["role"]["granted_by"] == "user:demo-lan"
    assert demo("revoke", fact["id"], *MOTHER).exit_code == 0
    assert not may_see(store)


def test_who_may_not_is_told_why(demo: Run, store: str) -> None:
    """A grant that the policy does not allow ends with 1 and the sentence, and changes nothing."""
    result = demo("grant", "user:demo-cậu is family_member in child:demo-minh", "--actor", "user:demo-ngoc", *SIGNED_IN)

    assert result.exit_code == 1
    assert "Only the child's primary guardian" in result.stderr
    assert "demo-cậu" not in demo("list").output


def test_a_term_by_hand(demo: Run) -> None:
    """A grant may have a term; an instant without an offset is refused."""
    until = ["--valid-until", "2020-01-01T00:00:00+07:00"]
    assert demo("grant", AUNT, *until, *MOTHER).exit_code == 0
    assert "until 2020-01-01 00:00:00+07:00" in demo("list", "--subject", "user:demo-hoa").output
    assert demo("grant", AUNT, "--valid-until", "2020-01-01T00:00:00", *MOTHER).exit_code == 2


def test_a_consent_by_hand(demo: Run) -> None:
    """Whoever speaks is the actor."""
    said = ["--data-subject", "child:demo-minh", "--for", "media", "--category", "child_photo", "--explicit"]

    assert demo("consent", *said, *MOTHER).exit_code == 0

    listed = demo("list", "--kind", "consent").output
    assert "`user:demo-lan`: consent `given` (electronic)" in listed
    assert demo("consent", "--data-subject", "child:demo-minh", *MOTHER).exit_code == 2


def test_the_history_by_hand(demo: Run) -> None:
    """History says who wrote and who deleted."""
    demo("revoke", AUNT, *MOTHER)

    text = demo("history", "--subject", "user:demo-hoa", "--kind", "role").output
    (version,) = [
        json.loads(line)
        for line in demo(
            "history", "--subject", "user:demo-hoa", "--kind", "role", "--format", "json"
        ).output.splitlines()
    ]

    assert "deleted: " in text
    assert "user:demo-lan" in text
    assert (version["written"]["actor"], version["ended"]["actor"], version["deleted"]) == (
        "service:pdp-facts",
        "user:demo-lan",
        True,
    )
    assert version["ended"]["decision_id"]


def test_what_is_exported_is_imported_again(demo: Run, tmp_path: Path) -> None:
    """Export and import are each other's inverse; what cannot be read is listed with its line, the rest is written."""
    lines = demo("export").output
    assert len(lines.splitlines()) == 10
    file = tmp_path / "facts.jsonl"
    file.write_text(lines + "no json\n" + '{"role": {"subject": "user:x"}}\n', "utf-8")

    again = demo("import", str(file))

    assert again.exit_code == 1
    assert "10 written, 2 not" in again.stdout
    assert "line 11: " in again.stderr
    assert "line 12: fact.role.role" in again.stderr
    assert demo("export").output == lines


def test_casbins_table_holds_what_fits_and_the_rest_is_listed(demo: Run, tmp_path: Path) -> None:
    """Roles without granter and term are `g` rows, there and back; everything else is listed, not dropped."""
    database = tmp_path / "casbin.db"
    url = f"sqlite:///{database}"

    exported = demo("export", "--casbin", url)

    assert exported.exit_code == 1
    rows = sqlite3.connect(database).execute("SELECT ptype, v0, v1, v2, v3 FROM casbin_rule ORDER BY v0").fetchall()
    assert rows == [
        ("g", "user:demo-lan", "primary_guardian", "child:demo-minh", ""),
        ("g", "user:demo-phuong", "school_admin", "school:demo-hoa-sen", ""),
    ]
    assert exported.stderr.count("does not fit: ") == 8
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO casbin_rule (ptype, v0, v1, v2) VALUES ('g', 'user:mới', 'teacher', 'class:a')")
        connection.execute("INSERT INTO casbin_rule (ptype, v0, v1) VALUES ('g', 'alice', 'admin')")
        connection.execute("INSERT INTO casbin_rule (ptype, v0, v1, v2) VALUES ('p', 'alice', 'data1', 'read')")
        connection.execute("INSERT INTO casbin_rule (ptype, v0, v1, v2) VALUES ('g', 'user:y', 'teecher', 'class:a')")

    imported = demo("import", "--casbin", url)

    assert (imported.exit_code, imported.stdout) == (1, "p, alice, data1, read\n")
    assert "3 written, 2 not" in imported.stderr
    assert "row 4 (g, alice, admin)" in imported.stderr
    assert "`teecher` is no known role" in imported.stderr
    assert "user:mới" in demo("list").output
    before = _rows(database)
    refused = demo("export", "--casbin", url)
    assert (refused.exit_code, _rows(database)) == (2, before)
    assert "has 4 rows that are not of this export" not in refused.stderr  # two of the four came in, and are of it now
    assert "rows that are not of this export" in refused.stderr
    assert demo("export", "--casbin", url, "--replace").exit_code == 1
    assert ("p", "alice") not in {row[:2] for row in _rows(database)}
    assert demo("export", "--casbin", url).exit_code == 1


def _rows(database: Path) -> list[tuple[str, ...]]:
    """Return what the table holds."""
    with sqlite3.connect(database) as connection:
        return connection.execute("SELECT ptype, v0, v1, v2, v3 FROM casbin_rule ORDER BY id").fetchall()


def test_policy_rows_that_are_too_wide_for_casbins_table_are_listed(demo: Run, tmp_path: Path) -> None:
    """A rule of nine columns does not fit into six: groupings and lines are written, rules are listed."""
    url = f"sqlite:///{tmp_path}/casbin.db"

    exported = demo("export", "--casbin", url, "--policies", "policies")

    assert "does not fit: p, guardian-reads" in exported.stderr
    types = sqlite3.connect(tmp_path / "casbin.db").execute("SELECT DISTINCT ptype FROM casbin_rule").fetchall()
    assert {ptype for (ptype,) in types} == {"g", "g2", "g3", "g4", "p2"}


def test_a_backup_is_restored_and_confirmed(demo: Run, store: str, tmp_path: Path) -> None:
    """A restored store allows nothing until it is confirmed, and then what it allowed when the copy was made."""
    file = tmp_path / "backup.jsonl"
    assert demo("backup", str(file), operator=False).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert demo("backup", str(file), operator=False).exit_code == 2
    demo("revoke", AUNT, *MOTHER)
    copy = f"sqlite:///{tmp_path}/copy.db"

    def over_copy(name: str, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["facts", name, *arguments, "--store", copy, "--lang", "en"])

    assert over_copy("restore", str(file)).exit_code == 0
    asked = CliRunner().invoke(main, ["check", *QUESTION, "--store", copy])
    assert asked.exit_code == 2
    assert "has not been confirmed" in asked.stderr
    confirmed = over_copy("confirm", "--format", "json")
    assert (confirmed.exit_code, json.loads(confirmed.stdout)["confirmed"]) == (0, True)
    assert may_see(copy)
    assert not may_see(store)
    assert over_copy("restore", str(file)).exit_code == 2


def test_a_person_is_erased_with_a_receipt(demo: Run) -> None:
    """Erasing prints what was removed, and nothing of the person is left in facts and history."""
    demo("revoke", AUNT, *MOTHER)

    receipt = json.loads(demo("erase", "user:demo-hoa").output)

    assert (receipt["erased"], receipt["facts"], receipt["versions"]) == ("user:demo-hoa", 2, 1)
    assert "user:demo-hoa" not in demo("history", "--format", "json").output
    assert "user:demo-hoa" not in demo("export").output


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--subject", "lan"],
        ["list", "--as-of", "yesterday"],
        ["grant", "user:x is family_member"],
        ["grant", "{"],
        ["import"],
    ],
)
def test_trouble_is_told_and_ends_with_two(run: Run, arguments: list[str]) -> None:
    """What cannot be understood ends with 2 and a message on stderr."""
    result = run(*arguments[:1], *arguments[1:])

    assert result.exit_code == 2
    assert result.stderr
    assert result.stdout == ""


def test_a_memory_is_nothing_to_change_by_hand() -> None:
    """Facts in the memory of another process cannot be reached."""
    for url in ("memory:", "mysql://x"):
        result = CliRunner().invoke(main, ["facts", "confirm", "--store", url])

        assert result.exit_code == 2
        assert result.stderr


def test_what_need_not_be_kept_is_pruned_by_hand(demo: Run, tmp_path: Path) -> None:
    """Nothing is pruned unless the folder says so; then what is older than that, of that kind, and only when asked."""
    policies = tmp_path / "policies"
    for part in ("kidsonline", "shared", "house/kidsonline"):
        shutil.copytree(POLICIES / part, policies / part)
    demo("revoke", AUNT, *MOTHER)
    whole = demo("history").output
    given = ["--policies", str(policies)]
    assert "everything is kept" in demo("prune", *given).output
    (policies / "kidsonline" / "retention.yaml").write_text("role:\n  days: 1\nconsent:\n  days: 1\n", "utf-8")

    today = demo("prune", *given, "--format", "json")

    assert [each["versions"] for each in json.loads(today.output)["pruned"]] == [0, 0]
    assert demo("history").output == whole


def test_pruning_by_hand_removes_what_is_old(demo: Run, store: str, tmp_path: Path) -> None:
    """With every change made a year older, a dry run says what would go, and then it goes, in both languages."""
    policies = tmp_path / "policies"
    for part in ("kidsonline", "shared", "house/kidsonline"):
        shutil.copytree(POLICIES / part, policies / part)
    (policies / "kidsonline" / "retention.yaml").write_text("role:\n  days: 100\n", "utf-8")
    demo("revoke", AUNT, *MOTHER)
    with closing(sqlite3.connect(store.removeprefix("sqlite:///"))) as connection:
        connection.execute("UPDATE change_set SET at = at - 31536000000000")
        connection.commit()
    listed = demo("list").output
    given = ["--policies", str(policies)]

    vietnamese = ["facts", "prune", *given, "--operator", "kidsonline", "--store", store, "--lang", "vi"]
    assert demo("prune", "--dry-run", *given).output.startswith("role: would remove 1 ")
    assert CliRunner().invoke(main, [*vietnamese, "--dry-run"]).output.startswith("role: sẽ xóa 1 phiên bản")
    assert demo("prune", *given).output.startswith("role: removed 1 ")
    assert CliRunner().invoke(main, vietnamese).output.startswith("role: đã xóa 0 phiên bản")
    assert demo("list").output == listed
    assert "user:demo-ngoc" not in demo("history", "--subject", "user:demo-hoa", "--kind", "role").output
    assert demo("list", "--as-of", "2020-01-01T00:00:00Z").exit_code == 2
