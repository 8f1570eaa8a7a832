"""Splits the text of a condition into words, keeping their places."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAXIMUM_LENGTH: Final = 4096

_PATTERN: Final = re.compile(
    r"""(?P<space>\s+)
      | (?P<quoted>"[^"\n]*")
      | (?P<entity>[a-z][a-z0-9_]*:[^\s,()\[\]"]+)
      | (?P<number>[0-9]+)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)
      | (?P<mark>[()\[\],])
    """,
    re.VERBOSE,
)


class TokenKind(StrEnum):
    """What a token is."""

    QUOTED = "quoted"
    ENTITY = "entity"
    NUMBER = "number"
    WORD = "word"
    MARK = "mark"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token; *at* is the offset of its first character."""

    kind: TokenKind
    text: str
    at: int


class ConditionSyntaxError(Exception):
    """The text of a condition cannot be read; *at* is the offset, *suggestion* what could stand there."""

    def __init__(self, at: int, vi: str, en: str, suggestion: str = "") -> None:
        self.at = at
        self.vi = vi
        self.en = en
        self.suggestion = suggestion
        super().__init__(en)


def tokens(text: str, start: int = 0) -> tuple[Token, ...]:
    """Split *text* from offset *start* on; raise ConditionSyntaxError at a character that begins no token."""
    if len(text) - start > MAXIMUM_LENGTH:
        raise ConditionSyntaxError(start, f"điều kiện dài quá {MAXIMUM_LENGTH} ký tự", f"longer than {MAXIMUM_LENGTH}")
    found: list[Token] = []
    at = start
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            raise ConditionSyntaxError(
                at,
                f"ký tự `{text[at]}` không dùng được trong điều kiện",
                f"the character `{text[at]}` means nothing in a condition",
            )
        kind = match.lastgroup or "space"
        if kind != "space":
            found.append(Token(TokenKind(kind), match.group(), at))
        at = match.end()
    found.append(Token(TokenKind.END, "", at))
    return tuple(found)
