"""The callers as their files are now: read again when one changes, and kept as they were when it cannot be right."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Final

from cryptography import x509

from pdp.callers.api_keys import KeyRing, read_pepper
from pdp.callers.book import CallerBook, Passport, Presented
from pdp.callers.caller_file import CallerFile, NamedIssuer, read_caller_file
from pdp.callers.certificates import read_anchors
from pdp.callers.issuer_keys import IssuerKeys
from pdp.callers.key_file import read_keys, without_taken_back
from pdp.callers.refusing import Reason, refuse
from pdp.callers.spending import Allowance
from pdp.callers.tokens import Issuer
from pdp.core.errors import InvalidPolicyError, InvalidSettingsError, PdpError, UnavailableError, UnknownCallerError
from pdp.core.ports import Document

REMEMBERED: Final = 4096
"""So many credentials are remembered as good, until they end or anything about callers changes."""

SIGNATURES_PER_SECOND: Final = 500
"""So many signatures of tokens are verified in a second: what is remembered needs none, and forged ones must not take
the time of those."""

LOOK_SECONDS: Final = 0.5
"""So often the files are looked at."""

Open = Callable[[str], Document]
"""What opens a document by what the file of callers calls it: a path beside that file, or an https address."""


class LiveCallers:
    """Knows callers by what they present, as the files say now. Any thread may ask; one looks at the files.

    Another one looks at the file of API keys alone, and only for what it takes back: the first may wait for an issuer.

    *file* is the name of the file of callers in what is said about it; *client_ca* names the file of the authorities
    that issue client certificates, "" for none. *tell* hears of every change: None when the new files are in force,
    otherwise why the former ones remain.
    """

    def __init__(
        self,
        file: str,
        open_document: Open,
        operators: Collection[str],
        client_ca: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Read everything once; raises InvalidSettingsError with every mistake."""
        self._file = file
        self._open = open_document
        self._operators = operators
        self._client_ca = client_ca
        self._clock = clock
        self._documents: dict[str, Document] = {}
        self._seen: Mapping[str, object] = {}
        self._is_behind = False
        self._told: str | None = None
        self._issuer_keys = IssuerKeys()
        self.troubles: tuple[str, ...] = ()
        self._looked = time.monotonic()
        self._allowance = Allowance(SIGNATURES_PER_SECOND, "too many new tokens are shown at once")
        self._ended = threading.Event()
        self._threads: tuple[threading.Thread, ...] = ()
        self._changing = threading.RLock()
        self._keys_seen: object = None
        self.book, self._identify = self._built()

    def identify(self, presented: Presented) -> Passport:
        """Return who presents this; raises UnknownCallerError, OverloadedError and UnavailableError."""
        try:
            passport = self._identify(presented)
        except UnknownCallerError as error:
            if error.reason == Reason.TOKEN_KEY.value:
                self._hurry()  # a key may have been added since
            raise
        # INVARIANT (expiry honoured): what is remembered is as old as the first call, so its end counts each time.
        if passport.until <= self._clock():
            refuse(Reason.REMEMBERED_EXPIRED)
        return passport

    def look(self, tell: Callable[[str | None], None]) -> bool:
        """Read what has changed, and say whether what the files say is in force.

        A file that cannot be right leaves everything as it was, but for the API keys that are taken back. One that
        cannot be read is tried at each look, and told of once. `troubles` say what is wrong with issuers' addresses.
        """
        try:
            has_changed = self._stamps() != self._seen
            if has_changed:
                self._is_behind = True
                built = self._built()
                with self._changing:
                    self.book, self._identify = built
                    # FAIL CLOSED (taken back meanwhile): it may have been while the rest was read.
                    self._take_back_keys()
                self._is_behind = False
        except PdpError as error:
            self._take_back_keys()
            self._tell(str(error), tell)
        # FAIL CLOSED (followed for ever): a mistake of ours in reading one file may not end the reading of all.
        except Exception as error:  # noqa: BLE001
            self._is_behind, self._seen = True, {}
            self._take_back_keys()
            self._tell(f"{type(error).__name__}: {error}", tell)
        else:
            if not self._is_behind:
                self._looked = time.monotonic()
            if has_changed:
                self._told = None
                tell(None)
        return not self._is_behind

    def measured(self) -> Mapping[str, float]:
        """Return the `age` of the last look after which what the files say was in force, in seconds."""
        return {"age": time.monotonic() - self._looked}

    def look_at_keys(self) -> None:
        """Let what the file of keys takes back count if it has changed, whatever else is being read just now."""
        document = self._document_of_keys()
        stamp = None if document is None else document.stamp()
        if stamp is not None and stamp != self._keys_seen and self._take_back():
            self._keys_seen = stamp

    def begin(self, tell: Callable[[str | None], None]) -> None:
        """Look at the files again and again, in threads of their own, until `end`."""
        looks = {"callers": lambda: self.look(tell), "taken back keys": self.look_at_keys}
        self._threads = tuple(
            threading.Thread(target=self._go_on, args=(look,), name=name, daemon=True) for name, look in looks.items()
        )
        for thread in self._threads:
            thread.start()

    def _go_on(self, look: Callable[[], object]) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            with suppress(Exception):  # nor may whoever is told end it
                look()

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        for thread in self._threads:
            thread.join(10.0)

    def _document_of_keys(self) -> Document | None:
        return self._documents.get(self.book.file.keys)

    def _take_back_keys(self) -> None:
        """Let what the file of keys takes back count, whatever else is wrong; where it cannot be read, it is again."""
        if not self._take_back():
            self._seen = {name: stamp for name, stamp in self._seen.items() if name != self.book.file.keys}

    def _take_back(self) -> bool:
        """Let what the file of keys takes back count, and nothing else of it; say whether it could be read."""
        document = self._document_of_keys()
        with self._changing:
            # FAIL CLOSED (revoked whatever else is wrong): what it adds waits until everything is right.
            book, ring = self.book, self.book.keys
            if ring is None or document is None:
                return True
            try:
                left = without_taken_back(ring.keys, document.read())
            except UnavailableError:
                return False
            if left != ring.keys:
                self.book = book.with_keys(ring.holding(left))
                self._identify = self._remembering(self.book)
            return True

    def _tell(self, mistakes: str, tell: Callable[[str | None], None]) -> None:
        if mistakes != self._told:
            tell(mistakes)
            self._told = mistakes

    def _hurry(self) -> None:
        for document in tuple(self._documents.values()):
            document.hurry()

    def _stamps(self) -> Mapping[str, object]:
        return {name: document.stamp() for name, document in self._documents.items()}

    def _built(self) -> tuple[CallerBook, Callable[[Presented], Passport]]:
        """Return a book of what the files say now, and what remembers its answers: they change together."""
        # Stamps first: what changes while it is read is read again.
        seen = self._stamps()
        known = dict(self._documents)
        reading = _Reading(self._open, known, self._issuer_keys)
        try:
            file = read_caller_file(self._file, reading.content(self._file), self._operators)
            book = reading.book(file, self._client_ca, self._allowance.spend)
        except InvalidPolicyError as error:
            raise InvalidSettingsError(str(finding) for finding in error.findings) from error
        except UnavailableError as error:
            raise InvalidSettingsError([str(error)]) from error
        finally:
            self._documents = known
            # FAIL CLOSED (a read that fails once): what could not be read has not been seen, whatever its stamp.
            self._seen = {name: seen.get(name, reading.stamps.get(name)) for name in known.keys() - reading.unread}
        # What the new files no longer name is looked at no more.
        self._documents = {name: known[name] for name in reading.stamps}
        self._seen = {name: seen.get(name, stamp) for name, stamp in reading.stamps.items()}
        self.troubles = tuple(reading.troubles)
        return book, self._remembering(book)

    def _remembering(self, book: CallerBook) -> Callable[[Presented], Passport]:
        return lru_cache(REMEMBERED)(lambda presented: book.identify(presented, self._clock()))


class _Reading:
    """One reading of all documents, those that are opened for the first time among them."""

    def __init__(self, open_document: Open, documents: dict[str, Document], issuer_keys: IssuerKeys) -> None:
        self._open = open_document
        self._documents = documents
        self._issuer_keys = issuer_keys
        self.troubles: list[str] = []
        self.stamps: dict[str, object] = {}
        self.unread: set[str] = set()

    def content(self, name: str) -> bytes:
        document = self._documents.get(name)
        if document is None:
            document = self._documents[name] = self._open(name)
        self.stamps[name] = document.stamp()
        try:
            return document.read()
        except UnavailableError:
            self.unread.add(name)
            raise

    def book(self, file: CallerFile, client_ca: str, before_signature: Callable[[], None]) -> CallerBook:
        mistakes: list[str] = []
        issuers = tuple(self._issuer(named, file.audience, mistakes) for named in file.issuers)
        keys = self._keys(file, mistakes)
        anchors = self._anchors(file, client_ca, mistakes)
        if mistakes:
            raise InvalidSettingsError(mistakes)
        return CallerBook(file, issuers, keys, anchors, before_signature)

    def _issuer(self, named: NamedIssuer, audience: str, mistakes: list[str]) -> Issuer:
        def content() -> tuple[bytes, float]:
            return self.content(named.keys), self._documents[named.keys].age()

        keys = self._issuer_keys.read(named, content, mistakes, self.troubles)
        return Issuer(named.name, named.issuer, audience, named.longest_seconds, keys)

    def _keys(self, file: CallerFile, mistakes: list[str]) -> KeyRing | None:
        if not file.keys:
            return None
        try:
            pepper = read_pepper(self.content(file.pepper))
            return KeyRing(read_keys(self.content(file.keys), file.keys), pepper)
        except InvalidSettingsError as error:
            mistakes.extend(error.mistakes)
        except UnavailableError as error:
            mistakes.append(f"{error} (hint: `pdp keys issue` makes it)")
        except ValueError:
            mistakes.append(f"{file.pepper}: no pepper: `pdp keys issue` makes one where there is none")
        return None

    def _anchors(self, file: CallerFile, client_ca: str, mistakes: list[str]) -> tuple[x509.Certificate, ...]:
        if not client_ca:
            if file.has_certificates:
                mistakes.append("a caller is known by its certificate, and no authority is named (hint: --client-ca)")
            return ()
        try:
            return read_anchors(self.content(client_ca))
        except UnavailableError as error:
            mistakes.append(str(error))
        except ValueError:
            mistakes.append(f"{client_ca}: no certificates in PEM")
        return ()
