"""The text of a condition falls into words with true places."""

import pytest

from pdp.conditions.tokens import MAXIMUM_LENGTH, ConditionSyntaxError, TokenKind, tokens


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("context.channel", TokenKind.WORD),
        ("Web_2", TokenKind.WORD),
        ("42", TokenKind.NUMBER),
        ("child:minh", TokenKind.ENTITY),
        ("child:bé-Nguyễn.2:x", TokenKind.ENTITY),
        ('"một lý do, (khác)"', TokenKind.QUOTED),
        ('""', TokenKind.QUOTED),
        ("(", TokenKind.MARK),
        ("]", TokenKind.MARK),
        (",", TokenKind.MARK),
    ],
)
def test_each_kind_of_word_is_one_token(text: str, kind: TokenKind) -> None:
    """A word, a number, an entity, a quotation and a mark are one token each, followed by the end."""
    found = tokens(text)

    assert [(token.kind, token.text) for token in found] == [(kind, text), (TokenKind.END, "")]


def test_tokens_know_where_they_stand() -> None:
    """Every token has the offset of its first character, whatever blanks and lines stand between."""
    text = "a.b\n  is one of\t[web,mail]"

    assert all(text.startswith(token.text, token.at) for token in tokens(text))
    assert [token.text for token in tokens(text)] == ["a.b", "is", "one", "of", "[", "web", ",", "mail", "]", ""]


def test_reading_begins_at_the_offset_given() -> None:
    """What stands before the offset is not read, and places count from the beginning of the text."""
    assert [(token.text, token.at) for token in tokens("when: now", 6)] == [("now", 6), ("", 9)]


@pytest.mark.parametrize(
    "text",
    ["a = b", "a & b", "a; b", "a # b", "'a'", "a.b > 3", "-1", "1.5 < 2", '"a', '"a\nb"', "a\\b", "bé", "{a}"],
)
def test_a_character_that_begins_no_token_is_refused_at_its_place(text: str) -> None:
    """Signs of other languages mean nothing here and are not skipped."""
    with pytest.raises(ConditionSyntaxError) as caught:
        tokens(text)

    assert text[caught.value.at] in "=&;#'>-.\"\\é{"


def test_a_text_that_is_too_long_is_refused() -> None:
    """One character more than the limit is refused before it is read."""
    assert len(tokens("a" * MAXIMUM_LENGTH)) == 2
    with pytest.raises(ConditionSyntaxError):
        tokens("a" * (MAXIMUM_LENGTH + 1))
