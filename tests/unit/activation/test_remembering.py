"""What was last in force is known after a restart, or two persons have to sign; twins that believe more are caught."""

import json
import os
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pdp.activation import (
    Candidate,
    Former,
    LastInForce,
    PinnedKeys,
    PinnedSeals,
    PolicyJudge,
    PolicyKeeper,
    seal_of,
)
from pdp.activation.remembering import RECENT, Remembered
from pdp.core.errors import UnavailableError
from pdp_adapters import ed25519
from pdp_adapters.folder_policies import FolderPolicies
from pdp_adapters.kept_folder import KeptFolder
from tests.unit.activation.folders import DENY_ROW, POLICY, act_on, append, codes, look, write
from tests.unit.policy_set.small_folder import the_schema, the_vocabulary

WIDER = "p, wider, allow, operator, read, child_data, following, signed_in, KIDS-1.7, nothing\n"
ANOTHER = DENY_ROW.replace("no-reads", "no-shares").replace("read,", "share,")


class Server:
    """Stands for a server over one folder that is ended and started anew; one edit in two allows more: WIDER."""

    def __init__(self, place: Path, last: type[LastInForce] = LastInForce) -> None:
        self.directory = write(place / "policies")
        self.kept = place / "kept"
        self.last = last
        self.keys = {}
        for name in ("lan", "minh"):
            ed25519.new_key(place / name)
            self.keys[name] = ed25519.Signer(place / name)
        self.number = 0
        self.instant = datetime.now(UTC)
        self.sign("lan", "minh")
        self.start()

    def sign(self, *names: str, number: int | None = None) -> None:
        """Let *names* sign what lies in the folder."""
        self.number = number or self.number + 1
        found = Candidate.of("kidsonline", FolderPolicies(self.directory).read_settled("kidsonline"))
        seal = seal_of(found, self.number)
        for name in names:
            seal = seal.signed(self.keys[name].sign(seal.message))
        (self.directory / "kidsonline/signatures.json").write_text(seal.as_json(), "utf-8")

    def start(self) -> None:
        """Start it anew: nothing is known but what lies in its two folders."""
        memory = self.last(KeptFolder(self.kept), lambda: self.instant)
        pinned = PinnedKeys({key.public_key: name for name, key in self.keys.items()})
        seals = PinnedSeals(pinned, ed25519.verifies, _is_wider, memory.recall)
        judge = PolicyJudge(the_vocabulary(), the_schema(), seals)
        self.keeper = PolicyKeeper(FolderPolicies(self.directory), judge, lambda: datetime.now(UTC), memory)
        act_on(self.keeper, self.keeper.examine("kidsonline"))

    def edit(self, text: str) -> None:
        """Add *text* to the rules; one person signs."""
        append(self.directory / POLICY, text)
        self.sign("lan")

    @property
    def record(self) -> Path:
        """Return the file that remembers what was in force."""
        return self.kept / "kidsonline.json"

    @property
    def wants_second(self) -> bool:
        """Say whether the folder was refused for want of the second person."""
        return codes(self.keeper) == ["second-person-missing"]


def _is_wider(former: Former | None, candidate: Candidate) -> bool:
    """Stand in for the solver: look for the row that allows more."""
    before, after = (
        b"".join(content for path, content in (of.files if of else ()) if path.endswith("policy.csv"))
        for of in (former, candidate)
    )
    return former is None or after.count(b"p, wider") > before.count(b"p, wider")


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """Return a server with the folder in force that two persons have signed."""
    return Server(tmp_path)


def test_a_narrowed_folder_needs_one_person_after_a_restart(server: Server) -> None:
    """Whether it was narrowed while the server ran, or while it did not; what allows more still needs two."""
    assert codes(server.keeper) == []
    server.edit(DENY_ROW)
    look(server.keeper)
    server.start()
    assert codes(server.keeper) == []
    server.edit(ANOTHER)
    server.start()
    assert codes(server.keeper) == []
    server.edit(WIDER)
    server.start()
    assert codes(server.keeper) == ["second-person-missing"]


def test_what_was_taken_away_is_not_given_back_by_one_person(server: Server) -> None:
    """The newest is remembered and not what was in force before it."""
    narrow = (server.directory / POLICY).read_bytes()
    append(server.directory / POLICY, WIDER)
    server.sign("lan", "minh")
    look(server.keeper)
    assert codes(server.keeper) == []
    (server.directory / POLICY).write_bytes(narrow)
    server.sign("lan")
    look(server.keeper)
    assert codes(server.keeper) == []
    server.edit(WIDER)
    server.start()
    assert codes(server.keeper) == ["second-person-missing"]


def test_an_older_seal_is_refused_after_a_restart_too(server: Server) -> None:
    """As while it runs."""
    server.edit(DENY_ROW)
    look(server.keeper)
    server.edit(ANOTHER)
    server.sign("lan", "minh", number=1)
    server.start()
    assert codes(server.keeper) == ["seal-older"]


def given_back_at_a_server_that_was_away(server: Server, away: timedelta) -> list[str]:
    """Widen with two persons, take it back with one, and return what is found where the first alone was seen."""
    narrow = (server.directory / POLICY).read_bytes()
    append(server.directory / POLICY, WIDER)
    wide = (server.directory / POLICY).read_bytes()
    server.sign("lan", "minh")
    look(server.keeper)
    shutil.copytree(server.kept, server.kept.with_name("of-another"))
    for content in (narrow, wide):
        (server.directory / POLICY).write_bytes(content)
        server.sign("lan")
        look(server.keeper)
    assert server.wants_second
    server.kept = server.kept.with_name("of-another")
    server.instant += away
    server.start()
    return codes(server.keeper)


def test_what_was_taken_back_while_a_server_was_away_needs_two_persons_there(tmp_path: Path) -> None:
    """It remembers what was in force before; the twin, for which nothing is ever long ago, is caught."""
    assert given_back_at_a_server_that_was_away(Server(tmp_path / "server"), RECENT * 2) == ["second-person-missing"]
    assert given_back_at_a_server_that_was_away(Server(tmp_path / "twin", _NeverLongAgo), RECENT * 2) == []


class _NeverLongAgo(LastInForce):
    """Takes what it remembers for the last there was."""

    def recall(self, operator: str) -> Remembered | None:
        """Return it as if it had been now."""
        known = super().recall(operator)
        return None if known is None else replace(known, recent=True)


def test_what_is_in_force_for_long_is_not_long_ago(server: Server) -> None:
    """While the server runs it says so again and again: a restart in the end finds it as it was."""
    for _ in range(5):
        server.instant += RECENT / 2
        look(server.keeper)
    server.edit(DENY_ROW)
    server.start()
    assert codes(server.keeper) == []


def test_what_is_older_is_refused_however_long_ago_it_was(server: Server) -> None:
    """A number that was there needs no recent memory."""
    server.edit(DENY_ROW)
    look(server.keeper)
    server.edit(ANOTHER)
    server.sign("lan", "minh", number=1)
    server.instant += RECENT * 9
    server.start()
    assert codes(server.keeper) == ["seal-older"]


def _changed(server: Server, change: Callable[[dict[str, object]], None]) -> None:
    members = json.loads(server.record.read_bytes())
    change(members)
    server.record.write_text(json.dumps(members), "utf-8")


def _files_of(members: dict[str, object], files: Mapping[str, bytes]) -> None:
    """Write other files, under the digest that they have: as whoever can write there would."""
    candidate = Candidate("kidsonline", tuple(files.items()), b64decode(str(members["seal"])))
    members["files"] = [[path, b64encode(content).decode()] for path, content in files.items()]
    members["digest"] = candidate.digest


def _forge(server: Server) -> None:
    """Say that the wider folder was in force, which nobody has signed."""
    found = FolderPolicies(server.directory).read_settled("kidsonline")
    deciding = dict(Candidate.of("kidsonline", found).files)
    rules = next(path for path in deciding if path.endswith(POLICY))
    deciding[rules] += WIDER.encode()
    _changed(server, lambda members: _files_of(members, deciding))


def _be_linked(server: Server) -> None:
    server.record.rename(server.kept / "elsewhere")
    server.record.symlink_to("elsewhere")


SPOILT: dict[str, Callable[[Server], object]] = {
    "it is gone": lambda server: server.record.unlink(),
    "it is cut off": lambda server: server.record.write_bytes(server.record.read_bytes()[:-9]),
    "it is empty": lambda server: server.record.write_bytes(b""),
    "it is of another operator": lambda server: _changed(server, lambda of: of.update(operator="homeid")),
    "its digest is another": lambda server: _changed(server, lambda of: of.update(digest="0" * 64)),
    "it has no seal": lambda server: _changed(server, lambda of: of.update(seal=None)),
    "others may write to it": lambda server: server.record.chmod(0o666),
    "it is a link": _be_linked,
    "its files were never signed": _forge,
    "it is no object": lambda server: server.record.write_bytes(b"[]"),
    "it is long ago": lambda server: _changed(server, lambda of: of.update(at="2026-01-01T00:00:00+00:00")),
    "it is of the future": lambda server: _changed(server, lambda of: of.update(at="2099-01-01T00:00:00+00:00")),
    "nobody knows when it was": lambda server: _changed(server, lambda of: of.update(at=7)),
    "it is nested too deep": lambda server: server.record.write_bytes(b"[" * 100_000),
}


@pytest.mark.parametrize("case", SPOILT)
def test_what_is_not_known_for_certain_needs_two_persons(case: str, server: Server) -> None:
    """Even for an edit that takes something away."""
    SPOILT[case](server)
    server.edit(DENY_ROW)
    server.start()
    assert codes(server.keeper) == ["second-person-missing"]


def test_a_folder_that_others_may_write_to_is_not_used(server: Server) -> None:
    """The server does not start with it."""
    server.kept.chmod(0o777)
    with pytest.raises(UnavailableError, match="written by others"):
        KeptFolder(server.kept)


class _CannotForget(KeptFolder):
    """Stands for a disk that has become read-only."""

    def remove(self, name: str) -> None:
        """Fail."""
        raise UnavailableError(f"`{name}` cannot be removed: read-only")


def test_an_edit_that_cannot_be_remembered_is_refused(server: Server) -> None:
    """Otherwise the next one would be compared with what was in force long ago; what is in force stays."""
    memory = LastInForce(_CannotForget(server.kept), lambda: server.instant)
    server.keeper._memory = memory
    before = server.keeper.standing.revision
    server.edit(DENY_ROW)
    look(server.keeper)
    assert codes(server.keeper) == ["last-not-kept"]
    assert server.keeper.standing.revision == before
    server.keeper._memory = LastInForce(KeptFolder(server.kept), lambda: server.instant)
    look(server.keeper)
    assert codes(server.keeper) == []


def test_what_stays_in_force_is_remembered_again(server: Server) -> None:
    """It was forgotten for the sake of an edit that did not come in force after all."""
    server.edit(DENY_ROW)
    verdict = server.keeper.examine("kidsonline")
    server.instant += RECENT
    server.keeper._renew()
    assert not server.record.exists()
    server.keeper.refuse(verdict)
    assert server.record.exists()
    assert server.record.stat().st_mode & 0o777 == 0o600
    assert os.listdir(server.kept) == ["kidsonline.json"]


# --- Broken twins -----------------------------------------------------------------------------------------------------


class _ForgetsLate(LastInForce):
    """Keeps what was in force before until the new is written, which fails."""

    def begin(self, candidate: Candidate) -> None:
        """Forget nothing."""

    def remember(self, candidate: Candidate) -> bool:
        """Fail, unless nothing is known yet."""
        return self.recall(candidate.operator) is None and super().remember(candidate)


def test_a_twin_that_remembers_what_was_before_is_caught(tmp_path: Path) -> None:
    """One person gives back what was taken away."""
    with pytest.raises(AssertionError):
        test_what_was_taken_away_is_not_given_back_by_one_person(_with_wider(tmp_path))


def _with_wider(place: Path) -> Server:
    class Remembers(_ForgetsLate):
        """Remembers the widest that was ever in force."""

        def remember(self, candidate: Candidate) -> bool:
            """Remember what holds the wider row and nothing after it."""
            if any(b"p, wider" in content for _, content in candidate.files):
                return LastInForce.remember(self, candidate)
            return super().remember(candidate)

    return Server(place, Remembers)


class _Believes(LastInForce):
    """Takes whatever stands there for what was in force."""

    def recall(self, operator: str) -> Remembered | None:
        """Return the folder itself, as if it had been in force."""
        return Remembered(Candidate(operator, (("kidsonline/policy.csv", b"p, wider" * 9),), None), recent=True)


def test_a_twin_that_believes_what_nobody_signed_is_caught(tmp_path: Path) -> None:
    """PinnedSeals looks at who signed it: without that look, one person would be enough."""
    server = Server(tmp_path, _Believes)
    server.edit(WIDER)
    server.start()
    assert codes(server.keeper) == ["second-person-missing"]
    believed = _Believes(KeptFolder(server.kept), lambda: server.instant).recall("kidsonline")
    assert believed is not None
    assert not _is_wider(believed.candidate, Candidate.of("kidsonline", []))
