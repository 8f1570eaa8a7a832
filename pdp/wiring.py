"""The composition root: settings in, a decision point out. Only this module picks adapters."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pdp.core.errors import InvalidPolicyError, InvalidSettingsError, UnavailableError
from pdp.core.finding import Finding
from pdp.core.ports import DecisionLog, FactSource
from pdp.core.stores import FactStore
from pdp.decision_point import DecisionPoint
from pdp.fact_keeping import FactKeeper
from pdp.policy_set import PolicySet, build_policy_set, check_folder
from pdp.settings import MEMORY_STORE, NO_STORE, SQLITE_PREFIX, Settings
from pdp.wire.words import Words
from pdp.words import load_fact_schema, load_vocabulary
from pdp_adapters.folder_policies import FolderPolicies
from pdp_adapters.git_policies import GitPolicies
from pdp_adapters.json_decision_log import JsonDecisionLog
from pdp_adapters.memory_facts import MemoryFacts
from pdp_adapters.no_decision_log import NoDecisionLog
from pdp_adapters.no_stored_facts import NoStoredFacts
from pdp_adapters.pipe_stream import PipeStream, is_pipe
from pdp_adapters.postgresql_database import PostgresqlDatabase
from pdp_adapters.sql_backup import dumped, restore
from pdp_adapters.sql_casbin_rules import CasbinRules
from pdp_adapters.sql_database import Database
from pdp_adapters.sql_facts import SqlFacts
from pdp_adapters.sql_schema import migrate
from pdp_adapters.sqlite_database import SqliteDatabase
from pdp_adapters.system_clock import SystemClock


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

    Raises UnavailableError when it cannot be read.
    """
    if (directory / "policy.csv").exists():
        source = FolderPolicies(directory.resolve().parent)
        name = directory.resolve().name
        return {name: check_folder(name, source.read(name), words.vocabulary, words.schema)}
    source = FolderPolicies(directory)
    return {
        operator: check_folder(operator, source.read(operator), words.vocabulary, words.schema)
        for operator in source.operators()
    }


def decision_point(settings: Settings, policies: Policies, facts: FactSource | None = None) -> DecisionPoint:
    """Return the decision point that *settings* ask for, over *facts* (None: nothing is stored)."""
    log = decision_log(settings.decision_log)
    return DecisionPoint(policies.sets, NoStoredFacts() if facts is None else facts, SystemClock(), log)


def served_store(url: str) -> FactStore | None:
    """Return the store that a server keeps facts in, None for `none:`; raises what `fact_store` raises."""
    return None if url == NO_STORE else fact_store(url)


def fact_store(url: str) -> FactStore:
    """Return the store at *url*, its tables made or brought to the newest version.

    It holds no connection until it is used, so workers may be forked. Raises UnavailableError when it cannot be used,
    and InvalidSettingsError when *url* is no address.
    """
    return MemoryFacts() if url == MEMORY_STORE else SqlFacts(_database(url))


def backup_lines(url: str) -> Iterator[str]:
    """Yield the lines of a backup of the store at *url*; raises what `fact_store` raises."""
    yield from dumped(_database(url))


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


def decision_log(where: str) -> DecisionLog:
    """Return the log that writes to *where*: a path, `-` for stdout, `none`.

    Raises UnavailableError when the file cannot be opened.
    """
    if where == "none":
        return NoDecisionLog()
    if where == "-":
        stdout = sys.stdout.buffer
        return JsonDecisionLog(PipeStream(stdout.fileno()) if is_pipe(stdout.fileno()) else stdout)
    try:
        return JsonDecisionLog(Path(where).open("ab", buffering=0))
    except OSError as error:
        raise UnavailableError(f"the decision log `{where}` cannot be opened: {error.strerror}") from error
