"""Goes through the tokens of a condition."""

from pdp.conditions.resolving import FactFrame, Resolver
from pdp.conditions.tokens import ConditionSyntaxError, Token, TokenKind


class Cursor:
    """Looks at one token after the other; *resolver* knows the words."""

    def __init__(self, found: tuple[Token, ...], resolver: Resolver) -> None:
        self._tokens = found
        self._next = 0
        self._resolver = resolver
        self._frames: list[FactFrame] = []
        self._depth = 0

    @property
    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        if token.kind is not TokenKind.END:
            self._next += 1
        return token

    def _accept(self, *words: str) -> bool:
        """Take *words* if they come next, all or none."""
        ahead = self._tokens[self._next : self._next + len(words)]
        if tuple(token.text for token in ahead) != words:
            return False
        self._next += len(words)
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected(f"`{word}`")

    def _unexpected(self, wanted: str) -> ConditionSyntaxError:
        token = self._peek
        if token.kind is TokenKind.END:
            return ConditionSyntaxError(
                token.at, f"điều kiện kết thúc mà thiếu {wanted}", f"ends where {wanted} is missing"
            )
        return ConditionSyntaxError(
            token.at, f"`{token.text}` đứng ở chỗ cần {wanted}", f"`{token.text}` stands where {wanted} is expected"
        )
