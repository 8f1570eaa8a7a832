"""The record of one decision, but for its place in the chain: enough to make the decision again.

What is about persons lies in sealed parts: who asked (*subject*), what about (*about*), and each fact. The rest (which
action on which category for which purpose, the answer, the sentences, revisions, instants) says nothing about anybody
and can be read by whoever has the file. Callers bring the same people and facts again and again: each is sealed once
and the same bytes stand in every record; what differs from request to request is sealed for each.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

import orjson

from pdp.core.by_identity import by_identity
from pdp.core.decision import Decision, Obligation, Reason
from pdp.core.entity import Entity
from pdp.core.fact_identity import named_by
from pdp.core.fact_index import subject_of
from pdp.core.facts import Fact, Properties
from pdp.core.log_ports import PersonKeys
from pdp.core.request import Request
from pdp.decision_log.packing import PERSONS, WITHHELD, packed, packed_fact, persons_in
from pdp.decision_log.sealing import Seals

SUBJECT: Final = b"subject"
ABOUT: Final = b"about"
FACT: Final = b"fact"

_DIGEST_BYTES: Final = 16
_dumps: Final = orjson.dumps
_Fragment: Final = orjson.Fragment
_Written = tuple[orjson.Fragment, frozenset[Entity]]
_NOBODY: Final[frozenset[Entity]] = frozenset()
_NOTHING: Final[_Written] = (_Fragment(b"{}"), _NOBODY)


class Recording:
    """Writes records. Of the properties that *withheld* names, by operator, a digest under *digest_key* is kept."""

    def __init__(
        self, keys: PersonKeys, digest_key: bytes, withheld: Mapping[str, frozenset[str]] | None = None
    ) -> None:
        self._keys = keys
        self._digest_key = digest_key
        self._withheld = {} if withheld is None else withheld
        self._operators: dict[str, _Operator] = {}
        self._generation = keys.generation

    def withholding(self, withheld: Mapping[str, frozenset[str]]) -> "Recording":
        """Return what writes the same records but for the properties withheld."""
        return Recording(self._keys, self._digest_key, withheld)

    def content(self, request: Request, decision: Decision, at: datetime) -> bytes:
        """Return the record of *decision*, which answers *request* at *at*, from its event to its last field.

        Raises TypeError for a value that has no place in a record, and UnavailableError when a person's key cannot be
        kept.
        """
        if self._keys.generation != self._generation:  # FAIL CLOSED (erased): nothing is sealed with what may be gone.
            self._operators, self._generation = {}, self._keys.generation
        operator = self._operators.get(request.operator)
        if operator is None:
            withheld = self._withheld.get(request.operator, frozenset())
            operator = self._operators[request.operator] = _Operator(
                Seals(request.operator, self._keys), withheld, self._digest_key
            )
        return operator.content(request, decision, at)


class _Operator:
    """Writes the records of one operator, whose ids are its own."""

    def __init__(self, seals: Seals, withheld: frozenset[str], digest_key: bytes) -> None:
        self._seals = seals
        self._withheld = withheld
        self._digest_key = digest_key
        self._fact: Callable[[Fact], bytes] = by_identity(self._write_fact)
        self._properties: Callable[[Properties], _Written] = by_identity(self._write_properties)
        self._plain_subject: Callable[[Entity], bytes] = by_identity(self._write_plain_subject)

    def content(self, request: Request, decision: Decision, at: datetime) -> bytes:
        """Return the content of a record."""
        until, seen, facts = decision.valid_until, decision.seen, request.facts
        return b"".join(
            (
                b'"event":"decision","decision_id":"',
                decision.decision_id.encode(),
                b'","at":',
                _dumps(at),
                b',"valid_until":',
                b"null" if until is None else _dumps(until),
                _asked(request.operator, request.action, request.resource.type, request.purpose),
                _answered(decision.allowed, decision.cause.value, decision.revision, decision.cached),
                b',"checked_at":"',
                decision.checked_at.encode(),
                b'","reasons":',
                _reasons(decision.reasons),
                b',"obligations":',
                _obligations(decision.obligations),
                b',"subject":',
                self._subject(request),
                b',"about":',
                self._about(request, decision),
                b',"facts":[',
                b",".join([self._fact(fact) for fact in facts]) if facts else b"",
                b'],"seen":',
                b"null" if seen is None else b"[%b]" % b",".join([self._fact(fact) for fact in seen]),
            )
        )

    def _subject(self, request: Request) -> bytes:
        if not request.subject_properties:
            return self._plain_subject(request.subject)
        written, persons = self._properties(request.subject_properties)
        seal = self._seals.of_all(persons | {request.subject})
        return seal.seal(SUBJECT, _dumps({"entity": str(request.subject), "properties": written}))

    def _write_plain_subject(self, subject: Entity) -> bytes:
        return self._seals.of(subject).seal(SUBJECT, _dumps({"entity": str(subject), "properties": {}}))

    def _about(self, request: Request, decision: Decision) -> bytes:
        resource = request.resource
        person, scopes = resource.data_subject, resource.scopes
        properties, pictured = self._properties(resource.properties) if resource.properties else _NOTHING
        context, named = self._properties(request.context) if request.context else _NOTHING
        said = _always_about(request, decision)
        if person is not None:
            said["data_subject"] = f"{person.type}:{person.id}"
        if scopes:
            said["scopes"] = [f"{scope.type}:{scope.id}" for scope in scopes]
            for scope in scopes:
                if scope.type in PERSONS:
                    named = named | {scope}
        if resource.properties:
            said["properties"] = properties
        if request.context:
            said["context"] = context
        if request.extra:
            said["extra"], others = self._properties(request.extra)
            named = named | others
        # What is about nobody in particular was asked by somebody.
        about = request.subject if person is None else person
        others = pictured | named
        seal = self._seals.of_all(others | {about}) if others else self._seals.of(about)
        return seal.seal(ABOUT, _dumps(said, _plain))

    def _write_fact(self, fact: Fact) -> bytes:
        said = packed_fact(fact)
        properties = said.get("properties")
        if isinstance(properties, dict):
            said["properties"] = self._digested(properties)
        persons = frozenset(named for named in named_by(fact.kind) if named.type in PERSONS)
        if not persons:  # an organisation that acts, or what lies in something: who asks may be one of them
            acting = subject_of(fact.kind)
            persons = frozenset(named_by(fact.kind) if acting is None else (acting,))
        return self._seals.of_all(persons).seal(FACT, _dumps(said))

    def _write_properties(self, properties: Properties) -> _Written:
        written = _Fragment(_dumps(self._digested(packed(properties))))
        return written, frozenset(persons_in(properties.values()))

    def _digested(self, properties: dict[str, object]) -> dict[str, object]:
        if self._withheld.isdisjoint(properties):
            return properties
        return {key: self._digest(key, value) if key in self._withheld else value for key, value in properties.items()}

    def _digest(self, key: str, value: object) -> dict[str, str]:
        code = hmac.digest(self._digest_key, _dumps([key, value]), hashlib.sha256)
        return {WITHHELD: code[:_DIGEST_BYTES].hex()}


def _always_about(request: Request, decision: Decision) -> dict[str, object]:
    """Return what a record says about the resource that is no property of it."""
    said: dict[str, object] = {"request_id": decision.request_id, "resource": request.resource.id}
    if request.time is not None:
        said["own_time"] = True
    if request.unread:
        said["unread"] = sorted(request.unread)  # by name: what they say is nobody's business here
    if decision.obligations:
        said["parameters"] = [dict(owed.parameters) for owed in decision.obligations]
    if decision.failures:
        said["failures"] = [{"rule": failure.rule, "error": failure.error} for failure in decision.failures]
    return said


def _write_reasons(reasons: tuple[Reason, ...]) -> bytes:
    return _dumps([{"clause": each.clause, "rule": each.rule, "effect": each.effect.value} for each in reasons])


def _write_obligations(obligations: tuple[Obligation, ...]) -> bytes:
    return _dumps([{"id": owed.id, "clause": owed.clause, "before": owed.before} for owed in obligations])


_reasons: Final = by_identity(_write_reasons)
_obligations: Final = by_identity(_write_obligations)


@lru_cache(4096)
def _asked(operator: str, action: str, category: str, purpose: str) -> bytes:
    said = {"operator": operator, "action": action, "category": category, "purpose": purpose}
    return b",%b" % _dumps(said)[1:-1]


@lru_cache(4096)
def _answered(allowed: bool, cause: str, revision: str, cached: bool) -> bytes:
    said = {"decision": "allow" if allowed else "deny", "cause": cause, "revision": revision, "cached": cached}
    return b",%b" % _dumps(said)[1:-1]


def _plain(value: object) -> object:
    """Return what stands for a parameter of an obligation; raise TypeError for what has no place in a record."""
    if isinstance(value, Entity):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a record holds no {type(value).__name__}")
