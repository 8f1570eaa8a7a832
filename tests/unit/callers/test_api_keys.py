"""API keys: what is kept of them proves nothing, and fits one key, one caller and one term."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pdp.callers.api_keys import KeptKey, KeyRing, new_key, new_pepper, read_pepper
from pdp.callers.key_file import read_keys, written
from pdp.callers.key_store import KeyStore
from pdp.core.errors import InvalidSettingsError

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PEPPER = read_pepper(new_pepper())


def a_key(caller: str = "app") -> tuple[str, KeptKey]:
    """Return a key for a day and what is kept of it."""
    return new_key(caller, PEPPER, NOW, NOW + timedelta(days=1))


def found(presented: str, *keys: KeptKey, pepper: bytes = PEPPER) -> KeptKey | None:
    """Return which of *keys* is *presented*."""
    return KeyRing(keys, pepper).find(presented)


def test_a_key_is_found_by_what_is_kept_of_it() -> None:
    """Among others, and after it was written down and read again."""
    clear, kept = a_key()
    _, other = a_key("other")
    assert found(clear, other, kept) == kept
    assert read_keys(written([other, kept]), "keys.json") == (other, kept)
    assert found(clear, *read_keys(written([other, kept]), "keys.json")) == kept


CHANGES: dict[str, Any] = {
    "another caller": {"caller": "office"},
    "a longer term": {"expires_at": NOW + timedelta(days=300)},
    "another id": {"id": "0" * 16},
    "another hash": {"digest": bytes(32)},
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_kept_cannot_be_changed_without_the_pepper(name: str) -> None:
    """Who can write the file alone cannot give a key to another caller or prolong it."""
    clear, kept = a_key()
    assert found(clear, replace(kept, **CHANGES[name])) is None


def test_a_key_is_good_with_its_pepper_alone() -> None:
    """A copied file of keys is of no use elsewhere."""
    clear, kept = a_key()
    assert found(clear, kept, pepper=read_pepper(new_pepper())) is None


def test_no_key_is_good_where_the_hash_leaves_the_caller_out() -> None:
    """The twin: a hash of the secret alone would fit whatever the file says of it."""
    clear, kept = a_key()

    class Careless(KeyRing):
        """Compares as if the file had always said what it says now."""

        def find(self, presented: str) -> KeptKey | None:
            return next((key for key in self.keys if key.id == presented.split("_")[1]), None)

    moved = replace(kept, caller="office")
    assert Careless((moved,), PEPPER).find(clear) is moved
    assert found(clear, moved) is None


@pytest.mark.parametrize("presented", ["", "pdp_", "pdp__", "x", "pdp_" + "0" * 16 + "_" + "A" * 44, "pdp_\n_"])
def test_what_has_not_the_form_of_a_key_is_none(presented: str) -> None:
    """Whatever it is."""
    assert found(presented, a_key()[1]) is None


def test_secrets_are_never_the_same_and_never_kept() -> None:
    """256 random bits each; the file holds no part of one."""
    made = [a_key() for _ in range(50)]
    secrets = {clear.split("_", 2)[2] for clear, _ in made}
    assert len(secrets) == 50
    content = written([kept for _, kept in made]).decode()
    assert not any(secret in content for secret in secrets)


@pytest.mark.parametrize(
    "content", [b"", b"AAAA", b"not base64!", b"\xff", b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" * 2]
)
def test_a_pepper_that_is_none_is_refused(content: bytes) -> None:
    """An empty one would be known to everybody."""
    with pytest.raises(ValueError):  # noqa: PT011  # the decoder's own says enough
        read_pepper(content)


BROKEN: dict[str, Any] = {
    "no JSON": b"{",
    "a list": b"[]",
    "another format": b'{"format": 2, "keys": []}',
    "no keys": b'{"format": 1}',
    "an unknown field": {"secret": "x"},
    "a short hash": {"digest": "00"},
    "an instant without an offset": {"expires_at": "2026-11-27T12:00:00"},
    "an end of time that no clock reaches": {"expires_at": "9999-12-31T23:59:59-07:00"},
    "a number for a caller": {"caller": 7},
    "a key twice in one object": b'{"format": 1, "format": 1, "keys": []}',
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_of_keys_that_cannot_be_right_is_refused_whole(name: str) -> None:
    """A key that was not read could be the one that was revoked."""
    broken = BROKEN[name]
    if isinstance(broken, dict):
        root = json.loads(written([a_key()[1]]))
        root["keys"][0].update(broken)
        broken = json.dumps(root).encode()
    with pytest.raises(InvalidSettingsError, match=r"keys\.json"):
        read_keys(broken, "keys.json")


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    """Return a store without any file yet."""
    return KeyStore(tmp_path / "keys.json", tmp_path / "keys.pepper")


def ring(tmp_path: Path) -> KeyRing:
    """Return the keys as a server reads them."""
    keys = read_keys((tmp_path / "keys.json").read_bytes(), "keys.json")
    return KeyRing(keys, read_pepper((tmp_path / "keys.pepper").read_bytes()))


def test_the_first_key_makes_the_files_for_their_owner_alone(store: KeyStore, tmp_path: Path) -> None:
    """Nobody else can read the pepper or the hashes."""
    clear, kept = store.issue("app", 30, "for the app", NOW)
    assert ring(tmp_path).find(clear) == kept
    assert kept.until == NOW + timedelta(days=30)
    for name in ("keys.json", "keys.pepper"):
        assert stat.S_IMODE(os.stat(tmp_path / name).st_mode) == 0o600


def test_a_rotated_key_goes_on_for_the_overlap_and_no_longer(store: KeyStore, tmp_path: Path) -> None:
    """Both are good meanwhile; rotating never prolongs."""
    old, kept = store.issue("app", 1, "", NOW)
    new, made = store.rotate(kept.id, 90, timedelta(hours=2), NOW)
    was = ring(tmp_path).find(old)
    assert was is not None
    assert (was.until, was.state(NOW), was.state(NOW + timedelta(hours=2))) == (
        NOW + timedelta(hours=2),
        "ending",
        "revoked",
    )
    assert (made.caller, ring(tmp_path).find(new)) == ("app", made)
    store.rotate(made.id, 90, timedelta(days=3650), NOW)
    longest = ring(tmp_path).find(new)
    assert longest is not None
    assert longest.until == made.until


def test_a_revoked_key_stays_revoked(store: KeyStore) -> None:
    """Revoking again, or rotating, does not bring it back."""
    _, kept = store.issue("app", 1, "", NOW)
    first = store.revoke(kept.id, NOW)
    assert store.revoke(kept.id, NOW + timedelta(hours=1)).revoked_at == first.revoked_at == NOW
    with pytest.raises(InvalidSettingsError, match="no longer"):
        store.rotate(kept.id, 1, timedelta(hours=1), NOW)


def test_every_key_of_a_caller_can_be_revoked_at_once(store: KeyStore) -> None:
    """And of nobody else."""
    ids = {store.issue("app", 1, "", NOW)[1].id for _ in range(3)}
    _, other = store.issue("other", 1, "", NOW)
    assert set(store.revoke_of("app", NOW)) == ids
    assert {key.id for key in store.kept() if key.state(NOW) == "good"} == {other.id}
    assert store.revoke_of("app", NOW) == ()


def test_keys_that_are_issued_at_once_are_all_kept(store: KeyStore) -> None:
    """Programs that write at the same time wait for each other."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: store.issue(f"app-{number}", 1, "", NOW)[1].id, range(24)))
    assert {key.id for key in store.kept()} == set(made)


@pytest.mark.parametrize("days", [0, -1, 4000])
def test_a_key_has_a_term_of_a_sensible_length(store: KeyStore, days: int) -> None:
    """None that lives for ever."""
    with pytest.raises(InvalidSettingsError, match="days"):
        store.issue("app", days, "", NOW)


def test_a_key_that_is_not_there_cannot_be_revoked(store: KeyStore) -> None:
    """A mistyped id must not look like a success."""
    with pytest.raises(InvalidSettingsError, match="no key `abc`"):
        store.revoke("abc", NOW)
