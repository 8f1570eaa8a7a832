"""Unsigned or wrongly signed folders are refused in every combination of settings; twins that let one in are caught."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pdp.activation import (
    Active,
    Candidate,
    Comparing,
    Former,
    NoSeals,
    PinnedKeys,
    PinnedSeals,
    PolicyJudge,
    Seal,
    every_edit,
    read_pinned_keys,
    read_seal,
    seal_of,
    sealed,
)
from pdp.activation.judging import Seals
from pdp.cli import main
from pdp.core.errors import InvalidSettingsError, UnavailableError
from pdp.core.finding import Finding
from pdp.settings import read_settings
from pdp_adapters import ed25519
from tests.unit.activation.folders import DENY_ROW, POLICY, a_keeper, append, codes, look, revision, write
from tests.unit.policy_set.small_folder import build, the_files, the_schema, the_vocabulary

OPERATOR = "kidsonline"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, ed25519.Signer]:
    """Return the keys of two persons, of whom one has two, and of a stranger."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("lan", "lan-old", "minh", "stranger"):
        ed25519.new_key(folder / name)
    return {name: ed25519.Signer(folder / name) for name in ("lan", "lan-old", "minh", "stranger")}


def pinned(keys: Mapping[str, ed25519.Signer]) -> PinnedKeys:
    """Return the keys that count: nobody has pinned the stranger's."""
    owners = {"lan": "lan", "lan-old": "lan", "minh": "minh"}
    return PinnedKeys({keys[key].public_key: person for key, person in owners.items()})


def the_candidate() -> Candidate:
    """Return the folder without a fault, unsigned."""
    return Candidate.of(OPERATOR, the_files().items())


def signed(keys: Mapping[str, ed25519.Signer], *names: str, number: int = 1) -> Seal:
    """Return the seal of the folder, signed with the keys of *names*."""
    seal = seal_of(the_candidate(), number)
    for name in names:
        seal = seal.signed(keys[name].sign(seal.message))
    return seal


def with_seal(seal: Seal | str | bytes, files: Mapping[str, bytes] | None = None) -> Candidate:
    """Return the folder, or *files*, with *seal* beside them."""
    text = seal.as_json() if isinstance(seal, Seal) else seal
    content = text.encode() if isinstance(text, str) else text
    return Candidate.of(OPERATOR, [*(files or the_files()).items(), (f"{OPERATOR}/signatures.json", content)])


Make = Callable[[Mapping[str, ed25519.Signer]], Candidate]


def with_members(**members: Any) -> Make:
    """Return what makes a folder signed by two whose seal has *members* besides, or in place of, its own."""
    return lambda keys: with_seal(json.dumps({**json.loads(signed(keys, "lan", "minh").as_json()), **members}))


def text_of(edit: Callable[[str], str]) -> Make:
    """Return what makes a folder signed by two whose seal is edited as a text."""
    return lambda keys: with_seal(edit(signed(keys, "lan", "minh").as_json()))


def with_files(files: Mapping[str, bytes]) -> Make:
    """Return what makes a folder of *files* under the seal of the folder without a fault."""
    return lambda keys: with_seal(signed(keys, "lan", "minh"), files)


def signed_without_purpose(keys: Mapping[str, ed25519.Signer]) -> Candidate:
    """Sign the digests alone, as some other protocol might."""
    seal = signed(keys)
    return with_seal(seal.signed(keys["lan"].sign(json.dumps(dict(seal.files)).encode())))


def signed_for_another_number(keys: Mapping[str, ed25519.Signer]) -> Candidate:
    """Take signatures of a former seal over to a new number."""
    return with_seal(replace(signed(keys, "lan", "minh", number=1), number=2))


def of_another_operator(keys: Mapping[str, ed25519.Signer]) -> Candidate:
    """Take the signatures of another operator's folder that has the same files."""
    seal = replace(signed(keys), operator="kiotviet")
    return with_seal(seal.signed(keys["lan"].sign(seal.message)).signed(keys["minh"].sign(seal.message)))


def shifted(keys: Mapping[str, ed25519.Signer]) -> Candidate:
    """Move a byte from a name to its digest: the parts one after another stay the same bytes."""
    seal = signed(keys, "lan", "minh")
    moved = {name[:-1]: name[-1] + digest for name, digest in seal.files.items()}
    return with_seal(replace(seal, files=moved))


ONE = {"keys"}
BOTH = {"keys", "two"}
NOBODY: set[str] = set()

SITUATIONS: dict[str, tuple[Make, set[str]]] = {
    "unsigned": (lambda keys: the_candidate(), NOBODY),
    "no signature in the seal": (lambda keys: with_seal(signed(keys)), NOBODY),
    "an empty file": (lambda keys: with_seal(b""), NOBODY),
    "one person": (lambda keys: with_seal(signed(keys, "lan")), ONE),
    "the other person": (lambda keys: with_seal(signed(keys, "minh")), ONE),
    "two persons": (lambda keys: with_seal(signed(keys, "lan", "minh")), BOTH),
    "one person twice": (lambda keys: with_seal(signed(keys, "lan", "lan")), ONE),
    "one person with two keys": (lambda keys: with_seal(signed(keys, "lan", "lan-old")), ONE),
    "a stranger": (lambda keys: with_seal(signed(keys, "stranger")), NOBODY),
    "a stranger as the second": (lambda keys: with_seal(signed(keys, "lan", "stranger")), ONE),
    "two persons and a stranger": (lambda keys: with_seal(signed(keys, "stranger", "minh", "lan")), BOTH),
    "garbage": (lambda keys: with_seal(signed(keys).signed(b"x" * 64)), NOBODY),
    "an empty signature": (lambda keys: with_seal(signed(keys).signed(b"")), NOBODY),
    "a cut signature": (lambda keys: with_seal(signed(keys).signed(signed(keys, "lan").signatures[0][:-1])), NOBODY),
    "signed for another purpose": (signed_without_purpose, NOBODY),
    "signed for another number": (signed_for_another_number, NOBODY),
    "signed for another operator": (of_another_operator, NOBODY),
    "a byte moved between name and digest": (shifted, NOBODY),
    "a file changed": (with_files({**the_files(), POLICY: the_files()[POLICY] + b"# more\n"}), NOBODY),
    "a shared file changed": (
        with_files({**the_files(), "shared/conditions.yaml": the_files()["shared/conditions.yaml"] + b"# more\n"}),
        NOBODY,
    ),
    "a file more": (with_files({**the_files(), f"{OPERATOR}/notes.txt": b"more\n"}), NOBODY),
    "a file less": (
        with_files({path: content for path, content in the_files().items() if not path.endswith("document.txt")}),
        NOBODY,
    ),
    "its own key in the file": (with_members(key="AAAA"), NOBODY),
    "no algorithm in the file": (with_members(algorithm="none"), NOBODY),
    "a number as a text": (with_members(number="1"), NOBODY),
    "a number that is a truth value": (with_members(number=True), NOBODY),
    "number 0": (with_members(number=0), NOBODY),
    "signatures that are none": (with_members(signatures=None), NOBODY),
    "a signature that is no text": (with_members(signatures=[1]), NOBODY),
    "a signature not in base64": (with_members(signatures=["?"]), NOBODY),
    "files as a list": (with_members(files=[]), NOBODY),
    "no files": (with_members(files={}), NOBODY),
    "a key twice": (text_of(lambda text: text.replace('"number": 1', '"number": 2, "number": 1')), NOBODY),
    "not a number": (text_of(lambda text: text.replace('"number": 1', '"number": NaN')), NOBODY),
    "nested without end": (lambda keys: with_seal("[" * 100_000), NOBODY),
    "not UTF-8": (lambda keys: with_seal(b"\xff\xfe"), NOBODY),
    "very large": (text_of(lambda text: text + " " * (1 << 20)), NOBODY),
}


def settings(keys: Mapping[str, ed25519.Signer], make: type[PinnedSeals] = PinnedSeals) -> dict[str, Seals]:
    """Return what each combination of settings asks for."""
    known = pinned(keys)
    return {
        "none": NoSeals(),
        "keys": make(known, ed25519.verifies, None),
        "two": make(known, ed25519.verifies, every_edit),
    }


def judged(seals: Seals, candidate: Candidate, former: Active | None = None) -> tuple[bool, list[str]]:
    """Return whether *candidate* may be put in force, and the codes of what was found."""
    verdict = PolicyJudge(the_vocabulary(), the_schema(), seals).judge(candidate, former)
    return verdict.policy is not None, [finding.code for finding in verdict.findings]


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("asked", ["none", "keys", "two"])
def test_every_combination_of_settings_and_signatures(
    asked: str, situation: str, keys: Mapping[str, ed25519.Signer]
) -> None:
    """A folder is put in force when nobody has to sign, or as many of the pinned persons have as have to."""
    make, accepted_by = SITUATIONS[situation]

    accepted, found = judged(settings(keys)[asked], make(keys))

    assert accepted == (asked == "none" or asked in accepted_by)
    assert accepted or found


def in_force(candidate: Candidate) -> Active:
    """Return *candidate* in force."""
    return Active(build(the_files()), datetime.now(UTC), "server", candidate.files, candidate.seal)


def the_older_is_refused(seals: Seals, keys: Mapping[str, ed25519.Signer]) -> None:
    """A folder that was in force before, with the signatures it had then, is not put in force again."""
    former = in_force(with_seal(signed(keys, "lan", "minh", number=2)))
    assert judged(seals, with_seal(signed(keys, "lan", "minh", number=1)), former) == (False, ["seal-older"])
    assert judged(seals, with_seal(signed(keys, "lan", "minh", number=2)), former)[0]
    assert judged(seals, with_seal(signed(keys, "lan", "minh", number=3)), former)[0]
    files = {**the_files(), POLICY: the_files()[POLICY] + b"# another edit under the same number\n"}
    other = seal_of(Candidate.of(OPERATOR, files.items()), 2)
    other = other.signed(keys["lan"].sign(other.message)).signed(keys["minh"].sign(other.message))
    assert judged(seals, with_seal(other, files), former) == (False, ["seal-older"])


@pytest.mark.parametrize("asked", ["keys", "two"])
def test_signatures_older_than_those_in_force_are_refused(asked: str, keys: Mapping[str, ed25519.Signer]) -> None:
    """Going back needs a new signature."""
    the_older_is_refused(settings(keys)[asked], keys)


def test_a_second_person_is_asked_for_what_newly_allows_something(keys: Mapping[str, ed25519.Signer]) -> None:
    """Whether an edit does is asked with what is in force and what is proposed; without anything in force it does."""
    asked: list[tuple[Former | None, Candidate]] = []

    def newly_allows(former: Former | None, candidate: Candidate) -> bool:
        asked.append((former, candidate))
        return former is None

    seals = PinnedSeals(pinned(keys), ed25519.verifies, newly_allows)
    one = with_seal(signed(keys, "lan"))
    assert judged(seals, one) == (False, ["second-person-missing"])
    assert judged(seals, one, in_force(one))[0]
    assert asked[1][0] is not None


# --- Broken twins -----------------------------------------------------------------------------------------------------


class LetsTheUnsignedIn(PinnedSeals):
    """Verifies a signature where there is one."""

    def findings(self, candidate: Candidate, former: Active | None) -> tuple[Finding, ...] | Comparing:
        """Return nothing for a folder without signatures."""
        return () if candidate.seal is None else super().findings(candidate, former)


class CountsSignatures(PinnedSeals):
    """Takes two signatures for two persons."""

    def _signers(self, seal: Seal) -> frozenset[str]:
        known = super()._signers(seal)
        return known | {f"another-{number}" for number in range(len(seal.signatures) - 1)} if known else known


class CountsKeys(PinnedSeals):
    """Takes two keys of one person for two persons."""

    def _signers(self, seal: Seal) -> frozenset[str]:
        own = PinnedSeals(PinnedKeys({key: str(key) for key in self._pinned.keys}), self._verifies)
        return PinnedSeals._signers(own, seal)


class BelievesAnySignature(PinnedSeals):
    """Does not look whether a signature is right."""

    def __init__(self, pinned: PinnedKeys, _verifies: Any, newly_allows: Any = None) -> None:
        super().__init__(pinned, lambda _key, signature, _message: len(signature) == 64, newly_allows)


class LooksAtSignedFilesAlone(PinnedSeals):
    """Does not mind files that nobody has signed."""

    def findings(self, candidate: Candidate, former: Active | None) -> tuple[Finding, ...] | Comparing:
        """Leave them out."""
        found = super().findings(candidate, former)
        return found if isinstance(found, Comparing) else tuple(one for one in found if one.code != "file-not-signed")


class BelievesTheOperatorOfTheSeal(PinnedSeals):
    """Takes a folder for that of the operator that its seal names."""

    def findings(self, candidate: Candidate, former: Active | None) -> tuple[Finding, ...] | Comparing:
        """Leave out that it is of another."""
        found = super().findings(candidate, former)
        return found if isinstance(found, Comparing) else tuple(one for one in found if one.code != "seal-of-another")


class ForgetsNumbers(PinnedSeals):
    """Lets an older folder in again."""

    def findings(self, candidate: Candidate, former: Active | None) -> tuple[Finding, ...] | Comparing:
        """Look at the folder as if nothing were in force."""
        return super().findings(candidate, None)


TWINS = [
    LetsTheUnsignedIn,
    CountsSignatures,
    CountsKeys,
    BelievesAnySignature,
    LooksAtSignedFilesAlone,
    BelievesTheOperatorOfTheSeal,
]


@pytest.mark.parametrize("twin", TWINS)
def test_a_broken_twin_is_caught(twin: type[PinnedSeals], keys: Mapping[str, ed25519.Signer]) -> None:
    """The table can fail: each twin puts something in force that it must not."""
    seals = settings(keys, twin)
    wrongly = [
        (asked, situation)
        for situation, (make, accepted_by) in SITUATIONS.items()
        for asked in ("keys", "two")
        if judged(seals[asked], make(keys))[0] and asked not in accepted_by
    ]

    assert wrongly


def test_a_twin_that_forgets_numbers_is_caught(keys: Mapping[str, ed25519.Signer]) -> None:
    """The law of the older folder can fail."""
    with pytest.raises(AssertionError):
        the_older_is_refused(ForgetsNumbers(pinned(keys), ed25519.verifies), keys)


# --- Keys and settings ------------------------------------------------------------------------------------------------

_KEY = base64.b64encode(b"k" * 32).decode()


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "no key is pinned"),
        ("# nobody\n", "no key is pinned"),
        ("lan\n", "not a line"),
        (f"lan {_KEY} more\n", "not a line"),
        (f"Lan {_KEY}\n", "not a line"),
        ("lan !!!\n", "not a line"),
        (f"lan {base64.b64encode(b'k' * 31).decode()}\n", "not a line"),
        (f"lan {_KEY}\nminh {_KEY}\n", "pinned already"),
    ],
)
def test_a_file_of_keys_that_is_wrong_is_refused_whole(text: str, mistake: str) -> None:
    """With its place; nothing of it counts."""
    with pytest.raises(InvalidSettingsError, match=mistake):
        read_pinned_keys("keys", text)


@pytest.mark.parametrize(
    ("flags", "mistake"),
    [
        ({"second_signature": "yes"}, "needs policy_keys"),
        ({"policy_keys": ""}, "must name something"),
        ({"policy_keys": " ", "second_signature": "yes"}, "must name something"),
        ({"second_signature": "newly-allowed"}, "needs policy_keys"),
        ({"second_signature": "true"}, "must be `yes`, `no` or `newly-allowed`"),
    ],
)
def test_settings_that_would_ask_for_nobody_are_refused(flags: dict[str, str | None], mistake: str) -> None:
    """A setting that is there is never taken for one that is not."""
    with pytest.raises(InvalidSettingsError, match=mistake):
        read_settings(flags, {})


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """It is not written over, and nobody else can read it; what is no such key signs nothing."""
    ed25519.new_key(tmp_path / "lan")
    assert (tmp_path / "lan").stat().st_mode & 0o777 == 0o600
    with pytest.raises(UnavailableError, match="cannot be written"):
        ed25519.new_key(tmp_path / "lan")
    (tmp_path / "text").write_text("no key\n", "utf-8")
    for name in ("text", "nowhere"):
        with pytest.raises(UnavailableError):
            ed25519.Signer(tmp_path / name)


# --- From the command to the keeper -----------------------------------------------------------------------------------


def run(*arguments: str | Path) -> tuple[int, str]:
    """Run `pdp`, and return its exit code and what it printed."""
    result = CliRunner().invoke(main, [*map(str, arguments), "--lang", "en"])
    return result.exit_code, result.output


def test_from_a_key_to_a_folder_that_two_have_signed(tmp_path: Path) -> None:
    """Two persons make keys and sign; an edit is out of force until both have signed it again."""
    policies, folder = write(tmp_path / "policies"), tmp_path / "policies" / OPERATOR
    lines = [run("new-key", name, tmp_path / name)[1] for name in ("lan", "minh")]
    (tmp_path / "keys").write_text("".join(lines), "utf-8")
    check = ("verify", folder, "--policy-keys", tmp_path / "keys", "--second-signature")
    assert run(*check)[0] == 1
    assert run("sign", folder, "--key", tmp_path / "lan")[0] == 0
    assert "second-person-missing" in run(*check)[1]
    assert run("sign", folder, "--key", tmp_path / "minh")[1].endswith("number 1, 2 signatures in all\n")
    assert run(*check) == (0, "kidsonline: rightly signed\n")

    known = read_pinned_keys("keys", (tmp_path / "keys").read_text("utf-8"))
    judge = PolicyJudge(the_vocabulary(), the_schema(), PinnedSeals(known, ed25519.verifies, every_edit))
    keeper = a_keeper(policies, judge=judge)
    before = revision(keeper)
    append(policies / POLICY, DENY_ROW)
    look(keeper)
    assert codes(keeper) == ["signed-file-changed"]
    assert revision(keeper) == before
    run("sign", folder, "--key", tmp_path / "minh")
    look(keeper)
    assert codes(keeper) == ["second-person-missing"]
    assert run("sign", folder, "--key", tmp_path / "lan")[1].endswith("number 2, 2 signatures in all\n")
    look(keeper)
    assert codes(keeper) == []
    assert revision(keeper) != before
    (folder / "signatures.json").unlink()
    look(keeper)
    assert codes(keeper) == ["unsigned"]


def test_signing_again_changes_nothing(keys: Mapping[str, ed25519.Signer]) -> None:
    """Whoever has signed these files already has signed them."""
    once = sealed(with_seal(signed(keys, "lan")), keys["lan"].sign)
    assert once == signed(keys, "lan")
    assert read_seal(once.as_json().encode()) == once
