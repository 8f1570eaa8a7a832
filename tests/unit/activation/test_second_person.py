"""Who has to sign which edit, in every combination: the setting, the edit, and the persons who have signed it."""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pdp.activation import Active, Candidate, PinnedKeys, PinnedSeals, every_edit, seal_of
from pdp.analysis.apart import Apart, NotComparedError
from pdp.analysis.changes import Comparison
from pdp.analysis.loosening import allows_more
from pdp.analysis.second_person import needs_second_person
from pdp.core.errors import InvalidPolicyError, InvalidSettingsError
from pdp.policy_set import PolicySet
from pdp.wiring import activation
from pdp_adapters import ed25519
from tests.unit.policy_set.small_folder import build, the_files, the_schema

OPERATOR = "kidsonline"
POLICY, CONDITIONS = f"{OPERATOR}/policy.csv", f"{OPERATOR}/conditions.yaml"

SIGNERS: dict[str, tuple[tuple[str, ...], int]] = {
    "nobody": ((), 0),
    "a stranger": (("stranger",), 0),
    "one": (("lan",), 1),
    "the other": (("minh",), 1),
    "one twice": (("lan", "lan"), 1),
    "one and a stranger": (("lan", "stranger"), 1),
    "both": (("lan", "minh"), 2),
}
"""Whose keys have signed, and how many persons that makes."""


def edit(path: str, old: str, new: str) -> Mapping[str, bytes]:
    """Return the small folder with one text in the place of another."""
    files = dict(the_files())
    text = files[path].decode()
    assert old in text
    return {**files, path: text.replace(old, new, 1).encode()}


EDITS: dict[str, tuple[Mapping[str, bytes], bool]] = {
    "nothing": (the_files(), False),
    "a note beside a row": (edit(POLICY, "# Who may do what.", "# Who may do what, and why."), False),
    "a row narrowed": (edit(POLICY, "read, child_data, following", "read, child_photo, following"), False),
    "a deny row more": (
        edit(POLICY, "p2,", "p, no, deny, any, read, child_photo, any, always, KIDS-1.13, nothing\np2,"),
        False,
    ),
    "a duty more": (edit(POLICY, "registered, KIDS-1.7, nothing", "registered, KIDS-1.7, record_grant"), False),
    "a condition made stricter": (
        edit(CONDITIONS, "its status is active)", "its status is active) and signed_in"),
        False,
    ),
    "a row widened": (edit(POLICY, "read, child_data, following", "read, child_data, any"), True),
    "a condition removed": (edit(POLICY, "signed_in and registered", "signed_in"), True),
    "a condition made weaker": (edit(CONDITIONS, "\n      and its status is active)", ")"), True),
    "a deny row for fewer, of what nothing allows": (
        edit(POLICY, "p, no-sale, deny, any, sell", "p, no-sale, deny, teacher, sell"),
        False,
    ),
    "a duty less": (edit(POLICY, "always, KIDS-4.2, route_to_product_mailbox", "always, KIDS-4.2, nothing"), True),
    "who may grant": (edit(f"{OPERATOR}/granting.yaml", "required: yes", "required: no"), True),
    "what a duty demands": (edit(f"{OPERATOR}/obligations.yaml", "{is: schoolonline}", "{is: kidsonline}"), True),
    "what lies in a group": (edit(POLICY, "g4, education, following\n", ""), False),
}
"""Files after an edit, and whether the second person is needed for it."""


@cache
def built(name: str) -> PolicySet:
    """Return the policy after an edit."""
    return build(EDITS[name][0])


@cache
def really_allows_more(name: str) -> bool:
    """Return what the space says of an edit."""
    return allows_more(built("nothing"), built(name), the_schema())


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, ed25519.Signer]:
    """Return the keys of two persons and of a stranger."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("lan", "minh", "stranger"):
        ed25519.new_key(folder / name)
    return {name: ed25519.Signer(folder / name) for name in ("lan", "minh", "stranger")}


def candidate(files: Mapping[str, bytes], keys: Mapping[str, ed25519.Signer], signers: tuple[str, ...]) -> Candidate:
    """Return *files* with the signatures of *signers*."""
    seal = seal_of(Candidate.of(OPERATOR, files.items()), 2)
    for name in signers:
        seal = seal.signed(keys[name].sign(seal.message))
    return Candidate.of(OPERATOR, [*files.items(), (f"{OPERATOR}/signatures.json", seal.as_json().encode())])


def in_force() -> Active:
    """Return the small folder in force."""
    return Active(built("nothing"), datetime.now(UTC), "server", tuple(the_files().items()))


@pytest.mark.parametrize("name", EDITS)
def test_the_diff_decides_which_edits_allow_more(name: str) -> None:
    """Also without a duty, and whatever the space leaves out."""
    assert really_allows_more(name) is EDITS[name][1]


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("signers", SIGNERS)
@pytest.mark.parametrize("setting", ["no", "yes", "newly-allowed"])
@pytest.mark.parametrize("before", ["in force", "nothing in force"])
def test_every_combination(
    setting: str, name: str, signers: str, before: str, keys: Mapping[str, ed25519.Signer]
) -> None:
    """One person is enough unless every edit needs two, or this one allows more than what is in force."""
    files, more = EDITS[name]
    names, persons = SIGNERS[signers]
    former = in_force() if before == "in force" else None
    asks: dict[str, Any] = {
        "no": None,
        "yes": every_edit,
        "newly-allowed": lambda former, _: former is None or really_allows_more(name),
    }
    seals = PinnedSeals(
        PinnedKeys({keys[one].public_key: one for one in ("lan", "minh")}), ed25519.verifies, asks[setting]
    )
    found = seals.findings(candidate(files, keys, names), former)
    needed = 2 if setting == "yes" or (setting == "newly-allowed" and (more or former is None)) else 1
    assert (not found) is (persons >= needed)


# --- Undecided means needed -------------------------------------------------------------------------------------------


def answering(answer: Callable[[], object]) -> type[Apart]:
    """Return what compares by answering so."""

    class Answers(Apart):
        def _run(self, asked: bytes) -> dict[str, Any]:
            said = answer()
            return {"allows_more": said} if not isinstance(said, dict) else said

    return Answers


def raises(error: Exception) -> Callable[[], object]:
    """Return what raises *error*."""

    def raising() -> object:
        raise error

    return raising


class CannotBegin(Apart):
    """Finds nothing to run."""

    def _started(self, inside: int, question: Any) -> Any:
        raise BlockingIOError(11, "no more processes")


UNDECIDED: dict[str, type[Apart]] = {
    "it took too long": answering(raises(NotComparedError("the comparison took longer than 20 s"))),
    "the solver gave up": answering(lambda: {"not_compared": "the solver did not decide: unknown"}),
    "the files are no policy": answering(raises(InvalidPolicyError([]))),
    "an answer that is none": answering(lambda: None),
    "an answer that looks like no": answering(lambda: 0),
    "no process can be started": CannotBegin,
}


@pytest.mark.parametrize("case", UNDECIDED)
def test_what_is_not_known_needs_the_second_person(case: str) -> None:
    """Undecided, too slow and broken off are no permission."""
    edited = Candidate.of(OPERATOR, EDITS["a note beside a row"][0].items())
    assert needs_second_person(in_force(), edited, UNDECIDED[case])
    assert not needs_second_person(in_force(), edited, answering(lambda: False))


def test_nothing_to_compare_with_needs_the_second_person() -> None:
    """At the start of a server, and where the files in force are not known."""
    same, never = Candidate.of(OPERATOR, the_files().items()), answering(lambda: False)
    assert needs_second_person(None, same, never)
    former = in_force()
    assert needs_second_person(Active(former.policy, former.since, former.by), same, never)


def test_a_process_of_its_own_decides() -> None:
    """The real way, once each."""
    for name in ("a row narrowed", "a condition removed"):
        files, more = EDITS[name]
        assert needs_second_person(in_force(), Candidate.of(OPERATOR, files.items())) is more


def test_without_the_solver_the_server_does_not_start(
    tmp_path: Path, keys: Mapping[str, ed25519.Signer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather than to ask for two signatures on every edit without a word."""
    lines = [f"{name} {base64.b64encode(keys[name].public_key).decode()}\n" for name in ("lan", "minh")]
    (tmp_path / "keys").write_text("".join(lines), "utf-8")
    activation.pinned_seals(tmp_path / "keys", "newly-allowed")
    monkeypatch.setattr(activation, "has_solver", lambda: False)
    activation.pinned_seals(tmp_path / "keys", "yes")
    with pytest.raises(InvalidSettingsError, match="needs the solver"):
        activation.pinned_seals(tmp_path / "keys", "newly-allowed")


# --- Broken twins -----------------------------------------------------------------------------------------------------


def test_a_twin_that_looks_at_decisions_alone_is_caught() -> None:
    """A lost duty is seen by the comparison that looks for it, and not by one for what is newly allowed."""
    before, after = build(the_files()), build(EDITS["a duty less"][0])
    assert not allows_more(before, after, the_schema(), Comparison)


def test_a_twin_that_takes_undecided_for_no_is_caught() -> None:
    """The table of what is not known can fail."""

    def takes_undecided_for_no(former: Active | None, proposed: Candidate, apart: type[Apart]) -> bool:
        try:
            return former is None or bool(apart(1.0).allows_more(proposed.operator, former.files, proposed.files))
        except (NotComparedError, InvalidPolicyError):
            return False

    same = Candidate.of(OPERATOR, EDITS["a note beside a row"][0].items())
    assert not all(takes_undecided_for_no(in_force(), same, apart) for apart in UNDECIDED.values())
