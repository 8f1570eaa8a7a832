"""The file of callers: who may ask, how each shows who it is, and what it may do."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from pdp.callers.caller_entry import CALLER_KEYS, NamedCaller, read_caller, whole_number
from pdp.callers.key_sets import ALGORITHMS
from pdp.core.errors import InvalidPolicyError
from pdp.core.text import nearest
from pdp.policy_set.entries import Entry
from pdp.policy_set.report import FolderReport
from pdp.words import Located, LocatedMap, LocatedText, read_located

HTTPS: Final = "https://"
DEFAULT_LONGEST_SECONDS: Final = 3600
GREATEST_LONGEST_SECONDS: Final = 86_400

_ROOT_KEYS: Final = {"audience", "trust_domain", "keys", "issuers", "callers"}
_ISSUER_KEYS: Final = {"issuer", "keys", "algorithm", "longest_seconds"}
_KEYS_KEYS: Final = {"file", "pepper"}


@dataclass(frozen=True, slots=True)
class NamedIssuer:
    """An issuer of tokens; *keys* is a path beside the file of callers, or an https address."""

    name: str
    issuer: str
    keys: str
    algorithm: str
    longest_seconds: int


@dataclass(frozen=True, slots=True)
class CallerFile:
    """What the file says. *audience* and *trust_domain* are "" where nothing needs them; *keys* and *pepper* name the
    file of API keys and the one that their hashes are keyed with, "" where no caller has any."""

    audience: str
    trust_domain: str
    keys: str
    pepper: str
    issuers: tuple[NamedIssuer, ...]
    callers: tuple[NamedCaller, ...]

    @property
    def has_certificates(self) -> bool:
        """Say whether somebody is known by a client certificate."""
        return any(named.certificates for named in self.callers)


def read_caller_file(file: str, content: bytes, operators: Collection[str]) -> CallerFile:
    """Return what *content* says, *operators* being those that there are.

    Raises InvalidPolicyError with every finding.
    """
    report = FolderReport()
    root, findings = read_located(file, content)
    for finding in findings:
        report.add(finding)
    found = _read(file, root, operators, report) if isinstance(root, LocatedMap) else None
    if found is None or report.has_errors:
        if not report.has_errors:
            report.error(
                file,
                (1, 1),
                "callers-empty",
                "tệp phải gồm các mục, trong đó có `callers`",
                "the file must consist of entries, `callers` among them",
                "callers: {NAME: {...}}",
            )
        raise InvalidPolicyError(report.findings)
    return found


def _read(file: str, root: LocatedMap, operators: Collection[str], report: FolderReport) -> CallerFile:
    whole = Entry(file, LocatedText(file, root.line, root.column, 0, 0, ""), root, report)
    whole.check_keys(_ROOT_KEYS)
    audience = whole.optional("audience")
    trust_domain = whole.optional("trust_domain")
    issuers = tuple(_issuer(entry) for entry in _sections(whole, "issuers", _ISSUER_KEYS))
    keys = _keys(whole)
    known = {issuer.name for issuer in issuers}
    callers = tuple(
        read_caller(entry, operators, known, trust_domain.text if trust_domain else "")
        for entry in _sections(whole, "callers", CALLER_KEYS)
    )
    found = CallerFile(
        audience.text if audience else "", trust_domain.text if trust_domain else "", *keys, issuers, callers
    )
    _check_whole(whole, found)
    return found


def _check_whole(whole: Entry, found: CallerFile) -> None:
    """Report what the parts of the file lack of each other, and credentials that stand for two callers."""
    if not found.callers:
        _lacks(whole, "callers", "không có bên gọi nào", "there is no caller", "callers: {NAME: {...}}")
    if found.issuers and not found.audience:
        _lacks(
            whole,
            "audience",
            "mã thông báo phải dành cho máy chủ này: thiếu `audience`",
            "tokens must be meant for this server: `audience` is missing",
            "audience: pdp.example",
        )
    if any(named.has_api_keys for named in found.callers) and not found.keys:
        _lacks(
            whole,
            "keys",
            "có bên gọi dùng khóa API: thiếu `keys`",
            "a caller has API keys: `keys` is missing",
            "keys: {file: keys.json, pepper: keys.pepper}",
        )
    _check_once(whole, [issuer.issuer for issuer in found.issuers], "issuers")
    _check_once(whole, [name for named in found.callers for name in named.certificates], "callers")
    _check_once(
        whole, [f"{issuer} {subject}" for named in found.callers for issuer, subject in named.tokens], "callers"
    )


def _lacks(whole: Entry, key: str, vi: str, en: str, hint: str) -> None:
    whole.report.error(whole.file, whole.place(key), "callers-lack", vi, en, hint)


def _check_once(whole: Entry, credentials: list[str], key: str) -> None:
    for credential in sorted({each for each in credentials if credentials.count(each) > 1}):
        whole.report.error(
            whole.file,
            whole.place(key),
            "callers-credential-twice",
            f"`{credential}` đứng ở hai nơi: không rõ là của ai",
            f"`{credential}` stands in two places: whose it is cannot be known",
            "give each caller credentials of its own",
        )


def _sections(whole: Entry, key: str, known: set[str]) -> list[Entry]:
    """Return the entries under *key*, each with its keys checked."""
    value = whole.body.get(key)
    found = []
    for name, body in value if isinstance(value, LocatedMap) else ():
        if isinstance(body, LocatedMap):
            entry = Entry(whole.file, name, body, whole.report)
            entry.check_keys(known)
            found.append(entry)
        else:
            _not_a_mapping(whole, name.text, body, known)
    if value is not None and not isinstance(value, LocatedMap):
        _not_a_mapping(whole, key, value, {"NAME"})
    return found


def _not_a_mapping(whole: Entry, name: str, value: Located, known: set[str]) -> None:
    whole.report.error(
        whole.file,
        (value.line, value.column),
        "entry-not-a-mapping",
        f"`{name}` phải gồm các khóa",
        f"`{name}` must have keys",
        ", ".join(f"{key}: ..." for key in sorted(known)),
    )


def _keys(whole: Entry) -> tuple[str, str]:
    value = whole.body.get("keys")
    if value is None:
        return "", ""
    if not isinstance(value, LocatedMap):
        _not_a_mapping(whole, "keys", value, _KEYS_KEYS)
        return "", ""
    entry = Entry(whole.file, LocatedText("keys", value.line, value.column, 0, 0, ""), value, whole.report)
    entry.check_keys(_KEYS_KEYS)
    return entry.text("file"), entry.text("pepper")


def _issuer(entry: Entry) -> NamedIssuer:
    algorithm = _word(entry, "algorithm", ALGORITHMS)
    keys = entry.text("keys")
    if keys.startswith("http://"):
        entry.report.error(
            entry.file,
            entry.place("keys"),
            "callers-not-https",
            f"`{keys}`: khóa phải lấy qua https",
            f"`{keys}`: keys are fetched by https only",
            f"{HTTPS}{keys.removeprefix('http://')}",
        )
    longest = whole_number(entry, "longest_seconds", DEFAULT_LONGEST_SECONDS, GREATEST_LONGEST_SECONDS)
    return NamedIssuer(entry.name.text, entry.text("issuer"), keys, algorithm, longest)


def _word(entry: Entry, key: str, known: Mapping[str, str]) -> str:
    found = entry.text(key)
    if found and found not in known:
        entry.report.error(
            entry.file,
            entry.place(key),
            "callers-unknown-word",
            f"`{key}` không thể là `{found}`",
            f"`{key}` cannot be `{found}`",
            nearest(found, known) or ", ".join(sorted(known)),
        )
    return found
