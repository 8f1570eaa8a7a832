"""`pdp test` as whoever types it meets it: filters, coverage, changes, near misses, JUnit and the watch mode."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from pdp.cli import main, watching
from tests.docs.executed_examples import ROOT

KIDSONLINE = ROOT / "policies/kidsonline"
_WIDE = "\np, teacher-reads, allow, teacher, read, child_data, any"


def run(*arguments: object) -> Result:
    """Run `pdp test` with *arguments*."""
    return CliRunner().invoke(main, ["test", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a copy of the policies with KidsOnline alone."""
    for name in ("kidsonline", "shared", "house"):
        shutil.copytree(ROOT / "policies" / name, tmp_path / "policies" / name)
    return tmp_path / "policies"


def edit(path: Path, old: str, new: str) -> None:
    """Replace *old*, which must stand in the file."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def ids(*arguments: object) -> list[str]:
    """Return the ids of the cases that were run."""
    return [case["id"] for case in json.loads(run(KIDSONLINE / "cases.json", *arguments, "--format", "json").stdout)]


def test_filters_choose_cases() -> None:
    """Each filter leaves out cases, several of a kind add up, and different ones narrow."""
    everything, denied = ids(), ids("--decision", "deny")

    assert set(denied) < set(everything)
    assert ids("--only", "kids-mother-reads-nap-photo") == ["kids-mother-reads-nap-photo"]
    assert set(ids("--only", "mother", "--only", "aunt")) == {
        one for one in everything if "mother" in one or "aunt" in one
    }
    assert set(ids("--clause", "KIDS-1.11")) < set(everything)
    assert ids("--operator", "kidsonline") == everything
    assert set(ids("--clause", "KIDS-1.11", "--decision", "deny")) == set(ids("--clause", "KIDS-1.11")) & set(denied)


def test_no_case_left_is_trouble() -> None:
    """A filter that takes nothing has tested nothing."""
    assert run(KIDSONLINE, "--only", "no-such-case").exit_code == 2


def test_coverage_says_what_no_case_rests_on(copied: Path) -> None:
    """With few cases the rules, conditions and sentences that they do not touch are listed, in both languages."""
    english = run(KIDSONLINE / "cases.json", "--only", "nap-photo", "--coverage", "--lang", "en")
    vietnamese = run(KIDSONLINE / "cases.json", "--only", "nap-photo", "--coverage", "--lang", "vi")

    assert "no case rests on the rule `no-sale`" in english.stdout
    assert "no case rests on the sentence KIDS-1.13" in english.stdout
    assert "no case shows the condition `assigned_to_the_class` true or false" in english.stdout
    assert "không ca nào chạm tới quy tắc `no-sale`" in vietnamese.stdout
    assert english.exit_code == vietnamese.exit_code == 0


def test_a_share_that_is_required_is_required() -> None:
    """Below it the command ends with 1 and says by how much; at it, with 0."""
    enough = run(KIDSONLINE, "--sentences", "--require", "rules=100", "--require", "clauses=100")
    less = run(KIDSONLINE / "cases.json", "--only", "nap-photo", "--require", "rules=50", "--lang", "en")

    assert enough.exit_code == 0
    assert less.exit_code == 1
    assert "kidsonline: rules " in less.stderr
    assert "< 50 %" in less.stderr


@pytest.mark.parametrize("share", ["rules", "rules=x", "mutants=5", "rules=101", "rules=-1"])
def test_a_share_that_there_is_not_is_trouble(share: str) -> None:
    """A slip in what is required must not require nothing."""
    assert run(KIDSONLINE, "--require", share).exit_code == 2


@pytest.mark.timeout(300)
def test_changes_that_nothing_notices(copied: Path) -> None:
    """With all cases most changes are noticed; without near misses a widened purpose is not, and stands in the list."""
    all_cases = json.loads(run(KIDSONLINE, "--sentences", "--mutate", "--format", "json").stdout)
    (copied / "kidsonline/near-misses.json").unlink()
    fewer = run(copied / "kidsonline", "--policies", copied, "--sentences", "--mutate", "--lang", "en")

    kidsonline = all_cases["mutation"]["kidsonline"]
    assert kidsonline["percent"] >= 95
    assert {"rule", "line", "kind", "change", "noticed", "case", "refused"} <= kidsonline["changes"][0].keys()
    assert any(change["reason"] for change in kidsonline["changes"])
    widened = "`house-head-manages-staff`: the purpose widened from `account_management` to `service_provision`"
    assert widened in fewer.stdout


@pytest.mark.timeout(300)
def test_near_misses_are_proposed_and_then_notice(copied: Path, tmp_path: Path) -> None:
    """What is proposed passes, and after it is laid beside the cases more changes are noticed."""
    near = copied / "kidsonline/near-misses.json"
    near.unlink()
    cases, options = copied / "kidsonline", ["--policies", copied, "--sentences"]
    before = json.loads(run(cases, *options, "--mutate", "--format", "json").stdout)

    done = run(cases, *options, "--propose", near, "--lang", "en")
    after = json.loads(run(cases, *options, "--mutate", "--format", "json").stdout)

    assert done.exit_code == 0
    assert f"near misses proposed: {near}" in done.stdout
    assert all(case["passed"] for case in after["cases"])
    percent = [found["mutation"]["kidsonline"]["percent"] for found in (before, after)]
    assert percent[0] < 70
    assert percent[1] >= 95


def test_a_server_does_not_say_enough() -> None:
    """What needs the policy files is refused with --server instead of being left out."""
    for option in (["--coverage"], ["--mutate"], ["--propose", "x.json"], ["--require", "rules=1"]):
        assert run(KIDSONLINE, "--server", "127.0.0.1:1", *option).exit_code == 2


def test_a_folder_with_an_error_is_trouble(copied: Path) -> None:
    """A misspelt effect is no failing case: nothing was tested, and the finding says why."""
    edit(copied / "kidsonline/policy.csv", "no-sale, deny", "no-sale, Deny")

    done = run(copied / "kidsonline", "--policies", copied)

    assert done.exit_code == 2
    assert "[unknown-effect]" in done.stderr
    assert done.stdout == ""


def test_cases_in_a_folder_are_run_against_its_own_rules(copied: Path) -> None:
    """Who edits a copy is not told that the rules elsewhere pass; what is named by --policies goes before."""
    mine = copied / "kidsonline"
    edit(mine / "policy.csv", "\np, teacher-reads, allow, teacher, read, child_data, following_the_child", _WIDE)

    assert run(mine).exit_code == 1
    assert run(copied, "--only", "teacher-reads").exit_code == 1
    assert run(mine, "--policies", "policies").exit_code == 0
    both = run(mine, KIDSONLINE)
    assert both.exit_code == 2
    assert "name one with --policies" in both.stderr


# --- JUnit ------------------------------------------------------------------------------------------------------------


def failing_case(folder: Path) -> Path:
    """Return a case file of two cases of which one expects the opposite."""
    cases = json.loads((KIDSONLINE / "cases.json").read_text("utf-8"))[:2]
    cases[0]["expect"] = {"decision": "deny", "obligations": []}
    file = folder / "cases.json"
    file.write_text(json.dumps(cases), "utf-8")
    return file


def test_junit_has_every_case_and_the_explanation_of_failures(tmp_path: Path) -> None:
    """Counts are right, and a failure holds its problem and the whole explanation."""
    file, report = failing_case(tmp_path), tmp_path / "junit.xml"

    done = run(file, "--junit", report, "--lang", "vi")

    (suite,) = ElementTree.parse(report).getroot()
    cases = suite.findall("testcase")
    failures = suite.findall("testcase/failure")
    assert done.exit_code == 1
    assert (suite.get("tests"), suite.get("failures"), len(cases), len(failures)) == ("2", "1", 2, 1)
    assert failures[0].get("message") == "mong đợi từ chối, thực tế cho phép (rule)"
    assert "guardian-reads" in (failures[0].text or "")


def test_a_report_that_cannot_be_written_is_trouble(tmp_path: Path) -> None:
    """A build must not take a missing report for a good one."""
    assert run(KIDSONLINE, "--only", "nap-photo", "--junit", tmp_path / "no" / "junit.xml").exit_code == 2


# --- Watching ---------------------------------------------------------------------------------------------------------


def test_a_change_runs_the_cases_again(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run passes; after an edit of the policy the same cases fail; an edit elsewhere runs nothing."""
    policy = copied / "kidsonline/policy.csv"
    row = next(line for line in policy.read_text("utf-8").splitlines() if line.startswith("p, guardian-reads,"))
    steps: Iterator[Any] = iter(
        [
            lambda: (copied.parent / "elsewhere.txt").write_text("x", "utf-8"),
            lambda: edit(policy, row, row.replace("allow", "deny")),
        ]
    )

    def sleep(_: float) -> None:
        step = next(steps, None)
        if step is None:
            raise KeyboardInterrupt
        step()

    whole = watching.watch
    monkeypatch.setattr("pdp.cli.test.watch", lambda paths, again: whole(paths, again, sleep))

    done = run(
        copied / "kidsonline/cases.json", "--policies", copied, "--only", "mother-reads-nap", "--watch", "--lang", "en"
    )

    assert done.stdout.count(" passed, ") == 2
    assert "1 passed, 0 failed" in done.stdout.split("kids-mother-reads-nap-photo: ")[0]
    assert "0 passed, 1 failed" in done.stdout
    assert done.exit_code == 0
