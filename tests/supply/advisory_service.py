"""An advisory service of this machine: whoever goes through it to the one of PyPI is answered by it, over TLS."""

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.credentials import Authority

HOST = "pypi.org"

Known = Mapping[str, list[dict[str, Any]] | None]
"""What is known against each package, None for a package that the service does not know."""


def a_weakness(id_: str, mended_in: str) -> dict[str, Any]:
    """Return what the service tells about one weakness."""
    return {"id": id_, "aliases": [], "fixed_in": [mended_in], "summary": "Something.", "withdrawn": None}


@contextmanager
def answering(folder: Path, known: Known) -> Iterator[dict[str, str]]:
    """Serve *known*, with files in *folder*; give the environment of a program that is to ask here."""
    authority = Authority("advisories")
    shown = authority.issue(HOST, [x509.DNSName(HOST)], ExtendedKeyUsageOID.SERVER_AUTH)
    (folder / "ca.pem").write_bytes(authority.certificate)
    (folder / "shown.pem").write_bytes(shown.certificate + shown.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "shown.pem")

    class Handler(BaseHTTPRequestHandler):
        """A proxy that is itself what it leads to."""

        plain: tuple[Any, ...] = ()

        def do_CONNECT(self) -> None:
            """Speak TLS from now on, as the host that was asked for."""
            self.send_response(200)
            self.end_headers()
            self.plain = (self.rfile, self.wfile)
            secured = context.wrap_socket(self.connection, server_side=True)
            self.connection = secured
            self.rfile = secured.makefile("rb")
            self.wfile = secured.makefile("wb", 0)  # type: ignore[assignment]
            self.close_connection = False

        def finish(self) -> None:
            """Close what was opened on the way."""
            super().finish()
            for each in (*self.plain, self.connection):
                each.close()

        def do_GET(self) -> None:
            """Tell what is known against a package: `/pypi/NAME/VERSION/json`."""
            name = self.path.split("/")[2]
            found = known.get(name, [])
            body = b"" if found is None else json.dumps({"vulnerabilities": found}).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield {
            "HTTPS_PROXY": f"http://127.0.0.1:{server.server_port}",
            "REQUESTS_CA_BUNDLE": str(folder / "ca.pem"),
            "NO_PROXY": "",
        }
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
