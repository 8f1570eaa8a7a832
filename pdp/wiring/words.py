"""The words that requests and policies are written in."""

from pdp.wire.words import Words
from pdp.words import load_fact_schema, load_vocabulary


def load_words() -> Words:
    """Return the words that requests and policies are written in."""
    vocabulary = load_vocabulary()
    return Words(vocabulary, load_fact_schema(vocabulary))
