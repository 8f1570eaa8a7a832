"""Documents: a file that may be replaced, and what is fetched by https and kept for a while."""

import http.server
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pdp.core.errors import UnavailableError
from pdp.core.ports import KEPT_SECONDS
from pdp_adapters.file_document import FileDocument
from pdp_adapters.https_document import FETCH_SECONDS, HURRIED_SECONDS, LARGEST, HttpsDocument
from tests.credentials import Authority


def test_a_file_is_seen_to_be_replaced(tmp_path: Path) -> None:
    """Whatever the way: renamed over it, or a link that leads elsewhere, as Kubernetes replaces secrets."""
    one, two, link = tmp_path / "one", tmp_path / "two", tmp_path / "link"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    link.symlink_to(one)
    document = FileDocument(link)
    first = document.stamp()
    assert document.stamp() == first
    (tmp_path / "next").symlink_to(two)
    os.replace(tmp_path / "next", link)
    assert document.stamp() != first
    assert document.read() == b"2"


def test_a_file_that_is_gone_cannot_be_had(tmp_path: Path) -> None:
    """It is not taken for an empty one."""
    document = FileDocument(tmp_path / "none")
    assert document.stamp() is None
    with pytest.raises(UnavailableError):
        document.read()


DRIPPING = 0
"""For a code: an answer that goes on, a little at a time."""


class Server:
    """Answers as it is told, and counts."""

    def __init__(self) -> None:
        self.asked = 0
        self.code, self.body = 200, b"{}"
        self.headers: dict[str, str] = {}
        self.raw = b""
        self.has_dripped = threading.Event()


@contextmanager
def serving(folder: Path, authority: Authority) -> Iterator[tuple[Server, str]]:
    """Serve by https on a free port; give what is told to it and its address."""
    told = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        """Answers every GET."""

        def do_GET(self) -> None:
            """Answer as told."""
            told.asked += 1
            if told.raw:
                self.wfile.write(told.raw)
                return
            if told.code == DRIPPING:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                for _ in range(600):  # for ever, as far as this test goes
                    self.wfile.write(b"X-More: x\r\n")
                    if told.has_dripped.wait(0.05):
                        break
                return
            self.send_response(told.code)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    shown = authority.server()
    (folder / "server.pem").write_bytes(shown.certificate + shown.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told, f"https://127.0.0.1:{server.server_port}/jwks"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Clock:
    """A clock that goes on when it is told."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def authority() -> Authority:
    """Return whom we trust."""
    return Authority()


def trusting(authority: Authority) -> ssl.SSLContext:
    """Return a context that trusts *authority* alone."""
    return ssl.create_default_context(cadata=authority.certificate.decode())


def test_it_is_fetched_again_after_a_while_and_sooner_when_something_was_missed(
    tmp_path: Path, authority: Authority
) -> None:
    """But not more often than once a minute, whoever sends nonsense."""
    clock = Clock()
    with serving(tmp_path, authority) as (told, address):
        document = HttpsDocument(address, trusting(authority), clock)
        assert document.read() == b"{}"
        told.body = b"[]"
        first = document.stamp()
        document.hurry()
        clock.now += HURRIED_SECONDS - 1
        assert (document.stamp(), document.read()) == (first, b"{}")
        clock.now += 1
        assert document.stamp() != first
        assert document.read() == b"[]"
        clock.now += FETCH_SECONDS - 1
        document.read()
        assert told.asked == 2
        clock.now += 1
        document.read()
        assert told.asked == 3


def test_the_last_one_serves_for_a_day_while_none_can_be_had(tmp_path: Path, authority: Authority) -> None:
    """Longer than that a key that was taken back would live on."""
    clock = Clock()
    with serving(tmp_path, authority) as (told, address):
        document = HttpsDocument(address, trusting(authority), clock)
        document.read()
        told.code = 500
        clock.now += KEPT_SECONDS
        assert document.read() == b"{}"
        assert document.age() == KEPT_SECONDS
        clock.now += 1
        with pytest.raises(UnavailableError):
            document.read()


REFUSED: dict[str, Any] = {
    "an error": {"code": 500},
    "another place": {"code": 302, "headers": {"Location": "https://localhost/"}},
    "too much": {"body": b"x" * (LARGEST + 1)},
    "cut off": {"raw": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"},
    "no status": {"raw": b"HTTP/9\r\n\r\n"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_answer_is_none(tmp_path: Path, authority: Authority, name: str) -> None:
    """And no redirect is followed."""
    with serving(tmp_path, authority) as (told, address):
        for key, value in REFUSED[name].items():
            setattr(told, key, value)
        with pytest.raises(UnavailableError):
            HttpsDocument(address, trusting(authority)).read()


def test_an_answer_that_never_ends_is_none(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for it reads no revocation meanwhile; and nothing is fetched twice at once."""
    monkeypatch.setattr("pdp_adapters.https_document._WHOLE_SECONDS", 0.3)
    clock = Clock()
    with serving(tmp_path, authority) as (told, address):
        document = HttpsDocument(address, trusting(authority), clock)
        document.read()
        told.code = DRIPPING
        for _ in range(3):
            clock.now += FETCH_SECONDS
            assert document.read() == b"{}"
        assert told.asked == 2
        told.has_dripped.set()


def test_a_process_without_threads_to_spare_goes_on_with_what_it_has(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be fetched now is not there now, whatever says so."""

    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    clock = Clock()
    with serving(tmp_path, authority) as (_, address):
        fetched, never = (HttpsDocument(address, trusting(authority), clock) for _ in range(2))
        fetched.read()
        clock.now += FETCH_SECONDS
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", no_thread)
            assert fetched.read() == b"{}"
            with pytest.raises(UnavailableError):
                never.read()


def test_a_server_that_cannot_be_trusted_is_not_asked(tmp_path: Path, authority: Authority) -> None:
    """Whoever answers in its place could name keys of its own."""
    with serving(tmp_path, authority) as (told, address):
        with pytest.raises(UnavailableError):
            HttpsDocument(address, trusting(Authority())).read()
        assert told.asked == 0
