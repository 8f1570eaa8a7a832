"""Which words lie in which, and what a region speaks of."""

from itertools import product

import pytest

from pdp.core.policy import ANY, Region, hierarchies
from pdp.core.vocabulary import WordKind
from tests.unit.conditions.situations import plain_hierarchies, vocabulary

_GROUPS = {
    WordKind.ACTION: {"hands_out": frozenset({"share", "transfer"})},
    WordKind.CATEGORY: {"of_the_child": frozenset({"child_data"})},
}


@pytest.mark.parametrize(
    ("kind", "broad", "narrow", "covers"),
    [
        (WordKind.CATEGORY, "child_photo", "child_photo", True),
        (WordKind.CATEGORY, "child_data", "child_photo", True),
        (WordKind.CATEGORY, "personal_data", "child_photo", True),
        (WordKind.CATEGORY, "child_photo", "child_data", False),
        (WordKind.CATEGORY, "child_photo", "child_video", False),
        (WordKind.CATEGORY, "image", "child_photo", False),
        (WordKind.CATEGORY, ANY, "child_photo", True),
        (WordKind.CATEGORY, "child_photo", ANY, False),
        (WordKind.CATEGORY, "child_photo", "unknown", False),
        (WordKind.CATEGORY, "unknown", "child_photo", False),
        (WordKind.CATEGORY, "unknown", "unknown", False),
        (WordKind.ROLE, "operator_staff", "complaint_supervisor", True),
        (WordKind.ROLE, "third_party", "affiliate", True),
        (WordKind.ROLE, "operator", "operator_staff", False),
        (WordKind.PURPOSE, "legal_compliance", "judicial_investigation", True),
        (WordKind.ACTION, "transfer", "transfer_abroad", True),
        (WordKind.ACTION, "transfer", "share", False),
    ],
)
def test_a_broader_word_covers_the_narrower(kind: WordKind, broad: str, narrow: str, covers: bool) -> None:
    """A word covers itself and what lies in it, over any number of steps; an unknown word is covered by none."""
    assert plain_hierarchies().covers(kind, broad, narrow) is covers


def test_a_group_covers_its_words_and_what_lies_in_them() -> None:
    """A group of a folder speaks of the words in it and of all that is narrower."""
    covers = hierarchies(vocabulary(), _GROUPS).covers

    assert covers(WordKind.ACTION, "hands_out", "share")
    assert covers(WordKind.ACTION, "hands_out", "transfer_abroad")
    assert not covers(WordKind.ACTION, "hands_out", "publish")
    assert covers(WordKind.CATEGORY, "of_the_child", "child_photo")
    assert not covers(WordKind.CATEGORY, "of_the_child", "personal_data")
    assert not covers(WordKind.PURPOSE, "hands_out", "share")


@pytest.mark.parametrize("kind", list(WordKind))
def test_up_and_down_say_the_same(kind: WordKind) -> None:
    """Whatever lies in a word has that word above it, groups included."""
    words = hierarchies(vocabulary(), _GROUPS)

    for broad, narrow in product(words.downward[kind], words.upward[kind]):
        assert (narrow in words.downward[kind][broad]) is words.covers(kind, broad, narrow)


def test_a_region_speaks_of_what_each_of_its_parts_covers() -> None:
    """All parts must cover; one that does not is enough to be silent."""
    region = Region("guardian", "hands_out", "child_data", "marketing")
    words = hierarchies(vocabulary(), _GROUPS)

    assert words.covers_region(region, "share", "child_photo", "third_party_marketing")
    assert not words.covers_region(region, "read", "child_photo", "marketing")
    assert not words.covers_region(region, "share", "image", "marketing")
    assert not words.covers_region(region, "share", "child_photo", "media")
    assert words.covers_role(region, frozenset({"teacher", "primary_guardian"}))
    assert not words.covers_role(region, frozenset({"teacher"}))
    assert not words.covers_role(region, frozenset())
