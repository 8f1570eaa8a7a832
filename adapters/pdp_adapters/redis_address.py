"""Addresses of Redis: one server, Sentinel, Cluster, each with or without TLS."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry
from redis.sentinel import Sentinel

from pdp.core.errors import InvalidSettingsError

SECONDS: Final = 0.03
"""So long a connection, and so long an answer, is waited for."""

SCHEMES: Final = ("redis", "rediss", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster")

_PORTS: Final = {"sentinel": 26379}


def connector(url: str) -> Callable[[], Any]:
    """Return what makes a client for *url*; nobody is connected to before.

    `redis://USER:PASSWORD@HOST:PORT/DATABASE`, `redis+sentinel://HOST:PORT,HOST:PORT/SERVICE/DATABASE`,
    `redis+cluster://HOST:PORT,HOST:PORT`; with `rediss` over TLS, whose certificate is checked against `?ca=FILE` or
    the certificates of the system. Raises InvalidSettingsError, without the text of *url*, when it is none of these.
    """
    try:
        parts = urlsplit(url)
        security, _, kind = parts.scheme.partition("+")
        if parts.scheme not in SCHEMES:
            raise ValueError
        query = {key: values[-1] for key, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
        if query.keys() - {"ca"}:
            raise ValueError
        names, _, places = parts.netloc.rpartition("@")
        hosts = [_host(place, _PORTS.get(kind, 6379)) for place in places.split(",")]
        path = [part for part in parts.path.split("/") if part]
        options = _options(names, query, tls=security == "rediss")
        return _client(kind, hosts, path, options)
    except (ValueError, TypeError):
        forms = "redis://HOST:PORT/DATABASE, redis+sentinel://HOST:PORT,…/SERVICE or redis+cluster://HOST:PORT,…"
        raise InvalidSettingsError([f"--redis: must be {forms}, or the same with rediss"]) from None


def _client(kind: str, hosts: list[tuple[str, int]], path: list[str], options: dict[str, Any]) -> Callable[[], Any]:
    if kind == "cluster":
        if path:
            raise ValueError
        nodes = [ClusterNode(host, port) for host, port in hosts]  # type: ignore[no-untyped-call]
        return lambda: RedisCluster(startup_nodes=nodes, **options)
    if kind == "sentinel":
        if not path or len(path) > 2:
            raise ValueError
        of_sentinels = {key: value for key, value in options.items() if not key.startswith(("username", "password"))}
        service, database = path[0], int(path[1]) if path[1:] else 0
        sentinel = Sentinel(hosts, sentinel_kwargs=of_sentinels, **options)  # type: ignore[no-untyped-call]
        return lambda: sentinel.master_for(service, db=database)  # type: ignore[no-untyped-call]
    if len(hosts) != 1 or len(path) > 1:
        raise ValueError
    ((host, port),) = hosts
    number = int(path[0]) if path else 0
    return lambda: redis.Redis(host, port, db=number, **options)


def _options(names: str, query: dict[str, str], *, tls: bool) -> dict[str, Any]:
    user, _, password = names.partition(":")
    options: dict[str, Any] = {
        "socket_timeout": SECONDS,
        "socket_connect_timeout": SECONDS,
        # As it comes the library tries again and again, for seconds, while a decision waits.
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
        "username": unquote(user) or None,
        "password": unquote(password) or None,
    }
    if tls:
        options |= {"ssl": True, "ssl_cert_reqs": "required", "ssl_check_hostname": True}
        options |= {"ssl_ca_certs": query["ca"]} if "ca" in query else {}
    elif "ca" in query:
        raise ValueError
    return options


def _host(place: str, port: int) -> tuple[str, int]:
    host, colon, number = place.rpartition(":")
    if not colon:
        host, number = place, str(port)
    if not host:
        raise ValueError
    return host.strip("[]"), int(number)
