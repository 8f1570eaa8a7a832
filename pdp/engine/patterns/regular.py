"""Regular expressions on RE2: only those that mean there exactly what Python's `re` takes them to mean.

RE2 runs in time linear in the value, so no pattern and no value can hold up the requests behind them.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

import re2

_KEPT: Final = 4096
"""How many compiled programs are kept: one takes about 15 KB after use."""

_LONGEST_REPEAT: Final = 1000
"""RE2 refuses larger counts."""

_REPEAT: Final = re.compile(r"\{(\d+)(,(\d*))?\}")
_CONTROL: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_SURROGATES: Final = range(0xD800, 0xE000)


class NotLinearError(ValueError):
    """This pattern has no form on RE2 that means the same; the text says why."""


def check(pattern: str) -> None:
    """Raise re.error where Python refuses *pattern*, and NotLinearError where RE2 cannot run it faithfully."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        re.compile(pattern)
    for ascii_only in (True, False):
        _program(_text(pattern, ascii_only), captures=False)


def matches(pattern: str, value: str) -> bool:
    """Return whether *pattern*, which passed the check, matches at the start of *value*, as `re.match` does.

    Raises UnicodeEncodeError for a value with a lone surrogate, which is no text.
    """
    return _program(_text(pattern, value.isascii()), captures=False).match(value.encode()) is not None


def groups(pattern: str, value: str) -> tuple[str, ...] | None:
    """Return the groups of the match at the start of *value*, or None; raises like *matches*."""
    found = _program(_text(pattern, value.isascii()), captures=True).match(value.encode())
    return None if found is None else tuple(group.decode() for group in found.groups())


@lru_cache(_KEPT)
def _program(text: str, *, captures: bool) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = not captures
    try:
        return re2.compile(text.encode(), options)
    except re2.error as error:
        raise NotLinearError(f"RE2 refuses it: {error}") from error


@lru_cache(_KEPT)
def _text(pattern: str, ascii_only: bool) -> str:
    return Translation(pattern, ascii_only=ascii_only).text


class Translation:
    """*pattern* in RE2's words, as *text*; raises NotLinearError for what has none.

    With *ascii_only* the text means the same for values in ASCII alone, and is much shorter.
    """

    def __init__(self, pattern: str, *, ascii_only: bool) -> None:
        self._pattern = pattern
        self._ascii = ascii_only
        self._at = 0
        self._depth = 0
        self.text = "".join(self._pieces())

    def _pieces(self) -> Iterator[str]:
        special: dict[str, Callable[[], str]] = {
            "\\": self._escape,
            "[": self._set,
            "(": self._open,
            ")": self._close,
            "$": self._end,
            "^": lambda: r"\A",
            ".": lambda: ".",
            "|": lambda: "|",
            "*": lambda: self._repeated("*"),
            "+": lambda: self._repeated("+"),
            "?": lambda: self._repeated("?"),
            "{": self._brace,
        }
        while self._at < len(self._pattern):
            char = self._pattern[self._at]
            self._at += 1
            yield special[char]() if char in special else _literal(char)

    # --- Pieces -------------------------------------------------------------------------------------------------------

    def _escape(self) -> str:
        char = self._next()
        if char in "dDsSwW":
            return f"[{self._class(char)}]"
        if char == "A":
            return r"\A"
        if char == "Z":
            return self._last(r"\z")
        return _literal(self._character(char))

    def _open(self) -> str:
        self._depth += 1
        if not self._pattern.startswith("?", self._at):
            return "("
        if not self._pattern.startswith("?:", self._at):
            raise NotLinearError("a group with flags, a name or a condition")
        self._at += 2
        return "(?:"

    def _close(self) -> str:
        self._depth -= 1
        return ")"

    def _end(self) -> str:
        return self._last(r"\n?\z")

    def _last(self, text: str) -> str:
        """Return *text*, which stands for the end of the value.

        Python's `$` also matches before a last line break, which RE2's does not: *text* takes it with it.
        """
        rest = self._pattern[self._at :]
        if rest.strip(")") and not (self._depth == 0 and rest.startswith("|")):
            raise NotLinearError("an end of the text that is not the end of the pattern")
        return text

    def _brace(self) -> str:
        count = _REPEAT.match(self._pattern, self._at - 1)
        if count is None:
            if self._pattern.startswith(",", self._at):
                raise NotLinearError("a count without a lower bound")
            return r"\{"
        if any(bound and int(bound) > _LONGEST_REPEAT for bound in (count[1], count[3])):
            raise NotLinearError(f"a count over {_LONGEST_REPEAT}")
        self._at = count.end()
        return self._repeated(count[0])

    def _repeated(self, operator: str) -> str:
        if self._pattern.startswith("+", self._at):
            raise NotLinearError("a possessive repetition")
        if self._pattern.startswith("?", self._at):
            self._at += 1
            return operator + "?"
        return operator

    # --- Sets of characters -------------------------------------------------------------------------------------------

    def _set(self) -> str:
        negated = self._pattern.startswith("^", self._at)
        self._at += negated
        parts, first = [], True
        while first or not self._pattern.startswith("]", self._at):
            first = False
            parts.append(self._member())
        self._at += 1
        return f"[{'^' if negated else ''}{''.join(parts)}]"

    def _member(self) -> str:
        if self._pattern[self._at : self._at + 2] in ("--", "&&", "~~", "||") or self._pattern.startswith(
            "[", self._at
        ):
            raise NotLinearError("a set within a set")
        low = self._set_character()
        if len(low) > 1:
            return low
        if self._pattern.startswith("-", self._at) and not self._pattern.startswith("-]", self._at):
            self._at += 1
            high = self._set_character()
            return f"{_literal(low)}-{_literal(high)}"
        return _literal(low)

    def _set_character(self) -> str:
        """Return one character, or the text of a class of them."""
        char = self._next()
        if char != "\\":
            return char
        char = self._next()
        return self._class(char) if char in "dDsSwW" else self._character(char)

    def _class(self, letter: str) -> str:
        return _members(letter, 0x80 if self._ascii else 0x110000)

    def _character(self, escaped: str) -> str:
        if escaped in _CONTROL:
            return _CONTROL[escaped]
        if escaped == "x":
            code = self._pattern[self._at : self._at + 2]
            self._at += 2
            return chr(int(code, 16))
        if escaped.isascii() and escaped.isalnum():
            raise NotLinearError(f"`\\{escaped}`")
        return escaped

    def _next(self) -> str:
        char = self._pattern[self._at]
        self._at += 1
        return char


def _literal(char: str) -> str:
    if ord(char) in _SURROGATES:
        raise NotLinearError("half a character")
    return char if char.isascii() and char.isalnum() else f"\\x{{{ord(char):x}}}"


@lru_cache
def _members(letter: str, below: int) -> str:
    """Return the characters that Python's class of *letter* holds, as ranges: RE2 knows another version of Unicode."""
    text = "".join(map(chr, (code for code in range(below) if code not in _SURROGATES)))
    runs = (match[0] for match in re.finditer(rf"\{letter}+", text))
    # A run may jump over the surrogates, which no value holds.
    return "".join(_range(part) for run in runs for part in _unbroken(run))


def _unbroken(run: str) -> Iterator[str]:
    before, after = run.find("\ud7ff"), run.find("\ue000")
    if before >= 0 and after >= 0:
        yield run[: before + 1]
        yield run[after:]
    else:
        yield run


def _range(run: str) -> str:
    return _literal(run[0]) if len(run) == 1 else f"{_literal(run[0])}-{_literal(run[-1])}"
