"""Reading entities, ids and words of the vocabulary."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from pdp.core.entity import Entity, accepted_id, id_problem, type_problem
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.wire import limits, phrases
from pdp.wire.codes import Code
from pdp.wire.mistakes import shown
from pdp.wire.reading import Reading

ACCEPTED_FORM: Final = "type:id"

# Most names are of ASCII alone, where an id needs only its length and its ends looked at. What this does not match is
# left to the core, which says what is wrong with it, if anything.
_PLAIN_ID: Final = re.compile(r"[!-~](?:[ -~]{0,254}[!-~])?", re.ASCII)
_PLAIN: Final = re.compile(rf"([a-z][a-z0-9_]{{0,31}}):({_PLAIN_ID.pattern})", re.ASCII)

# One request names the same few people again and again. Names are short here, so the memory has a bound.
_REMEMBERED: Final = 4096
_LONGEST_PLAIN: Final = 300


def entity(reading: Reading, name: str, place: str, part: str) -> Entity | None:
    """Read the entity that has to stand in *part* of *place*."""
    if not name:
        reading.refuse(Code.REQUIRED, f"{place}.{part}", name, phrases.REQUIRED)
        return None
    return named_entity(reading, name, place, part)


def optional_entity(reading: Reading, name: str, place: str, part: str) -> Entity | None:
    """Read the entity that may stand in *part* of *place*; an empty name is nobody."""
    return named_entity(reading, name, place, part) if name else None


def named_entity(reading: Reading, name: str, place: str, part: str) -> Entity | None:
    """Read *name*, which is not empty."""
    plain = _plain_entity(name) if len(name) <= _LONGEST_PLAIN else None
    if plain is not None:
        return plain
    try:
        return Entity.parse(name)
    except ValueError as problem:
        refuse_entity(reading, name, f"{place}.{part}" if part else place, str(problem))
        return None


@lru_cache(_REMEMBERED)
def _plain_entity(name: str) -> Entity | None:
    """Return the entity that *name* plainly names; None leaves it to the core."""
    plain = _PLAIN.fullmatch(name)
    return Entity(*plain.groups()) if plain else None


def refuse_entity(reading: Reading, name: str, field: str, problem: str) -> None:
    """Report that *name* is no entity, with the accepted form nearest to it."""
    if limits.is_too_long(name):
        reading.refuse_long(name, field)
        return
    type_, colon, id_ = name.partition(":")
    type_, id_ = type_.strip().lower(), accepted_id(id_)
    mended = f"{type_}:{id_}" if colon and id_ and type_problem(type_) is None else ACCEPTED_FORM
    reading.refuse(Code.MALFORMED_ENTITY, field, name, phrases.malformed_entity(problem), mended)


def own_entity(reading: Reading, found: Entity | None, field: str) -> None:
    """Report a scope that is another operator than the one asked."""
    own = reading.operator.id
    if found is not None and found.type == "operator" and own and found.id != own:
        message = phrases.foreign_operator(shown(str(found)), own)
        reading.refuse(Code.FOREIGN_OPERATOR, field, str(found), message, f"operator:{own}")


def entity_type(reading: Reading, type_: str, place: str, part: str) -> str:
    """Read the type of an entity on its own."""
    if type_ in reading.words.schema.entity_types:
        return type_
    if not type_:
        reading.refuse(Code.REQUIRED, f"{place}.{part}", type_, phrases.REQUIRED)
    elif limits.is_too_long(type_):
        reading.refuse_long(type_, f"{place}.{part}")
    else:
        problem = type_problem(type_)
        if problem:
            nearest = reading.suggest(type_, reading.words.schema.entity_types)
            message = phrases.malformed_entity(problem)
            reading.refuse(Code.MALFORMED_ENTITY, f"{place}.{part}", type_, message, nearest)
    return type_


def entity_id(reading: Reading, id_: str, place: str, part: str) -> str:
    """Read an id on its own."""
    if _PLAIN_ID.fullmatch(id_):
        return id_
    if not id_:
        reading.refuse(Code.REQUIRED, f"{place}.{part}", id_, phrases.REQUIRED)
    elif limits.is_too_long(id_):
        reading.refuse_long(id_, f"{place}.{part}")
    else:
        problem = id_problem(id_)
        if problem:
            message = phrases.malformed_entity(problem)
            reading.refuse(Code.MALFORMED_ENTITY, f"{place}.{part}", id_, message, accepted_id(id_))
    return id_


def word(reading: Reading, kind: WordKind, text: str, field: str) -> str:
    """Read a word of the vocabulary that has to stand at *field*."""
    known = reading.words.vocabulary.sections[kind]
    if text in known:
        return text
    if not text:
        reading.refuse(Code.REQUIRED, field, text, phrases.REQUIRED)
    elif limits.is_too_long(text):
        reading.refuse_long(text, field)
    else:
        message = phrases.unknown_word(phrases.WORDS[kind], shown(text))
        reading.refuse(Code.UNKNOWN_WORD, field, text, message, reading.suggest(text, known))
    return text


def member(reading: Reading, text: str, known: Sequence[str], noun: Text, field: str) -> None:
    """Report *text* unless it is one of *known*, the *noun*s that may stand at *field*."""
    if text in known:
        return
    if not text:
        reading.refuse(Code.REQUIRED, field, text, phrases.REQUIRED)
    elif limits.is_too_long(text):
        reading.refuse_long(text, field)
    else:
        message = phrases.unknown_word(noun, shown(text))
        reading.refuse(Code.UNKNOWN_WORD, field, text, message, reading.suggest(text, known))


def free_text(reading: Reading, text: str, field: str) -> str:
    """Read text that may say anything, or nothing."""
    if limits.is_too_long(text):
        reading.refuse_long(text, field)
    return text
