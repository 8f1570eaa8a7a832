"""The words that requests, policies and facts are written in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pdp.core.text import Text, nearest


class WordKind(StrEnum):
    """What a word names; the value is the key of its section in the vocabulary."""

    OPERATOR = "operators"
    ROLE = "roles"
    CATEGORY = "categories"
    ACTION = "actions"
    PURPOSE = "purposes"

    @property
    def singular(self) -> str:
        """Return the English noun for one such word."""
        return {"categories": "category"}.get(self.value, self.value.removesuffix("s"))


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the vocabulary.

    *broader* is the id of the broader word that it lies in, None at the top. *held_in* lists the entity types that a
    role can be held in; it is empty for every other kind and for `data_subject`, which is never assigned.
    *clause_prefix* is set for operators alone (`KIDS`).
    """

    id: str
    text: Text
    broader: str | None = None
    held_in: tuple[str, ...] = ()
    clause_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every word by kind and id. *digest* identifies the text that it was read from."""

    sections: Mapping[WordKind, Mapping[str, Word]]
    digest: str

    def words(self, kind: WordKind) -> Mapping[str, Word]:
        """Return the words of *kind* by id."""
        return self.sections[kind]

    def knows(self, kind: WordKind, id_: str) -> bool:
        """Say whether *id_* is a word of *kind*."""
        return id_ in self.sections[kind]

    def nearest(self, kind: WordKind, id_: str) -> str | None:
        """Return the known word of *kind* that is nearest to *id_*."""
        return nearest(id_, self.sections[kind])

    def text(self, kind: WordKind, id_: str) -> Text:
        """Return how *id_* is said in both languages."""
        return self.sections[kind][id_].text

    def upward(self, kind: WordKind, id_: str) -> Iterator[str]:
        """Yield *id_* and every broader word of it, narrow to wide."""
        current: str | None = id_
        while current is not None:
            yield current
            current = self.sections[kind][current].broader
