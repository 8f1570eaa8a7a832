"""What a log tells about one person: who was allowed to do what with their data, when, and by which sentence."""

from collections.abc import Iterator

import orjson

from pdp.core.entity import Entity
from pdp.core.log_ports import LogFolder, PersonKeys
from pdp.decision_log.reading import Past, Signed, past_of, records


def about_person(
    folder: LogFolder, keys: PersonKeys, operator: str, person: Entity, signed: Signed | None = None
) -> Iterator[Past]:
    """Yield what is on record of decisions about data of *person*, at whom *operator* looked; those pictured included.

    Nothing once the key of *person* is erased. With *signed* each record says whether a head covers it. Raises
    UnavailableError when the log cannot be read.
    """
    key = keys.known(operator, person)
    if key is None:
        return
    named = orjson.dumps(key.id)
    for record in records(folder, lambda line: named in line, signed):
        # Whoever asked about somebody else is named too, and a fact may name anybody.
        if record.said["operator"] == operator and key.id in record.said["about"][0]:
            past = past_of(record, keys)
            if past.request is None or _is_about(past, person):
                yield past


def _is_about(past: Past, person: Entity) -> bool:
    request = past.request
    if request is None or past.data_subject == person:
        return True
    pictured = request.resource.properties.get("pictured", ())
    return person in (pictured if isinstance(pictured, tuple) else (pictured,))
