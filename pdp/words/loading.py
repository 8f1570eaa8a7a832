"""The words that come with the package."""

from functools import cache
from importlib.resources import files
from typing import Final

from pdp.core.fact_schema import FactSchema
from pdp.core.vocabulary import Vocabulary
from pdp.words.fact_schema_file import fact_schema_from
from pdp.words.vocabulary_file import vocabulary_from

_VOCABULARY: Final = "vocabulary.yaml"
_FACTS: Final = "facts.yaml"


@cache
def load_vocabulary() -> Vocabulary:
    """Return the vocabulary of the package; it is read once."""
    return vocabulary_from(_VOCABULARY, _content(_VOCABULARY))


def load_fact_schema(vocabulary: Vocabulary) -> FactSchema:
    """Return the fact schema of the package, checked against *vocabulary*."""
    # The vocabulary holds mappings and so has no hash; it is the package's own but for tests.
    return _own_fact_schema() if vocabulary is load_vocabulary() else _fact_schema(vocabulary)


@cache
def _own_fact_schema() -> FactSchema:
    return _fact_schema(load_vocabulary())


def _fact_schema(vocabulary: Vocabulary) -> FactSchema:
    return fact_schema_from(_FACTS, _content(_FACTS), vocabulary)


def _content(name: str) -> bytes:
    return files("pdp.words").joinpath(name).read_bytes()
