"""K-21, K-24 and K-25: secrets stay where they are, are compared in constant time, and no answer echoes its caller."""

import ast
import hmac
import io
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from click.testing import CliRunner
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from pdp import settings
from pdp.api.v1 import decision_pb2, policies_pb2
from pdp.callers import api_keys
from pdp.cli import main
from pdp.core.decision import Decision
from pdp.core.errors import InvalidSettingsError, UnavailableError
from pdp.core.request import Request
from pdp.server import barrier, inline_calls
from pdp.server.gate import Gate
from pdp.server.methods import SERVICES
from pdp.server.names import path_of
from pdp.settings import read_settings
from pdp.wire.words import Words
from tests.credentials import a_token
from tests.faults.served import one_policy
from tests.malformed_requests import a_request
from tests.system.guarded import House, bearer, with_key
from tests.system.running import CHECK, DECISIONS, StubPoint, a_decision, ask, connected, refusal, running

CANARY: Final = "hunter2-canary-7f3a"

# --- K-21: secrets in what is said ------------------------------------------------------------------------------------

ADDRESSES: Final = (
    f"postgresql://pdp:{CANARY}@db.example/pdp",
    f"postgresql://pdp:{CANARY}@db.example:no-port/pdp",
    f"postgresql://pdp:{CANARY}@[::1/pdp",
    f"postgresql://db.example/pdp?password={CANARY}",
    f"postgresql://pdp:a@{CANARY}@db.example/pdp",
    f"postgres//pdp:{CANARY}@db.example/pdp",
    f"postgress://db.example/pdp?password={CANARY}",
    f"host=db.example password={CANARY}",
    f"password='{CANARY}'",
    f"sqlite:/pdp:{CANARY}@x",
    f"{CANARY}@db.example",
)


def addresses_are_not_repeated() -> None:
    """Nothing that is said about settings, whatever is wrong with them, holds a password, and they do not print it."""
    for address in ADDRESSES:
        for wrong in ({"store": address}, {"redis": address, "store": "memory:"}, {"listen": address}):
            for flags, environment in (
                (wrong, {}),
                ({}, {f"PDP_{name.upper()}": value for name, value in wrong.items()}),
            ):
                try:
                    said = repr(read_settings(flags, environment))
                except InvalidSettingsError as error:
                    said = f"{error} {error!r} {error.mistakes}"
                assert CANARY not in said, said


def test_k_21_no_setting_that_may_hold_a_password_is_repeated() -> None:
    """Neither a mistake nor a print of the settings shows one, by flag and by variable."""
    addresses_are_not_repeated()


def test_k_21_mutant_a_mistake_that_repeats_what_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the advisory about an address that could not be read."""
    monkeypatch.setattr(settings, "_without_password", lambda text: text)
    with pytest.raises(AssertionError):
        addresses_are_not_repeated()


def secrets_of(house: House, token: str) -> Mapping[str, str]:
    """Return what must never be said, by what it is."""
    folder = house.folder
    key = house.api_keys["app"]
    return {
        "the pepper": (folder / "keys.pepper").read_text("ascii").strip(),
        "the secret of a key": key[-43:],
        "the signature of a token": token.rpartition(".")[2],
        "the key of the server": (folder / "server.key").read_text("ascii").splitlines()[1],
    }


def everything_said(house: House, words: Words, token: str) -> Iterator[str]:
    """Yield all that a server says to anybody, in answers, refusals and its log, and what `pdp` says of its files."""
    log = io.StringIO()

    def fail(_request: Request) -> Decision:
        raise UnavailableError(f"no connection to postgresql://pdp:{CANARY}@db.example/pdp")

    shown = (
        bearer(token),
        with_key(house.api_keys["app"]),
        bearer(token[:-1] + "x"),
        with_key(house.api_keys["office"]),
    )
    body = a_request()
    body.ClearField("facts")
    body.context.ClearField("time")
    with (
        house.serving(StubPoint(fail, at_once=True), words, log, certificates=False, reflection="yes") as server,
        house.connected(server.address) as channel,
    ):
        for metadata in (*shown, []):
            for path in _unary_paths():
                for sent in (body.SerializeToString(), b"", b"\xff"):
                    answer = ask(channel, path, sent, metadata=metadata)
                    yield f"{answer} {answer.everything}"
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        wanted = reflection_pb2.ServerReflectionRequest(list_services="")
        yield str(list(stub.ServerReflectionInfo(iter([wanted]), timeout=10, metadata=shown[0])))
    said = [line for line in log.getvalue().splitlines() if '"exception"' not in line]
    yield "\n".join(said)
    file = str(house.folder / "callers.yaml")
    for arguments in (
        ["callers", file],
        ["keys", "list", "--callers", file],
        ["callers", str(house.folder / "server.key")],
    ):
        yield CliRunner().invoke(main, arguments).output


def _unary_paths() -> Iterator[str]:
    for service in SERVICES:
        for method in service.methods:
            if not method.client_streaming and not method.server_streaming:
                yield path_of(method.full_name)


def nothing_secret_is_said(house: House, words: Words) -> None:
    """None of the secrets is in any of it, nor is the address of the store but for a trace in the log."""
    token = a_token(house.key)
    hidden = {**secrets_of(house, token), "the address of the store": CANARY}
    said = list(everything_said(house, words, token))
    assert len(said) >= 130
    assert any("caller-refused" in each for each in said)
    for name, secret in hidden.items():
        assert len(secret) >= 16
        assert not any(secret in each for each in said), name


def test_k_21_no_secret_is_said_to_anybody(house: House, words: Words) -> None:
    """Every method, with good and bad credentials and bytes; reflection; the log; what `pdp` tells of the files."""
    nothing_secret_is_said(house, words)


def test_k_21_mutant_a_log_that_tells_what_was_shown(
    house: House, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the advisory about headers in logs."""
    real = Gate.admit

    def telling(self: Gate, method: str, presented: Any) -> Any:
        self._log.info("call", presented=repr(presented))
        return real(self, method, presented)

    monkeypatch.setattr(Gate, "admit", telling)
    with pytest.raises(AssertionError):
        nothing_secret_is_said(house, words)


def test_k_21_mutant_a_refusal_with_the_text_of_its_error(
    house: House, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be reached, and by which address."""
    real = inline_calls.InlineCalls._told

    def chatty(self: inline_calls.InlineCalls, error: BaseException, path: str) -> Any:
        status = real(self, error, path)
        status.message += f" ({error})"
        return status

    monkeypatch.setattr(inline_calls.InlineCalls, "_told", chatty)
    with pytest.raises(AssertionError):
        nothing_secret_is_said(house, words)


def test_k_21_a_server_says_nothing_secret_at_its_start(tmp_path: Path) -> None:
    """With a store and a Redis that are not there: all that the command writes until it ends, traces included."""
    keys = secrets.token_hex(32)
    (tmp_path / "cache-keys").write_text(f"2026-11 {keys}\n", "ascii")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PDP_")},
        "PDP_STORE": f"postgresql://pdp:{CANARY}@127.0.0.1:1/pdp",
        "PDP_REDIS": f"redis://pdp:{CANARY}@127.0.0.1:1/0",
        "PDP_CACHE_KEYS": str(tmp_path / "cache-keys"),
        "XDG_STATE_HOME": str(tmp_path),
    }
    policies = one_policy(tmp_path / "policies")
    arguments = ["serve", "--listen", "127.0.0.1:0", "--workers", "1", "--decision-log", "none"]
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-m", "pdp", *arguments, "--policies", str(policies)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        timer = threading.Timer(60, process.kill)
        timer.start()
        for line in process.stdout:
            said.append(line)
            if '"not-ready"' in line:
                process.send_signal(signal.SIGTERM)
        timer.cancel()
    everything = "".join(said)
    assert "not-ready" in everything
    assert CANARY not in everything
    assert keys not in everything


# --- K-24: comparing secrets ------------------------------------------------------------------------------------------

SECRET_WORDS: Final = ("secret", "digest", "pepper", "password", "signature", "mac", "hmac", "thumbprint", "token")
LOOKED_AT: Final = ("pdp/callers", "pdp/decision_log/sealing.py", "adapters/pdp_adapters/cache_keys.py")


def compared_plainly(source: str) -> list[int]:
    """Return the lines of *source* where something that is named like a secret is compared by `==`, `!=` or `in`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare) or not any(
            isinstance(operator, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for operator in node.ops
        ):
            continue
        sides = [node.left, *node.comparators]
        if any(_is_secret(side) for side in sides) and not any(isinstance(side, ast.Constant) for side in sides):
            found.append(node.lineno)
    return found


def _is_secret(side: ast.expr) -> bool:
    name = side.attr if isinstance(side, ast.Attribute) else side.id if isinstance(side, ast.Name) else ""
    return not name.isupper() and any(part in SECRET_WORDS for part in name.lower().split("_"))


def sources(repository: Path) -> Iterator[tuple[Path, str]]:
    """Yield the modules in which secrets are compared."""
    for place in LOOKED_AT:
        path = repository / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            yield file, file.read_text("utf-8")


def test_k_24_no_secret_is_compared_by_equality(repository: Path) -> None:
    """Where secrets are compared, `hmac.compare_digest` does it."""
    looked_at = dict(sources(repository))
    assert sum("compare_digest" in source for source in looked_at.values()) >= 2
    assert {str(file): lines for file, source in looked_at.items() if (lines := compared_plainly(source))} == {}


def test_k_24_mutant_a_comparison_that_ends_at_the_first_difference(repository: Path) -> None:
    """Each comparison in constant time, written as a plain one, is found."""
    for file, source in sources(repository):
        changed = source.replace(
            "hmac.compare_digest(digest, kept.digest if kept else _NOBODY)", "digest == kept.digest"
        )
        if file.name == "api_keys.py":
            assert changed != source
            assert compared_plainly(changed)
    assert compared_plainly("if presented.secret != secret: refuse()") == [1]


Find = Callable[[Any, str], Any]


def every_look_up_compares(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    """One comparison, of two digests of the same length, for a key that is there, one that is not, and a wrong one."""
    seen: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def noting(one: bytes, other: bytes) -> bool:
        seen.append((len(one), len(other)))
        return compare(one, other)

    ring = api_keys.KeyRing(house.store.kept(), api_keys.read_pepper((house.folder / "keys.pepper").read_bytes()))
    good = house.api_keys["app"]
    with monkeypatch.context() as patched:
        patched.setattr(hmac, "compare_digest", noting)
        found = [ring.find(key) for key in (good, f"pdp_{'0' * 16}_{'A' * 43}", good[:-43] + "A" * 43)]
    assert [kept is not None for kept in found] == [True, False, False]
    assert seen == [(32, 32)] * 3


def test_k_24_the_time_taken_does_not_tell_which_keys_there_are(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    """The same is done for an id that is known and for one that is not."""
    every_look_up_compares(monkeypatch, house)


def _looks_up(ring: api_keys.KeyRing, presented: str) -> Any:
    _, id_, secret = presented.split("_", 2)
    kept = ring._by_id.get(id_)
    if kept is None:
        return None
    digest = api_keys._digest(ring._pepper, id_, kept.caller, kept.expires_at, secret)
    return kept if digest == kept.digest else None


def test_k_24_mutant_a_key_that_is_looked_up(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    """As in the advisory: in a table, and compared as any text is."""
    monkeypatch.setattr(api_keys.KeyRing, "find", _looks_up)
    with pytest.raises(AssertionError):
        every_look_up_compares(monkeypatch, house)


# --- K-25: answers that repeat to whom they were sent -----------------------------------------------------------------


def answers_name_no_authority(words: Words) -> None:
    """The host that a call says it is for is in no answer, no refusal and no log."""
    log = io.StringIO()
    authority = f"{CANARY}.evil.test"
    said: list[str] = []
    options: Sequence[tuple[str, Any]] = [("grpc.default_authority", authority), ("grpc.enable_http_proxy", 0)]

    def fail(request: Request) -> Decision:
        raise UnavailableError(request.request_id)

    with running(StubPoint(fail, at_once=True), words, log, reflection="yes") as server:
        channel = grpc.insecure_channel(server.address, options=options)
        forwarded = [("x-forwarded-host", authority), ("host", authority)]
        for path in (*_unary_paths(), f"{DECISIONS}/Unknown", "/grpc.health.v1.Health/Check"):
            for body in (a_request().SerializeToString(), b"", b"\xff"):
                answer = ask(channel, path, body, metadata=forwarded)
                said.append(f"{answer} {answer.everything}")
        stream: Any = channel.stream_stream(f"{DECISIONS}/CheckStream")
        try:
            said.append(str(list(stream(iter([a_request().SerializeToString(), b"\xff"]), timeout=10))))
        except grpc.RpcError as error:
            said.append(refusal(error).everything)
        channel.close()
    said.append(log.getvalue())
    assert len(said) >= 30
    assert not any(CANARY in each for each in said)


def test_k_25_no_answer_repeats_to_whom_it_was_asked(words: Words) -> None:
    """By the name of the authority, and by headers of proxies."""
    answers_name_no_authority(words)


def test_k_25_mutant_a_refusal_that_says_where_it_was_asked(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a discovery document does that is put together from the header."""

    def told(self: barrier.ExceptionBarrier, _error: BaseException, _method: str, context: Any) -> Any:
        context.abort(grpc.StatusCode.INTERNAL, f"see https://{context._rpc_event.call_details.host.decode()}/errors")

    monkeypatch.setattr(barrier.ExceptionBarrier, "_refuse", told)
    with pytest.raises(AssertionError):
        answers_name_no_authority(words)


def test_k_25_what_is_asked_is_answered(words: Words) -> None:
    """A forged authority changes nothing else: the policies in force are told as to anybody."""
    with running(StubPoint(a_decision, at_once=True), words) as server:
        with connected(server.address) as channel:
            plain = ask(channel, CHECK, a_request().SerializeToString())
        channel = grpc.insecure_channel(
            server.address, options=[("grpc.default_authority", CANARY), ("grpc.enable_http_proxy", 0)]
        )
        forged = ask(channel, CHECK, a_request().SerializeToString())
        sets = ask(
            channel, "/pdp.api.v1.PolicyService/GetPolicySet", policies_pb2.GetPolicySetRequest().SerializeToString()
        )
        channel.close()
    assert plain.code is forged.code is sets.code is grpc.StatusCode.OK
    assert decision_pb2.CheckResponse.FromString(plain.body) == decision_pb2.CheckResponse.FromString(forged.body)
