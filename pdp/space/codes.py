"""Numbers for words, entities and types, so that a solver can tell them apart."""

from typing import Final

from pdp.core.entity import Entity

NATURAL_PERSON: Final = "user"
"""The type of an entity of which nothing else is asked."""

GROUND_ID: Final = "record"
"""The type of the ids of grounds that are none of the scopes of a request."""


class Codes:
    """Gives each text, each entity and each type its number, once."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {"": 0}
        self._entities: dict[Entity, int] = {}
        self._types: dict[str, int] = {NATURAL_PERSON: 0, GROUND_ID: 1}

    def text(self, text: str) -> int:
        """Return the number of a word or text; that of the blank text is 0."""
        return self._texts.setdefault(text, len(self._texts))

    def text_of(self, code: int) -> str:
        """Return the text whose number is *code*, or one that no condition names."""
        for text, known in self._texts.items():
            if known == code:
                return text
        return f"text-{code}"

    def entity(self, entity: Entity) -> int:
        """Return the number of an entity that a condition names."""
        return self._entities.setdefault(entity, -1 - len(self._entities))

    @property
    def entities(self) -> dict[int, Entity]:
        """Return the entities that conditions name, by their numbers."""
        return {code: entity for entity, code in self._entities.items()}

    def type(self, type_: str) -> int:
        """Return the number of a type of entity."""
        return self._types.setdefault(type_, len(self._types))

    def type_of(self, code: int) -> str:
        """Return the type whose number is *code*, or one that no condition names."""
        return next((type_ for type_, known in self._types.items() if known == code), f"thing{code}")
