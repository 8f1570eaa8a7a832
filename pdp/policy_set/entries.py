"""Reads a YAML file of named entries, each a small mapping with known keys."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeGuard

from pdp.core.policy import Doubt
from pdp.core.text import Text, nearest
from pdp.policy_set.report import FolderReport
from pdp.words import Located, LocatedList, LocatedMap, LocatedText, read_located

DOUBT_KEYS: Final = ("reading", "other_reading", "would_change")
"""Where the words leave room: the reading that is enforced, the other one, and what would change with it."""

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its *name* and its *body*. Reading a key that is missing or of the wrong shape is reported."""

    file: str
    name: LocatedText
    body: LocatedMap
    report: FolderReport

    @property
    def at(self) -> tuple[int, int]:
        """Return where the name stands."""
        return (self.name.line, self.name.column)

    def place(self, key: str) -> tuple[int, int]:
        """Return where the value at *key* stands, or the entry itself."""
        value = self.body.get(key)
        return (value.line, value.column) if value is not None else self.at

    def optional(self, key: str) -> LocatedText | None:
        """Return the text at *key*, None when there is none."""
        value = self.body.get(key)
        if value is None or (isinstance(value, LocatedText) and value.text.strip()):
            return value if isinstance(value, LocatedText) else None
        self.report.error(
            self.file, (value.line, value.column), "entry-not-text", f"`{key}` phải là văn bản", f"`{key}` must be text"
        )
        return None

    def required(self, key: str) -> LocatedText | None:
        """Return the text at *key*; report its absence."""
        if self.body.get(key) is None:
            self.report.error(
                self.file,
                self.at,
                "entry-key-missing",
                f"`{self.name.text}` thiếu `{key}`",
                f"`{self.name.text}` lacks `{key}`",
                f"{key}: ...",
            )
            return None
        return self.optional(key)

    def text(self, key: str) -> str:
        """Return the required text at *key*, "" when it is missing."""
        found = self.required(key)
        return " ".join(found.text.split()) if found else ""

    def flag(self, key: str) -> bool:
        """Return the required yes or no at *key*, False when it is neither."""
        found = self.required(key)
        if found is not None and found.text not in {"yes", "no"}:
            self.report.error(
                self.file,
                (found.line, found.column),
                "entry-not-yes-or-no",
                f"`{found.text}` phải là `yes` hoặc `no`",
                f"`{found.text}` must be `yes` or `no`",
                "yes, no",
            )
        return found is not None and found.text == "yes"

    def words(self, key: str) -> tuple[LocatedText, ...]:
        """Return the required list of texts at *key*."""
        value = self.body.get(key)
        if isinstance(value, LocatedList) and value.items:
            return tuple(item for item in value.items if self._is_text(item, key))
        self.report.error(
            self.file,
            self.place(key),
            "entry-not-a-list",
            f"`{key}` của `{self.name.text}` phải là một danh sách, không rỗng",
            f"`{key}` of `{self.name.text}` must be a list that is not empty",
            f"{key}: [..., ...]",
        )
        return ()

    def _is_text(self, item: Located, key: str) -> TypeGuard[LocatedText]:
        if isinstance(item, LocatedText) and item.text.strip():
            return True
        self.report.error(
            self.file, (item.line, item.column), "entry-not-text", f"`{key}` phải là văn bản", f"`{key}` must be text"
        )
        return False

    def spoken(self) -> Text:
        """Return the required `vi` and `en`."""
        return Text(vi=self.text("vi"), en=self.text("en"))

    def doubt(self) -> Doubt | None:
        """Return the doubtful reading of the entry, None when it has none; warn of one that is half told."""
        reading, other, would_change = (self.said(key) for key in DOUBT_KEYS)
        told = [key for key in DOUBT_KEYS if self.body.get(key) is not None]
        lacks = [key for key in DOUBT_KEYS if key not in told]
        if told and lacks:
            self.report.warning(
                self.file,
                self.place(told[0]),
                "reading-half-told",
                f"cách hiểu của `{self.name.text}` thiếu {', '.join(f'`{key}`' for key in lacks)}",
                f"the doubtful reading of `{self.name.text}` lacks {', '.join(f'`{key}`' for key in lacks)}",
                "say the reading taken, the other reading, and what would change",
            )
        return None if reading is None else Doubt(reading, other, would_change)

    def said(self, key: str) -> Text | None:
        """Return the words in both languages at *key*, `key: {vi: ..., en: ...}`, None when there are none."""
        value = self.body.get(key)
        if value is None:
            return None
        if not isinstance(value, LocatedMap):
            self.report.error(
                self.file,
                (value.line, value.column),
                "entry-not-a-mapping",
                f"`{key}` phải gồm `vi` và `en`",
                f"`{key}` must have `vi` and `en`",
                f"{key}: {{vi: ..., en: ...}}",
            )
            return None
        inner = Entry(self.file, self.name, value, self.report)
        inner.check_keys({"vi", "en"})
        return inner.spoken()

    def check_keys(self, known: set[str]) -> None:
        """Report every key that is not among *known*."""
        for key, _ in self.body:
            if key.text not in known:
                self.report.error(
                    self.file,
                    (key.line, key.column),
                    "entry-unknown-key",
                    f"`{self.name.text}` không có khóa `{key.text}`",
                    f"`{self.name.text}` has no key `{key.text}`",
                    nearest(key.text, known) or ", ".join(sorted(known)),
                )


def entries(file: str, content: bytes | None, report: FolderReport, known: set[str]) -> Iterator[Entry]:
    """Yield the entries of *file*, None standing for a file that is not there; report everything malformed."""
    if content is None:
        return
    located, findings = read_located(file, content)
    for finding in findings:
        report.add(finding)
    if located is None:
        return
    if not isinstance(located, LocatedMap):
        report.error(
            file,
            (located.line, located.column),
            "entry-not-a-mapping",
            "tệp phải gồm các mục `tên: {...}`",
            "the file must consist of entries `name: {...}`",
        )
        return
    for name, body in located:
        if not isinstance(body, LocatedMap):
            report.error(
                file,
                (body.line, body.column),
                "entry-not-a-mapping",
                f"`{name.text}` phải gồm các khóa",
                f"`{name.text}` must have keys",
                ", ".join(sorted(known)),
            )
            continue
        entry = Entry(file, name, body, report)
        entry.check_keys(known)
        yield entry


def check_name(entry: Entry, reserved: frozenset[str] = frozenset()) -> bool:
    """Report a name that cannot be used in a row or a condition; return whether it can."""
    name = entry.name.text
    if NAME.fullmatch(name) and name not in reserved:
        return True
    entry.report.error(
        entry.file,
        entry.at,
        "entry-name",
        f"`{name}` không dùng làm tên được",
        f"`{name}` cannot be used as a name" + (": the word has a meaning of its own" if name in reserved else ""),
        "a-z, 0-9, _",
    )
    return False
