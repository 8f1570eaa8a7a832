"""Every way of showing no credential, or one that is not good, is refused over a real connection."""

import base64
import hashlib
import hmac
import io
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from pdp.api.v1 import decision_pb2, facts_pb2
from pdp.callers.refusing import Reason
from pdp.callers.tokens import LONGEST_TOKEN
from pdp.decision_point import DecisionPoint
from pdp.server.access import NOT_PERMITTED
from pdp.server.unread import SILENT_AFTER_SECONDS
from pdp.wire.words import Words
from tests.credentials import AUDIENCE, DOMAIN, ISSUER, Authority, a_key, a_token, public_pem, write
from tests.malformed_requests import a_request
from tests.system.guarded import SPIFFE_GATE, House, bearer, reasons, with_key
from tests.system.running import CHECK, DECISIONS, StubPoint, a_decision, ask, wait_until


def _body() -> bytes:
    """Return a request that brings no facts and no time: every known caller of its operator may ask it."""
    message = a_request()
    message.ClearField("facts")
    message.context.ClearField("time")
    return message.SerializeToString()


BODY = _body()
Metadata = Sequence[tuple[str, Any]]


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return a house with all its files."""
    return House(tmp_path_factory.mktemp("house"))


@pytest.fixture
def log() -> io.StringIO:
    """Return where the server writes."""
    return io.StringIO()


@pytest.fixture
def address(house: House, point: DecisionPoint, words: Words, log: io.StringIO) -> Iterator[str]:
    """Serve those who show tokens and keys."""
    with house.serving(point, words, log, certificates=False) as server:
        yield server.address


@pytest.fixture
def mutual(house: House, point: DecisionPoint, words: Words, log: io.StringIO) -> Iterator[str]:
    """Serve those who bring a certificate."""
    with house.serving(point, words, log, certificates=True) as server:
        yield server.address


def signed_with(public: bytes) -> str:
    """Return a token that is signed with what everybody may read, as if it were a secret shared with us."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "app", "iat": now, "exp": now + 60}
    said = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k1'})}.{part(claims)}"
    signature = hmac.digest(public, said.encode(), hashlib.sha256)
    return f"{said}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def der(house: House) -> bytes:
    """Return the issuer's public key in its binary form."""
    key = load_pem_public_key(public_pem(house.key))
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def embedded(house: House) -> str:
    """Return a token that brings the key with which it is signed."""
    own = a_key()
    numbers = own.public_key().public_numbers()

    def coordinate(number: int) -> str:
        return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()

    jwk = {"kty": "EC", "crv": "P-256", "x": coordinate(numbers.x), "y": coordinate(numbers.y)}
    return a_token(own, headers={"jwk": jwk})


def now() -> int:
    """Return the second that it is."""
    return int(time.time())


def tampered(token: str) -> str:
    """Return *token* saying that it is of the office, under the signature of what it said before."""
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    said = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "office"}).encode()).rstrip(b"=").decode()
    return f"{head}.{said}.{signature}"


BAD_TOKENS: dict[str, tuple[Callable[[House], str], Reason]] = {
    "expired": (lambda h: a_token(h.key, iat=now() - 100, exp=now() - 10), Reason.TOKEN_EXPIRED),
    "expired this second": (lambda h: a_token(h.key, iat=now() - 10, exp=now()), Reason.TOKEN_EXPIRED),
    "not valid yet": (lambda h: a_token(h.key, nbf=now() + 60), Reason.TOKEN_EXPIRED),
    "issued in the future": (lambda h: a_token(h.key, iat=now() + 60, exp=now() + 120), Reason.TOKEN_EXPIRED),
    "for too long": (lambda h: a_token(h.key, exp=now() + 100_000), Reason.TOKEN_CLAIMS),
    "for ever": (lambda h: a_token(h.key, without=["exp"]), Reason.TOKEN_CLAIMS),
    "without a beginning": (lambda h: a_token(h.key, without=["iat"]), Reason.TOKEN_CLAIMS),
    "without a subject": (lambda h: a_token(h.key, without=["sub"]), Reason.TOKEN_CLAIMS),
    "without an audience": (lambda h: a_token(h.key, without=["aud"]), Reason.TOKEN_CLAIMS),
    "without an issuer": (lambda h: a_token(h.key, without=["iss"]), Reason.TOKEN_ISSUER),
    "for another audience": (lambda h: a_token(h.key, aud="pdp.other"), Reason.TOKEN_AUDIENCE),
    "for an audience that begins alike": (lambda h: a_token(h.key, aud=AUDIENCE + ".evil"), Reason.TOKEN_AUDIENCE),
    "for others too": (lambda h: a_token(h.key, aud=[AUDIENCE, "pdp.other"]), Reason.TOKEN_AUDIENCE),
    "of another issuer": (lambda h: a_token(h.key, iss="https://evil.test/"), Reason.TOKEN_ISSUER),
    "of an issuer that begins alike": (lambda h: a_token(h.key, iss=ISSUER + "x"), Reason.TOKEN_ISSUER),
    "of a part of the issuer": (lambda h: a_token(h.key, iss=ISSUER[:-1]), Reason.TOKEN_ISSUER),
    "of an unknown subject": (lambda h: a_token(h.key, sub="apps"), Reason.TOKEN_SUBJECT),
    "of a subject in capitals": (lambda h: a_token(h.key, sub="App"), Reason.TOKEN_SUBJECT),
    "of a caller that has keys only": (lambda h: a_token(h.key, sub="register"), Reason.TOKEN_SUBJECT),
    "signed with another key": (lambda _: a_token(a_key()), Reason.TOKEN_SIGNATURE),
    "tampered": (lambda h: tampered(a_token(h.key)), Reason.TOKEN_SIGNATURE),
    "of an unknown key": (lambda h: a_token(h.key, headers={"kid": "k2"}), Reason.TOKEN_KEY),
    "unsigned": (lambda _: a_token("", algorithm="none"), Reason.TOKEN_FORM),
    "with an empty signature": (lambda h: a_token(h.key).rpartition(".")[0] + ".", Reason.TOKEN_FORM),
    "signed with the public key, PEM": (lambda h: signed_with(public_pem(h.key)), Reason.TOKEN_KEY),
    "signed with the public key, PEM stripped": (lambda h: signed_with(public_pem(h.key).strip()), Reason.TOKEN_KEY),
    "signed with the public key, DER": (lambda h: signed_with(der(h)), Reason.TOKEN_KEY),
    "bringing its own key": (embedded, Reason.TOKEN_FORM),
    "naming where its key lies": (lambda h: a_token(h.key, headers={"jku": "https://evil.test/"}), Reason.TOKEN_FORM),
    "naming a certificate": (lambda h: a_token(h.key, headers={"x5u": "https://evil.test/"}), Reason.TOKEN_FORM),
    "with demands": (lambda h: a_token(h.key, headers={"crit": ["b64"], "b64": True}), Reason.TOKEN_FORM),
    "of another type": (lambda h: a_token(h.key, headers={"typ": "secevent+jwt"}), Reason.TOKEN_FORM),
    "too long": (lambda h: a_token(h.key, filler="x" * LONGEST_TOKEN), Reason.TOKEN_FORM),
    "in JSON form": (lambda _: json.dumps({"payload": "e30", "signatures": []}), Reason.TOKEN_FORM),
    "bound to a certificate": (lambda h: a_token(h.key, cnf={"x5t#S256": "AAAA"}), Reason.TOKEN_BOUND),
    "bound in an unknown way": (lambda h: a_token(h.key, cnf={"jkt": "AAAA"}), Reason.TOKEN_BOUND),
    "an API key": (lambda h: h.api_keys["app"], Reason.TOKEN_FORM),
    "empty": (lambda _: "", Reason.TOKEN_FORM),
}

BAD_HEADERS: dict[str, tuple[Callable[[House], Metadata], Reason]] = {
    "nothing": (lambda _: [], Reason.NO_CREDENTIAL),
    "another header": (lambda h: [("x-api-key", h.api_keys["app"])], Reason.NO_CREDENTIAL),
    "a name": (lambda _: [("x-caller", "app"), ("x-spiffe-id", SPIFFE_GATE)], Reason.NO_CREDENTIAL),
    "a token in binary": (lambda h: [("authorization-bin", f"Bearer {a_token(h.key)}".encode())], Reason.NO_CREDENTIAL),
    "another scheme": (lambda _: [("authorization", "Basic YXBwOmFwcA==")], Reason.SCHEME),
    "a token without a scheme": (lambda h: [("authorization", a_token(h.key))], Reason.SCHEME),
    "a key without a scheme": (lambda h: [("authorization", h.api_keys["app"])], Reason.SCHEME),
    "two headers": (lambda h: [*bearer(a_token(h.key)), *bearer(a_token(h.key))], Reason.SEVERAL_HEADERS),
    "a token and a key": (lambda h: [*bearer(a_token(h.key)), *with_key(h.api_keys["app"])], Reason.SEVERAL_HEADERS),
    "a token as a key": (lambda h: with_key(a_token(h.key)), Reason.KEY_UNKNOWN),
    "a key that nobody made": (lambda _: with_key(f"pdp_{'0' * 16}_{'A' * 43}"), Reason.KEY_UNKNOWN),
    "a key with another secret": (lambda h: with_key(h.api_keys["app"][:-43] + "A" * 43), Reason.KEY_UNKNOWN),
    "half a key": (lambda h: with_key(h.api_keys["app"][:-1]), Reason.KEY_UNKNOWN),
    "the secret of another caller": (
        lambda h: with_key(h.api_keys["app"][:21] + h.api_keys["register"][21:]),
        Reason.KEY_UNKNOWN,
    ),
    "an expired key": (lambda h: with_key(h.new_key("app", age=timedelta(days=2))), Reason.KEY_EXPIRED),
    "a key of one who may have none": (lambda h: with_key(h.api_keys["office"]), Reason.KEY_CALLER),
}


def refused(house: House, address: str, metadata: Metadata, certified: Any = None) -> Any:
    """Ask with *metadata* and return the answer, which must say UNAUTHENTICATED and nothing of the reason."""
    with house.connected(address, certified) as channel:
        answer = ask(channel, CHECK, BODY, metadata=metadata)
    assert answer.code is grpc.StatusCode.UNAUTHENTICATED, answer
    assert not answer.errors
    return answer


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_a_token_that_is_not_good_is_refused(house: House, address: str, log: io.StringIO, name: str) -> None:
    """Each for its own reason, which the log tells and the caller does not hear."""
    make, reason = BAD_TOKENS[name]
    answer = refused(house, address, bearer(make(house)))
    assert reasons(log) == [reason.value]
    assert reason.value not in answer.everything


@pytest.mark.parametrize("name", BAD_HEADERS)
def test_what_is_no_credential_or_the_wrong_one_is_refused(
    house: House, address: str, log: io.StringIO, name: str
) -> None:
    """Left out, confused between kinds, given twice, of somebody else."""
    make, reason = BAD_HEADERS[name]
    metadata = make(house)
    if name == "an expired key":
        time.sleep(1.2)  # it was put into the file while the server ran
    refused(house, address, metadata)
    assert reasons(log) == [reason.value]


def test_good_credentials_are_good(house: House, address: str) -> None:
    """The tests above refuse because of what is wrong: the same call with nothing wrong is answered."""
    with house.connected(address) as channel:
        for metadata in (bearer(a_token(house.key)), with_key(house.api_keys["app"])):
            assert ask(channel, CHECK, BODY, metadata=metadata).code is grpc.StatusCode.OK
        assert ask(channel, CHECK, BODY).code is grpc.StatusCode.UNAUTHENTICATED


def test_a_token_that_was_good_is_refused_once_it_has_run_out(house: House, address: str, log: io.StringIO) -> None:
    """What is remembered of a credential ends with it: replaying it afterwards is refused."""
    token = a_token(house.key, exp=now() + 2)
    with house.connected(address) as channel:
        assert ask(channel, CHECK, BODY, metadata=bearer(token)).code is grpc.StatusCode.OK
        wait_until(lambda: ask(channel, CHECK, BODY, metadata=bearer(token)).code is grpc.StatusCode.UNAUTHENTICATED, 5)
    assert reasons(log)[0] == Reason.REMEMBERED_EXPIRED.value


def test_a_key_that_was_revoked_is_refused_within_a_second_on_open_connections_too(
    house: House, address: str, log: io.StringIO
) -> None:
    """Revoking needs no restart."""
    key = house.api_keys["app"]
    with house.connected(address) as channel:
        assert ask(channel, CHECK, BODY, metadata=with_key(key)).code is grpc.StatusCode.OK
        house.store.revoke(key.split("_")[1], datetime.now(UTC))
        wait_until(lambda: ask(channel, CHECK, BODY, metadata=with_key(key)).code is grpc.StatusCode.UNAUTHENTICATED, 3)
    assert reasons(log)[0] == Reason.KEY_REVOKED.value


# --- What a known caller may not ---


def a_message(**fields: Any) -> decision_pb2.CheckRequest:
    """Return the request of every test here, with *fields* set."""
    message = decision_pb2.CheckRequest.FromString(BODY)
    message.MergeFrom(decision_pb2.CheckRequest(**fields))
    return message


CONSENT = facts_pb2.Fact(consent=facts_pb2.Consent(data_subject="child:minh"))


def test_who_may_not_assert_a_fact_is_refused_with_it_and_answered_without(house: House, address: str) -> None:
    """Nothing that it brings is dropped: the request is refused, and the field named."""
    app = bearer(a_token(house.key))
    timed = a_message()
    timed.context.time.GetCurrentTime()
    with house.connected(address) as channel:
        answers = [
            ask(channel, CHECK, message.SerializeToString(), metadata=app)
            for message in (a_message(), a_message(facts=[CONSENT]), timed, a_message(operator="onmeeting"))
        ]
    assert [answer.code.name for answer in answers] == ["OK", *["PERMISSION_DENIED"] * 3]
    assert [answer.errors[0].field for answer in answers[1:]] == ["facts[0]", "context.time", "operator"]
    assert [answer.violations[0].reason for answer in answers[1:]] == ["NOT_PERMITTED"] * 3


def test_in_a_batch_and_in_a_stream_the_item_alone_is_refused(house: House, address: str) -> None:
    """The others are answered."""
    app = tuple(bearer(a_token(house.key)))
    asked = [a_message(), a_message(facts=[CONSENT]), a_message(operator="onmeeting"), a_message()]
    with house.connected(address) as channel:
        body = decision_pb2.CheckBatchRequest(requests=asked).SerializeToString()
        answered = ask(channel, f"{DECISIONS}/CheckBatch", body, metadata=app)
        batch = decision_pb2.CheckBatchResponse.FromString(answered.body).results
        call: Any = channel.stream_stream(f"{DECISIONS}/CheckStream")
        bodies = iter([each.SerializeToString() for each in asked])
        stream = [decision_pb2.CheckResult.FromString(each) for each in call(bodies, timeout=10, metadata=app)]
    for results in (batch, stream):
        assert [result.WhichOneof("outcome") for result in results] == ["response", "error", "error", "response"]
        assert [results[1].error.field, results[2].error.field] == ["facts[0]", "operator"]
        assert results[1].error.code == NOT_PERMITTED


def test_a_stream_ends_when_the_key_that_opened_it_is_revoked(house: House, address: str) -> None:
    """Whoever has been on the line is no safer than who calls anew."""
    key = house.api_keys["app"]
    gate = threading.Semaphore(0)

    def bodies() -> Iterator[bytes]:
        for _ in range(50):
            yield BODY
            gate.acquire(timeout=10)

    with house.connected(address) as channel:
        call: Any = channel.stream_stream(f"{DECISIONS}/CheckStream")
        answers = call(bodies(), timeout=20, metadata=tuple(with_key(key)))
        assert next(answers)
        house.store.revoke(key.split("_")[1], datetime.now(UTC))
        time.sleep(1.2)
        gate.release()
        with pytest.raises(grpc.RpcError) as raised:
            next(answers)
        for _ in range(50):
            gate.release()
    assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_health_is_open_and_reflection_is_for_known_callers(house: House, address: str) -> None:
    """A probe has no credential; the schema is for those who have one."""
    with house.connected(address) as channel:
        assert ask(channel, "/grpc.health.v1.Health/Check", b"").code is grpc.StatusCode.OK
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        wanted = reflection_pb2.ServerReflectionRequest(list_services="")
        with pytest.raises(grpc.RpcError) as raised:
            list(stub.ServerReflectionInfo(iter([wanted]), timeout=10))
        assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED
        known = tuple(with_key(house.api_keys["register"]))
        assert list(stub.ServerReflectionInfo(iter([wanted]), timeout=10, metadata=known))


def test_the_server_shows_its_new_certificate_without_a_restart(house: House, address: str, log: io.StringIO) -> None:
    """One that cannot be used leaves the former one in place, and the log says so."""
    app = bearer(a_token(house.key))
    old = house.server_authority
    write(house.folder, server__key=b"nonsense")
    with house.connected(address) as channel:
        assert ask(channel, CHECK, BODY, metadata=app).code is grpc.StatusCode.OK
    assert "certificate-kept" in log.getvalue()
    house.server_authority = Authority("new server authority")
    shown = house.server_authority.server()
    write(house.folder, server__pem=shown.certificate, server__key=shown.key)
    with house.connected(address) as channel:
        assert ask(channel, CHECK, BODY, metadata=app).code is grpc.StatusCode.OK
    house.server_authority = old
    with house.connected(address) as channel:
        assert ask(channel, CHECK, BODY, metadata=app, timeout=2).code is not grpc.StatusCode.OK


# --- Client certificates ---


BAD_CERTIFICATES: dict[str, tuple[Callable[[House], Any], Metadata, Reason]] = {
    "of nobody": (lambda h: h.authority.client(f"spiffe://{DOMAIN}/gat"), [], Reason.CERTIFICATE_UNKNOWN),
    "of a name that begins alike": (lambda h: h.authority.client(SPIFFE_GATE + "s"), [], Reason.CERTIFICATE_UNKNOWN),
    "of another domain": (lambda h: h.authority.client("spiffe://evil.test/gate"), [], Reason.CERTIFICATE_UNKNOWN),
    "with two ids": (
        lambda h: h.authority.client(SPIFFE_GATE, f"spiffe://{DOMAIN}/x"),
        [],
        Reason.CERTIFICATE_FORM,
    ),
    "with an id and the subject of a caller": (
        lambda h: h.authority.client(f"spiffe://{DOMAIN}/x", common_name="old-gate"),
        [],
        Reason.CERTIFICATE_UNKNOWN,
    ),
    "with the id as its subject": (
        lambda h: h.authority.client(common_name=SPIFFE_GATE),
        [],
        Reason.CERTIFICATE_UNKNOWN,
    ),
    "good, beside a bad token": (
        lambda h: h.authority.client(SPIFFE_GATE),
        [("authorization", "Bearer x.y.z")],
        Reason.TOKEN_FORM,
    ),
}


@pytest.mark.parametrize("name", BAD_CERTIFICATES)
def test_a_certificate_that_names_no_caller_is_refused(house: House, mutual: str, log: io.StringIO, name: str) -> None:
    """The handshake lets it in, for its authority is trusted; whose it is is still to be known."""
    make, metadata, reason = BAD_CERTIFICATES[name]
    refused(house, mutual, metadata, make(house))
    assert reasons(log) == [reason.value]


def test_certificates_of_callers_are_good_by_id_and_by_subject(house: House, mutual: str) -> None:
    """The same call with nothing wrong is answered: this one may ask about another operator, and learns so."""
    for certified in (house.authority.client(SPIFFE_GATE), house.authority.client(common_name="old-gate")):
        with house.connected(mutual, certified) as channel:
            assert ask(channel, CHECK, BODY).code is grpc.StatusCode.PERMISSION_DENIED


NO_HANDSHAKE: dict[str, Callable[[House], Any]] = {
    "no certificate": lambda _: None,
    "of another authority with the same name": lambda _: Authority().client(SPIFFE_GATE),
    "expired": lambda h: h.authority.client(SPIFFE_GATE, life=timedelta(seconds=-10)),
    "of a server": lambda h: h.authority.issue(
        "server", [x509.UniformResourceIdentifier(SPIFFE_GATE)], ExtendedKeyUsageOID.SERVER_AUTH
    ),
}


@pytest.mark.parametrize("name", NO_HANDSHAKE)
def test_without_a_certificate_that_can_be_trusted_there_is_no_connection(house: House, mutual: str, name: str) -> None:
    """A token does not help: it is not even read."""
    with house.connected(mutual, NO_HANDSHAKE[name](house)) as channel:
        answer = ask(channel, CHECK, BODY, metadata=bearer(a_token(house.key)), timeout=3)
    assert answer.code in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


def test_a_certificate_and_a_token_must_name_the_same_caller(house: House, mutual: str, log: io.StringIO) -> None:
    """Of two callers it is not for us to choose one."""
    gate = house.authority.client(SPIFFE_GATE)
    refused(house, mutual, bearer(a_token(house.key)), gate)
    assert reasons(log) == [Reason.CREDENTIALS_DIFFER.value]


def test_a_token_that_is_bound_to_a_certificate_is_good_on_its_connections_alone(
    house: House, mutual: str, log: io.StringIO
) -> None:
    """Who has stolen it without the key of the certificate has nothing."""
    own, other = house.authority.client(f"spiffe://{DOMAIN}/app"), house.authority.client(f"spiffe://{DOMAIN}/app")
    bound = bearer(a_token(house.key, cnf={"x5t#S256": own.thumbprint}))
    with house.connected(mutual, own) as channel:
        assert ask(channel, CHECK, BODY, metadata=bound).code is grpc.StatusCode.OK
    refused(house, mutual, bound, other)
    assert reasons(log) == [Reason.TOKEN_BOUND.value]


def test_a_certificate_that_runs_out_ends_its_open_connection(house: House, mutual: str, log: io.StringIO) -> None:
    """The handshake was a while ago; its term counts at each call."""
    short = house.authority.client(SPIFFE_GATE, life=timedelta(seconds=3))
    with house.connected(mutual, short) as channel:
        assert ask(channel, CHECK, BODY).code is grpc.StatusCode.PERMISSION_DENIED
        wait_until(lambda: ask(channel, CHECK, BODY).code is grpc.StatusCode.UNAUTHENTICATED, 8)
    assert reasons(log)[-1] == Reason.REMEMBERED_EXPIRED.value


def test_an_authority_that_is_taken_away_ends_open_connections(house: House, mutual: str, log: io.StringIO) -> None:
    """The new one stands beside the old one for a while; with the old one go those who rest on it."""
    new = Authority("new authority")
    certified = house.authority.client(SPIFFE_GATE)
    file = house.folder / "ca.pem"
    with house.connected(mutual, certified) as channel:
        assert ask(channel, CHECK, BODY).code is grpc.StatusCode.PERMISSION_DENIED
        file.write_bytes(house.authority.certificate + new.certificate)
        with house.connected(mutual, new.client(SPIFFE_GATE)) as other:
            wait_until(lambda: ask(other, CHECK, BODY, timeout=2).code is grpc.StatusCode.PERMISSION_DENIED, 10)
        assert ask(channel, CHECK, BODY).code is grpc.StatusCode.PERMISSION_DENIED
        file.write_bytes(new.certificate)
        wait_until(lambda: ask(channel, CHECK, BODY).code is grpc.StatusCode.UNAUTHENTICATED, 5)
    assert reasons(log)[-1] == Reason.CERTIFICATE_ISSUER.value


def test_calls_without_a_message_keep_nobody_else_from_an_answer(house: House, words: Words, log: io.StringIO) -> None:
    """One caller opens as many as it can; another is answered all the while, and the open ones are ended."""
    never = threading.Event()

    def silent() -> Iterator[bytes]:
        never.wait(30)
        yield from ()

    point = StubPoint(a_decision, at_once=True)
    app, register = with_key(house.api_keys["app"]), with_key(house.api_keys["register"])
    with house.serving(point, words, log, certificates=False, threads=1) as server, ExitStack() as stack:
        quiet, *others = (stack.enter_context(house.connected(server.address)) for _ in range(4))
        calls = []
        for channel in others:
            open_: Any = channel.stream_unary(CHECK)
            calls += [open_.future(silent(), timeout=30, metadata=app) for _ in range(60)]
        time.sleep(1.5 * SILENT_AFTER_SECONDS)
        codes = Counter(ask(quiet, CHECK, BODY, metadata=register).code for _ in range(50))
        assert codes == {grpc.StatusCode.OK: 50}

        def is_ended() -> bool:
            assert ask(quiet, CHECK, BODY, metadata=register).code is grpc.StatusCode.OK
            return all(call.done() for call in calls)

        wait_until(is_ended)
        assert {call.code() for call in calls} <= {
            grpc.StatusCode.DEADLINE_EXCEEDED,
            grpc.StatusCode.RESOURCE_EXHAUSTED,
        }
        never.set()
