"""Reading vocabulary.yaml: every word, checked by itself and against the others."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pdp.core.text import Text
from pdp.core.vocabulary import Vocabulary, Word, WordKind
from pdp.words.located import LocatedList, LocatedMap, LocatedText
from pdp.words.report import Report
from pdp.words.sections import digest_of, open_sections
from pdp.words.shapes import as_text, both_languages, check_keys, entries, map_at, texts_at, unknown

# Whoever the data is about holds it, in whatever scope; so it alone among the roles is held in none.
_ROLE_WITHOUT_SCOPE: Final = "data_subject"

_NOUNS: Final = {
    WordKind.OPERATOR: "nhà cung cấp",
    WordKind.ROLE: "vai trò",
    WordKind.CATEGORY: "loại dữ liệu",
    WordKind.ACTION: "hành động",
    WordKind.PURPOSE: "mục đích",
}
_CLAUSE_PREFIX: Final = re.compile(r"[A-Z][A-Z0-9]*", re.ASCII)
_DPV_TERM: Final = re.compile(r"(dpv|pd):[A-Z][A-Za-z]*", re.ASCII)


def vocabulary_from(file_name: str, content: bytes) -> Vocabulary:
    """Return the vocabulary that *content* holds; raise InvalidPolicyError with every problem when it has any."""
    sections, report = open_sections(file_name, content, [kind.value for kind in WordKind])
    words = {kind: _words(report, kind, map_at(report, sections, kind.value)) for kind in WordKind}
    report.raise_if_any()
    return Vocabulary(sections=MappingProxyType(words), digest=digest_of(content))


def _words(report: Report, kind: WordKind, section: LocatedMap) -> Mapping[str, Word]:
    """Return the words of one section by id, after checking each and then all of them together."""
    words: dict[str, Word] = {}
    broader: dict[str, LocatedText] = {}
    prefixes: list[LocatedText] = []
    for key, entry in entries(report, section):
        words[key.text] = _word(report, kind, key, entry)
        if isinstance(place := entry.get("in"), LocatedText):
            broader[key.text] = place
        if isinstance(place := entry.get("clauses"), LocatedText):
            prefixes.append(place)
    _check_broader(report, kind, words, broader)
    _check_different(report, prefixes)
    return MappingProxyType(words)


def _word(report: Report, kind: WordKind, key: LocatedText, entry: LocatedMap) -> Word:
    required, optional = ["vi", "en"], ["dpv", "note"]
    if kind is WordKind.OPERATOR:
        required.append("clauses")
    else:
        optional.append("in")
    if kind is WordKind.ROLE and key.text != _ROLE_WITHOUT_SCOPE:
        required.append("held_in")
    check_keys(report, entry, key, required, optional)
    held_in = texts_at(report, entry, "held_in")
    if isinstance(empty := entry.get("held_in"), LocatedList) and not empty.items:
        message = Text(vi="vai trò này không được giữ ở đâu cả", en="the role is held nowhere")
        report.error(empty, "word-scope-type", message, "held_in: [operator]")
    _read_as(report, entry, "dpv", _DPV_TERM, "word-dpv")
    _read_as(report, entry, "note", None, "")
    return Word(
        id=key.text,
        text=both_languages(report, entry),
        broader=_read_as(report, entry, "in", None, "") or None,
        held_in=tuple(type_.text for type_ in held_in),
        clause_prefix=_read_as(report, entry, "clauses", _CLAUSE_PREFIX, "word-clause"),
    )


def _read_as(report: Report, entry: LocatedMap, key: str, pattern: re.Pattern[str] | None, code: str) -> str:
    """Return the text at *key*, "" when there is none; report one that does not follow *pattern*."""
    value = entry.get(key)
    if value is None:
        return ""
    text = as_text(report, value)
    if text and pattern and not pattern.fullmatch(text):
        message = Text(
            vi=f"`{text}` không đúng dạng của `{key}`: {pattern.pattern}",
            en=f"`{text}` is no right value of `{key}`: {pattern.pattern}",
        )
        report.error(value, code, message)
    return text


def _check_broader(
    report: Report, kind: WordKind, words: Mapping[str, Word], broader: Mapping[str, LocatedText]
) -> None:
    """Report broader words that do not exist, and each cycle once, at the word of it that stands first."""
    settled: set[str] = set()
    for start, place in broader.items():
        if place.text not in words:
            unknown(report, place, "word-broader-unknown", Text(vi=_NOUNS[kind], en=kind.singular), words)
        path: list[str] = []
        current = start
        while current in broader and current not in settled and current not in path:
            path.append(current)
            current = broader[current].text
        if current in path:
            cycle = " → ".join((*path[path.index(current) :], current))
            message = Text(vi=f"vòng lặp `{cycle}`", en=f"`{cycle}` goes round in a circle")
            report.error(broader[current], "word-broader-cycle", message)
        settled.update(path)


def _check_different(report: Report, prefixes: list[LocatedText]) -> None:
    """Report a prefix that two operators share: a clause id must tell whose promise it is."""
    seen: set[str] = set()
    for prefix in prefixes:
        if prefix.text in seen:
            message = Text(vi=f"`{prefix.text}` đã có nơi khác dùng", en=f"`{prefix.text}` is taken already")
            report.error(prefix, "word-duplicate", message)
        seen.add(prefix.text)
