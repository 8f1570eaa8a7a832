"""Servers that know their callers, and connections to them with one credential or another."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc

from pdp.callers import LiveCallers
from pdp.callers.key_store import KeyStore
from pdp.decision_point import DecisionPoint
from pdp.server import RunningServer, Security, TlsFiles
from pdp.wire.words import Words
from pdp.wiring.callers import live_callers
from tests.credentials import AUDIENCE, DOMAIN, ISSUER, Authority, Certified, a_key, jwks, write
from tests.system.running import running

SPIFFE_GATE = f"spiffe://{DOMAIN}/gate"

FILE = f"""
audience: {AUDIENCE}
trust_domain: {DOMAIN}
keys: {{file: keys.json, pepper: keys.pepper}}
issuers:
  login: {{issuer: "{ISSUER}", keys: login.jwks.json, algorithm: ES256, longest_seconds: 600}}
callers:
  app:
    tokens: [{{issuer: login, subject: app}}]
    api_keys: yes
    operators: [kidsonline, homeid]
    methods: [DecisionService]
    asserts: [role, ground]
  register:
    api_keys: yes
    operators: [kidsonline]
    methods: [FactService, DecisionService.Check]
    writes: [role, consent]
    actors: [user, "service:import"]
  gate:
    certificates: ["{SPIFFE_GATE}", "CN=old-gate"]
    operators: [onmeeting]
    methods: [DecisionService.Check, DecisionService.CheckStream]
    asserts: [role, consent, ground, containment, time]
  office:
    tokens: [{{issuer: login, subject: office}}]
    operators: [all]
    methods: [PolicyService, DecisionService.Explain, FactService.ReadFacts]
    asserts: [role, consent, ground, containment, time]
    admin_explanations: yes
"""


@dataclass
class House:
    """The files of a server in *folder*, and everything that can be shown to it."""

    folder: Path
    authority: Authority = field(default_factory=Authority)
    server_authority: Authority = field(default_factory=lambda: Authority("server authority"))
    key: Any = field(default_factory=a_key)

    def __post_init__(self) -> None:
        """Write the files, with a key for each caller that may have one."""
        shown = self.server_authority.server()
        write(
            self.folder,
            callers__yaml=FILE,
            ca__pem=self.authority.certificate,
            server__pem=shown.certificate,
            server__key=shown.key,
            **{"login.jwks__json": jwks(("k1", self.key))},
        )
        self.store = KeyStore(self.folder / "keys.json", self.folder / "keys.pepper")
        self.api_keys = {name: self.new_key(name) for name in ("app", "register", "office")}

    def new_key(self, caller: str, *, age: timedelta = timedelta()) -> str:
        """Return a key for *caller* that was made for one day so long ago."""
        clear, _ = self.store.issue(caller, 1, "", datetime.now(UTC) - age)
        return clear

    def live(self, words: Words, *, certificates: bool) -> LiveCallers:
        """Return the callers as the server reads them; without certificates, nobody is known by one."""
        if not certificates:
            text = (self.folder / "callers.yaml").read_text("utf-8")
            start, end = text.index("  gate:"), text.index("  office:")
            write(self.folder, tokens__yaml=text[:start] + text[end:])
        client_ca = str(self.folder / "ca.pem") if certificates else ""
        return live_callers(self.folder / ("callers.yaml" if certificates else "tokens.yaml"), words, client_ca)

    @contextmanager
    def serving(
        self, point: DecisionPoint, words: Words, log: io.StringIO, *, certificates: bool, **settings: Any
    ) -> Iterator[RunningServer]:
        """Serve *point* to these callers, over TLS; with *certificates*, to those alone who bring one."""
        tls = TlsFiles(
            self.folder / "server.pem", self.folder / "server.key", self.folder / "ca.pem" if certificates else None
        )
        security = Security(self.live(words, certificates=certificates), tls)
        with running(point, words, log, security=security, **settings) as server:
            yield server

    @contextmanager
    def connected(self, address: str, certified: Certified | None = None) -> Iterator[grpc.Channel]:
        """Connect to *address*, with a client certificate if there is one."""
        credentials = grpc.ssl_channel_credentials(
            self.server_authority.certificate,
            certified.key if certified else None,
            certified.certificate if certified else None,
        )
        options = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
        channel = grpc.secure_channel(address, credentials, options=options)
        try:
            yield channel
        finally:
            channel.close()


def bearer(token: str) -> list[tuple[str, str]]:
    """Return the header that shows *token*."""
    return [("authorization", f"Bearer {token}")]


def with_key(key: str) -> list[tuple[str, str]]:
    """Return the header that shows an API key."""
    return [("authorization", f"ApiKey {key}")]


def reasons(log: io.StringIO) -> list[str]:
    """Return why callers were refused, as the log tells."""
    lines = (json.loads(line) for line in log.getvalue().splitlines())
    return [line["reason"] for line in lines if line["event"] == "caller-refused"]
