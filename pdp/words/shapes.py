"""Taking located values apart: each function reports what does not fit and goes on with what does."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from pdp.core.text import Text, nearest
from pdp.words.located import Located, LocatedList, LocatedMap, LocatedText
from pdp.words.report import Place, Report

_ID: Final = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_SHAPES: Final = {
    LocatedText: Text(vi="văn bản", en="text"),
    LocatedList: Text(vi="danh sách", en="a list"),
    LocatedMap: Text(vi="ánh xạ", en="a mapping"),
}


def as_map(report: Report, value: Located) -> LocatedMap:
    """Return *value* if it is a mapping, else report it and return an empty one."""
    if isinstance(value, LocatedMap):
        return value
    _report_shape(report, value, LocatedMap)
    return LocatedMap((), value.line, value.column)


def as_text(report: Report, value: Located) -> str:
    """Return the text of *value*; report a value that is empty or no text."""
    if not isinstance(value, LocatedText):
        _report_shape(report, value, LocatedText)
        return ""
    if not value.text.strip():
        report.error(value, "word-text-missing", Text(vi="thiếu nội dung", en="the text is empty"))
    return value.text


def texts_at(report: Report, owner: LocatedMap, key: str) -> tuple[LocatedText, ...]:
    """Return the texts of the list at *key*, each once; nothing when the key is absent."""
    value = owner.get(key)
    if value is None:
        return ()
    if not isinstance(value, LocatedList):
        _report_shape(report, value, LocatedList)
        return ()
    found: dict[str, LocatedText] = {}
    for item in value.items:
        if not isinstance(item, LocatedText):
            _report_shape(report, item, LocatedText)
        elif item.text in found:
            message = Text(vi=f"`{item.text}` xuất hiện hai lần", en=f"`{item.text}` stands here twice")
            report.error(item, "word-duplicate", message, "keep one of them")
        else:
            found[item.text] = item
    return tuple(found.values())


def map_at(report: Report, owner: LocatedMap, key: str) -> LocatedMap:
    """Return the mapping at *key*; an empty one when the key is absent, or holds something else and is reported."""
    value = owner.get(key)
    return LocatedMap((), owner.line, owner.column) if value is None else as_map(report, value)


def entries(report: Report, owner: LocatedMap) -> Iterator[tuple[LocatedText, LocatedMap]]:
    """Yield each id of *owner* with its mapping, and report ids that are none."""
    for key, value in owner:
        check_id(report, key)
        yield key, as_map(report, value)


def check_id(report: Report, id_: LocatedText) -> None:
    """Report *id_* unless it is a lower-case letter followed by lower-case letters, digits and underscores."""
    if _ID.fullmatch(id_.text):
        return
    folded = re.sub(r"[^a-z0-9]+", "_", id_.text.lower()).strip("_")
    message = Text(
        vi=f"`{id_.text}` không phải là mã: cần một chữ thường rồi a-z, 0-9 và _",
        en=f"`{id_.text}` is no id: it takes a lower-case letter, then a-z, 0-9 and _",
    )
    report.error(id_, "word-id", message, folded if _ID.fullmatch(folded) else None)


def check_keys(
    report: Report, owner: LocatedMap, place: Place, required: Collection[str], optional: Collection[str] = ()
) -> None:
    """Report each key of *owner* that is not known, and, at *place*, each required one that it lacks."""
    known = (*required, *optional)
    for key, _ in owner:
        if key.text not in known:
            unknown(report, key, "word-key-unknown", Text(vi="khóa", en="key"), known)
    for name in required:
        if owner.get(name) is None:
            code = "word-text-missing" if name in ("vi", "en") else "word-key-missing"
            report.error(place, code, Text(vi=f"thiếu khóa `{name}`", en=f"key `{name}` is missing"), f"{name}: …")


def both_languages(report: Report, owner: LocatedMap) -> Text:
    """Return the Vietnamese and English of *owner*; that a key is missing is for `check_keys` to say."""
    vi, en = owner.get("vi"), owner.get("en")
    return Text(vi=as_text(report, vi) if vi else "", en=as_text(report, en) if en else "")


def unknown(report: Report, word: LocatedText, code: str, kind: Text, known: Iterable[str]) -> None:
    """Report that *word* is no *kind*, with the nearest one that is."""
    candidates = tuple(known)
    guess = nearest(word.text, candidates) or (", ".join(candidates) if len(candidates) <= 6 else None)
    message = Text(
        vi=f"không có {kind.vi} `{word.text}`",
        en=f"`{word.text}` is no known {kind.en}",
    )
    report.error(word, code, message, guess)


def _report_shape(report: Report, value: Located, wanted: type[Located]) -> None:
    there, right = _SHAPES[type(value)], _SHAPES[wanted]
    shown = f" `{value.text}`" if isinstance(value, LocatedText) and value.text else ""
    message = Text(
        vi=f"ở đây cần {right.vi}, không phải {there.vi}{shown}",
        en=f"{right.en} is needed here, not {there.en}{shown}",
    )
    report.error(value, "word-shape", message)
