"""The composition root: settings in, a decision point out. Only this module picks adapters."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Final

from pdp.activation import (
    BY_SERVER,
    Active,
    Candidate,
    NoSeals,
    PinnedSeals,
    PolicyJudge,
    PolicyKeeper,
    every_edit,
    read_pinned_keys,
)
from pdp.analysis.apart import has_solver
from pdp.analysis.second_person import needs_second_person
from pdp.caching import Answers, CachedFacts, KeptReadings
from pdp.caching.counters import Counters
from pdp.caching.memory import Memory
from pdp.callers import LiveCallers
from pdp.callers.caller_file import HTTPS, CallerFile, read_caller_file
from pdp.core.caches import NothingShared, SharedReadings
from pdp.core.errors import InvalidPolicyError, InvalidSettingsError, UnavailableError
from pdp.core.finding import Finding
from pdp.core.log_ports import LogHead
from pdp.core.ports import Document, FactSource
from pdp.core.stores import FactStore
from pdp.core.vocabulary import WordKind
from pdp.decision_point import NO_SHADOW, DecisionPoint
from pdp.fact_keeping import FactKeeper
from pdp.log_wiring import log_asked_for
from pdp.policy_set import ENGINE_VERSION, PolicySet, build_policy_set
from pdp.review import review
from pdp.server import Security, TlsFiles
from pdp.server.events import Event, json_log
from pdp.settings import MEMORY_STORE, NO_STORE, SQLITE_PREFIX, Settings
from pdp.shadow import ComparedInShadow, Report, Shadow
from pdp.wire.words import Words
from pdp.words import load_fact_schema, load_vocabulary
from pdp_adapters import ed25519
from pdp_adapters.cache_keys import CacheKeys
from pdp_adapters.file_document import FileDocument
from pdp_adapters.folder_policies import FolderPolicies
from pdp_adapters.git_policies import GitPolicies
from pdp_adapters.https_document import HttpsDocument
from pdp_adapters.memory_facts import MemoryFacts
from pdp_adapters.no_decision_log import NoDecisionLog
from pdp_adapters.no_stored_facts import NoStoredFacts
from pdp_adapters.postgresql_database import PostgresqlDatabase
from pdp_adapters.redis_address import connector
from pdp_adapters.redis_readings import RedisReadings
from pdp_adapters.sql_backup import dumped, restore
from pdp_adapters.sql_casbin_rules import CasbinRules
from pdp_adapters.sql_database import Database
from pdp_adapters.sql_facts import SqlFacts
from pdp_adapters.sql_schema import migrate
from pdp_adapters.sqlite_database import SqliteDatabase
from pdp_adapters.system_clock import SystemClock

_MEGABYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy sets that may be served, and the findings of every folder by operator."""

    sets: Mapping[str, PolicySet]
    findings: Mapping[str, tuple[Finding, ...]]

    @property
    def refused(self) -> tuple[str, ...]:
        """Return the operators whose folder has an error."""
        return tuple(sorted(self.findings.keys() - self.sets.keys()))


def fact_keeper(store: FactStore, policies: Policies, words: Words) -> FactKeeper:
    """Return what changes the facts of *store* as far as *policies* let the actor; it keeps no record of decisions."""
    point = DecisionPoint(policies.sets, store, SystemClock(), NoDecisionLog())
    return FactKeeper(store, point, words.vocabulary, point.clock)


def load_words() -> Words:
    """Return the words that requests and policies are written in."""
    vocabulary = load_vocabulary()
    return Words(vocabulary, load_fact_schema(vocabulary))


def load_policies(directory: Path, words: Words, *, only: str = "") -> Policies:
    """Build the policy set of every operator under *directory*; a folder with an error leaves the others alone.

    *only* names one operator to be built, if it is there. Raises UnavailableError when the directory cannot be read.
    """
    source = FolderPolicies(directory)
    sets: dict[str, PolicySet] = {}
    findings: dict[str, tuple[Finding, ...]] = {}
    for operator in source.operators():
        if only not in {"", operator}:
            continue
        try:
            policy = build_policy_set(operator, source.read(operator), words.vocabulary, words.schema)
            sets[operator], findings[operator] = policy, policy.warnings
        except InvalidPolicyError as error:
            findings[operator] = error.findings
    return Policies(sets, findings)


def folder_files(directory: Path, operator: str) -> Sequence[tuple[str, bytes]]:
    """Return (path, content) of the files that decide for *operator*; raises UnavailableError."""
    return FolderPolicies(directory).read(operator)


def load_policy_at(place: str, words: Words) -> PolicySet:
    """Build the policy set of the operator whose folder is at *place*: a path, or `REVISION:PATH` of a Git repository.

    The folder has the name of the operator, and the shared and the house's files lie beside it. Raises
    InvalidPolicyError with every finding, and UnavailableError when it cannot be read.
    """
    operator, files = read_policy_at(place)
    return build_policy_set(operator, files, words.vocabulary, words.schema)


def read_policy_at(place: str) -> tuple[str, Sequence[tuple[str, bytes]]]:
    """Return the operator whose folder is at *place*, as `load_policy_at` takes it, and its files with their paths.

    Raises UnavailableError when it cannot be read.
    """
    revision, colon, inside = place.partition(":")
    if colon and not Path(place).exists():
        folder = PurePosixPath(inside)
        return folder.name, GitPolicies(revision, folder.parent, Path()).read(folder.name)
    path = Path(place)
    if not path.is_dir():
        raise UnavailableError(f"`{place}` is no folder")
    # Places in files are told as the folder was named, unless it was named by no name of its own, such as `.`.
    if path.name in {"", ".."}:
        path = path.resolve()
    return path.name, FolderPolicies(path.parent).read(path.name)


def validate_directory(directory: Path, words: Words) -> Mapping[str, tuple[Finding, ...]]:
    """Return the findings of *directory*: of its operators' folders, or of itself when it is one.

    A folder without an error is reviewed too. Raises UnavailableError when it cannot be read.
    """
    if (directory / "policy.csv").exists():
        source = FolderPolicies(directory.resolve().parent)
        name = directory.resolve().name
        return {name: _findings(name, source.read(name), words)}
    source = FolderPolicies(directory)
    return {operator: _findings(operator, source.read(operator), words) for operator in source.operators()}


def _findings(operator: str, files: Sequence[tuple[str, bytes]], words: Words) -> tuple[Finding, ...]:
    try:
        policy = build_policy_set(operator, files, words.vocabulary, words.schema)
    except InvalidPolicyError as error:
        return error.findings
    return tuple(sorted([*policy.warnings, *review(policy, words.schema)], key=lambda finding: finding.place))


def policy_judge(settings: Settings, words: Words) -> PolicyJudge:
    """Return what decides which policies a server may put in force, as *settings* ask for.

    Raises InvalidSettingsError when the keys that it needs are not there.
    """
    seals = NoSeals() if settings.policy_keys is None else pinned_seals(settings.policy_keys, settings.second_signature)
    return PolicyJudge(words.vocabulary, words.schema, seals)


def pinned_seals(keys: Path, second_signature: str) -> PinnedSeals:
    """Return what asks for signatures of those whose keys the file *keys* pins, and for a *second_signature*.

    Raises InvalidSettingsError.
    """
    try:
        pinned = read_pinned_keys(str(keys), keys.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettingsError([f"{keys}: cannot be read: {error}"]) from error
    if second_signature != "no" and len(pinned.persons) < 2:
        raise InvalidSettingsError([f"{keys}: a second person has to sign, and only one has a key"])
    if second_signature == "newly-allowed" and not has_solver():
        raise InvalidSettingsError(
            ["second_signature: `newly-allowed` needs the solver Z3: pip install 'promise-pdp[analysis]'"]
        )
    asks = {"yes": every_edit, "no": None, "newly-allowed": needs_second_person}
    return PinnedSeals(pinned, ed25519.verifies, asks[second_signature])


def signer(key: Path) -> ed25519.Signer:
    """Return what signs with the private key in *key*; raises UnavailableError."""
    return ed25519.Signer(key)


def new_key(path: Path) -> bytes:
    """Make a key, keep it in *path*, and return the public key; raises UnavailableError."""
    return ed25519.new_key(path)


def candidate_in(folder: Path) -> Candidate:
    """Return what lies in the *folder* of an operator; raises UnavailableError and UnsettledError."""
    whole = folder.resolve()
    return Candidate.of(whole.name, FolderPolicies(whole.parent).read_settled(whole.name))


def in_force_at(place: str, words: Words) -> Active:
    """Return what lies at *place*, as `load_policy_at` takes it, as if it were in force; raises what that raises."""
    policy = load_policy_at(place, words)
    candidate = Candidate.of(*read_policy_at(place))
    return Active(policy, SystemClock().now(), BY_SERVER, candidate.files, candidate.seal)


def policy_keeper(settings: Settings, judge: PolicyJudge) -> PolicyKeeper:
    """Return a keeper that has put in force whatever *judge* lets it of the folders that *settings* name.

    Raises UnavailableError when the directory cannot be read.
    """
    source = FolderPolicies(settings.policies)
    keeper = PolicyKeeper(source, judge, SystemClock().now)
    for operator in source.operators():
        verdict = keeper.examine(operator)
        if verdict.policy is None:
            keeper.refuse(verdict)
        else:
            keeper.accept(verdict, BY_SERVER)
    return keeper


def decision_point(
    settings: Settings, policies: Policies, facts: FactSource | None = None, shadow: Shadow = NO_SHADOW
) -> DecisionPoint:
    """Return the decision point that *settings* ask for, over *facts* (None: nothing is stored)."""
    log = log_asked_for(settings, facts.log_heads if isinstance(facts, SqlFacts | MemoryFacts) else None)
    return DecisionPoint(policies.sets, NoStoredFacts() if facts is None else facts, SystemClock(), log, shadow)


def shadow_beside(settings: Settings, words: Words, facts: FactSource | None = None) -> Shadow:
    """Return what compares the answers with those of the policies that *settings* put into the shadow.

    Raises InvalidPolicyError when one of them has an error, and UnavailableError when they cannot be read.
    """
    if settings.shadow is None:
        return NO_SHADOW
    policies = load_policies(settings.shadow, words)
    if policies.refused:
        raise InvalidPolicyError(finding for operator in policies.refused for finding in policies.findings[operator])
    log = json_log()

    def report(report: Report) -> None:
        log.info(Event.SHADOW_REPORT.value, pid=os.getpid(), **report.as_json())

    source = NoStoredFacts() if facts is None else facts
    return ComparedInShadow(policies.sets, source, settings.shadow_percent / 100, report)


def served_decision_point(
    settings: Settings, policies: Policies, store: FactStore | None, shadow: Shadow = NO_SHADOW
) -> DecisionPoint:
    """Return the decision point of a server, which keeps what it has read of *store* and decided, as *settings* say.

    Raises InvalidSettingsError for an address of Redis or a file of keys that cannot be right.
    """
    if not isinstance(store, SqlFacts) or not settings.cache_megabytes:
        # What is in memory already, or is never there, costs no more to look up than to find again.
        return decision_point(settings, policies, store, shadow)
    shared = _shared_readings(settings)
    half = settings.cache_megabytes * _MEGABYTE // 2
    counters = Counters()
    readings = KeptReadings(Memory(policies.sets, half), store.freshness, counters)
    answers = Answers(readings, Memory(policies.sets, half), counters, shared)
    facts = CachedFacts(store, readings, shared)
    return DecisionPoint(policies.sets, facts, SystemClock(), log_asked_for(settings, store.log_heads), shadow, answers)


def _shared_readings(settings: Settings) -> SharedReadings:
    if not settings.redis:
        return NothingShared()
    keys = CacheKeys.made_up() if settings.cache_keys is None else CacheKeys.read(settings.cache_keys)
    return RedisReadings(connector(settings.redis), keys, f"{version('promise-pdp')}/{ENGINE_VERSION}")


def served_store(url: str) -> FactStore | None:
    """Return the store that a server keeps facts in, None for `none:`; raises what `fact_store` raises.

    One on another machine that does not answer is opened once it does, and cannot be used before.
    """
    return None if url == NO_STORE else fact_store(url, may_come_later=True)


def heads_in(store: FactStore) -> tuple[LogHead, ...]:
    """Return the heads of decision logs in *store*; raises UnavailableError."""
    return store.log_heads.heads() if isinstance(store, SqlFacts | MemoryFacts) else ()


def fact_store(url: str, *, may_come_later: bool = False) -> FactStore:
    """Return the store at *url*, its tables made or brought to the newest version.

    It holds no connection until it is used, so workers may be forked. Raises UnavailableError when it cannot be used,
    and InvalidSettingsError when *url* is no address.
    """
    return MemoryFacts() if url == MEMORY_STORE else SqlFacts(_database(url), may_come_later=may_come_later)


def backup_lines(url: str) -> Iterator[str]:
    """Yield the lines of a backup of the store at *url*; raises what `fact_store` raises."""
    database = _database(url)
    try:
        yield from dumped(database)
    finally:
        database.close()


def restore_lines(url: str, lines: Iterable[str]) -> None:
    """Put a backup into the empty store at *url*, which allows nothing until it is confirmed.

    Raises UnavailableError for a store that is not empty and for what is no whole backup.
    """
    database = _database(url)
    migrate(database)
    try:
        restore(database, lines)
    finally:
        database.close()


def casbin_rules(url: str) -> CasbinRules:
    """Return the table `casbin_rule` of the database at *url*; raises what `fact_store` raises."""
    return CasbinRules(_database(url))


def _database(url: str) -> Database:
    if url in {MEMORY_STORE, NO_STORE}:
        raise InvalidSettingsError([f"`{url}` is no database"])
    if not url.startswith(SQLITE_PREFIX):
        return PostgresqlDatabase(url)
    path = Path(url.removeprefix(SQLITE_PREFIX))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(f"the folder of the store cannot be made: {error.strerror}") from error
    return SqliteDatabase(path)


def security(settings: Settings, words: Words) -> Security:
    """Return who may connect and how; raise InvalidSettingsError with every mistake of the files of callers."""
    tls = None
    if settings.tls_certificate is not None and settings.tls_key is not None:
        tls = TlsFiles(settings.tls_certificate, settings.tls_key, settings.client_ca)
    if settings.callers is None:
        return Security(None, tls)
    client_ca = str(settings.client_ca.absolute()) if settings.client_ca else ""
    return Security(live_callers(settings.callers, words, client_ca), tls)


def live_callers(path: Path, words: Words, client_ca: str = "") -> LiveCallers:
    """Return the callers of the file at *path*; what it names lies beside it, or behind https.

    *client_ca* is the path of the authorities of client certificates, "" for none. Raises InvalidSettingsError.
    """
    folder = path.absolute().parent

    def opened(name: str) -> Document:
        return HttpsDocument(name) if name.startswith(HTTPS) else FileDocument(folder / name)

    return LiveCallers(path.name, opened, words.vocabulary.words(WordKind.OPERATOR), client_ca)


def caller_file(path: Path, words: Words) -> CallerFile:
    """Return what the file of callers at *path* says, whatever lies beside it; raise InvalidPolicyError."""
    return read_caller_file(path.name, FileDocument(path).read(), words.vocabulary.words(WordKind.OPERATOR))
