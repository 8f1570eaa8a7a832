"""Reads records back: what stands in the clear, and what the keys that are left open."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from pdp.core.entity import Entity
from pdp.core.facts import Fact, Value
from pdp.core.log_ports import LogFolder, LogPart, PersonKeys
from pdp.core.request import Request, Resource
from pdp.decision_log.chain import taken_apart
from pdp.decision_log.packing import entity_of, unpacked, unpacked_fact
from pdp.decision_log.recording import ABOUT, FACT, SUBJECT
from pdp.decision_log.sealing import opened

DECISION: Final = "decision"


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a decision: *said* is what stands in the clear, *place* `FILE:LINE`."""

    said: Mapping[str, Any]
    place: str

    @property
    def decision_id(self) -> str:
        """Return the id of the decision."""
        return str(self.said["decision_id"])

    @property
    def at(self) -> datetime:
        """Return the instant for which it was decided."""
        return datetime.fromisoformat(self.said["at"])

    @property
    def allowed(self) -> bool:
        """Say whether the answer was an allow."""
        return bool(self.said["decision"] == "allow")

    @property
    def key_ids(self) -> frozenset[str]:
        """Return the ids of the keys of everybody whom the record names."""
        sealed = [self.said["subject"], self.said["about"], *self.said["facts"], *(self.said["seen"] or ())]
        return frozenset(id_ for part in sealed for id_ in part[0])


@dataclass(frozen=True, slots=True)
class Past:
    """What a record tells of a decision, with what could be opened of it.

    *request* is None when a part without which there is no request is erased, *seen* None when there were too many
    facts to look at; *erased* names the parts that nobody can read any more, *withheld* the properties of which a
    digest alone is kept.
    """

    record: Record
    request: Request | None
    seen: tuple[Fact, ...] | None
    erased: tuple[str, ...]
    withheld: frozenset[str]
    subject: Entity | None
    data_subject: Entity | None
    resource: str | None
    parameters: tuple[Mapping[str, Any], ...] = ()
    failures: tuple[Mapping[str, Any], ...] = ()


def records(folder: LogFolder, wanted: Callable[[bytes], bool] = lambda _line: True) -> Iterator[Record]:
    """Yield the records of decisions in *folder*, writer by writer, whose line is *wanted*.

    What is no record is left out: `verify` says what is wrong with it. Raises UnavailableError.
    """
    for writer in folder.writers():
        for part in folder.parts(writer):
            yield from records_in(part, wanted)


def records_in(part: LogPart, wanted: Callable[[bytes], bool] = lambda _line: True) -> Iterator[Record]:
    """Yield the records of decisions in *part* whose line is *wanted*."""
    for number, line in enumerate(part.read().split(b"\n"), start=1):
        if line and wanted(line) and taken_apart(line) is not None:
            try:
                said = orjson.loads(line)
            except ValueError:
                continue
            if said.get("event") == DECISION:
                yield Record(said, f"{part.name}:{number}")


def find(folder: LogFolder, decision_id: str) -> Record | None:
    """Return the record of the decision with this id, None when there is none; raises UnavailableError."""
    asked = b'"decision_id":%b' % orjson.dumps(decision_id)
    for writer in reversed(folder.writers()):
        for part in reversed(folder.parts(writer)):
            for record in records_in(part, lambda line: asked in line):
                if record.decision_id == decision_id:
                    return record
    return None


def past_of(record: Record, keys: PersonKeys) -> Past:
    """Return what *record* tells; raises ValueError when it was not written by a log."""
    said = record.said
    erased: list[str] = []
    subject = _part(SUBJECT, said["subject"], keys, erased)
    about = _part(ABOUT, said["about"], keys, erased)
    facts = _facts("facts", said["facts"], keys, erased)
    seen = None if said["seen"] is None else _facts("seen", said["seen"], keys, erased)
    withheld: set[str] = set()

    def properties(part: Mapping[str, Any], name: str) -> dict[str, Value]:
        found, kept_back = unpacked(part.get(name, {}))
        withheld.update(kept_back)
        return found

    request = None
    if subject is not None and about is not None:
        request = Request(
            request_id=about["request_id"],
            operator=said["operator"],
            subject=entity_of(subject["entity"]),
            action=said["action"],
            resource=Resource(
                said["category"],
                about["resource"],
                _entity(about.get("data_subject")),
                tuple(entity_of(scope) for scope in about.get("scopes", ())),
                properties(about, "properties"),
            ),
            purpose=said["purpose"],
            subject_properties=properties(subject, "properties"),
            context=properties(about, "context"),
            extra=properties(about, "extra"),
            time=record.at if about.get("own_time") else None,
            facts=facts,
            unread=dict.fromkeys(about.get("unread", ()), ""),
        )
    return Past(
        record,
        request if "facts" not in erased else None,
        seen,
        tuple(dict.fromkeys(erased)),
        frozenset(withheld),
        None if subject is None else entity_of(subject["entity"]),
        None if about is None else _entity(about.get("data_subject")),
        None if about is None else about["resource"],
        () if about is None else tuple(about.get("parameters", ())),
        () if about is None else tuple(about.get("failures", ())),
    )


def _part(part: bytes, sealed: Any, keys: PersonKeys, erased: list[str]) -> dict[str, Any] | None:
    text = opened(part, sealed, keys)
    if text is None:
        erased.append(part.decode())
        return None
    found: dict[str, Any] = orjson.loads(text)
    return found


def _facts(name: str, sealed: list[Any], keys: PersonKeys, erased: list[str]) -> tuple[Fact, ...]:
    found: list[Fact] = []
    for each in sealed:
        text = opened(FACT, each, keys)
        if text is None:
            erased.append(name)
        else:
            found.append(unpacked_fact(orjson.loads(text)))
    return tuple(found)


def _entity(name: str | None) -> Entity | None:
    return None if name is None else entity_of(name)
