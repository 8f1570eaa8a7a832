"""Stories of stored facts: who writes and who revokes, step by step, and what the next check answers.

A story is a mapping in one of the files of `stories/`. It may begin with a case of a policy (`from`), whose facts are
stored first and whose request, without them, is asked. A fact is named after its role or kind (`support_ticket`, and
`support_ticket-2` for a second one). Steps:

- `write: [NAME, ...]`, `end: [NAME, ...]`, `change: {NAME: {FIELD: VALUE}}`: one change over the wire. `by` says on
  whose behalf; left out, whoever gave a consent, else a service. `refused: CODE` says that it is turned down and why.
- `check: allow | deny | CODE` asks. `about` replaces parts of the request; `why` is the rule that decides; `owed` are
  obligations.
"""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import grpc
import yaml
from google.protobuf.json_format import ParseDict

from pdp.api.v1 import decision_pb2, decision_pb2_grpc, facts_pb2, facts_pb2_grpc
from pdp.cli.asking import role_of_sentence
from tests.builders import POLICIES, Json
from tests.system.running import Answer, refusal

FOLDER: Final = Path(__file__).parent / "stories"
SECONDS: Final = 30
LIES_IN: Final = " lies in "
SIGNED_IN: Final = {"authenticated", "authentication_method", "transport_encrypted"}
"""What a change is made under as well as what is asked."""

DECISIONS: Final = {"allow": decision_pb2.DECISION_ALLOW, "deny": decision_pb2.DECISION_DENY}


@dataclass(frozen=True)
class Story:
    """One story: the facts that it may name, those that are stored when it begins, what is asked, and its steps."""

    name: str
    tells: str
    operator: str
    facts: Mapping[str, Json]
    stored: tuple[str, ...]
    question: Json
    steps: tuple[Json, ...]

    @property
    def at_first(self) -> Json:
        """Return what is asked, with the facts that are stored when the story begins."""
        return {**self.question, "facts": [self.facts[name] for name in self.stored]}


@cache
def stories() -> tuple[Story, ...]:
    """Return every story of every file."""
    found = [story for path in sorted(FOLDER.glob("*.yaml")) for story in _read(path)]
    assert len({story.name for story in found}) == len(found)
    return tuple(found)


def _read(path: Path) -> Iterator[Story]:
    file: Json = yaml.safe_load(path.read_text("utf-8"))
    shared = {name: _fact(said) for name, said in file.get("facts", {}).items()}
    for each in file["stories"]:
        question, facts = deepcopy(file.get("question")), {}
        if "from" in each:
            question = _case(path.stem, each["from"])
            facts = _named(question.pop("facts", []))
        stored = tuple(facts) + tuple(each.get("stored", ()))
        facts |= shared | {name: _fact(said) for name, said in each.get("facts", {}).items()}
        question = merged(question, each.get("asks", {}))
        yield Story(each["story"], each["tells"], path.stem, facts, stored, question, tuple(each["steps"]))


@cache
def _cases(operator: str) -> Mapping[str, Json]:
    return {case["id"]: case["request"] for case in json.loads((POLICIES / operator / "cases.json").read_text("utf-8"))}


def _case(operator: str, id_: str) -> Json:
    return deepcopy(_cases(operator)[id_])


def _fact(said: str | Json) -> Json:
    """Return the fact that a sentence says, or that is written out."""
    if isinstance(said, str):
        if LIES_IN in said:
            inside, container = said.split(LIES_IN)
            return {"containment": {"entity": inside, "container": container}}
        return {"role": dict(role_of_sentence(said))}
    return said


def _named(facts: list[Json]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for fact in facts:
        kind, said = _kind(fact)
        name = said.get("role") or said.get("kind") or kind
        count = sum(other == name or other.startswith(f"{name}-") for other in found)
        found[name if not count else f"{name}-{count + 1}"] = fact
    return found


def _kind(fact: Json) -> tuple[str, Json]:
    return next((kind, fact[kind]) for kind in ("role", "consent", "ground", "containment") if kind in fact)


def merged(into: Any, changes: Any) -> Any:
    """Return *into* with *changes*, mappings within mappings; None takes a key away."""
    if not isinstance(into, Mapping) or not isinstance(changes, Mapping):
        return changes
    both = {**into, **{key: merged(into.get(key), value) for key, value in changes.items()}}
    return {key: value for key, value in both.items() if value is not None}


@dataclass
class Telling:
    """A story that is being told to the server behind *channel*; *ids* are those of the facts as they were written."""

    story: Story
    channel: grpc.Channel
    ids: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Json] = field(default_factory=dict)
    checks: int = 0

    def __post_init__(self) -> None:
        self.facts = deepcopy(dict(self.story.facts))
        self._writing = facts_pb2_grpc.FactServiceStub(self.channel)
        self._asking = decision_pb2_grpc.DecisionServiceStub(self.channel)

    def tell(self) -> None:
        """Take every step and see that it comes out as the story says."""
        for number, step in enumerate(self.story.steps):
            try:
                self._take(step)
            except AssertionError as error:
                raise AssertionError(f"{self.story.name}, step {number + 1} {step}: {error}") from error

    def _take(self, step: Json) -> None:
        if "check" in step:
            self._check(step)
        elif "end" in step:
            self._end(step)
        else:
            for name, fields in step.get("change", {}).items():
                self.facts[name] = _changed(self.facts[name], fields)
            self._write(step, [*step.get("write", ()), *step.get("change", ())])

    def _write(self, step: Json, names: list[str]) -> None:
        asked = {**self._change(step, names), "facts": [self.facts[name] for name in names]}
        answer = self._called(self._writing.WriteFacts, asked, facts_pb2.WriteFactsRequest())
        if not _is_refused(answer, step):
            self.ids |= dict(zip(names, answer.ids, strict=True))

    def _end(self, step: Json) -> None:
        asked = {**self._change(step, step["end"]), "ids": [self.ids[name] for name in step["end"]]}
        answer = self._called(self._writing.DeleteFacts, asked, facts_pb2.DeleteFactsRequest())
        assert _is_refused(answer, step) or answer.deleted == len(step["end"]), answer

    def _change(self, step: Json, names: list[str]) -> Json:
        return {
            "operator": self.story.operator,
            "actor": _subject(step.get("by") or self._speaker(names)),
            "context": {key: value for key, value in self.story.question["context"].items() if key in SIGNED_IN},
            "request_id": step.get("request", ""),
        }

    def _speaker(self, names: list[str]) -> str:
        given = {_kind(self.facts[name])[1].get("given_by", "") for name in names} - {""}
        return given.pop() if len(given) == 1 else "service:registry"

    def _check(self, step: Json) -> None:
        question = merged(self.story.question, step.get("about", {}))
        answer = self._called(self._asking.Check, question, decision_pb2.CheckRequest())
        self.checks += 1
        if step["check"] not in DECISIONS:
            assert isinstance(answer, Answer), "it was answered"
            assert step["check"] in [error.code for error in answer.errors], _why(answer)
            return
        assert not isinstance(answer, Answer), _why(answer)
        assert answer.decision == DECISIONS[step["check"]], [reason.rule for reason in answer.reasons]
        if "why" in step:
            assert step["why"] in [reason.rule for reason in answer.reasons], answer.reasons
        assert set(step.get("owed", ())) <= {obligation.id for obligation in answer.obligations}, answer.obligations

    def _called(self, method: Any, asked: Json, message: Any) -> Any:
        try:
            return method(ParseDict(asked, message), timeout=SECONDS)
        except grpc.RpcError as error:
            return refusal(error)


def _is_refused(answer: Any, step: Json) -> bool:
    """Say whether a change was refused; fail when that is not what *step* says."""
    if "refused" not in step:
        assert not isinstance(answer, Answer), _why(answer)
        return False
    assert isinstance(answer, Answer), "it was not refused"
    assert {error.code for error in answer.errors} == {step["refused"]}, _why(answer)
    return True


def _why(answer: Any) -> str:
    """Say what an answer was when it was a refusal."""
    told = [f"{error.field}: {error.code} {error.message['en']}" for error in getattr(answer, "errors", ())]
    return f"{answer.code} {told}" if isinstance(answer, Answer) else str(answer)


def _changed(fact: Json, fields: Json) -> Json:
    """Return *fact* with *fields* of its kind, or of its term."""
    kind, said = _kind(fact)
    term = {key: value for key, value in fields.items() if key in {"valid_from", "valid_until"}}
    rest = {key: value for key, value in fields.items() if key not in term}
    both: Json = merged(fact, {**term, kind: merged(said, rest)})
    return both


def _subject(name: str) -> Json:
    type_, _, id_ = name.partition(":")
    return {"type": type_, "id": id_}
