"""One caller in the file of callers."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from cryptography import x509

from pdp.callers.certificates import SPIFFE, is_spiffe_id
from pdp.callers.methods import WORDS, methods_of
from pdp.core.caller import FACT_KINDS, LOCAL, Caller, Claim
from pdp.core.entity import TYPE_PATTERN, Entity
from pdp.core.text import nearest
from pdp.policy_set.entries import Entry
from pdp.words import LocatedList, LocatedMap, LocatedText

CALLER_KEYS: Final = {
    "certificates",
    "tokens",
    "api_keys",
    "operators",
    "methods",
    "asserts",
    "writes",
    "actors",
    "admin_explanations",
    "calls_per_second",
    "weight",
}
ALL: Final = "all"
"""In place of a list of operators: all that there are."""

_TOKEN_KEYS: Final = {"issuer", "subject"}
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,63}", re.ASCII)
_GREATEST_RATE: Final = 1_000_000
_GREATEST_WEIGHT: Final = 100


@dataclass(frozen=True, slots=True)
class NamedCaller:
    """A caller, and how it shows who it is: SPIFFE ids and subjects, issuers and subjects of tokens, API keys."""

    caller: Caller
    certificates: tuple[str, ...]
    tokens: tuple[tuple[str, str], ...]
    has_api_keys: bool


def read_caller(entry: Entry, operators: Collection[str], issuers: Collection[str], trust_domain: str) -> NamedCaller:
    """Return the caller that *entry* describes; every mistake is reported."""
    name = entry.name.text
    if not _NAME.fullmatch(name) or name == LOCAL.name:
        _error(entry, entry.at, f"`{name}` không dùng làm tên được", f"`{name}` cannot be a name", "a-z, 0-9, -")
    certificates = tuple(_certificate(entry, each, trust_domain) for each in _optional_words(entry, "certificates"))
    tokens = _tokens(entry, issuers)
    has_api_keys = _flag(entry, "api_keys")
    if not (certificates or tokens or has_api_keys):
        _error(
            entry,
            entry.at,
            f"không ai nhận ra được `{name}`: thiếu `certificates`, `tokens` hoặc `api_keys`",
            f"nobody can tell `{name}`: it has no `certificates`, `tokens` or `api_keys`",
            "api_keys: yes",
        )
    allowed = _known(entry, "operators", entry.words("operators"), {*operators, ALL})
    writes = _known(entry, "writes", _optional_words(entry, "writes"), FACT_KINDS)
    actors = frozenset(_actor(entry, each) for each in _optional_words(entry, "actors"))
    if writes and not actors:
        _error(
            entry,
            entry.place("writes"),
            "`writes` cần `actors`: được ghi thay cho ai",
            "`writes` needs `actors`: on whose behalf it may write",
            "actors: [user]",
        )
    caller = Caller(
        name=name,
        operators=frozenset(operators) if ALL in allowed else allowed,
        methods=methods_of(_known(entry, "methods", entry.words("methods"), WORDS)),
        asserts=_claims(_known(entry, "asserts", _optional_words(entry, "asserts"), frozenset(Claim))),
        writes=_claims(writes),
        actors=actors,
        explains_as_admin=_flag(entry, "admin_explanations"),
        calls_per_second=whole_number(entry, "calls_per_second", 0, _GREATEST_RATE),
        weight=whole_number(entry, "weight", 1, _GREATEST_WEIGHT),
    )
    return NamedCaller(caller, certificates, tokens, has_api_keys)


def _claims(words: Iterable[str]) -> frozenset[Claim]:
    return frozenset(Claim(word) for word in words if word in frozenset(Claim))


def _known(entry: Entry, key: str, words: Iterable[LocatedText], known: Collection[str]) -> frozenset[str]:
    """Return the texts of *words*, and report those that are not among *known*."""
    found = set()
    for word in words:
        if word.text not in known:
            _error(
                entry,
                (word.line, word.column),
                f"`{key}` không thể chứa `{word.text}`",
                f"`{key}` cannot hold `{word.text}`",
                _nearest(word.text, known) or ", ".join(sorted(known)),
            )
        found.add(word.text)
    return frozenset(found)


def _nearest(word: str, known: Collection[str]) -> str:
    """Return the word of *known* that is most like *word* whatever its case, "" for none."""
    folded = {each.lower(): each for each in known}
    return folded.get(nearest(word, folded) or "", "")


def _optional_words(entry: Entry, key: str) -> tuple[LocatedText, ...]:
    return entry.words(key) if entry.body.get(key) is not None else ()


def _flag(entry: Entry, key: str) -> bool:
    return entry.flag(key) if entry.body.get(key) is not None else False


def whole_number(entry: Entry, key: str, default: int, greatest: int) -> int:
    """Return the whole number from 1 to *greatest* at *key*, *default* where there is none; report any other."""
    written = entry.optional(key)
    if written is None:
        return default
    text = written.text
    if text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= greatest:
        return int(text)
    _error(
        entry,
        (written.line, written.column),
        f"`{key}` phải là số nguyên từ 1 đến {greatest}",
        f"`{key}` must be a whole number from 1 to {greatest}",
        str(default or 1),
    )
    return default


def _certificate(entry: Entry, written: LocatedText, trust_domain: str) -> str:
    text = written.text
    at = (written.line, written.column)
    if text.startswith(SPIFFE):
        if not trust_domain:
            _error(
                entry,
                at,
                "mã SPIFFE cần `trust_domain` của tệp",
                "a SPIFFE id needs the `trust_domain` of the file",
                f"trust_domain: {text.removeprefix(SPIFFE).partition('/')[0]}",
            )
        elif not is_spiffe_id(text, trust_domain):
            _error(
                entry,
                at,
                f"`{text}` không phải là mã SPIFFE của `{trust_domain}`",
                f"`{text}` is no SPIFFE id of `{trust_domain}`",
                f"{SPIFFE}{trust_domain}/...",
            )
        return text
    try:
        return x509.Name.from_rfc4514_string(text).rfc4514_string()
    except ValueError:
        _error(
            entry,
            at,
            f"`{text}` không phải là mã SPIFFE hay tên chủ thể",
            f"`{text}` is neither a SPIFFE id nor a subject",
            "spiffe://DOMAIN/PATH, or CN=NAME,O=COMPANY",
        )
        return text


def _tokens(entry: Entry, issuers: Collection[str]) -> tuple[tuple[str, str], ...]:
    value = entry.body.get("tokens")
    if value is None:
        return ()
    found = []
    for item in value.items if isinstance(value, LocatedList) else (value,):
        if not isinstance(item, LocatedMap):
            _error(
                entry,
                (item.line, item.column),
                "`tokens` phải gồm `issuer` và `subject`",
                "`tokens` must have `issuer` and `subject`",
                "tokens: [{issuer: NAME, subject: NAME}]",
            )
            continue
        inner = Entry(entry.file, entry.name, item, entry.report)
        inner.check_keys(_TOKEN_KEYS)
        issuer = inner.required("issuer")
        _known(entry, "issuer", (issuer,) if issuer else (), issuers)
        found.append((issuer.text if issuer else "", inner.text("subject")))
    return tuple(found)


def _actor(entry: Entry, written: LocatedText) -> str:
    text = written.text
    if not TYPE_PATTERN.fullmatch(text) and not _is_entity(text):
        _error(
            entry,
            (written.line, written.column),
            f"`{text}` không phải là kiểu thực thể hay thực thể",
            f"`{text}` is neither a type nor an entity",
            "user, or service:nightly-import",
        )
    return text


def _is_entity(text: str) -> bool:
    try:
        Entity.parse(text)
    except ValueError:
        return False
    return True


def _error(entry: Entry, at: tuple[int, int], vi: str, en: str, hint: str) -> None:
    entry.report.error(entry.file, at, "callers-entry", vi, en, hint)
