"""The file of callers: what it says, and every mistake at once with the nearest right word."""

from typing import Any

import pytest

from pdp.callers.caller_file import CallerFile, read_caller_file
from pdp.callers.methods import EVERY_METHOD
from pdp.core.caller import Claim
from pdp.core.errors import InvalidPolicyError
from pdp.core.finding import Finding

OPERATORS = ("homeid", "kidsonline")
GOOD = """
audience: pdp.test
trust_domain: home.test
keys: {file: keys.json, pepper: keys.pepper}
issuers:
  login: {issuer: "https://login.test/", keys: login.jwks.json, algorithm: ES256}
callers:
  app:
    certificates: ["spiffe://home.test/app", "CN=app"]
    tokens: [{issuer: login, subject: app}]
    api_keys: yes
    operators: [all]
    methods: [DecisionService, FactService.WriteFacts]
    asserts: [role, time]
    writes: [consent]
    actors: [user, "service:import"]
    admin_explanations: yes
    calls_per_second: 50
    weight: 3
"""


def read(text: str) -> CallerFile:
    """Return what *text* says."""
    return read_caller_file("callers.yaml", text.encode(), OPERATORS)


def findings(text: str) -> tuple[Finding, ...]:
    """Return what is wrong with *text*."""
    with pytest.raises(InvalidPolicyError) as caught:
        read(text)
    return caught.value.findings


def test_what_is_written_is_what_is_granted() -> None:
    """Every key of a caller has its meaning."""
    (named,) = read(GOOD).callers
    caller = named.caller
    assert caller.name == "app"
    assert caller.operators == set(OPERATORS)
    assert caller.methods == {
        *(method for method in EVERY_METHOD if method.startswith("pdp.api.v1.DecisionService.")),
        "pdp.api.v1.FactService.WriteFacts",
    }
    assert caller.asserts == {Claim.ROLE, Claim.TIME}
    assert caller.writes == {Claim.CONSENT}
    assert caller.may_vouch_for("user", "lan")
    assert caller.may_vouch_for("service", "import")
    assert not caller.may_vouch_for("service", "other")
    assert not caller.may_vouch_for("", "user")
    assert (caller.explains_as_admin, caller.calls_per_second, caller.weight) == (True, 50, 3)
    assert named.certificates == ("spiffe://home.test/app", "CN=app")
    assert named.tokens == (("login", "app"),)
    assert not caller.may_everything


def test_what_is_not_written_is_not_granted() -> None:
    """Nothing has a generous default."""
    text = """
keys: {file: k, pepper: p}
callers:
  app: {api_keys: yes, operators: [homeid], methods: [DecisionService.Check]}
"""
    caller = read(text).callers[0].caller
    assert caller.operators == {"homeid"}
    assert caller.methods == {"pdp.api.v1.DecisionService.Check"}
    assert not caller.asserts
    assert not caller.writes
    assert not caller.actors
    assert not caller.explains_as_admin


MISTAKES: dict[str, tuple[str, str, str, str]] = {
    "a misspelt operator": ("operators: [all]", "operators: [homeidd]", "callers-entry", "homeid"),
    "a misspelt service": ("[DecisionService,", "[DecisionServise,", "callers-entry", "DecisionService"),
    "a misspelt method": ("FactService.WriteFacts", "FactService.WriteFact", "callers-entry", "FactService.WriteFacts"),
    "a star for methods": ("[DecisionService,", '["*",', "callers-entry", ""),
    "a misspelt kind": ("asserts: [role,", "asserts: [roles,", "callers-entry", "role"),
    "the time among what is written": ("writes: [consent]", "writes: [time]", "callers-entry", ""),
    "writes without actors": ('    actors: [user, "service:import"]\n', "", "callers-entry", "actors: [user]"),
    "an actor that is none": ("actors: [user,", "actors: [User,", "callers-entry", ""),
    "a misspelt key": ("asserts:", "assert:", "entry-unknown-key", "asserts"),
    "a misspelt section": ("trust_domain:", "trust_domains:", "entry-unknown-key", "trust_domain"),
    "an id of another domain": ("spiffe://home.test/app", "spiffe://evil.test/app", "callers-entry", ""),
    "an id without a path": ("spiffe://home.test/app", "spiffe://home.test", "callers-entry", ""),
    "an id with dots": ("spiffe://home.test/app", "spiffe://home.test/a/../app", "callers-entry", ""),
    "a subject that is none": ("CN=app", "app", "callers-entry", ""),
    "an unknown issuer": ("issuer: login,", "issuer: logn,", "callers-entry", "login"),
    "a shared secret": ("ES256", "HS256", "callers-unknown-word", "S256"),
    "no signature": ("ES256", "none", "callers-unknown-word", ""),
    "keys by http": ("login.jwks.json", "http://login.test/jwks", "callers-not-https", "https://login.test/jwks"),
    "no audience": ("audience: pdp.test\n", "", "callers-lack", "audience: pdp.example"),
    "no file of keys": ("keys: {file: keys.json, pepper: keys.pepper}\n", "", "callers-lack", ""),
    "no trust domain": ("trust_domain: home.test\n", "", "callers-entry", "trust_domain: home.test"),
    "no operators": ("operators: [all]", "operators: []", "entry-not-a-list", ""),
    "perhaps": ("api_keys: yes", "api_keys: maybe", "entry-not-yes-or-no", "yes, no"),
    "true, which is no yes": ("admin_explanations: yes", "admin_explanations: true", "entry-not-yes-or-no", ""),
    "no rate": ("calls_per_second: 50", "calls_per_second: 0", "callers-entry", ""),
    "too much weight": ("weight: 3", "weight: 1000", "callers-entry", ""),
    "the name of everybody": ("  app:", "  local:", "callers-entry", ""),
    "a name in capitals": ("  app:", "  App:", "callers-entry", ""),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_told_with_its_mend(name: str) -> None:
    """And the file is not read as if it were not there."""
    right, wrong, code, suggestion = MISTAKES[name]
    assert right in GOOD
    found = findings(GOOD.replace(right, wrong))
    assert code in {finding.code for finding in found}
    assert any(suggestion in finding.suggestion for finding in found)
    assert all(finding.message.vi != finding.message.en and finding.line >= 1 for finding in found)


def test_a_star_in_an_actor_is_only_a_star() -> None:
    """It vouches for an actor whose id is a star, and for nobody else."""
    (named,) = read(GOOD.replace("actors: [user,", 'actors: ["user:*",')).callers
    assert named.caller.may_vouch_for("user", "*")
    assert not named.caller.may_vouch_for("user", "lan")


def test_all_mistakes_are_told_at_once() -> None:
    """Each with its own place."""
    text = (
        GOOD.replace("operators: [all]", "operators: [homeidd]")
        .replace("weight: 3", "weight: no")
        .replace("ES256", "HS256")
    )
    found = findings(text)
    assert len({(finding.line, finding.code) for finding in found}) == 3
    assert [finding.line for finding in found] == sorted(finding.line for finding in found)


@pytest.mark.parametrize(
    "text", ["", "callers: {}", "callers: []", "- app", "callers: {app: yes}", "callers: {app: {}}", "\x00", "a: &x 1"]
)
def test_a_file_without_callers_is_a_mistake(text: str) -> None:
    """It is not taken for a server without callers, where everybody may do everything."""
    assert findings(text)


SHARED: dict[str, Any] = {
    "a certificate": 'certificates: ["spiffe://home.test/app"]',
    "a token": "tokens: [{issuer: login, subject: app}]",
}


@pytest.mark.parametrize("name", SHARED)
def test_a_credential_that_stands_for_two_is_a_mistake(name: str) -> None:
    """Whose it is could not be known."""
    other = f"  other:\n    {SHARED[name]}\n    operators: [homeid]\n    methods: [DecisionService]\n"
    assert [finding.code for finding in findings(GOOD + other)] == ["callers-credential-twice"]
