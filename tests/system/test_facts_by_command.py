"""`pdp facts --server`: the same words come out over the wire as from the store itself, and the same is refused."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pdp.cli import main
from pdp.client.fact_client import FactClient, versions_of
from pdp.core.stores import FactFilter
from pdp.settings import Settings
from pdp.wiring.deciding import served_decision_point
from pdp.wiring.folders import load_policies
from pdp.wiring.stores import fact_store
from tests.builders import KIDSONLINE, POLICIES, the_words
from tests.system.running import running
from tests.unit.cli.test_facts import AUNT, MOTHER, ROOT

pytestmark = pytest.mark.system

Run = Callable[..., Result]


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[str]]]:
    """Serve the demo facts; return the options that name the store and the server."""
    monkeypatch.chdir(ROOT)
    url = f"sqlite:///{tmp_path}/facts.db"
    given = ["--operator", KIDSONLINE, "--store", url, "--actor", "service:demo"]
    assert CliRunner().invoke(main, ["facts", "import", "examples/demo-facts.jsonl", *given]).exit_code == 0
    store = fact_store(url)
    policies = load_policies(POLICIES, the_words(), only=KIDSONLINE)
    point = served_decision_point(Settings(decision_log="none", store=url), policies, store)
    with running(point, the_words(), facts=store) as server:
        yield {"store": ["--store", url], "server": ["--server", server.address]}
    store.close()


@pytest.fixture
def run(places: dict[str, list[str]]) -> Run:
    """Run a command in one of the places."""

    def command(place: str, name: str, *arguments: str, lang: str = "en") -> Result:
        options = ["--operator", KIDSONLINE, *places[place], "--lang", lang]
        return CliRunner().invoke(main, ["facts", name, *arguments, *options])

    return command


def test_the_same_is_done_and_said(run: Run) -> None:
    """A revocation, a grant, a consent and its withdrawal over the wire; lists and history are as the store's own."""
    revoked = run("server", "revoke", AUNT, *MOTHER)
    assert (revoked.exit_code, revoked.output) == (0, "deleted 1\n")
    assert run("server", "revoke", AUNT, *MOTHER).exit_code == 1
    granted = run("server", "grant", AUNT, "--valid-until", "2030-01-01T00:00:00+07:00", *MOTHER)
    assert granted.exit_code == 0
    assert granted.output.startswith("written role-")
    said = ["--data-subject", "child:demo-minh", "--for", "media", "--category", "child_photo", "--explicit"]
    assert run("server", "consent", *said, *MOTHER).exit_code == 0
    assert run("server", "consent", *said, "--status", "withdrawn", *MOTHER).exit_code == 0

    asked = [(name, more) for name in ("list", "history") for more in ([], ["--format", "json"])]
    asked += [("list", ["--kind", "role"]), ("history", ["--subject", "user:demo-hoa"])]
    for number, (name, more) in enumerate(asked):
        lang = ("vi", "en")[number % 2]
        here, there = (run(place, name, *more, lang=lang) for place in ("store", "server"))
        assert there.exit_code == 0, there.output
        assert there.output == here.output
        assert here.output
    assert "thay: " in run("server", "history", "--kind", "consent", lang="vi").output
    past = ["--as-of", "2000-01-01T00:00:00Z"]
    assert run("server", "list", *past).output == run("store", "list", *past).output == ""


def without_ids(text: str) -> str:
    """Return *text* without the ids of decisions, of which no two are the same."""
    return re.sub(r"decision [0-9A-Za-z-]+", "decision", text)


def test_the_same_is_refused(run: Run) -> None:
    """Who may not, what cannot be right, and a server that is not there: the same text and the same code."""
    for arguments in (
        ("grant", "user:x is family_member in child:demo-minh", "--actor", "user:demo-hoa"),
        ("grant", "user:x is family_membr in child:demo-minh", *MOTHER),
        ("consent", "--data-subject", "child:demo-minh", *MOTHER),
    ):
        here, there = (run(place, *arguments) for place in ("store", "server"))
        assert here.exit_code != 0
        assert (there.exit_code, without_ids(there.output)) == (here.exit_code, without_ids(here.output))
    nobody = CliRunner().invoke(main, ["facts", "list", "--operator", KIDSONLINE, "--server", "127.0.0.1:1"])
    assert nobody.exit_code == 2
    assert "UNAVAILABLE" in nobody.output


def test_a_history_that_leaves_out_an_end_is_found_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: one that passes over deletions says that what was revoked still holds."""
    assert run("server", "revoke", AUNT, *MOTHER).exit_code == 0
    here = run("store", "history", "--subject", "user:demo-hoa").output
    monkeypatch.setattr(
        "pdp.client.fact_client.versions_of",
        lambda changes: versions_of(change for change in changes if change.written is not None),
    )

    assert run("server", "history", "--subject", "user:demo-hoa").output != here


def test_a_history_whose_begin_is_not_kept_begins_where_it_is(places: dict[str, list[str]]) -> None:
    """The oldest state that the server can tell the changes of is found, whatever it is."""
    with FactClient(places["server"][1], the_words()) as client:
        whole = client.history(KIDSONLINE, FactFilter())
        newest = whole[-1].begun.token
        real = client._is_kept

        def kept(operator: str, token: object) -> bool:
            return real(operator, token) and getattr(token, "revision", 0) >= newest.revision - 1  # type: ignore[arg-type]

        client._is_kept = kept  # type: ignore[method-assign]
        later = client.history(KIDSONLINE, FactFilter())

    assert {version.begun.token for version in later} == {newest}


def test_cases_are_not_run_beside_stored_facts(places: dict[str, list[str]]) -> None:
    """What a case expects rests on its own facts; a server with others is refused unless told so."""
    asked = ["test", "policies/kidsonline/cases.json", "--decision", "allow", "--lang", "en", *places["server"]]
    refused = CliRunner().invoke(main, asked)
    assert refused.exit_code == 2
    assert "`kidsonline` has stored facts" in refused.output
    assert "--stored-facts-ok" in refused.output
    assert "passed" in CliRunner().invoke(main, [*asked, "--stored-facts-ok"]).output
