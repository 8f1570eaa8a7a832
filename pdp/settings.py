"""Settings: flags, then environment, then a settings file, then defaults; every mistake is told at once."""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pdp.core.errors import InvalidSettingsError
from pdp.core.text import nearest

ENVIRONMENT_PREFIX: Final = "PDP_"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
MEMORY_STORE: Final = "memory:"
NO_STORE: Final = "none:"
SQLITE_PREFIX: Final = "sqlite:///"
POSTGRESQL_PREFIXES: Final = ("postgresql://", "postgres://")
_SCHEME: Final = re.compile(r"[a-z+]{1,20}:", re.ASCII)
_SECRETIVE: Final = re.compile("[@=?]|password")
"""What is in every address that has a user or a password, and in the other way of writing one, `password=…`."""
SECOND_SIGNATURES: Final = frozenset({"yes", "no", "newly-allowed"})
GROUP_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Settings:
    """How this process runs.

    *listen* is HOST:PORT with port 0 for any free one; *policies* a directory with one folder for each operator;
    *store* is `sqlite:///PATH`, `postgresql://...`, `memory:`, which ends with the process and has one worker, or
    `none:`, where every fact comes with the request;
    *decision_log* a path, `-` for stdout, `none`, or a folder, which ends with `/`, for records that are chained and
    signed, with the keys of that in *log_keys* (None: `keys` in it), files of *log_part_megabytes*, *log_megabytes* in
    all, 0 for no limit, *log_wait* whether an answer waits for its record;
    *workers* how many processes answer (default: one for each core that this one may use);
    *port_group* the name under which servers with the same revision may share the port;
    *policy_keys* a file of the keys of those who have to sign a policy folder, None for no signatures;
    *second_signature* whether two of them have to: `yes`, `no`, or for `newly-allowed` edits only;
    *last_in_force* a folder that remembers what was in force when the server ended, None for nothing remembered;
    *watch_seconds* how often the policy folders are looked at, 0 for never;
    *shadow* a directory of policies to compare with, None for none, in at most *shadow_percent* of a core a process;
    *cache_megabytes* how much of what was read and decided a process keeps, 0 for nothing; *redis* the address of a
    Redis in which processes share what they read, "" for none; *cache_keys* the file with the keys of what lies there;
    *threads* how many requests a process answers side by side where an answer may have to wait; *callers* the file of
    those who may ask, without which this machine alone may; *tls_certificate* and *tls_key* what the server shows who
    it is with, *client_ca* the authorities whose client certificates every connection then has to bring one of;
    *default_deadline_ms* how long a call without a deadline may wait; *memory_mib* the resident memory beyond which a
    process takes nothing more, 0 for no limit; *connections* how many it keeps open;
    *metrics* where Prometheus reads them, HOST:PORT, "" for nowhere; *traces* the collector that spans are sent to, ""
    for none, and *trace_percent* of how many calls in a hundred that belong to no trace;
    *reflection* whether the server describes its services: `yes`, `no`, or where it listens on `loopback` only.
    """

    listen: str = "127.0.0.1:50051"
    policies: Path = Path("policies")
    store: str = field(default_factory=lambda: default_store(os.environ), repr=False)  # may hold a password
    workers: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))
    port_group: str = ""
    threads: int = 8
    decision_log: str = "-"
    log_keys: Path | None = None
    log_part_megabytes: int = 64
    log_megabytes: int = 0
    log_wait: bool = True
    reflection: str = "loopback"
    grace_seconds: int = 10
    default_deadline_ms: int = 1000
    memory_mib: int = 1024
    connections: int = 1024
    callers: Path | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    client_ca: Path | None = None
    watch_seconds: int = 1
    policy_keys: Path | None = None
    second_signature: str = "no"
    last_in_force: Path | None = None
    shadow: Path | None = None
    shadow_percent: int = 5
    cache_megabytes: int = 64
    redis: str = field(default="", repr=False)  # may hold a password
    cache_keys: Path | None = None
    metrics: str = ""
    traces: str = ""
    trace_percent: float = 1.0

    @property
    def host(self) -> str:
        """Return the host part of *listen*."""
        return self.listen.rpartition(":")[0]


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("must be a whole number of at least 1")
    return int(text)


def _whole_or_zero(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("must be a whole number; 0 is for never")
    return int(text)


def _whole_or_none(text: str) -> int:
    return 0 if text == "0" else _whole(text)


def _port_group(text: str) -> str:
    if not GROUP_PATTERN.fullmatch(text):
        raise ValueError("must be at most 32 lower-case letters, digits and hyphens")
    return text


def _reflection(text: str) -> str:
    if text not in {"yes", "no", "loopback"}:
        raise ValueError("must be `yes`, `no` or `loopback`")
    return text


def _second_signature(text: str) -> str:
    if text not in SECOND_SIGNATURES:
        raise ValueError("must be `yes`, `no` or `newly-allowed`")
    return text


def _on_or_off(text: str) -> bool:
    if text not in {"on", "off"}:
        raise ValueError("must be `on` or `off`")
    return text == "on"


def _file(text: str) -> Path:
    if not text:
        raise ValueError("must be the path of a file")
    return Path(text)


def _percent(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 50:
        raise ValueError("must be a whole number from 1 to 50")
    return int(text)


def _named_path(text: str) -> Path:
    # FAIL CLOSED (signatures): a setting that is there and names nothing must not be taken for one that is not there.
    if not text.strip():
        raise ValueError("must name something; leave it out where there is nothing to name")
    return Path(text)


def _listen(text: str) -> str:
    _, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ValueError("must be HOST:PORT with a port from 0 to 65535")
    return text


def _shown(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535 or (colon and not host):
        raise ValueError("must be a PORT of this machine's loopback, or HOST:PORT")
    return text if colon else f"127.0.0.1:{text}"


def _collector(text: str) -> str:
    scheme, there, place = text.partition("://")
    _, colon, port = place.rpartition(":")
    if scheme not in {"http", "https"} or not there or not colon or not port.isdecimal() or "@" in place:
        raise ValueError("must be http://HOST:PORT or https://HOST:PORT of a collector that takes OTLP over gRPC")
    return text


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 100.0:
        raise ValueError("must be a number from 0 to 100")
    return share


def _store(text: str) -> str:
    # FAIL CLOSED (store ignored): a store that was named and not read could hold the refusal that matters.
    is_file = text.startswith(SQLITE_PREFIX) and len(text) > len(SQLITE_PREFIX)
    if not (text in {MEMORY_STORE, NO_STORE} or is_file or text.startswith(POSTGRESQL_PREFIXES)):
        raise ValueError(f"must be `{SQLITE_PREFIX}PATH`, `postgresql://...`, `{MEMORY_STORE}` or `{NO_STORE}`")
    return text


def default_store(environment: Mapping[str, str]) -> str:
    """Return the file in the state folder of whoever runs this (XDG Base Directory Specification)."""
    state = environment.get("XDG_STATE_HOME", "")
    folder = Path(state) if state.startswith("/") else Path(environment.get("HOME") or "/var/lib") / ".local" / "state"
    return f"{SQLITE_PREFIX}{folder}/promise-pdp/facts.db"


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "listen": _listen,
    "policies": Path,
    "store": _store,
    "workers": _whole,
    "port_group": _port_group,
    "threads": _whole,
    "decision_log": str,
    "log_keys": _named_path,
    "log_part_megabytes": _whole,
    "log_megabytes": _whole_or_none,
    "log_wait": _on_or_off,
    "reflection": _reflection,
    "grace_seconds": _whole,
    "default_deadline_ms": _whole,
    "memory_mib": _whole_or_none,
    "connections": _whole,
    "callers": _file,
    "tls_certificate": _file,
    "tls_key": _file,
    "client_ca": _file,
    "watch_seconds": _whole_or_zero,
    "policy_keys": _named_path,
    "second_signature": _second_signature,
    "last_in_force": _named_path,
    "shadow": _named_path,
    "shadow_percent": _percent,
    "cache_megabytes": _whole_or_none,
    "redis": str,
    "cache_keys": Path,
    "metrics": _shown,
    "traces": _collector,
    "trace_percent": _share,
}


def read_settings(
    flags: Mapping[str, str | None], environment: Mapping[str, str], settings_file: Path | None = None
) -> Settings:
    """Return the settings; raise InvalidSettingsError with every mistake, each naming where it was made."""
    mistakes: list[str] = []
    layers: list[dict[str, tuple[str, str | None]]] = [
        {f"--{key.replace('_', '-')}": (key, value) for key, value in flags.items() if value is not None},
        {
            f"{ENVIRONMENT_PREFIX}{key.upper()}": (key, environment.get(f"{ENVIRONMENT_PREFIX}{key.upper()}"))
            for key in _READERS
        },
        _from_file(settings_file, mistakes),
    ]
    chosen: dict[str, object] = {}
    sources: dict[str, str] = {}
    for layer in layers:
        for source, (key, value) in layer.items():
            if value is None or key in chosen:
                continue
            try:
                chosen[key] = _READERS[key](value)
                sources[key] = source
            except ValueError as error:
                mistakes.append(f"{source}: `{_without_password(value)}` {error}")
    second = chosen.get("second_signature", "no")
    if second != "no" and "policy_keys" not in chosen:
        mistakes.append(f"second_signature: `{second}` needs policy_keys: nobody's signature would count")
    # FAIL CLOSED (several memories): what is revoked in one process would still count in another.
    if chosen.get("store") == MEMORY_STORE and chosen.setdefault("workers", 1) != 1:
        mistakes.append(f"--workers: `{MEMORY_STORE}` is the memory of one process, so there is one worker")
    if chosen.get("redis") and chosen.get("cache_megabytes") == 0:
        mistakes.append("--redis: with a cache of 0 megabytes nothing is kept, in Redis neither")
    if chosen.get("redis") and chosen.get("store") in {MEMORY_STORE, NO_STORE}:
        mistakes.append(
            f"--redis: nothing of `{chosen['store']}` has to be read again, so nothing would be kept in Redis"
        )
    settings = Settings(**chosen)  # type: ignore[arg-type]  # each reader returns the type of its field
    mistakes.extend(_together(settings, sources))
    if mistakes:
        raise InvalidSettingsError(mistakes)
    return settings


def _together(settings: Settings, sources: Mapping[str, str]) -> list[str]:
    """Return what is wrong with settings that are right one by one."""
    mistakes = []
    if settings.last_in_force is not None and settings.policy_keys is None:
        mistakes.append("last_in_force: nobody's signature counts without policy_keys, so nothing is compared")
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        mistakes.append("tls_certificate and tls_key go together: a certificate is of no use without its key")
    if settings.client_ca is not None and settings.tls_certificate is None:
        mistakes.append("client_ca: client certificates need tls_certificate and tls_key")
    if not settings.log_wait and settings.decision_log in {"-", "none"}:
        mistakes.append("log_wait: `off` is for a decision log in a folder; others are written at once")
    # FAIL CLOSED (unknown callers): where nobody is told apart, or can be overheard, nobody from outside may connect.
    if settings.host not in LOOPBACK and (settings.callers is None or settings.tls_certificate is None):
        mistakes.append(
            f"{sources.get('listen', 'listen')}: `{settings.listen}` is not loopback, and without callers and TLS the"
            " server listens there only: 127.0.0.1, localhost or [::1] (hint: --callers, --tls-certificate, --tls-key)"
        )
    return mistakes


def _without_password(text: str) -> str:
    """Return *text* as it may be repeated: of what could be an address with a password only its scheme."""
    if not _SECRETIVE.search(text):
        return text
    scheme = _SCHEME.match(text)
    return f"{scheme[0]}…" if scheme else "…"


def _from_file(path: Path | None, mistakes: list[str]) -> dict[str, tuple[str, str | None]]:
    if path is None:
        return {}
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        mistakes.append(f"{path}: cannot be read: {error}")
        return {}
    found: dict[str, tuple[str, str | None]] = {}
    for key, value in content.items():
        if key not in _READERS:
            hint = nearest(key, _READERS)
            mistakes.append(f"{path}: there is no setting `{key}`" + (f"; did you mean `{hint}`?" if hint else ""))
            continue
        words = ("on", "off") if key == "log_wait" else ("yes", "no")
        text = words[not value] if isinstance(value, bool) else str(value)
        found[f"{path}: {key}"] = (key, text)
    return found
