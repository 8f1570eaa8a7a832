"""Looks through a log for everything that is not as its writers left it.

What is found: any edit, removal, move, repetition and truncation of records up to the last signed head, which is at
most a second old while a server runs, and a writer that nobody signed for. What is not: what was cut off together with
every head that names it, in the log's folder and in the second place; what was done to records after the last head,
which are counted, before the next process has said where its chain ends; and who holds the signing key can sign
anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from pdp.core.log_ports import LogFolder, LogHead
from pdp.core.ports import Verifies
from pdp.core.text import Text
from pdp.decision_log.chain import beginning, link, log_name, start, taken_apart
from pdp.decision_log.dead_writers import FOUND, Ending, read_endings
from pdp.decision_log.heads import is_signed_head, is_signed_removal, read_head
from pdp.decision_log.left_over import LeftOver


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that no writer leaves: where, as `FILE:LINE` or the name of a writer, and what."""

    place: str
    code: str
    message: Text


@dataclass(slots=True)
class Verified:
    """What was looked at and found: counts, *faults*, and *notes*, which are no faults.

    *uncovered* are records after the last head of their writer, which nothing but the chain protects.
    """

    writers: int = 0
    records: int = 0
    decisions: int = 0
    heads: int = 0
    uncovered: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Say whether nothing was found."""
        return not self.faults


@dataclass(slots=True)
class _Walked:
    """What the records of one writer came to: the digests by number, as far as the chain holds."""

    first: int = 0
    digests: list[bytes] = field(default_factory=list)
    is_broken: bool = False
    has_ended: bool = False
    told: list[tuple[int, Ending]] = field(default_factory=list)

    @property
    def last(self) -> int:
        """Return the number of the last record, one less than the first when there is none."""
        return self.first + len(self.digests) - 1

    def digest(self, number: int) -> bytes | None:
        """Return the digest of the record of this number, None when it is not there."""
        return self.digests[number - self.first] if self.first <= number <= self.last else None


@dataclass(frozen=True, slots=True)
class _End:
    """Where the records of one writer begin and end, and the last digest."""

    first: int
    last: int
    digest: bytes | None
    is_broken: bool


class Verifier:
    """Verifies a log against the public *key* of its heads; *second* are the heads of the second place."""

    def __init__(self, folder: LogFolder, key: bytes, verifies: Verifies, second: Iterable[LogHead] = ()) -> None:
        self._folder = folder
        self._key = key
        self._verifies = verifies
        own = log_name(key)
        self._second = tuple(head for head in second if head.writer.startswith(f"{own}-"))
        self._found = Verified()

    def verify(self) -> Verified:
        """Return what is found; raises UnavailableError when the log cannot be read."""
        elsewhere: dict[str, list[LogHead]] = {}
        for head in self._second:
            elsewhere.setdefault(head.writer, []).append(head)
        writers = self._folder.writers()
        ends: dict[str, _End] = {}
        told: dict[Ending, None] = {}
        for writer in sorted({*writers, *elsewhere}):
            self._found.writers += 1
            walked, signed = self._look_at(writer, elsewhere.get(writer, ()))
            # What no head covers could be told by anybody.
            told.update((ending, None) for number, ending in walked.told if number in signed)
            ends[writer] = _End(walked.first, walked.last, walked.digest(walked.last), walked.is_broken)
        for ending in told:
            self._compare_ending(ending, ends.get(ending.writer))
        return self._found

    def signed(self, writer: str) -> range:
        """Return the numbers of the records of *writer* that a signed head covers; raises UnavailableError.

        They are the first that stand in its parts: what comes after them is protected by nothing but the chain.
        """
        return self._look_at(writer, [head for head in self._second if head.writer == writer])[1]

    def _look_at(self, writer: str, elsewhere: Sequence[LogHead]) -> tuple[_Walked, range]:
        """Return what the records of *writer* came to, and the numbers of those that a head covers."""
        # Read before the records: a head that is signed meanwhile names records that were not looked at.
        beside = self._heads_beside(writer)
        walked = self._walk(writer, self._removed(writer))
        heads = [*beside, *(head for head in elsewhere if self._is_good(head, writer, "the second place"))]
        for head in heads:
            self._found.heads += 1
            self._compare(head, walked)
        newest = max((head.number for head in heads), default=-1)
        if walked.digests and newest < walked.first and walked.last > 0:
            self._fault(writer, "unsigned", "không bản ghi nào được chữ ký nào bảo vệ", "no signature covers a record")
        self._found.uncovered += max(walked.last - max(newest, walked.first - 1), 0)
        named = (head.number for head in heads if walked.digest(head.number) == head.digest)
        return walked, range(walked.first, max(named, default=walked.first - 1) + 1)

    # --- Records ------------------------------------------------------------------------------------------------------

    def _walk(self, writer: str, removed: LogHead | None) -> _Walked:
        """Follow the chain from its beginning, or from where retention has cut it, to its end."""
        walked = _Walked(first=0 if removed is None else removed.number + 1)
        previous = start(writer) if removed is None else removed.digest
        left_over = None if removed is None else LeftOver(removed)
        parts = self._folder.parts(writer)
        for at, part in enumerate(parts):
            lines = part.read().split(b"\n")
            torn = lines.pop()
            if left_over is not None and left_over.has(lines):
                self._leave_over(part.name, left_over, lines, comes_late=bool(walked.digests))
                continue
            for number, text in enumerate(lines, start=1):
                if not self._follow(walked, previous, text, writer, f"{part.name}:{number}"):
                    return walked
                previous = walked.digests[-1]
            if torn:
                self._tear(f"{part.name}:{len(lines) + 1}", walked, is_last=at == len(parts) - 1)
        if left_over is not None and not left_over.ends_well():
            self._fault(
                writer,
                "not-removed",
                "phần lẽ ra đã xóa không dẫn tới bản ghi mà lời khai đã xóa nêu",
                "what was to be removed does not lead to the record that the statement names",
            )
        return walked

    def _leave_over(self, name: str, left_over: LeftOver, lines: Sequence[bytes], *, comes_late: bool) -> None:
        if comes_late or not left_over.goes_on(lines):
            self._fault(name, "not-removed", "không phải phần lẽ ra đã xóa", "this is not what was to be removed")
            return
        message = Text("phần này lẽ ra đã xóa (pdp log prune)", "this was to be removed (pdp log prune)")
        self._found.notes.append(Fault(name, "left-over", message))

    def _follow(self, walked: _Walked, previous: bytes, text: bytes, writer: str, place: str) -> bool:
        """Add the record in *text* to what was walked; False when the chain does not go on with it."""
        found = taken_apart(text)
        number = walked.last + 1
        if found is None:
            self._fault(place, "no-record", "không phải là bản ghi", "this is no record")
        elif not found.body.startswith(beginning(number)):
            self._fault(place, "out-of-order", f"không phải bản ghi số {number}", f"this is not record {number}")
        elif link(previous, found.body) != found.digest:
            self._fault(
                place, "broken", "bản ghi không nối tiếp bản ghi trước", "this record does not follow from the last"
            )
        elif walked.has_ended:
            self._fault(place, "after-the-end", "bản ghi đứng sau khi nhật ký kết thúc", "this stands after the end")
        else:
            said = _said(text)
            if said.get("event") in {"begin", "end"} and said.get("writer") != writer:
                self._fault(place, "foreign", "bản ghi của một tiến trình khác", "this is of another writer")
            # Every writer begins so, and signs that at once: a record before that has no head that could name it.
            if (said.get("event") == "begin") != (number == 0):
                self._fault(place, "no-beginning", "tiến trình không bắt đầu ở đây", "no writer begins like this")
            walked.digests.append(found.digest)
            walked.has_ended = said.get("event") == "end"
            if said.get("event") == FOUND:
                walked.told += [(number, ending) for ending in read_endings(said)]
            self._found.records += 1
            self._found.decisions += said.get("event") == "decision"
            return True
        walked.is_broken = True
        return False

    def _tear(self, place: str, walked: _Walked, *, is_last: bool) -> None:
        """Handle a line without an end: a writer that was killed leaves one, as its last."""
        message = Text("bản ghi cuối bị cắt dở: chưa trả lời ai", "a last record that was cut off: nobody was answered")
        if is_last and not walked.has_ended:
            self._found.notes.append(Fault(place, "cut-off", message))
        else:
            self._fault(place, "cut-off", "một bản ghi bị cắt dở ở giữa", "a record was cut off in the middle")

    # --- Heads --------------------------------------------------------------------------------------------------------

    def _heads_beside(self, writer: str) -> list[LogHead]:
        """Return the good heads beside the records; what is none is a fault, but for a last one that was cut off."""
        *lines, torn = self._folder.heads(writer).split(b"\n")
        if torn:
            message = Text("chữ ký cuối bị cắt dở", "a last head that was cut off")
            self._found.notes.append(Fault(f"{writer}.heads", "cut-off", message))
        found: list[LogHead] = []
        for number, text in enumerate(lines, start=1):
            place = f"{writer}.heads:{number}"
            try:
                head = read_head(text)
            except ValueError:
                self._fault(place, "no-head", "không phải là chữ ký của nhật ký", "this is no head")
                continue
            if found and head.number <= found[-1].number:
                self._fault(place, "heads-out-of-order", "các chữ ký bị đảo thứ tự", "the heads are out of order")
            elif self._is_good(head, writer, place):
                found.append(head)
        return found

    def _is_good(self, head: LogHead, writer: str, place: str) -> bool:
        if head.writer == writer and is_signed_head(head, self._key, self._verifies):
            return True
        self._fault(place, "not-signed", "chữ ký không đúng", f"the signature of a head of {writer} is not right")
        return False

    def _compare(self, head: LogHead, walked: _Walked) -> None:
        digest = walked.digest(head.number)
        if head.number > walked.last and not walked.is_broken:
            self._fault(
                head.writer,
                "truncated",
                f"thiếu các bản ghi {walked.last + 1} đến {head.number}",
                f"records {walked.last + 1} to {head.number} are missing",
            )
        elif digest is not None and digest != head.digest:
            self._fault(
                head.writer,
                "rewritten",
                f"chuỗi đến bản ghi {head.number} không phải chuỗi đã ký",
                f"the chain up to record {head.number} is not the one that was signed",
            )

    def _compare_ending(self, ending: Ending, end: _End | None) -> None:
        """Compare where a writer ends with what a later one has signed that it found, when the writer was dead."""
        if end is None or (end.last < ending.number and not end.is_broken):
            self._fault(
                ending.writer,
                "truncated",
                f"thiếu bản ghi đến số {ending.number}, đã có khi tiến trình chết",
                f"records up to {ending.number} are missing, which were there when the writer was dead",
            )
        elif end.is_broken or end.first > ending.number:
            return  # told already, or removed by retention
        elif end.last > ending.number:
            self._fault(
                ending.writer,
                "extended",
                f"bản ghi từ số {ending.number + 1} được thêm sau khi tiến trình chết",
                f"records from {ending.number + 1} on were added when the writer was dead",
            )
        elif end.digest != ending.digest:
            self._fault(
                ending.writer,
                "rewritten",
                "chuỗi không kết thúc như lúc tiến trình chết",
                "the chain does not end as it did when the writer was dead",
            )

    def _removed(self, writer: str) -> LogHead | None:
        text = self._folder.removed(writer)
        if not text:
            return None
        try:
            removal = read_head(text.removesuffix(b"\n"))
        except ValueError:
            removal = None
        if removal and removal.writer == writer and is_signed_removal(removal, self._key, self._verifies):
            return removal
        self._fault(
            f"{writer}.removed", "not-signed", "lời khai đã xóa không có chữ ký đúng", "the statement is not signed"
        )
        return None

    def _fault(self, place: str, code: str, vi: str, en: str) -> None:
        self._found.faults.append(Fault(place, code, Text(vi, en)))


def _said(text: bytes) -> Mapping[str, Any]:
    try:
        said = orjson.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
