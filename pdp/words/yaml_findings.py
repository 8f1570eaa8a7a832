"""How the problems of a YAML file are told: code, words in both languages, and the mend."""

from dataclasses import dataclass
from typing import Final

import yaml

from pdp.core.finding import Finding, Severity
from pdp.core.text import Text


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding that has no place yet."""

    code: str
    message: Text
    suggestion: str = ""

    def at(self, file_name: str, line: int, column: int) -> Finding:
        """Return the finding of this problem at a place."""
        return Finding(file_name, line, column, Severity.ERROR, self.code, self.message, self.suggestion)


# What the parser says most often, in Vietnamese, and what helps. Its other sentences are quoted as they are.
_PARSER_WORDS: Final = {
    "an escape or version number stands for nothing": ("mã thoát hoặc số phiên bản không có nghĩa", ""),
    "mapping values are not allowed here": (
        "dấu hai chấm không được phép ở đây",
        "put text that holds `: ` in quotes, or mend the indentation",
    ),
    "could not find expected ':'": ("thiếu dấu hai chấm sau khóa", "write `key: value`"),
    "expected <block end>, but found '?'": ("thụt lề sai", "indent like the lines above"),
    "expected <block end>, but found '-'": ("thụt lề sai", "indent like the lines above"),
    "expected <block end>, but found '<block mapping start>'": ("thụt lề sai", "indent like the lines above"),
    "expected <block end>, but found '<block sequence start>'": ("thụt lề sai", "indent like the lines above"),
    "expected <block end>, but found '<scalar>'": (
        "có chữ thừa sau giá trị",
        "put text that begins with a quote in quotes as a whole",
    ),
    "found unexpected end of stream": ("tệp kết thúc khi dấu ngoặc kép hoặc nháy chưa đóng", "close the quote"),
    "found character '\\t' that cannot start any token": ("thụt lề bằng ký tự tab", "indent with spaces"),
    "expected ',' or '}', but got '<stream end>'": ("thiếu dấu `}`", "close the brace"),
    "expected ',' or ']', but got '<stream end>'": ("thiếu dấu `]`", "close the bracket"),
}


def syntax(file_name: str, error: Exception, line: int, column: int) -> Finding:
    """Tell what the parser could not read; *line* and *column* serve where the error has no place of its own."""
    said = "an escape or version number stands for nothing"
    if isinstance(error, yaml.MarkedYAMLError):
        said = error.problem or error.context or said
        if error.problem_mark is not None:
            line, column = error.problem_mark.line + 1, error.problem_mark.column + 1
    vi, mend = _PARSER_WORDS.get(said, (f"`{said}`", ""))
    message = Text(vi=f"sai cú pháp YAML: {vi}", en=f"not valid YAML: {said}")
    return Problem("yaml-syntax", message, mend).at(file_name, line, column)


def anchor(name: str) -> Problem:
    """Tell that *name* is an anchor, an alias or a merge key."""
    message = Text(
        vi=f"không dùng `{name}`: tệp không được có neo, bí danh hoặc khóa gộp",
        en=f"`{name}` is not accepted: anchors, aliases and merge keys are not part of these files",
    )
    return Problem("yaml-anchor", message, "write the value out")


def tag(name: str) -> Problem:
    """Tell that *name* is an explicit tag."""
    message = Text(
        vi=f"không dùng thẻ kiểu `{name}`: mọi giá trị đều là văn bản",
        en=f"tag `{name}` is not accepted: every value is text",
    )
    return Problem("yaml-tag", message, "remove the tag")


def second_document() -> Problem:
    """Tell that another document begins."""
    message = Text(
        vi="tài liệu thứ hai bắt đầu ở đây; một tệp chỉ chứa một tài liệu",
        en="a second document begins here; a file holds one",
    )
    return Problem("yaml-multiple-documents", message, "remove the `---`, or move what follows to a file of its own")


def too_deep(maximum: int) -> Problem:
    """Tell that a list or mapping is nested too deeply."""
    message = Text(vi=f"lồng nhau sâu hơn {maximum} cấp", en=f"nested more than {maximum} levels deep")
    return Problem("yaml-depth", message)


def duplicate_key(key: str, line: int) -> Problem:
    """Tell that *key* stands a second time in one mapping."""
    message = Text(vi=f"khóa `{key}` đã có ở dòng {line}", en=f"key `{key}` stands already on line {line}")
    return Problem("yaml-duplicate-key", message, "keep one of them")


def key_without_text() -> Problem:
    """Tell that a list or mapping serves as a key."""
    message = Text(vi="danh sách hoặc ánh xạ không thể làm khóa", en="a list or mapping cannot be a key")
    return Problem("yaml-syntax", message, "write the key as text")


def escaped(character: str) -> Problem:
    """Tell that an escape stands for a character that the file may not hold."""
    name = f"U+{ord(character):04X}"
    message = Text(
        vi=f"mã thoát tạo ra ký tự điều khiển hoặc ký tự vô hình `{name}`",
        en=f"an escape makes the control or invisible character `{name}`",
    )
    return Problem("file-control-character", message, "remove the escape")
