"""Which policies come in force: who judges and keeps them, and whose signatures they need."""

import time
from pathlib import Path
from typing import Final

from pdp.activation import (
    BY_SERVER,
    Active,
    Candidate,
    LastInForce,
    NewlyAllows,
    NoSeals,
    PinnedSeals,
    PolicyJudge,
    PolicyKeeper,
    Verdict,
    every_edit,
    read_pinned_keys,
)
from pdp.analysis.apart import has_solver
from pdp.analysis.second_person import begin_comparing, needs_second_person
from pdp.core.errors import InvalidSettingsError, UnavailableError
from pdp.settings import Settings
from pdp.wire.words import Words
from pdp.wiring.folders import load_policy_at, read_policy_at
from pdp_adapters import ed25519
from pdp_adapters.folder_policies import FolderPolicies
from pdp_adapters.kept_folder import KeptFolder
from pdp_adapters.system_clock import SystemClock

_LOOK_SECONDS: Final = 0.05
"""How often it is looked, at the start, whether a comparison of policies has come to its end."""


def policy_judge(settings: Settings, words: Words) -> PolicyJudge:
    """Return what decides which policies a server may put in force, as *settings* ask for.

    Raises InvalidSettingsError when the keys that it needs are not there.
    """
    if settings.policy_keys is None:
        seals: NoSeals | PinnedSeals = NoSeals()
    else:
        memory = last_in_force(settings)
        seals = pinned_seals(settings.policy_keys, settings.second_signature, memory, beside=True)
    return PolicyJudge(words.vocabulary, words.schema, seals)


def last_in_force(settings: Settings) -> LastInForce | None:
    """Return what remembers what was last in force, where *settings* name a folder for it.

    Raises InvalidSettingsError when the folder cannot be used.
    """
    if settings.last_in_force is None:
        return None
    try:
        return LastInForce(KeptFolder(settings.last_in_force), SystemClock().now)
    except UnavailableError as error:
        raise InvalidSettingsError([f"last_in_force: {error}"]) from error


def pinned_seals(
    keys: Path, second_signature: str, memory: LastInForce | None = None, *, beside: bool = False
) -> PinnedSeals:
    """Return what asks for signatures of those whose keys the file *keys* pins, and for a *second_signature*.

    *memory* knows what was in force before the server was started anew; *beside* lets it compare without being waited
    for. Raises InvalidSettingsError.
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
    comparing = begin_comparing if beside else needs_second_person
    asks: dict[str, NewlyAllows | None] = {"yes": every_edit, "no": None, "newly-allowed": comparing}
    recalls = memory.recall if memory is not None else _nothing_recalled
    return PinnedSeals(pinned, ed25519.verifies, asks[second_signature], recalls)


def _nothing_recalled(_operator: str) -> None:
    return None


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
    keeper = PolicyKeeper(source, judge, SystemClock().now, last_in_force(settings))
    for verdict in [keeper.examine(operator) for operator in source.operators()]:
        settled = _settled(keeper, verdict)
        if settled.policy is None:
            keeper.refuse(settled)
        else:
            keeper.accept(settled, BY_SERVER)
    return keeper


def _settled(keeper: PolicyKeeper, verdict: Verdict) -> Verdict:
    """Return what has become of *verdict*; all comparisons of a start go on at the same time."""
    while (settled := keeper.decided(verdict)) is None:
        time.sleep(_LOOK_SECONDS)
    return settled
