"""Reads records back: what stands in the clear, and what the keys that are left open."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from pdp.core.entity import Entity
from pdp.core.facts import Fact, Value
from pdp.core.log_ports import LogFolder, PersonKeys
from pdp.core.request import Request, Resource
from pdp.decision_log.chain import number_of, taken_apart
from pdp.decision_log.left_over import first_kept
from pdp.decision_log.packing import entity_of, unpacked, unpacked_fact
from pdp.decision_log.recording import ABOUT, FACT, SUBJECT
from pdp.decision_log.sealing import opened

DECISION: Final = "decision"

Wanted = Callable[[bytes], bool]
Signed = Callable[[str], range]
"""Returns the numbers of the records of a writer that signed heads cover (Verifier.signed)."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a decision: *said* is what stands in the clear, *place* `FILE:LINE`.

    *is_signed* says whether a signed head covers it; None where that was not looked at.
    """

    said: Mapping[str, Any]
    place: str
    is_signed: bool | None = None

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


def _all(_line: bytes) -> bool:
    return True


def records(folder: LogFolder, wanted: Wanted = _all, signed: Signed | None = None) -> Iterator[Record]:
    """Yield the records of decisions in *folder*, writer by writer, whose line is *wanted*.

    With *signed* each says whether a head covers it. What is no record, and what retention was to remove, is left out:
    `verify` says what is wrong with it. Raises UnavailableError.
    """
    for writer in folder.writers():
        yield from _records_of(writer, folder, wanted, signed)


def _records_of(
    writer: str, folder: LogFolder, wanted: Wanted, signed: Signed | None, *, newest_part_first: bool = False
) -> Iterator[Record]:
    first = first_kept(folder, writer)
    covered = None if signed is None else signed(writer)
    following = first if covered is None else covered.start
    parts = folder.parts(writer)
    # What is covered is counted from the beginning on.
    for part in reversed(parts) if newest_part_first and covered is None else parts:
        for number, line in enumerate(part.read().split(b"\n"), start=1):
            if covered is None and not wanted(line):
                continue
            found = taken_apart(line) if line else None
            at = None if found is None else number_of(found.body)
            if at is None or at < first:
                continue
            is_signed = None
            if covered is not None:
                # A number alone could stand there twice: the one that was verified stands in its turn.
                is_signed = at == following and at in covered
                following += is_signed
            if wanted(line):
                record = _record(line, f"{part.name}:{number}", is_signed)
                if record is not None:
                    yield record


def _record(line: bytes, place: str, is_signed: bool | None) -> Record | None:
    try:
        said = orjson.loads(line)
    except ValueError:
        return None
    return Record(said, place, is_signed) if said.get("event") == DECISION else None


def find(folder: LogFolder, decision_id: str, signed: Signed | None = None) -> Record | None:
    """Return the record of the decision with this id, None when there is none; raises UnavailableError.

    One that a signed head covers goes before one that none covers, where *signed* is given.
    """
    asked = b'"decision_id":%b' % orjson.dumps(decision_id)
    uncovered: Record | None = None
    for writer in reversed(folder.writers()):
        for record in _records_of(writer, folder, lambda line: asked in line, signed, newest_part_first=True):
            if record.decision_id == decision_id:
                if record.is_signed is not False:
                    return record
                uncovered = uncovered or record
    return uncovered


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
