"""Names of entities: one spelling is one person."""

import unicodedata

import pytest

from pdp.core.entity import MAXIMUM_ID_BYTES, Entity, accepted_id, id_problem, type_problem


@pytest.mark.parametrize(
    ("name", "type_", "id_"),
    [
        ("user:lan", "user", "lan"),
        ("user:huỳnh-thị-cẩm-tú", "user", "huỳnh-thị-cẩm-tú"),
        ("a:b:c", "a", "b:c"),
        ("a:Một Tên Có Dấu Cách", "a", "Một Tên Có Dấu Cách"),
        ("zalo_oa2:0", "zalo_oa2", "0"),
        ("a::", "a", ":"),
        ("a:🦊", "a", "🦊"),
    ],
)
def test_a_name_splits_at_its_first_colon(name: str, type_: str, id_: str) -> None:
    """What stands before the first colon is the type, all the rest the id, and both together the name again."""
    entity = Entity.parse(name)

    assert (entity.type, entity.id) == (type_, id_)
    assert str(entity) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "lan",
        ":lan",
        "user:",
        "User:lan",
        "người:lan",
        "1user:lan",
        "_user:lan",
        "us er:lan",
        " user:lan",
        "user-x:lan",
        f"{'u' * 33}:lan",
        "user: lan",
        "user:lan ",
        "user:\u00a0lan",
        "user:lan\n",
        "user:la\tn",
        "user:la\x00n",
        "user:la\u200bn",
        "user:la\ufeffn",
        "user:la\u202en",
        "user:la\u00adn",
        "user:la\ud800n",
        "user:la\u0378n",
        f"user:{unicodedata.normalize('NFD', 'cẩm')}",
        f"user:{'x' * 257}",
        f"user:{'ế' * 86}",
    ],
)
def test_what_is_no_name_is_refused_and_not_repaired(name: str) -> None:
    """Control, format, surrogate and unassigned characters, another normal form and spaces at an end are refused."""
    with pytest.raises(ValueError, match=r"has|lacks"):
        Entity.parse(name)


def test_two_spellings_of_one_name_do_not_become_two_people() -> None:
    """Of the two forms of a Vietnamese letter only one is accepted, so nobody exists twice."""
    composed, decomposed = "Cẩm Tú", unicodedata.normalize("NFD", "Cẩm Tú")

    assert composed != decomposed
    assert id_problem(composed) is None
    assert id_problem(decomposed) is not None
    assert accepted_id(decomposed) == composed


def test_ids_are_compared_byte_for_byte() -> None:
    """Nothing is folded: letters, blanks and width make another person."""
    names = ["lan", "Lan", "LAN", "ｌａｎ", "lаn", "la n"]

    assert all(id_problem(name) is None for name in names)
    assert len({Entity("user", name) for name in names}) == len(names)


@pytest.mark.parametrize(("id_", "fits"), [("x" * 256, True), ("x" * 257, False), ("ế" * 85, True), ("ế" * 86, False)])
def test_the_length_of_an_id_is_counted_in_bytes(id_: str, fits: bool) -> None:
    """256 bytes of UTF-8 are the limit, whatever the letters take."""
    assert (len(id_.encode()) <= MAXIMUM_ID_BYTES) is fits
    assert (id_problem(id_) is None) is fits


@pytest.mark.parametrize(("type_", "fits"), [("a" * 32, True), ("a" * 33, False), ("a\n", False), ("", False)])
def test_a_type_is_short_and_plain(type_: str, fits: bool) -> None:
    """A type has at most 32 of a-z, 0-9 and _."""
    assert (type_problem(type_) is None) is fits


@pytest.mark.parametrize(
    ("id_", "suggestion"), [(" lan ", "lan"), ("la\u200bn", "lan"), ("\u200b", ""), ("", ""), ("x" * 300, "")]
)
def test_the_suggestion_is_an_accepted_id_or_none(id_: str, suggestion: str) -> None:
    """What is suggested would be accepted."""
    assert accepted_id(id_) == suggestion
    assert not suggestion or id_problem(suggestion) is None
