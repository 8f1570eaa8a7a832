"""The command `pdp`, as whoever types it meets it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from pdp.cli import COMMANDS, main
from tests.docs.executed_examples import ROOT

ALLOWED = ROOT / "examples/aunt-reads-photo.json"
DENIED = ROOT / "examples/uncle-registers-his-wife.json"


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "300")  # sentences are looked for whole, whatever the width of the terminal


def run(*arguments: str, text: str | None = None) -> Result:
    """Run the command with *arguments* and *text* on stdin."""
    return CliRunner().invoke(main, arguments, input=text)


@pytest.mark.parametrize(("file", "code"), [(ALLOWED, 0), (DENIED, 1)], ids=["allow", "deny"])
@pytest.mark.parametrize("command", ["check", "explain"])
def test_exit_codes_say_yes_and_no(command: str, file: Path, code: int) -> None:
    """An allow ends with 0 and a deny with 1."""
    assert run(command, str(file)).exit_code == code


def test_a_request_that_cannot_be_right_is_trouble() -> None:
    """A mistake in the request ends with 2, names every place on stderr and prints no answer."""
    request = json.loads(ALLOWED.read_text("utf-8"))
    request["purpose"] = "family_folow_up"
    request["subject"]["type"] = "User"

    done = run("check", "-", text=json.dumps(request))

    assert done.exit_code == 2
    assert done.stdout == ""
    assert "purpose: " in done.stderr
    assert "hint: family_follow_up" in done.stderr
    assert "subject.type: " in done.stderr


def test_a_condition_that_fails_is_trouble(tmp_path: Path) -> None:
    """A deny that an error caused ends with 2: containments that go round in a circle."""
    request = json.loads(ALLOWED.read_text("utf-8"))
    request["facts"] += [
        {"containment": {"entity": "class:la-1", "container": "school:hoa-sen"}},
        {"containment": {"entity": "school:hoa-sen", "container": "class:la-1"}},
    ]
    file = tmp_path / "request.json"
    file.write_text(json.dumps(request), "utf-8")

    done = run("check", str(file), "--format", "json")

    assert done.exit_code == 2
    assert json.loads(done.stdout)["cause"] == "CAUSE_ERROR"


@pytest.mark.parametrize(("lang", "word"), [("en", "ALLOW"), ("vi", "CHO PHÉP")])
def test_answers_are_said_in_the_language_asked_for(lang: str, word: str) -> None:
    """The text begins with the answer in the language asked for, and holds the sentence in both."""
    shown = run("check", str(ALLOWED), "--lang", lang).stdout

    assert shown.startswith(word)
    assert "thành viên gia đình trực tiếp" in shown
    assert "direct family members" in shown


def test_the_json_form_holds_both_languages_and_the_same_answer() -> None:
    """JSON carries what the text shows, each message in both languages."""
    shown = json.loads(run("explain", str(DENIED), "--format", "json").stdout)

    assert shown["decision"]["decision"] == "DECISION_DENY"
    assert all(set(reason["message"]) == {"vi", "en"} for reason in shown["decision"]["reasons"])
    assert shown["nearest"][0]["rule"] == "primary-guardian-grants"
    assert [c["name"] for c in shown["nearest"][0]["conditions"] if c["outcome"] != "true"] == ["role"]


def test_flags_and_a_file_ask_the_same_question() -> None:
    """A question spelled out by flags gets the answer of the same question in a file."""
    spelled = run(
        *["check", "--operator", "kidsonline", "--subject", "user:di-hoa", "--action", "read"],
        *["--resource", "child_photo:anh-01", "--data-subject", "child:minh", "--scope", "class:la-1"],
        *["--scope", "school:hoa-sen", "--purpose", "family_follow_up", "--context", "authenticated=true"],
        *["--context", "authentication_method=password", "--context", "transport_encrypted=true"],
        *["--fact", "user:lan is primary_guardian in child:minh"],
        *["--fact", "user:di-hoa is family_member in child:minh granted by user:lan"],
        *[
            part
            for fact in json.loads(ALLOWED.read_text("utf-8"))["facts"][2:]
            for part in ("--fact", json.dumps(fact))
        ],
        *["--format", "json"],
    )
    filed = run("check", str(ALLOWED), "--format", "json")

    assert spelled.exit_code == filed.exit_code == 0
    assert json.loads(spelled.stdout)["reasons"] == json.loads(filed.stdout)["reasons"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["check"], id="nothing-asked"),
        pytest.param(["check", str(ALLOWED), "--action", "read"], id="file-and-flags"),
        pytest.param(["check", "--fact", "the aunt is nice"], id="unreadable-fact"),
        pytest.param(["check", "--context", "authenticated"], id="pair-without-value"),
        pytest.param(["check", str(ALLOWED), "--policies", "examples"], id="no-policy-for-the-operator"),
        pytest.param(["check", str(ALLOWED), "--server", "127.0.0.1:1"], id="no-server"),
        pytest.param(["test", "examples/calling_program.py"], id="no-case-file"),
        pytest.param(["clauses", "kidsonlin"], id="unknown-operator"),
        pytest.param(["serve", "--listen", "0.0.0.0:0"], id="not-loopback"),
        pytest.param(["serve", "--store", "mysql://localhost/facts"], id="store-that-would-not-be-read"),
    ],
)
def test_trouble_is_never_an_answer(arguments: list[str]) -> None:
    """What cannot be asked or served ends with 2, says why on stderr and answers nothing."""
    done = run(*arguments)

    assert done.exit_code == 2
    assert done.stderr.strip()
    assert "ALLOW" not in done.stdout


def test_validate_prints_findings_with_their_place(tmp_path: Path) -> None:
    """An error in a folder ends with 1 and is printed as file:line:column with its code."""
    folder = tmp_path / "kidsonline"
    folder.mkdir()
    for file in (ROOT / "policies/kidsonline").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "conditions.yaml").write_bytes((ROOT / "policies/shared/conditions.yaml").read_bytes())
    policy = folder / "policy.csv"
    policy.write_text(policy.read_text("utf-8").replace("head-reads, allow,", "head-reads, Allow,"), "utf-8")
    line = next(n for n, text in enumerate(policy.read_text("utf-8").splitlines(), 1) if "head-reads" in text)

    text, as_json = run("validate", str(tmp_path), "--lang", "en"), run("validate", str(tmp_path), "--format", "json")

    assert text.exit_code == as_json.exit_code == 1
    assert f"{policy.as_posix()}:{line}:16: " in text.stdout
    assert "[unknown-effect]" in text.stdout
    assert "hint: allow" in text.stdout
    assert [finding["code"] for finding in json.loads(as_json.stdout)] == ["unknown-effect"]


def test_every_clause_of_every_operator_has_a_place() -> None:
    """No published sentence is without a place, and at most 15 % of an operator's are nobody's here."""
    done = run("clauses", "--format", "json")

    assert done.exit_code == 0
    for operator, clauses in json.loads(done.stdout).items():
        relevant = [clause for clause in clauses if clause["kind"] != "none"]
        undecidable = [clause["id"] for clause in relevant if clause["place"] == "not decidable here"]
        assert len(undecidable) <= 0.15 * len(relevant), (operator, undecidable)
        assert all(clause["not_decidable_here"] for clause in relevant if clause["id"] in undecidable)


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_the_clauses_that_nobody_keeps_here_come_first(form: str) -> None:
    """The table begins with the sentences that are not decidable here."""
    shown = run("clauses", "kidsonline", "--format", form, "--lang", "en").stdout

    assert shown.index("KIDS-1.2") < shown.index("| KIDS-1.1 " if form == "markdown" else "KIDS-1.1  enforced")


def test_compare_asks_every_operator() -> None:
    """One question gets an answer of every operator that has a folder, or the reason why it cannot be asked."""
    operators = {path.parent.name for path in (ROOT / "policies").rglob("policy.csv")}

    done = run(
        *["compare", "--subject", "authority:cong-an", "--role", "authority", "--action", "disclose"],
        *["--resource", "contact:so-01", "--data-subject", "user:an", "--purpose", "authority_request"],
        *["--format", "json"],
    )

    shown = {answer["operator"]: answer for answer in json.loads(done.stdout)}
    assert set(shown) == operators
    assert shown["kidsonline"]["answer"]["decision"] == "DECISION_DENY"
    assert done.exit_code == 1


def test_every_doubtful_reading_is_told_whole_in_both_languages() -> None:
    """Whoever answers for the data sees the sentence, the reading taken, the other one and what would change."""
    done = run("clauses", "--doubtful", "--format", "json")

    told = [one for readings in json.loads(done.stdout).values() for one in readings]
    parts = ("sentence", "reading", "other_reading", "would_change")
    assert told
    assert [one["stands_at"] for one in told for part in parts if not (one[part] or {}).get("vi")] == []
    assert [one["stands_at"] for one in told for part in parts if not (one[part] or {}).get("en")] == []


@pytest.mark.parametrize(
    ("form", "language", "shown"),
    [
        ("text", "en", "– the other reading: A teacher of the school sees every class."),
        ("markdown", "vi", "- **cách hiểu khác**: Giáo viên của trường được xem mọi lớp."),
    ],
)
def test_doubtful_readings_are_printed_for_people(form: str, language: str, shown: str) -> None:
    """The text and the page say the other reading in the language asked for."""
    done = run("clauses", "kidsonline", "--doubtful", "--format", form, "--lang", language)

    assert shown in done.stdout


def test_who_shows_everybody_with_the_sentence() -> None:
    """Those who may are shown in the language asked for, with the sentence; 0 says that there is somebody."""
    done = run("who", str(ALLOWED), "--lang", "vi")

    assert done.exit_code == 0
    assert "user:di-hoa  chắc chắn" in done.stdout
    assert "KIDS-1.7" in done.stdout
    assert "Danh sách đầy đủ." in done.stdout


def test_who_as_json_is_the_form_of_the_wire() -> None:
    """Matches are those of the wire, and the list says that it is complete."""
    found = json.loads(run("who", str(ALLOWED), "--format", "json").stdout)

    assert [(match["entity"], match["certainty"]) for match in found["matches"]] == [("user:di-hoa", "certain")]
    assert found["complete"] is True


def test_nobody_is_a_no() -> None:
    """When nobody may, the command says so and ends with 1."""
    done = run(
        *("who", "--operator", "kidsonline", "--action", "read", "--resource", "child_photo:a"),
        *("--purpose", "family_follow_up", "--lang", "en"),
    )

    assert done.exit_code == 1
    assert "Nothing found" in done.stdout


def test_what_shows_what_may_be_done_and_what_not() -> None:
    """Each action is on one side."""
    done = run("what", str(ALLOWED), "--lang", "en")

    assert done.exit_code == 0
    assert "ALLOW  read\n" in done.stdout
    assert "sell" in done.stdout.split("DENY", 1)[1]


def test_what_finds_resources_within_something() -> None:
    """The child of the example is found, and nothing within a place where it is not."""
    here = run("what", str(ALLOWED), "--resources", "--format", "json")
    elsewhere = run("what", str(ALLOWED), "--resources", "--within", "school:elsewhere", "--format", "json")

    assert json.loads(here.stdout)["complete"] is True
    assert (elsewhere.exit_code, json.loads(elsewhere.stdout)["matches"]) == (1, [])


@pytest.mark.parametrize(
    "arguments",
    [
        ("what", "--within", "child:a"),
        ("what", "--resources", "--within", "a"),
        ("who", "--as-of", "yesterday"),
        ("who",),
    ],
    ids=["within alone", "within nothing", "no instant", "no question"],
)
def test_a_look_up_that_cannot_be_right_is_trouble(arguments: tuple[str, ...]) -> None:
    """What cannot be understood ends with 2 and without an answer."""
    command, *options = arguments
    file = [str(ALLOWED)] if options else []

    done = run(command, *file, *options)

    assert done.exit_code == 2
    assert done.stdout == ""


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    """`pdp --help` imports no command, and what it says of each is the beginning of that command's own help."""
    context = click.Context(main)

    for name, place in COMMANDS.items():
        assert place.does == main.get_command(context, name).get_short_help_str(1000)


def test_a_command_does_not_wait_for_what_it_does_not_need() -> None:
    """The list of commands needs none, and a question answered in process no server, client or store."""
    listed, asked = _imported("--help"), _imported("check", str(ALLOWED))

    assert not {"grpc", "rich", "yaml", "pdp.policy_set", "pdp_adapters"} & listed
    assert "pdp_adapters" in asked
    assert not {"grpc", "structlog", "psycopg", "redis", "z3", "pdp.server", "pdp.client", "pdp.review"} & asked
    assert "grpc" in _imported("check", str(ALLOWED), "--server", "127.0.0.1:1")


def _imported(*arguments: str) -> set[str]:
    """Return the modules that are there once the command with *arguments* has ended."""
    program = "import sys; from pdp.cli import main; main(standalone_mode=False)"
    ended = f"try:\n    {program}\nexcept SystemExit:\n    pass\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", ended, *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_under_its_name(name: str) -> None:
    """The list of the commands names places that exist, and each command calls itself as the list does."""
    with click.Context(main) as context:
        command = main.get_command(context, name)

    assert command is not None
    assert command.name == name


def test_a_mistyped_command_is_told_the_nearest() -> None:
    """No command runs, and the hint stands on a line of its own."""
    done = run("explian")

    assert done.exit_code == 2
    assert "`explian` is no command\nhint: explain\n" in done.stderr
    assert "hint" not in run("zzzz").stderr


def leaves(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something, with its whole name."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for each in command.list_commands(context):
        found = command.get_command(context, each)
        assert found is not None
        yield from leaves(found, f"{name} {each}".strip())


def test_every_command_tells_its_result_in_text_and_json_and_both_languages() -> None:
    """`serve` has no result, and a health status is a name in every language."""
    lacking = {
        (name, option)
        for name, command in leaves(main)
        for option in ("--format", "--lang")
        if option not in {each for parameter in command.params for each in parameter.opts}
    }
    assert lacking == {("serve", "--format"), ("serve", "--lang"), ("health", "--lang")}
