"""`pdp validate` as whoever types it meets it: notes, mends, SARIF, and any Casbin model."""

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from pdp.cli import main
from tests.docs.executed_examples import ROOT

SCHEMA = json.loads((ROOT / "tests/data/sarif/sarif-schema-2.1.0.json").read_text("utf-8"))
MODEL = ROOT / "examples/casbin/model.conf"
POLICY = ROOT / "examples/casbin/policy.csv"


def run(*arguments: object) -> Result:
    """Run `pdp validate` with *arguments*."""
    return CliRunner().invoke(main, ["validate", *map(str, arguments), "--lang", "en"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the policies with KidsOnline alone."""
    for name in ("kidsonline", "shared"):
        shutil.copytree(ROOT / "policies" / name, tmp_path / "policies" / name)
    return tmp_path / "policies"


def edit(path: Path, old: str, new: str) -> None:
    """Replace *old*, which must stand in the file."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def sarif(*arguments: object) -> dict[str, Any]:
    """Return the one run of the SARIF log that the command prints, checked against the schema."""
    log = json.loads(run(*arguments, "--format", "sarif").stdout)
    jsonschema.validate(log, SCHEMA)
    (only,) = log["runs"]
    assert isinstance(only, dict)
    return only


def test_notes_are_counted_and_shown_when_asked_for(folder: Path) -> None:
    """What is only worth a look is counted, is shown with --notes, and fails nothing unless told to."""
    plain, noted = run(folder), run(folder, "--notes")

    assert plain.exit_code == noted.exit_code == 0
    assert plain.stdout == ""
    assert "0 errors, 0 warnings, 9 notes" in plain.stderr
    assert noted.stdout.count("[allow-without-purpose]") == 5
    assert run(folder, "--fail-on", "note").exit_code == 1
    assert run(folder, "--fail-on", "warning").exit_code == 0


def test_a_warning_fails_when_it_is_to(folder: Path) -> None:
    """--fail-on warning ends with 1 where a warning alone would end with 0."""
    edit(
        folder / "kidsonline/conditions.yaml",
        "signed_in_with_password:",
        "idle: {vi: a, en: b, clause: KIDS-2.1, when: context.channel is web}\n\nsigned_in_with_password:",
    )

    assert run(folder).exit_code == 0
    assert run(folder, "--fail-on", "warning").exit_code == 1


def test_findings_in_the_form_of_sarif(folder: Path) -> None:
    """The log fits the published schema and holds each finding with its place, weight and mend."""
    policy = folder / "kidsonline/policy.csv"
    edit(policy, "head-reads, allow,", "head-reads, Allow,")
    line = next(n for n, text in enumerate(policy.read_text("utf-8").splitlines(), 1) if "head-reads" in text)

    (result,) = sarif(folder)["results"]

    assert (result["ruleId"], result["level"]) == ("unknown-effect", "error")
    assert result["message"]["text"].endswith("(hint: allow)")
    where = result["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == policy.as_posix()
    assert where["region"] == {"startLine": line, "startColumn": 16}


def test_sarif_knows_warnings_and_notes(folder: Path) -> None:
    """Every weight has a level of its own, and every result names a rule of the driver."""
    (folder / "kidsonline/notes.bak").write_text("", "utf-8")
    found = sarif(folder)

    rules = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in found["results"])
    assert {result["level"] for result in found["results"]} >= {"warning", "note"}


def test_a_log_of_another_form_would_be_noticed() -> None:
    """The comparison with the schema can fail: a level that SARIF does not know is refused."""
    log = json.loads(run(ROOT / "policies/kidsonline", "--format", "sarif").stdout)
    log["runs"][0]["results"][0]["level"] = "fatal"

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(log, SCHEMA)


def test_fix_mends_shows_and_keeps_comments(folder: Path) -> None:
    """--fix writes the mended file, shows the lines that changed, and the folder is good again."""
    policy = folder / "kidsonline/policy.csv"
    before = policy.read_text("utf-8")
    edit(policy, "p, head-reads, allow,", "P, head-reads, Allow,")

    done = run(folder, "--fix")

    assert done.exit_code == 0
    assert policy.read_text("utf-8") == before
    assert "-P, head-reads, Allow," in done.stdout
    assert "+p, head-reads, allow," in done.stdout


def test_a_dry_run_shows_and_writes_nothing(folder: Path) -> None:
    """--dry-run shows the same change under the same name, and the file stays broken."""
    policy = folder / "kidsonline/policy.csv"
    edit(policy, "head-reads, allow,", "head-reads, Allow,")
    broken = policy.read_text("utf-8")

    for directory in (folder, folder / "kidsonline"):
        done = run(directory, "--fix", "--dry-run")

        assert done.exit_code == 1
        assert f"--- {policy}" in done.stdout
        assert policy.read_text("utf-8") == broken


def test_what_leaves_a_choice_is_not_mended(folder: Path) -> None:
    """A misspelt word is told with its hint and left alone."""
    policy = folder / "kidsonline/policy.csv"
    edit(policy, "head-reads, allow,", "head-reads, alow,")
    broken = policy.read_text("utf-8")

    done = run(folder, "--fix")

    assert done.exit_code == 1
    assert "hint: allow" in done.stdout
    assert policy.read_text("utf-8") == broken


def test_any_casbin_model(tmp_path: Path) -> None:
    """A model without our vocabulary is checked with its policy, and mended, without a folder."""
    good = run("--model", MODEL, "--policy", POLICY)
    assert good.exit_code == 0
    policy = tmp_path / "policy.csv"
    policy.write_text(POLICY.read_text("utf-8").replace("deny", "Deny", 1), "utf-8")

    broken = run("--model", MODEL, "--policy", policy)
    shown = run("--model", MODEL, "--policy", policy, "--fix", "--dry-run")
    fixed = run("--model", MODEL, "--policy", policy, "--fix")

    assert broken.exit_code == shown.exit_code == 1
    assert "[row-effect]" in broken.stdout
    assert fixed.exit_code == 0
    assert policy.read_text("utf-8") == POLICY.read_text("utf-8")


def test_a_casbin_model_in_the_form_of_sarif() -> None:
    """Findings of the engine have the same forms as those of folders."""
    folder = ROOT / "policies/kidsonline"
    found = sarif("--model", folder / "model.conf", "--policy", folder / "policy.csv", "--function", "satisfied")

    assert {(one["ruleId"], one["level"]) for one in found["results"]} == {("column-unread", "note")}


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing"),
        pytest.param([ROOT / "policies", "--model", MODEL, "--policy", POLICY], id="both"),
        pytest.param(["--model", MODEL], id="model alone"),
        pytest.param([ROOT / "policies", "--policy", POLICY], id="folder and policy"),
        pytest.param([ROOT / "policies", "--dry-run"], id="dry run alone"),
        pytest.param([ROOT / "docs/how-to"], id="no folder of policies"),
    ],
)
def test_what_cannot_be_meant_is_trouble(arguments: list[object]) -> None:
    """A command that says too little or too much ends with 2."""
    assert run(*arguments).exit_code == 2
