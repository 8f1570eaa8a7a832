"""K-20, K-55 and K-86 to K-90: what went wrong elsewhere with signed tokens does not go wrong here.

Each law is held against the real thing, and against a twin that makes the mistake of the advisory, which must break it.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from pdp.callers import tokens
from pdp.callers.caller_file import read_caller_file
from pdp.callers.key_sets import KeySetError, read_key_set
from pdp.callers.tokens import LONGEST_TOKEN, Issuer
from pdp.core.errors import InvalidPolicyError, UnknownCallerError
from tests.credentials import AUDIENCE, ISSUER, a_key, a_token, jwks, public_pem

Verify = Callable[[str], str]
"""A token in, its subject out; raises UnknownCallerError for one that is not good."""

KEY: Final = a_key()
ISSUERS: Final = {
    ISSUER: Issuer("login", ISSUER, AUDIENCE, 600, read_key_set(jwks(("k1", KEY)), "ES256")),
}
OTHER: Final = a_key()


def ours(token: str) -> str:
    """Verify as the server does."""
    return tokens.verify(token, tokens.issuer_of(token, ISSUERS), None, time.time()).subject


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def _by_hand(header: Mapping[str, object], sign: Callable[[bytes], bytes], **changed: object) -> str:
    """Return a token whose header and signature are whatever they are said to be."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "app", "iat": now, "exp": now + 60, **changed}
    said = f"{_part({'typ': 'JWT', 'kid': 'k1', **header})}.{_part(claims)}"
    return f"{said}.{base64.urlsafe_b64encode(sign(said.encode())).rstrip(b'=').decode()}"


def _signed(said: bytes) -> bytes:
    """Return the issuer's own signature of what is said."""
    return ECAlgorithm(ECAlgorithm.SHA256).sign(said, KEY)


def refused(verify: Verify, forged: Mapping[str, str]) -> None:
    """The law of most of this file: no token of *forged* is accepted, and a good one is."""
    assert verify(a_token(KEY)) == "app"
    for name, token in forged.items():
        with pytest.raises(UnknownCallerError):
            pytest.fail(f"accepted, a token {name}, for {verify(token)}")


def caught(verify: Verify, forged: Mapping[str, str]) -> None:
    """A twin breaks the law by accepting one of *forged*, and by nothing else: a good token it accepts too."""
    assert verify(a_token(KEY)) == "app"
    with pytest.raises(pytest.fail.Exception, match="accepted"):
        refused(verify, forged)


def _lenient(token: str, **how: Any) -> str:
    """Verify as the library does when it is told nothing but *how*."""
    try:
        claims = jwt.decode(token, **{"key": KEY.public_key(), "algorithms": ["ES256"], "audience": AUDIENCE, **how})
    except jwt.PyJWTError as error:
        raise UnknownCallerError("twin") from error
    return str(claims["sub"])


# --- K-20: no audience configured, and so none looked at --------------------------------------------------------------

FILE: Final = f"""
audience: {AUDIENCE}
issuers:
  login: {{issuer: "{ISSUER}", keys: login.jwks.json, algorithm: ES256}}
callers:
  app: {{tokens: [{{issuer: login, subject: app}}], operators: [homeid], methods: [DecisionService.Check]}}
"""
WITHOUT: Final = {
    "an audience": (f"audience: {AUDIENCE}\n", ""),
    "anything in its audience": (f"audience: {AUDIENCE}\n", 'audience: ""\n'),
    "an issuer": (f'issuer: "{ISSUER}", ', ""),
    "anything in its issuer": (f'issuer: "{ISSUER}"', 'issuer: ""'),
}


def not_read(without: tuple[str, str]) -> None:
    """A file of callers with tokens is refused when it does not say for whom they are, or by whom."""
    assert read_caller_file("callers.yaml", FILE.encode(), ("homeid",)).audience == AUDIENCE
    text = FILE.replace(*without)
    assert text != FILE
    with pytest.raises(InvalidPolicyError):
        read_caller_file("callers.yaml", text.encode(), ("homeid",))


@pytest.mark.parametrize("without", WITHOUT)
def test_k_20_tokens_need_an_audience_and_an_issuer(without: str) -> None:
    """The server does not start with such a file, nor does a running one take it over."""
    not_read(WITHOUT[without])


def test_k_20_mutant_a_file_whose_parts_are_not_held_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the check of the whole file an audience is missed by nobody."""
    monkeypatch.setattr("pdp.callers.caller_file._check_whole", lambda _whole, _found: None)
    with pytest.raises(pytest.fail.Exception):
        not_read(WITHOUT["an audience"])


def for_nobody() -> dict[str, str]:
    """Return the forged tokens, made now: they last a minute."""
    return {
        "for nobody": a_token(KEY, without=["aud"]),
        "for another": a_token(KEY, aud="pdp.other"),
        "for others too": a_token(KEY, aud=[AUDIENCE, "pdp.other"]),
    }


def test_k_20_a_token_for_another_audience_is_refused() -> None:
    """One that names no audience, another, or another beside ours."""
    refused(ours, for_nobody())


def test_k_20_mutant_an_audience_that_is_not_looked_at() -> None:
    """The advisory's own mistake."""
    caught(lambda token: _lenient(token, audience=None, options={"verify_aud": False}), for_nobody())


# --- K-55: a key that comes with the message --------------------------------------------------------------------------


def _embedded() -> dict[str, str]:
    own = dict(ECAlgorithm.to_jwk(OTHER.public_key(), as_dict=True))
    where = {"jku": "https://evil.test/keys", "x5u": "https://evil.test/chain.pem", "x5c": ["MIIB"]}
    forged = {
        f"with {name} in its header": a_token(OTHER, headers={name: value})
        for name, value in {"jwk": own, **where}.items()
    }
    return {**forged, "with its key under our name for one": a_token(OTHER, headers={"jwk": {**own, "kid": "k1"}})}


def test_k_55_a_key_inside_a_token_proves_nothing() -> None:
    """Neither the key, nor where it lies, nor a certificate for it."""
    refused(ours, _embedded())


def test_k_55_a_token_is_refused_for_naming_a_key_even_with_a_good_signature() -> None:
    """No address is ever fetched that a caller has chosen."""
    headers: dict[str, Any] = {"jku": "https://login.test/", "x5u": "https://login.test/", "x5c": ["MIIB"], "jwk": {}}
    refused(ours, {name: a_token(KEY, headers={name: value}) for name, value in headers.items()})


def _believes_the_message(token: str) -> str:
    brought = jwt.get_unverified_header(token).get("jwk")
    return _lenient(token, key=jwt.PyJWK.from_dict(brought, algorithm="ES256").key) if brought else ours(token)


def _believes_everybody(token: str) -> str:
    return str(_claims_of(token)["sub"])


@pytest.mark.parametrize("twin", [_believes_the_message, _believes_everybody])
def test_k_55_mutant_a_key_that_the_message_brings(twin: Verify) -> None:
    """It verifies with what was brought, or not at all."""
    caught(twin, _embedded())


# --- K-86: another algorithm than the key's, or none ------------------------------------------------------------------


def _confused() -> dict[str, str]:
    pem = public_pem(KEY)
    der = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    shared = {
        "PEM": pem,
        "PEM without its last line break": pem.strip(),
        "PEM with the line ends of another system": pem.replace(b"\n", b"\r\n"),
        "PEM with a space before it": b" " + pem,
        "DER": der,
    }
    forged = {
        f"signed by {algorithm} with the public key as {name}": _by_hand(
            {"alg": algorithm},
            lambda said, secret=secret, digest=digest: hmac.digest(secret, said, digest),  # type: ignore[misc]
        )
        for name, secret in shared.items()
        for algorithm, digest in {"HS256": hashlib.sha256, "HS512": hashlib.sha512}.items()
    }
    for algorithm in ("none", "None", "NONE", ""):
        forged[f"by the algorithm `{algorithm}`, unsigned"] = _by_hand({"alg": algorithm}, lambda _said: b"")
        forged[f"by the algorithm `{algorithm}`, signed with nothing"] = _by_hand({"alg": algorithm}, lambda _: b"\0")
    good = a_token(KEY)
    head, body, signature = good.split(".")
    forged["with an empty signature"] = f"{head}.{body}."
    forged["without a signature"] = f"{head}.{body}"
    forged["in JSON form without signatures"] = json.dumps({"payload": body, "signatures": []})
    forged["in JSON form with a good signature"] = json.dumps(
        {"payload": body, "signatures": [{"protected": head, "signature": signature}]}
    )
    for algorithm in ("ES384", "RS256", "es256", "ES256K"):
        forged[f"that says {algorithm} over a signature by ES256"] = _by_hand({"alg": algorithm}, _signed)
    return forged


def test_k_86_only_the_issuers_algorithm_and_the_compact_form_are_accepted() -> None:
    """What everybody may read is no secret to sign with, and no signature is none."""
    assert len(_confused()) >= 20
    refused(ours, _confused())


def _follows_the_header(token: str) -> str:
    """Verify by the algorithm that the token names, with the one key that there is."""
    head, _, rest = token.partition(".")
    if json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["alg"] != "HS256":
        return ours(token)
    said, signature = f"{head}.{rest.rpartition('.')[0]}", rest.rpartition(".")[2]
    digest = hmac.digest(public_pem(KEY), said.encode(), hashlib.sha256)
    if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != signature:
        raise UnknownCallerError("twin")
    return str(_claims_of(token)["sub"])


def _takes_none(token: str) -> str:
    head = token.partition(".")[0]
    header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    return str(_claims_of(token)["sub"]) if header["alg"].lower() == "none" else ours(token)


def _takes_json(token: str) -> str:
    if not token.startswith("{"):
        return ours(token)
    body = json.loads(token)["payload"]
    return str(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["sub"])


@pytest.mark.parametrize("twin", [_follows_the_header, _takes_none, _takes_json])
def test_k_86_mutant_the_token_chooses_how_it_is_verified(twin: Verify) -> None:
    """By a shared secret, by nothing, or by as many signatures as it brings."""
    caught(twin, _confused())


# --- K-87: demands that nobody understands ----------------------------------------------------------------------------


def demanding() -> dict[str, str]:
    """Return the forged tokens, made now: they last a minute."""
    return {
        f"with the demands {demands!r}": _by_hand({"alg": "ES256", "crit": demands, **more}, _signed)
        for demands, more in (
            (["x-bound"], {"x-bound": "camera"}),
            (["exp"], {"exp": 1}),
            (["b64"], {"b64": True}),
            ([], {}),
            ("exp", {}),
            ({}, {}),
        )
    }


def test_k_87_a_token_with_demands_is_refused() -> None:
    """Whoever writes `crit` wants it refused by those who do not understand it: we understand none."""
    refused(ours, demanding())


def test_k_87_mutant_demands_that_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither we nor the library look at them."""
    monkeypatch.setattr(tokens, "_REFUSED_HEADERS", frozenset({"jwk", "jku", "x5u", "x5c", "zip", "enc"}))
    monkeypatch.setattr("jwt.api_jws.PyJWS._validate_headers", lambda *_args, **_how: None, raising=False)
    monkeypatch.setattr("jwt.api_jws.PyJWS._validate_crit", lambda *_args, **_how: None, raising=False)
    caught(ours, demanding())


# --- K-88: an issuer that is nearly ours ------------------------------------------------------------------------------


def nearly() -> dict[str, str]:
    """Return the forged tokens, made now: they last a minute."""
    return {
        f"of the issuer `{issuer}`": _by_hand({"alg": "ES256"}, _signed, iss=issuer)
        for issuer in (
            ISSUER[:-1],
            ISSUER[1:],
            ISSUER + "x",
            "x" + ISSUER,
            ISSUER.upper(),
            "https://",
            "login.test",
            "h",
            "",
            f"https://evil.test/?{ISSUER}",
            ISSUER + " ",
            ISSUER + "\n",
            [ISSUER],
            [ISSUER, "https://evil.test/"],
            None,
            1,
        )
    }


def test_k_88_an_issuer_is_compared_whole() -> None:
    """No beginning, end or part of its name is it, nor is a list with it."""
    refused(ours, nearly())


def _by_part(token: str) -> str:
    """Verify for an issuer whose name is a part of ours, or of which ours is a part."""
    claimed = _claims_of(token).get("iss")
    if not isinstance(claimed, str) or not (claimed in ISSUER or ISSUER in claimed):
        raise UnknownCallerError("twin")
    return _lenient(token, issuer=None)


def test_k_88_mutant_an_issuer_that_is_compared_in_part() -> None:
    """As `in` does with two texts."""
    caught(_by_part, nearly())


# --- K-89: a token without an end -------------------------------------------------------------------------------------


def not_decoded(verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that is too long is refused before anything is made of it; one at the bound is looked at."""
    looked_at: list[int] = []
    decode = jwt.decode

    def noting(token: str, *args: Any, **options: Any) -> Any:
        looked_at.append(len(token))
        return decode(token, *args, **options)

    monkeypatch.setattr(jwt, "decode", noting)
    monkeypatch.setattr(jwt, "get_unverified_header", lambda token: looked_at.append(len(token)))
    head, body, signature = a_token(KEY).split(".")
    for long in (
        f"{head}.{body}.{'A' * (LONGEST_TOKEN - len(head) - len(body) - 1)}",
        f"{'A' * 16_385}.{body}.{signature}",
        f"{head}.{'A' * (1 << 20)}.{signature}",
        "." * (1 << 20),
    ):
        with pytest.raises(UnknownCallerError):
            verify(long)
        assert looked_at == []
    at_the_bound = f"{head}.{body}.{'A' * (LONGEST_TOKEN - len(head) - len(body) - 2)}"
    assert len(at_the_bound) == LONGEST_TOKEN
    tokens.issuer_of(at_the_bound, ISSUERS)
    assert looked_at == [LONGEST_TOKEN]


def test_k_89_a_token_that_is_too_long_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """4,096 characters are the bound, a quarter of what the advisories ask for."""
    assert LONGEST_TOKEN <= 16_384
    not_decoded(ours, monkeypatch)


def test_k_89_mutant_a_bound_that_nothing_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the whole of it is decoded before it is refused."""
    monkeypatch.setattr(tokens, "LONGEST_TOKEN", 1 << 40)
    with pytest.raises(AssertionError):
        not_decoded(ours, monkeypatch)


# --- K-90: what the library does not ask for unless it is told --------------------------------------------------------


def lacking() -> dict[str, str]:
    """Return the forged tokens, made now: they last a minute."""
    return {
        **{f"without `{claim}`": a_token(KEY, without=[claim]) for claim in ("exp", "iat", "aud", "sub", "iss")},
        "that is good for a year": a_token(KEY, exp=int(time.time()) + 365 * 86_400),
        "that ends before it begins": a_token(KEY, iat=int(time.time()) + 3, exp=int(time.time()) + 2),
    }


def test_k_90_every_claim_is_required() -> None:
    """An end, a beginning, an issuer, an audience and a subject."""
    refused(ours, lacking())


def test_k_90_mutant_the_library_with_nothing_said() -> None:
    """It accepts a token that never ends."""
    caught(_lenient, lacking())


def short_keys_refused() -> None:
    """An issuer's key that is too short to be one is not read."""
    short = rsa.generate_private_key(65_537, 1024).public_key()
    pem = short.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    jwk = {**RSAAlgorithm.to_jwk(short, as_dict=True), "kid": "k1"}
    for content in (pem, json.dumps({"keys": [jwk]}).encode()):
        with pytest.raises(KeySetError):
            read_key_set(content, "RS256")
    with pytest.raises(KeySetError):
        read_key_set(json.dumps({"keys": [{"kty": "oct", "k": _part("12345"), "kid": "k1"}]}).encode(), "RS256")


def test_k_90_a_short_key_is_not_one() -> None:
    """An RSA key of 1,024 bits, and five bytes shared as a secret, which no algorithm here signs with."""
    short_keys_refused()


def test_k_90_mutant_keys_whose_length_nobody_looks_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key is a key."""
    monkeypatch.setattr("pdp.callers.key_sets._check", lambda _key, _algorithm: None)
    with pytest.raises(pytest.fail.Exception):
        short_keys_refused()
