"""The server's own certificate: each new connection is shown what the files hold by then."""

import errno
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pdp.server.events import json_log
from pdp.server.tls import TlsFiles, credentials
from tests.credentials import Authority, write


def renew(folder: Path) -> None:
    """Put another certificate and its key in the place of the former ones."""
    shown = Authority().server()
    write(folder, new__pem=shown.certificate, new__key=shown.key)
    (folder / "new.key").replace(folder / "server.key")
    (folder / "new.pem").replace(folder / "server.pem")


def newer_of(folder: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Return what gRPC asks at each new connection: for what is newer, None where nothing is."""
    asked: list[Callable[[], Any]] = []
    monkeypatch.setattr("grpc.dynamic_ssl_server_credentials", lambda _first, newer, **_: asked.append(newer))
    credentials(TlsFiles(folder / "server.pem", folder / "server.key"), json_log(log))
    return asked[0]


def no_descriptor_is_left(_: Path) -> bytes:
    """Refuse to read anything."""
    raise OSError(errno.EMFILE, "Too many open files")


def test_a_certificate_that_cannot_be_read_once_is_read_at_the_next_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was taken for seen, so that the former one, and authorities that were removed, stayed until another change."""
    renew(tmp_path)
    log = io.StringIO()
    newer = newer_of(tmp_path, log, monkeypatch)
    assert newer() is None
    renew(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", no_descriptor_is_left)
        assert [newer(), newer()] == [None, None]
    assert log.getvalue().count("certificate-kept") == 1
    assert newer() is not None
    assert newer() is None


def test_a_certificate_without_its_key_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at again when a file changes, not at each connection."""
    renew(tmp_path)
    log = io.StringIO()
    newer = newer_of(tmp_path, log, monkeypatch)
    write(tmp_path, server__key=Authority().server().key)
    read: list[Path] = []
    read_bytes = Path.read_bytes

    def counted(path: Path) -> bytes:
        read.append(path)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    assert [newer(), newer()] == [None, None]
    assert len(read) == 2
    assert log.getvalue().count("certificate-kept") == 1
