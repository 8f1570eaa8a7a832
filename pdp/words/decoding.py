"""From the bytes of a file to its text: size, encoding and forbidden characters, before anything else looks at it."""

import re
import unicodedata
from typing import Final

from pdp.core.finding import Finding, Severity
from pdp.core.text import Text

MAXIMUM_BYTES: Final = 1 << 20

_BOM: Final = b"\xef\xbb\xbf"
_LINE_BREAK: Final = re.compile(r"\r\n|\r|\n")
# Characters that no editor shows, and those at which some programs break a line and others do not. Either kind lets a
# file read differently from what it says.
_FORBIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PERMITTED: Final = frozenset("\t\n\r")
_NONCHARACTERS: Final = frozenset("\ufffe\uffff")


def position(text: str, offset: int) -> tuple[int, int]:
    """Return the line and the column, both counted from 1, of the character of *text* at *offset*."""
    line, start = 1, 0
    for found in _LINE_BREAK.finditer(text, 0, offset):
        line, start = line + 1, found.end()
    return line, offset - start + 1


def file_text(file_name: str, content: bytes) -> tuple[str | None, tuple[Finding, ...]]:
    """Decode *content*; the text is None when there are findings, which then say all that is wrong with it."""
    if len(content) > MAXIMUM_BYTES:
        return None, (_too_large(file_name, len(content)),)
    if content.startswith(_BOM):
        return None, (_bom(file_name),)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, (_not_utf8(file_name, content, error.start),)
    findings = tuple(
        _forbidden(file_name, text, offset) for offset, character in enumerate(text) if is_forbidden(character)
    )
    return (None, findings) if findings else (text, ())


def is_forbidden(character: str) -> bool:
    """Say whether *character* may stand in no file: it is a control, format or separator character."""
    if " " <= character <= "~" or character in _PERMITTED:
        return False
    return unicodedata.category(character) in _FORBIDDEN_CATEGORIES or character in _NONCHARACTERS


def _too_large(file_name: str, size: int) -> Finding:
    message = Text(
        vi=f"tệp có {size} byte, nhiều hơn mức cho phép {MAXIMUM_BYTES}",
        en=f"the file has {size} bytes, more than the {MAXIMUM_BYTES} that are accepted",
    )
    return Finding(file_name, 1, 1, Severity.ERROR, "file-too-large", message, "split the file")


def _bom(file_name: str) -> Finding:
    message = Text(
        vi="tệp bắt đầu bằng dấu thứ tự byte (BOM)",
        en="the file begins with a byte order mark",
    )
    return Finding(file_name, 1, 1, Severity.ERROR, "file-bom", message, "save the file as UTF-8 without BOM")


def _not_utf8(file_name: str, content: bytes, offset: int) -> Finding:
    before = content[:offset].decode("utf-8")
    line, column = position(before, len(before))
    message = Text(
        vi=f"byte `0x{content[offset]:02x}` không phải là UTF-8",
        en=f"byte `0x{content[offset]:02x}` is not UTF-8",
    )
    return Finding(file_name, line, column, Severity.ERROR, "file-encoding", message, "save the file as UTF-8")


def _forbidden(file_name: str, text: str, offset: int) -> Finding:
    line, column = position(text, offset)
    name = f"U+{ord(text[offset]):04X}"
    message = Text(
        vi=f"ký tự điều khiển hoặc ký tự vô hình `{name}`",
        en=f"control or invisible character `{name}`",
    )
    return Finding(file_name, line, column, Severity.ERROR, "file-control-character", message, "remove the character")
