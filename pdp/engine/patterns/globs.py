"""The globs of globMatch as regular expressions that RE2 can run.

`*` and `?` stay within a segment and do not take a dot at its start; `**` as a whole segment takes any number of
segments that do not start with a dot.
"""

from typing import Final

from pdp.engine.patterns.regular import NotLinearError

_HIDDEN: Final = "[^/.]"
_ANYTHING_DEEPER: Final = f"(?:/+{_HIDDEN}[^/]*)"
_SPECIAL: Final = frozenset("[]{}\\")


def glob_expression(pattern: str) -> str:
    """Return the regular expression for the glob *pattern*; raises NotLinearError for sets, braces and escapes."""
    pattern = pattern[1:] if pattern.startswith("*/") else pattern
    if _SPECIAL & set(pattern):
        raise NotLinearError("a glob with sets, braces or escapes")
    if "//" in pattern:
        raise NotLinearError("a glob with an empty segment")
    if not pattern:
        return r"\Z"
    if pattern.endswith("/**"):
        # Casbin lets `/photos/**` match `/photos` as well.
        base = _path(pattern.removesuffix("/**").split("/"))
        deeper = rf"{base}(?:{_ANYTHING_DEEPER}+/*|/+)\Z"
        return rf"{base}/*\Z|{deeper}" if base else deeper
    return _path(pattern.split("/")) + r"/*\Z"


def _path(segments: list[str]) -> str:
    if "**" in (segments[0], segments[-1]):
        raise NotLinearError("a glob that starts or ends in `**`")
    text = ""
    for before, segment in zip(["**", *segments], segments, strict=False):
        if segment == "**":
            if before == "**":
                raise NotLinearError("a glob with two `**` in a row")
            text += f"{_ANYTHING_DEEPER}*/+"
        else:
            text += _segment(segment) if before == "**" else f"/+{_segment(segment)}"
    return text


def _segment(segment: str) -> str:
    while "**" in segment:
        segment = segment.replace("**", "*")
    if segment[:1] in ("*", "?"):
        return f"(?:{_not_hidden(segment)})"
    return "".join(_inner(char) for char in segment)


def _not_hidden(segment: str) -> str:
    """Return the expression for *segment* where its first character may be neither a dot nor a slash."""
    if segment[0] == "?":
        return _HIDDEN + "".join(_inner(char) for char in segment[1:])
    rest = segment[1:]
    taken = f"{_HIDDEN}[^/]*" + "".join(_inner(char) for char in rest)
    if not rest or rest[0] == ".":
        return taken
    return f"{taken}|{_not_hidden(rest) if rest[0] in '*?' else ''.join(_inner(char) for char in rest)}"


def _inner(char: str) -> str:
    if char == "*":
        return "[^/]*"
    if char == "?":
        return "[^/]"
    return char if char.isalnum() else f"\\{char}"
