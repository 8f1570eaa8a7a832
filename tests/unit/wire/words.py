"""The words of the package, arranged once for the tests of the wire."""

from functools import cache

from pdp.wire.words import Words
from pdp.words import load_fact_schema, load_vocabulary


@cache
def the_words() -> Words:
    """Return the words of the package."""
    vocabulary = load_vocabulary()
    return Words(vocabulary, load_fact_schema(vocabulary))
