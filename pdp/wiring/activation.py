"""Which policies come in force: who judges and keeps them, and whose signatures they need."""

from pathlib import Path

from pdp.activation import (
    BY_SERVER,
    Active,
    Candidate,
    NoSeals,
    PinnedSeals,
    PolicyJudge,
    PolicyKeeper,
    every_edit,
    read_pinned_keys,
)
from pdp.analysis.apart import has_solver
from pdp.analysis.second_person import needs_second_person
from pdp.core.errors import InvalidSettingsError
from pdp.settings import Settings
from pdp.wire.words import Words
from pdp.wiring.folders import load_policy_at, read_policy_at
from pdp_adapters import ed25519
from pdp_adapters.folder_policies import FolderPolicies
from pdp_adapters.system_clock import SystemClock


def policy_judge(settings: Settings, words: Words) -> PolicyJudge:
    """Return what decides which policies a server may put in force, as *settings* ask for.

    Raises InvalidSettingsError when the keys that it needs are not there.
    """
    seals = NoSeals() if settings.policy_keys is None else pinned_seals(settings.policy_keys, settings.second_signature)
    return PolicyJudge(words.vocabulary, words.schema, seals)


def pinned_seals(keys: Path, second_signature: str) -> PinnedSeals:
    """Return what asks for signatures of those whose keys the file *keys* pins, and for a *second_signature*.

    Raises InvalidSettingsError.
    """
    try:
        pinned = read_pinned_keys(str(keys), keys.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettingsError([f"{keys}: cannot be read: {error}"]) from error
    if second_signature != "no" and len(pinned.persons) < 2:
        raise InvalidSettingsError([f"{keys}: a second person has to sign, and only one has a key"])
    if second_signature == "newly-allowed" and not has_solver():
        raise InvalidSettingsError(
            ["second_signature: `newly-allowed` needs the solver Z3: pip install 'promise-pdp[analysis]'"]
        )
    asks = {"yes": every_edit, "no": None, "newly-allowed": needs_second_person}
    return PinnedSeals(pinned, ed25519.verifies, asks[second_signature])


def signer(key: Path) -> ed25519.Signer:
    """Return what signs with the private key in *key*; raises UnavailableError."""
    return ed25519.Signer(key)


def new_key(path: Path) -> bytes:
    """Make a key, keep it in *path*, and return the public key; raises UnavailableError."""
    return ed25519.new_key(path)


def candidate_in(folder: Path) -> Candidate:
    """Return what lies in the *folder* of an operator; raises UnavailableError and UnsettledError."""
    whole = folder.resolve()
    return Candidate.of(whole.name, FolderPolicies(whole.parent).read_settled(whole.name))


def in_force_at(place: str, words: Words) -> Active:
    """Return what lies at *place*, as `load_policy_at` takes it, as if it were in force; raises what that raises."""
    policy = load_policy_at(place, words)
    candidate = Candidate.of(*read_policy_at(place))
    return Active(policy, SystemClock().now(), BY_SERVER, candidate.files, candidate.seal)


def policy_keeper(settings: Settings, judge: PolicyJudge) -> PolicyKeeper:
    """Return a keeper that has put in force whatever *judge* lets it of the folders that *settings* name.

    Raises UnavailableError when the directory cannot be read.
    """
    source = FolderPolicies(settings.policies)
    keeper = PolicyKeeper(source, judge, SystemClock().now)
    for operator in source.operators():
        verdict = keeper.examine(operator)
        if verdict.policy is None:
            keeper.refuse(verdict)
        else:
            keeper.accept(verdict, BY_SERVER)
    return keeper
