"""The callers as their files are now: every change counts, no mistake does, and nothing is remembered for too long."""

import errno
import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest

from pdp.callers import LiveCallers, Presented
from pdp.callers.issuer_keys import IssuerKeys
from pdp.callers.key_sets import read_key_set
from pdp.callers.key_store import KeyStore
from pdp.callers.live import SIGNATURES_PER_SECOND
from pdp.callers.refusing import Reason
from pdp.callers.tokens import Issuer, VerifiedToken, issuer_of, verify
from pdp.core.errors import InvalidSettingsError, OverloadedError, UnavailableError, UnknownCallerError
from pdp.core.ports import KEPT_SECONDS, Document
from pdp_adapters.file_document import FileDocument
from tests.credentials import AUDIENCE, ISSUER, a_key, a_token, jwks, public_pem, write
from tests.system.running import wait_until

FILE = f"""
audience: {AUDIENCE}
issuers:
  login: {{issuer: "{ISSUER}", keys: login.jwks.json, algorithm: ES256}}
callers:
  app:
    tokens: [{{issuer: login, subject: app}}]
    operators: [homeid]
    methods: [DecisionService.Check]
"""


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).timestamp()

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Files:
    """A folder with the files of callers, and who reads them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.key = folder, Clock(), a_key()
        write(folder, callers__yaml=FILE, **{"login.jwks__json": jwks(("k1", self.key))})
        self.heard: list[str | None] = []
        self.live = LiveCallers("callers.yaml", self.opened, ("homeid",), clock=self.clock)

    def opened(self, name: str) -> Document:
        """Return the file of that name."""
        return FileDocument(self.folder / name)

    def look(self) -> None:
        """Let the files be looked at."""
        self.live.look(self.heard.append)

    def asks(self, token: str) -> str:
        """Return who shows *token*, or why it is nobody."""
        try:
            return self.live.identify(Presented((f"Bearer {token}",))).caller.name
        except UnknownCallerError as error:
            return error.reason


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Return a folder and its reader."""
    return Files(tmp_path)


def test_a_new_key_of_the_issuer_counts_and_the_old_one_no_longer(files: Files) -> None:
    """The issuer publishes both for a while, then the new one alone."""
    old, new = files.key, a_key()
    first, second = a_token(old), a_token(new, headers={"kid": "k2"})
    assert (files.asks(first), files.asks(second)) == ("app", Reason.TOKEN_KEY.value)
    write(files.folder, **{"login.jwks__json": jwks(("k1", old), ("k2", new))})
    files.look()
    assert (files.asks(first), files.asks(second)) == ("app", "app")
    write(files.folder, **{"login.jwks__json": jwks(("k2", new))})
    files.look()
    assert (files.asks(first), files.asks(second)) == (Reason.TOKEN_KEY.value, "app")
    assert files.heard == [None, None]


def test_a_caller_that_is_taken_out_is_unknown_though_it_was_remembered(files: Files) -> None:
    """What is remembered goes with the book in which it was found."""
    token = a_token(files.key)
    assert files.asks(token) == "app"
    write(files.folder, callers__yaml=FILE.replace("app", "other"))
    files.look()
    assert files.asks(token) == Reason.TOKEN_SUBJECT.value


@pytest.mark.parametrize("wrong", ["callers: {}", "callers:\n  app: {}\n", "\x00", FILE.replace("ES256", "HS256")])
def test_a_file_that_cannot_be_right_leaves_everything_as_it_was(files: Files, wrong: str) -> None:
    """It is told once, and what is right again counts."""
    token = a_token(files.key)
    write(files.folder, callers__yaml=wrong)
    files.look()
    files.look()
    assert files.asks(token) == "app"
    assert len(files.heard) == 1
    assert files.heard[0] is not None
    write(files.folder, callers__yaml=FILE.replace("app", "other"))
    files.look()
    assert files.asks(token) == Reason.TOKEN_SUBJECT.value
    assert files.heard[1:] == [None]


def test_a_file_that_is_gone_leaves_everything_as_it_was(files: Files) -> None:
    """Between taking away and putting back nobody is locked out, and nobody let in."""
    token = a_token(files.key)
    (files.folder / "login.jwks.json").unlink()
    files.look()
    assert files.asks(token) == "app"
    assert files.asks(a_token(a_key())) == Reason.TOKEN_SIGNATURE.value
    assert files.heard[0] is not None


def test_what_is_remembered_ends_with_the_credential(files: Files) -> None:
    """At its very second."""
    token = a_token(files.key, exp=int(files.clock.now) + 30)
    assert files.asks(token) == "app"
    files.clock.now = int(files.clock.now) + 29.9
    assert files.asks(token) == "app"
    files.clock.now = int(files.clock.now) + 1
    assert files.asks(token) == Reason.REMEMBERED_EXPIRED.value


def test_without_the_look_at_its_end_it_would_be_good_for_ever(files: Files) -> None:
    """The twin: what remembers does not look at the clock by itself."""
    token = a_token(files.key, exp=int(files.clock.now) + 30)
    presented = Presented((f"Bearer {token}",))
    assert files.asks(token) == "app"
    files.clock.now += 1000
    assert files.live._identify(presented).caller.name == "app"
    assert files.asks(token) == Reason.REMEMBERED_EXPIRED.value


def test_forged_tokens_do_not_take_the_time_of_those_that_are_remembered(files: Files) -> None:
    """So many signatures a second; beyond that the new are told to come again, and the remembered go on."""
    token = a_token(files.key)
    assert files.asks(token) == "app"
    forged = [a_token(files.key, nonce=number)[:-8] + "AAAAAAAA" for number in range(30)]

    def flood() -> None:
        for _ in range(SIGNATURES_PER_SECOND):
            for each in forged:
                files.asks(each)

    with pytest.raises(OverloadedError) as caught:
        flood()
    assert 0 < caught.value.retry_seconds <= 1
    assert files.asks(token) == "app"


def test_while_the_keys_of_an_issuer_cannot_be_fetched_its_tokens_wait(tmp_path: Path) -> None:
    """Nobody is let in, the others are not kept out, and the server starts."""
    files = Files(tmp_path)

    class Away:
        """What cannot be had."""

        def stamp(self) -> object:
            """Return that nothing changes."""
            return 0

        def read(self) -> bytes:
            """Say that it is away."""
            raise UnavailableError("away")

        def age(self) -> float:
            """Return that it is new."""
            return 0.0

        def hurry(self) -> None:
            """Do nothing."""

    more = FILE.replace(
        "callers:\n",
        '  far: {issuer: "https://far.test/", keys: "https://far.test/jwks", algorithm: ES256}\ncallers:\n',
    )
    write(tmp_path, callers__yaml=more)
    live = LiveCallers("callers.yaml", lambda name: Away() if "://" in name else files.opened(name), ("homeid",))
    with pytest.raises(UnavailableError):
        live.identify(Presented((f"Bearer {a_token(files.key, iss='https://far.test/')}",)))
    assert live.identify(Presented((f"Bearer {a_token(files.key)}",))).caller.name == "app"


class SeesWhatItCannotRead(LiveCallers):
    """The twin: a file that could not be read is looked at again when it changes, and not before."""

    def look(self, tell: Any) -> bool:
        """Look, and take what could not be read for seen."""
        is_in_force = super().look(tell)
        self._seen = self._stamps()
        return is_in_force


def tries_again(make: type[LiveCallers], files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that changes while no descriptor is left is read once there is one, though it changes no more."""
    live = make("callers.yaml", files.opened, ("homeid",), clock=files.clock)
    presented = Presented((f"Bearer {a_token(files.key)}",))
    assert live.identify(presented).caller.name == "app"
    write(files.folder, callers__yaml=FILE.replace("app", "other"))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", no_descriptor_is_left)
        assert [live.look(files.heard.append) for _ in range(3)] == [False] * 3
    assert len(files.heard) == 1
    live.look(files.heard.append)
    with pytest.raises(UnknownCallerError):
        live.identify(presented)
    assert files.heard[1:] == [None]


def no_descriptor_is_left(*_: Any) -> Any:
    """Refuse to open anything."""
    raise OSError(errno.EMFILE, "Too many open files")


def test_a_read_that_fails_once_is_tried_again(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told of once; not so for the twin, for which the caller that was taken out stays in."""
    tries_again(LiveCallers, files, monkeypatch)
    write(files.folder, callers__yaml=FILE)
    files.heard.clear()
    with pytest.raises(pytest.fail.Exception):
        tries_again(SeesWhatItCannotRead, files, monkeypatch)


class Breaking:
    """A file whose reading breaks in a way that nobody has thought of, while it is told to."""

    def __init__(self, document: Document, broken: list[Exception]) -> None:
        self._document, self._broken = document, broken
        self.hurry, self.age = document.hurry, document.age

    def stamp(self) -> object:
        """Return that of the file, and another one while it breaks."""
        return self._document.stamp(), bool(self._broken)

    def read(self) -> bytes:
        """Return what is in the file, or break."""
        if self._broken:
            raise self._broken[0]
        return self._document.read()


class DiesOfIt(LiveCallers):
    """The twin: it looks as one who knows every mistake that can be made."""

    def look(self, tell: Any) -> bool:
        """Read what has changed."""
        if self._stamps() != self._seen:
            self.book, self._identify = self._built()
            tell(None)
        return True


def goes_on_after(make: type[LiveCallers], files: Files, wrong: Exception) -> None:
    """What breaks while it is read is told and ends nothing: what is taken back afterwards counts."""
    broken: list[Exception] = []
    live = make("callers.yaml", lambda name: Breaking(files.opened(name), broken), ("homeid",), clock=files.clock)
    presented = Presented((f"Bearer {a_token(files.key)}",))
    assert live.identify(presented).caller.name == "app"
    broken.append(wrong)
    live.look(files.heard.append)
    assert type(wrong).__name__ in str(files.heard[0])
    write(files.folder, callers__yaml=FILE.replace("app", "other"))
    broken.clear()
    live.look(files.heard.append)
    with pytest.raises(UnknownCallerError):
        live.identify(presented)


@pytest.mark.parametrize("wrong", [RuntimeError("of ours"), OverflowError("date"), MemoryError()], ids=repr)
def test_nothing_ends_the_looking_at_the_files(files: Files, wrong: Exception) -> None:
    """Not so for the twin."""
    goes_on_after(LiveCallers, files, wrong)
    write(files.folder, callers__yaml=FILE)
    with pytest.raises(type(wrong)):
        goes_on_after(DiesOfIt, files, wrong)


def test_nor_does_whoever_is_told(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that cannot be written ends no thread."""
    monkeypatch.setattr("pdp.callers.live.LOOK_SECONDS", 0.01)
    told: list[str | None] = []
    again = threading.Event()

    def tell(mistakes: str | None) -> None:
        told.append(mistakes)
        write(files.folder, callers__yaml=FILE + "\n" * len(told))
        if len(told) > 1:
            again.set()
        raise OSError("no space is left")

    files.live.begin(tell)
    try:
        write(files.folder, callers__yaml=FILE + "# changed\n")
        assert again.wait(30.0)
    finally:
        files.live.end()


def test_the_age_tells_that_the_files_are_not_followed(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on from the last look after which what the files say was in force, and back to 0 with the next such."""
    now = [1000.0]
    monkeypatch.setattr("pdp.callers.live.time.monotonic", lambda: now[0])
    files.look()
    for content, age in ((FILE, 0.0), ("callers: {}", 10.0), ("callers: {}", 20.0), (FILE, 0.0)):
        now[0] += 10
        write(files.folder, callers__yaml=content)
        files.look()
        assert files.live.measured() == {"age": age}


# --- Revocations count whatever else is wrong ---

KEYS = """
keys: {file: keys.json, pepper: keys.pepper}
"""
FAR = '  far: {issuer: "https://far.test/", keys: "https://far.test/jwks", algorithm: ES256}\ncallers:\n'


class Fetched:
    """What lies at an address: whatever it is told to be, and when it was asked for."""

    def __init__(self) -> None:
        self.content, self.asked, self.now = b"", 0, 0.0

    def stamp(self) -> object:
        """Return that it is due to be asked for, each time."""
        self.asked += 1
        return self.asked

    def read(self) -> bytes:
        """Return what lies there; nothing while it is away."""
        if not self.content:
            raise UnavailableError("away")
        return self.content

    def age(self) -> float:
        """Return that it was asked for just now."""
        return 0.0

    def hurry(self) -> None:
        """Do nothing."""


class Keyed:
    """A folder with an API key and an issuer far away, and who reads them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, make: type[LiveCallers] = LiveCallers) -> None:
        text = KEYS + FILE.replace("    tokens", "    api_keys: yes\n    tokens").replace("callers:\n", FAR)
        self.text = text.replace("subject: app}", "subject: app}, {issuer: far, subject: app}")
        self.files, self.far, self.now = Files(folder), Fetched(), [1000.0]
        monkeypatch.setattr("pdp.callers.live.IssuerKeys", lambda: IssuerKeys(lambda: self.now[0]))
        self.store = KeyStore(folder / "keys.json", folder / "keys.pepper")
        clear, self.kept = self.store.issue("app", 30, "", datetime.now(UTC))
        _, self.other = self.store.issue("app", 30, "", datetime.now(UTC))
        self.presented = Presented((f"ApiKey {clear}",))
        self.far_key = a_key()
        self.token = Presented((f"Bearer {a_token(self.far_key, iss='https://far.test/')}",))
        self.far.content = jwks(("k1", self.far_key))
        write(folder, callers__yaml=self.text)
        self.live = make("callers.yaml", self.opened, ("homeid",))
        assert self.says(self.presented) == self.says(self.token) == "app"

    def opened(self, name: str) -> Document:
        """Return what is called by that name."""
        return self.far if "://" in name else self.files.opened(name)

    def revoke(self) -> None:
        """Take the key back, and let the files be looked at."""
        self.store.revoke(self.kept.id, datetime.now(UTC))
        self.live.look(self.files.heard.append)

    def says(self, presented: Presented) -> str:
        """Return who shows this, or why it is nobody."""
        try:
            return self.live.identify(presented).caller.name
        except UnknownCallerError as error:
            return error.reason
        except UnavailableError:
            return "unavailable"


class Hangs(Fetched):
    """An issuer that takes a question and does not answer until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 100  # another stamp than the one that was seen
        self.is_asked, self.let_go = threading.Event(), threading.Event()

    def read(self) -> bytes:
        """Return what lies there, one day."""
        self.is_asked.set()
        assert self.let_go.wait(20)
        return super().read()


class OneThread(LiveCallers):
    """The twin: what is taken back is read by the thread that asks the issuers."""

    def look_at_keys(self) -> None:
        """Leave it to the other one."""


class TakesTheRead(LiveCallers):
    """The twin: what was read is in force, whatever has become of it since."""

    def _take_back_keys(self) -> None:
        """Leave it to the next look."""


def says_while_an_issuer_hangs(make: type[LiveCallers], folder: Path, patch: pytest.MonkeyPatch) -> str:
    """Take a key back while an issuer does not answer, and return who shows it then."""
    house = Keyed(folder, patch, make)
    hangs = Hangs()
    hangs.content = house.far.content
    house.live._documents["https://far.test/jwks"] = hangs
    looking = threading.Thread(target=house.live.look, args=(house.files.heard.append,))
    looking.start()
    try:
        assert hangs.is_asked.wait(20)
        house.store.revoke(house.kept.id, datetime.now(UTC))
        house.live.look_at_keys()
        assert looking.is_alive()
        return house.says(house.presented)
    finally:
        hangs.let_go.set()
        looking.join(20)
        assert house.says(house.presented) == Reason.KEY_REVOKED.value


def test_a_key_that_is_taken_back_waits_for_no_issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that hangs would be waited for: for seconds, and each issuer after the other."""
    assert says_while_an_issuer_hangs(LiveCallers, tmp_path, monkeypatch) == Reason.KEY_REVOKED.value


def test_the_twin_of_one_thread_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is good until the issuer has answered."""
    assert says_while_an_issuer_hangs(OneThread, tmp_path, monkeypatch) == "app"


def test_both_are_looked_at_until_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in a thread of its own: a key is taken back though the one that asks issuers never comes back."""
    monkeypatch.setattr("pdp.callers.live.LOOK_SECONDS", 0.01)
    house = Keyed(tmp_path, monkeypatch)
    hangs = Hangs()
    hangs.content = house.far.content
    house.live._documents["https://far.test/jwks"] = hangs
    house.live.begin(house.files.heard.append)
    try:
        assert hangs.is_asked.wait(20)
        house.store.revoke(house.kept.id, datetime.now(UTC))
        wait_until(lambda: house.says(house.presented) == Reason.KEY_REVOKED.value)
        assert not hangs.let_go.is_set()
    finally:
        hangs.let_go.set()
        house.live.end()
    assert not any(thread.is_alive() for thread in house.live._threads)


@pytest.mark.parametrize(
    ("make", "says"), [(LiveCallers, Reason.KEY_REVOKED.value), (TakesTheRead, "app")], ids=["ours", "the twin"]
)
def test_what_is_taken_back_while_the_rest_is_read_stays_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: type[LiveCallers], says: str
) -> None:
    """The file of keys is read before the last of the others: what is in force afterwards knows of the change."""
    house = Keyed(tmp_path, monkeypatch, make)
    built = make._built

    def and_take_back(live: LiveCallers) -> Any:
        found = built(live)
        house.store.revoke(house.kept.id, datetime.now(UTC))
        return found

    monkeypatch.setattr(make, "_built", and_take_back)
    house.live.look(house.files.heard.append)
    assert house.says(house.presented) == says


def spoil_entry(house: Keyed) -> None:
    """Spoil another entry of the file of keys."""
    house.store.revoke(house.other.id, datetime.now(UTC))
    path = house.files.folder / "keys.json"
    root = json.loads(path.read_text("utf-8"))
    root["keys"][1]["expires_at"] = "9999-12-31T23:59:59-07:00"
    path.write_text(json.dumps(root), "utf-8")


WRONG: dict[str, Callable[[Keyed], object]] = {
    "html from an issuer": lambda house: setattr(house.far, "content", b"<html>Back soon.</html>"),
    "no answer of an issuer": lambda house: setattr(house.far, "content", b""),
    "a file of callers that cannot be right": lambda house: write(house.files.folder, callers__yaml="callers: {}"),
    "a file that is gone": lambda house: (house.files.folder / "login.jwks.json").unlink(),
    "a key set that is none": lambda house: write(house.files.folder, **{"login.jwks__json": "{}"}),
    "a pepper that is none": lambda house: write(house.files.folder, keys__pepper="x"),
}


class AllOrNothing(LiveCallers):
    """The twin: where anything is wrong, nothing counts."""

    def _take_back_keys(self) -> None:
        """Leave everything as it was."""


@pytest.mark.parametrize("wrong", WRONG)
def test_a_revoked_key_ends_whatever_else_is_wrong(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the same look, or at one after something else went wrong."""
    house = Keyed(tmp_path, monkeypatch)
    WRONG[wrong](house)
    if wrong != "a pepper that is none":  # `pdp keys` cannot do anything without one
        house.live.look(house.files.heard.append)
        assert house.says(house.presented) == "app"
        house.revoke()
    else:
        root = json.loads((tmp_path / "keys.json").read_text("utf-8"))
        write(tmp_path, keys__json=json.dumps({**root, "keys": root["keys"][1:]}))
        house.live.look(house.files.heard.append)
    assert house.says(house.presented) in {Reason.KEY_REVOKED.value, Reason.KEY_UNKNOWN.value}


def test_with_the_twin_it_stays_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks at everything as one."""
    house = Keyed(tmp_path, monkeypatch, AllOrNothing)
    WRONG["a file of callers that cannot be right"](house)
    house.revoke()
    assert house.says(house.presented) == "app"


def test_a_revoked_key_ends_though_another_entry_cannot_be_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is added or prolonged in such a file does not count."""
    house = Keyed(tmp_path, monkeypatch)
    house.store.revoke(house.kept.id, datetime.now(UTC))
    spoil_entry(house)
    house.live.look(house.files.heard.append)
    assert house.files.heard[0] is not None
    assert house.says(house.presented) == Reason.KEY_REVOKED.value


TAKEN_BACK: dict[str, dict[str, str | None]] = {
    "another caller": {"caller": "other"},
    "a caller that is none": {"caller": None},
    "a shorter term": {"expires_at": "2020-01-01T00:00:00+00:00"},
    "a term that is none": {"expires_at": None},
    "a term that cannot be read": {"expires_at": "soon"},
}


def edit_key(house: Keyed, changed: Mapping[str, str | None]) -> None:
    """Change the entry of the key that is shown, where another one cannot be right, and let the files be looked at."""
    spoil_entry(house)
    path = house.files.folder / "keys.json"
    root = json.loads(path.read_text("utf-8"))
    root["keys"][0].update(changed)
    path.write_text(json.dumps(root), "utf-8")
    house.live.look(house.files.heard.append)
    assert house.files.heard[0] is not None


@pytest.mark.parametrize("changed", TAKEN_BACK)
def test_an_entry_that_gives_less_counts_whatever_else_is_wrong(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given to another caller, ended sooner, or no longer to be read."""
    house = Keyed(tmp_path, monkeypatch)
    edit_key(house, TAKEN_BACK[changed])
    assert house.says(house.presented) in {Reason.KEY_UNKNOWN.value, Reason.KEY_EXPIRED.value}


def test_an_entry_that_gives_more_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A longer term leaves the key as it was: what is prolonged counts once everything is right."""
    house = Keyed(tmp_path, monkeypatch)
    edit_key(house, {"expires_at": "2099-01-01T00:00:00+00:00"})
    assert house.says(house.presented) == "app"
    assert house.live.book.keys is not None
    assert house.live.book.keys.keys[0].expires_at == house.kept.expires_at


def test_what_is_no_key_set_counts_as_no_answer_and_the_last_one_ends_after_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other callers go on; who runs the server is told."""
    house = Keyed(tmp_path, monkeypatch)
    house.far.content = b"<html>Back soon.</html>"
    for later, expected in ((0.0, "app"), (KEPT_SECONDS, "app"), (1.0, "unavailable")):
        house.now[0] += later
        house.live.look(house.files.heard.append)
        assert house.says(house.token) == expected
        assert house.says(house.presented) == "app"
        assert "https://far.test/jwks" in house.live.troubles[0]
    house.far.content = jwks(("k1", house.far_key))
    house.live.look(house.files.heard.append)
    assert (house.says(house.token), house.live.troubles) == ("app", ())


MISSING = ["callers.yaml", "login.jwks.json"]


@pytest.mark.parametrize("name", MISSING)
def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path, name: str) -> None:
    """A server without callers would let everybody do everything."""
    files = Files(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(InvalidSettingsError, match=name):
        LiveCallers("callers.yaml", files.opened, ("homeid",))


def test_callers_by_certificate_need_an_authority(tmp_path: Path) -> None:
    """Otherwise no certificate would ever be asked for."""
    files = Files(tmp_path)
    write(tmp_path, callers__yaml=FILE.replace("    operators", '    certificates: ["CN=app"]\n    operators'))
    with pytest.raises(InvalidSettingsError, match="--client-ca"):
        LiveCallers("callers.yaml", files.opened, ("homeid",))


# --- Twins: what the refusals of tokens rest on ---


def careless_verify(key: Any, options: Any, **more: Any) -> Any:
    """Return what verifies as PyJWT does when it is told less."""
    return lambda token: jwt.decode(token, key, algorithms=["ES256"], options=options, **more)


def test_told_less_the_library_lets_pass_what_we_refuse(files: Files) -> None:
    """The twin: a token for another audience, one that never ends, and one for others too pass without our options."""
    key = files.key.public_key()
    issuer = Issuer("login", ISSUER, AUDIENCE, 600, read_key_set(public_pem(files.key), "ES256"))
    no_audience = careless_verify(key, {"verify_aud": False})
    no_end = careless_verify(key, {}, audience=AUDIENCE)
    pairs = [
        (no_audience, a_token(files.key, aud="pdp.other"), Reason.TOKEN_AUDIENCE),
        (no_end, a_token(files.key, without=["exp"]), Reason.TOKEN_CLAIMS),
        (no_end, a_token(files.key, aud=[AUDIENCE, "pdp.other"]), Reason.TOKEN_AUDIENCE),
        (no_end, a_token(files.key, iss="https://evil.test/"), Reason.TOKEN_ISSUER),
        (no_end, a_token(files.key, cnf={"x5t#S256": "AAAA"}), Reason.TOKEN_BOUND),
        (no_end, a_token(files.key, exp=int(files.clock.now) + 99_999), Reason.TOKEN_CLAIMS),
    ]
    for careless, token, reason in pairs:
        assert careless(token)["sub"] == "app"
        with pytest.raises(UnknownCallerError) as caught:
            verify(token, issuer, None, files.clock.now)
        assert caught.value.reason == reason.value
    good = a_token(files.key)
    ends = jwt.decode(good, options={"verify_signature": False})["exp"]
    assert verify(good, issuer, None, files.clock.now) == VerifiedToken("login", "app", ends)
    assert issuer_of(good, {ISSUER: issuer}) is issuer


def test_every_reason_has_a_line_in_the_documentation() -> None:
    """Whoever reads the log finds what a reason means."""
    page = (Path(__file__).parents[3] / "docs/reference/callers.md").read_text("utf-8")
    assert [reason.value for reason in Reason if f"| `{reason.value}` |" not in page] == []
