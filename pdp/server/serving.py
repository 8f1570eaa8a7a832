"""The life of a server: it starts, says that it is ready, answers, drains and stops."""

import gc
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Final, NoReturn

import grpc
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH
from grpc_reflection.v1alpha import reflection
from structlog.typing import FilteringBoundLogger

from pdp.activation import PolicyJudge, PolicyKeeper, Standing, revision_of
from pdp.core.errors import InvalidSettingsError
from pdp.core.stores import FactStore
from pdp.core.vocabulary import WordKind
from pdp.decision_point import DecisionPoint
from pdp.policy_set import PolicySet
from pdp.server.barrier import ExceptionBarrier
from pdp.server.comparing import PoliciesCompared
from pdp.server.events import Event, json_log, log_libraries_too
from pdp.server.facts import WATCHERS, WATCHES, Facts
from pdp.server.following import FixedPolicies, Follower, Following
from pdp.server.gate import Gate
from pdp.server.health import health_of
from pdp.server.inline_calls import InlineCalls, can_serve_inline
from pdp.server.lanes import lanes
from pdp.server.leading import Leader
from pdp.server.link import Link
from pdp.server.listening import is_loopback, listen_on, options
from pdp.server.load import Load
from pdp.server.methods import SERVICES, add_contract, streams
from pdp.server.names import path_of
from pdp.server.policies import PoliciesInForce
from pdp.server.port_group import SharedPort, cores
from pdp.server.running_server import LAST_SECONDS, RunningServer, does_end
from pdp.server.security import OPEN, Security
from pdp.server.services import Services, ServicesInForce
from pdp.server.serving_settings import ServingSettings, SharingSettings
from pdp.server.status import status_of
from pdp.server.store_waiting import StoreWaiting
from pdp.server.tls import check_tls
from pdp.server.workers import EXIT_OK, EXIT_TROUBLE, Workers
from pdp.wire.words import Words

CALLS_PER_THREAD: Final = 32
"""So many calls may be under way for each thread, the waiting ones included; more are refused at once."""

NOT_WAITED: Final = (("pdp-log-wait", "off"),)
"""Told with every answer where answers do not wait for their records."""

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def _fixed(in_force: ServicesInForce) -> Following:
    return FixedPolicies(Standing.of(in_force.point.policies, datetime.now(UTC)))


def start(
    point: DecisionPoint,
    words: Words,
    settings: ServingSettings,
    log: FilteringBoundLogger,
    *,
    facts: FactStore | None = None,
    shared: str = "",
    security: Security = OPEN,
    follow: Callable[[ServicesInForce], Following] = _fixed,
) -> RunningServer:
    """Return a server that answers for *point* from now on, on the address *shared* with others if there is one.

    Without a store of *facts* FactService is not served. *follow* is given the services in force and returns what
    changes them; by default nothing does. Raises InvalidSettingsError when it cannot listen where *settings* say.
    """
    maximum_calls = settings.threads * CALLS_PER_THREAD
    apart = lanes(settings.threads, maximum_calls, WATCHES, WATCHERS)
    load = Load(settings.memory_mib, lambda: apart.usual.waiting)
    in_force = ServicesInForce(Services(point, words, load))
    kept = None if facts is None else Facts(facts, lambda: in_force.point, words)
    operators = words.vocabulary.words(WordKind.OPERATOR)
    gate = Gate(security.callers, operators, log, has_certificates=security.has_certificates, load=load)
    patience = settings.default_deadline_ms / 1000
    told = () if settings.log_wait else NOT_WAITED
    barrier = ExceptionBarrier(log, apart.beside, gate, apart.usual, patience, told)
    server = grpc.server(
        apart.usual,
        interceptors=[barrier],
        options=options(maximum_calls, shares_port=bool(shared), connections=settings.connections),
        # A wall behind those of the lanes: no lane is refused for what waits in another.
        maximum_concurrent_rpcs=apart.most,
    )
    following = follow(in_force)
    policies, compared = PoliciesInForce(following, words, point.cache), PoliciesCompared(following, words)
    served = {**in_force.served, **policies.served, **compared.served, **({} if kept is None else kept.served)}
    add_contract(server, served, in_force.answered)
    health = health_of(operators, point.policies.keys())
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    address = listen_on(server, shared or settings.listen, security.credentials(log))
    if settings.reflection == "yes" or (settings.reflection == "loopback" and is_loopback(address)):
        names = (*(service.full_name for service in SERVICES), HEALTH, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
    inline = InlineCalls(
        server,
        maximum_calls,
        lambda error, path: status_of(error, path, log),
        gate.visit,
        apart.usual,
        load,
        patience,
        told,
    )
    if (point.at_once or point.cache.keeps) and can_serve_inline(server):
        for method, answer in in_force.answered.items():
            inline.add(path_of(method), answer, streams=streams(method))
    waiting = None if facts is None else StoreWaiting(facts, health, log)
    if waiting is not None:
        waiting.begin()
    point.cache.begin()
    server.start()
    inline.begin()
    security.begin(log)
    # Without what is kept every answer comes from the store: later, and as right.
    ending = [health.end, point.shadow.end, point.cache.end, barrier.end]
    ending += [] if kept is None or waiting is None else [kept.end, waiting.end]
    return RunningServer(server, health, tuple(ending), apart.all, address, security, waiting)


def serve(
    point: DecisionPoint,
    words: Words,
    settings: ServingSettings,
    *,
    facts: FactStore | None = None,
    security: Security = OPEN,
    on_ready: Callable[[str], None] = lambda _address: None,
) -> int:
    """Answer in this process until SIGTERM or SIGINT, then drain; return the exit code.

    Only the main thread may call this. *on_ready* is told the address once the server answers and can use the store. A
    second signal, or the end of the grace, breaks off what is still under way; where even that does not end it, so does
    the process.
    """
    log = json_log()
    log_libraries_too()

    def ready(server: RunningServer) -> None:
        def stored() -> None:
            _announce_ready(point.policies, server.address, log)
            on_ready(server.address)

        _announce(point.policies, words, log, security)
        if not server.has_store:
            _announce_ready(point.policies, server.address, log, event=Event.NOT_READY)
        server.when_stored(stored)

    return _answer(point, words, settings, log, ready, security, facts=facts)


def serve_with_workers(
    point: DecisionPoint,
    words: Words,
    settings: SharingSettings,
    keeper: PolicyKeeper,
    judge: PolicyJudge,
    *,
    facts: FactStore | None = None,
    security: Security = OPEN,
    on_ready: Callable[[str], None] = lambda _address: None,
) -> int:
    """Answer in `settings.workers` processes, each on a core of its own, until a signal comes; return the exit code.

    As `serve`; *on_ready* is told once all of them answer and can use the store. The policies are those that *keeper*
    holds: it looks at the folders again and again, and every worker follows it, building sets with *judge*.
    """
    log = json_log()
    log_libraries_too()
    try:
        if security.tls is not None:
            check_tls(security.tls)
        port = SharedPort(settings.listen, settings.port_group, keeper.standing.revision, anywhere=security.anywhere)
    except InvalidSettingsError as error:
        return _not_started(error, log)
    own = cores()

    def work(link: Link) -> int:
        standing = keeper.standing  # as it was when this process was forked
        followers: list[Follower] = []

        def follow(in_force: ServicesInForce) -> Following:
            followers.append(Follower(link, in_force, standing, judge, words, port, log))
            return followers[0]

        def ready(server: RunningServer) -> None:
            core = min(os.sched_getaffinity(0))
            revision = standing.revision
            log.info(Event.WORKER_READY.value, address=server.address, revision=revision, pid=os.getpid(), core=core)
            followers[0].begin(server.health, has_store=server.has_store)
            server.when_stored(followers[0].tell_stored)

        renewed = point.with_policies(standing.sets)
        return _answer(renewed, words, settings, log, ready, security, facts=facts, shared=port.address, follow=follow)

    def all_answer(pids: tuple[int, ...]) -> None:
        _announce_ready(keeper.standing.sets, port.address, log, pids, event=Event.NOT_READY)

    def all_ready(pids: tuple[int, ...]) -> None:
        _announce_ready(keeper.standing.sets, port.address, log, pids)
        on_ready(port.address)

    _announce(point.policies, words, log, security)
    # What is loaded stays: the collector would look through it again and again, and unshare its pages by doing so.
    gc.collect()
    gc.freeze()
    placed = tuple(own[number % len(own)] for number in range(settings.workers))
    leader = Leader(keeper, port, log, settings.watch_seconds)
    code = Workers(work, placed, leader, log).serve(all_ready, all_answer)
    port.close()
    log.info(Event.STOPPED.value)
    return code


def _answer(
    point: DecisionPoint,
    words: Words,
    settings: ServingSettings,
    log: FilteringBoundLogger,
    on_ready: Callable[[RunningServer], None],
    security: Security,
    *,
    facts: FactStore | None = None,
    shared: str = "",
    follow: Callable[[ServicesInForce], Following] = _fixed,
) -> int:
    with _caught_signals() as signals:
        try:
            server = start(point, words, settings, log, facts=facts, shared=shared, security=security, follow=follow)
        except InvalidSettingsError as error:
            return _not_started(error, log)
        on_ready(server)
        _drain(server, signals, settings.grace_seconds, log)
        has_finished = server.has_finished()
        point.log.end()
        if not has_finished:
            log.error(Event.STOPPED_UNFINISHED.value)
            _leave(EXIT_TROUBLE)
    if not shared:
        log.info(Event.STOPPED.value)
    return EXIT_OK


def _not_started(error: InvalidSettingsError, log: FilteringBoundLogger) -> int:
    log.error(Event.NOT_STARTED.value, mistakes=error.mistakes)
    return EXIT_TROUBLE


def _announce(policies: Mapping[str, PolicySet], words: Words, log: FilteringBoundLogger, security: Security) -> None:
    for operator in words.vocabulary.words(WordKind.OPERATOR):
        if operator not in policies:
            log.warning(Event.OPERATOR_NOT_SERVED.value, operator=operator)
    if security.callers is None:
        log.warning(
            Event.OPEN_TO_LOCAL.value,
            message="no callers are configured: whoever connects is the caller `local`, which may do everything",
        )


def _announce_ready(
    policies: Mapping[str, PolicySet],
    address: str,
    log: FilteringBoundLogger,
    workers: tuple[int, ...] = (),
    event: Event = Event.READY,
) -> None:
    log.info(
        event.value,
        address=address,
        revision=revision_of(policies),
        pid=os.getpid(),
        workers=list(workers),
        tiers={operator: policy.tier for operator, policy in sorted(policies.items())},
    )


def _drain(
    server: RunningServer, signals: "queue.SimpleQueue[int]", grace_seconds: int, log: FilteringBoundLogger
) -> None:
    """Wait for a signal and let *server* finish; a second signal hurries it."""
    first = signals.get()
    log.info(Event.DRAINING.value, signal=signal.Signals(first).name, grace_seconds=grace_seconds)
    ended = server.drain(grace_seconds)
    _call_when(ended, lambda: signals.put(0))
    try:
        second = signals.get(timeout=grace_seconds + LAST_SECONDS)
    except queue.Empty:  # an answer that does not come back holds up the end of everything
        return
    if second:
        log.warning(Event.HURRIED.value, signal=signal.Signals(second).name)
        does_end(lambda: server.drain(None))


def _call_when(event: threading.Event, then: Callable[[], None]) -> None:
    def wait() -> None:
        event.wait()
        then()

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def _caught_signals() -> Iterator["queue.SimpleQueue[int]"]:
    """Put the signals that end a server into a queue, whose `put` alone may be called from a signal handler."""
    caught: queue.SimpleQueue[int] = queue.SimpleQueue()

    def catch(number: int, _frame: FrameType | None) -> None:
        caught.put(number)

    before = {number: signal.signal(number, catch) for number in _SIGNALS}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(code: int) -> NoReturn:
    """End the process without waiting for threads that do not come back."""
    os._exit(code)
