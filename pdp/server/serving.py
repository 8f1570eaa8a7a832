"""The life of a server: it starts, says that it is ready, answers, drains and stops."""

import gc
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import grpc
from google.rpc import status_pb2
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH
from grpc_reflection.v1alpha import reflection
from structlog.typing import FilteringBoundLogger

from pdp.activation import PolicyJudge, PolicyKeeper, Standing
from pdp.core.errors import InvalidSettingsError
from pdp.core.stores import FactStore
from pdp.core.vocabulary import WordKind
from pdp.decision_point import DecisionPoint
from pdp.metrics import UNMETERED, Metering
from pdp.server.announcing import announce, announce_ready
from pdp.server.barrier import ExceptionBarrier
from pdp.server.clock_watch import ClockWatch
from pdp.server.comparing import PoliciesCompared
from pdp.server.core_operations import can_serve_inline
from pdp.server.delaying import Delaying
from pdp.server.draining import drain, leave
from pdp.server.ending_signals import ending_signals
from pdp.server.event_order import order_events, ordered_queues
from pdp.server.events import Event, json_log, log_libraries_too
from pdp.server.facts import WATCHERS, WATCHES, Facts
from pdp.server.following import FixedPolicies, Follower, Following
from pdp.server.gate import Gate
from pdp.server.health import health_of
from pdp.server.inline_calls import InlineCalls
from pdp.server.lanes import lanes
from pdp.server.leading import Leader
from pdp.server.link import Link
from pdp.server.listening import is_loopback, listen_on, options
from pdp.server.load import Load
from pdp.server.methods import SERVICES, add_contract, streams
from pdp.server.metrics_page import MetricsPage, OwnNumbers, metering_of
from pdp.server.names import path_of
from pdp.server.policies import PoliciesInForce
from pdp.server.port_group import SharedPort, cores
from pdp.server.running_server import Ending, RunningServer
from pdp.server.sampling import Sampling, samples_of
from pdp.server.security import OPEN, Security
from pdp.server.services import Services, ServicesInForce
from pdp.server.serving_settings import ServingSettings, SharingSettings
from pdp.server.status import reason_of, status_of
from pdp.server.store_waiting import StoreWaiting
from pdp.server.tls import check_tls
from pdp.server.tracing import NOTHING_TRACED, Tracing
from pdp.server.under_way import UnderWay
from pdp.server.workers import EXIT_OK, EXIT_TROUBLE, Workers
from pdp.wire.words import Words

CALLS_PER_THREAD: Final = 32
"""So many calls may be under way for each thread, the waiting ones included; more are refused at once."""

NOT_WAITED: Final = (("pdp-log-wait", "off"),)
"""Told with every answer where answers do not wait for their records."""


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
    metering: Metering = UNMETERED,
    tracing: Tracing = NOTHING_TRACED,
) -> RunningServer:
    """Return a server that answers for *point* from now on, on the address *shared* with others if there is one.

    Without a store of *facts* FactService is not served. *follow* is given the services in force and returns what
    changes them; by default nothing does. *metering* counts what is answered and refused, *tracing* follows it.
    Raises InvalidSettingsError when it cannot listen where *settings* say.
    """
    tally = tracing.beside(metering)
    if tally is not UNMETERED:
        point = point.counted_by(tally)
    maximum_calls = settings.threads * CALLS_PER_THREAD
    apart = lanes(settings.threads, maximum_calls, WATCHES, WATCHERS)
    load = Load(settings.memory_mib, lambda: apart.usual.waiting)
    in_force = ServicesInForce(Services(point, words, load))
    kept = None if facts is None else Facts(facts, lambda: in_force.point, words)
    operators = words.vocabulary.words(WordKind.OPERATOR)
    gate = Gate(security.callers, operators, log, has_certificates=security.has_certificates, load=load)
    patience = settings.default_deadline_ms / 1000
    told = () if settings.log_wait else NOT_WAITED
    under_way, delaying = UnderWay(), Delaying()
    beside, usual = apart.beside, apart.usual
    barrier = ExceptionBarrier(log, beside, gate, usual, patience, told, metering, tracing, under_way, delaying)
    with ordered_queues():
        server = grpc.server(
            usual,
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
    health.tell_revision(lambda: following.standing.revision)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    address = listen_on(server, shared or settings.listen, security.credentials(log))
    if settings.reflection == "yes" or (settings.reflection == "loopback" and is_loopback(address)):
        names = (*(service.full_name for service in SERVICES), HEALTH, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)

    def refuse(error: BaseException, path: str) -> status_pb2.Status:
        metering.refused(reason_of(error))
        return status_of(error, path, log)

    inline = InlineCalls(
        server,
        maximum_calls,
        refuse,
        tracing.admitting(gate.visit),
        usual,
        load,
        patience,
        told,
        metering,
        under_way,
        delaying,
    )
    if (point.at_once or point.cache.keeps) and can_serve_inline(server):
        order_events(server, inline.ranks.of, lambda: inline.under_way, inline.pace)
        for method, answer in in_force.answered.items():
            inline.add(path_of(method), tracing.answering(method, answer), streams=streams(method))
    waiting = None if facts is None else StoreWaiting(facts, health, log)
    if waiting is not None:
        waiting.begin()
    point.cache.begin()
    server.start()
    inline.begin()
    security.begin(log)
    clock = ClockWatch(facts, health, log)
    clock.begin()
    sampling = Sampling(
        metering,
        samples_of(
            point, facts, clock, security.callers, lambda: waiting is None or waiting.is_there, inline, apart, load
        ),
    )
    sampling.begin()
    lasting = [health.end, inline.end_streams, *([] if kept is None else [kept.end])]
    last = [point.shadow.end, point.cache.end, clock.end, sampling.end, tracing.end]
    last += [] if waiting is None else [waiting.end]
    ending = Ending(under_way, tuple(lasting), tuple(last))
    return RunningServer(server, health, ending, apart.all, address, security, waiting)


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
            announce_ready(point.policies, server.address, log)
            on_ready(server.address)

        announce(point.policies, words, log, security)
        if not server.has_store:
            announce_ready(point.policies, server.address, log, event=Event.NOT_READY)
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
        operators = tuple(words.vocabulary.words(WordKind.OPERATOR))
        metering = metering_of(settings.metrics, settings.workers, operators)
        own = OwnNumbers(
            operators,
            settings.workers,
            lambda: keeper.standing,
            lambda: leader.answering,
            lambda: workers.died,
        )
        page = MetricsPage(settings.metrics, metering, own)
    except InvalidSettingsError as error:
        return _not_started(error, log)

    def work(link: Link, place: int) -> int:
        page.leave()
        metering.take(place)
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
        return _answer(
            renewed,
            words,
            settings,
            log,
            ready,
            security,
            facts=facts,
            shared=port.address,
            follow=follow,
            metering=metering,
        )

    def all_answer(pids: tuple[int, ...]) -> None:
        announce_ready(keeper.standing.sets, port.address, log, pids, event=Event.NOT_READY)

    def all_ready(pids: tuple[int, ...]) -> None:
        announce_ready(keeper.standing.sets, port.address, log, pids, metrics=page.address)
        on_ready(port.address)

    announce(point.policies, words, log, security)
    # What is loaded stays: the collector would look through it again and again, and unshare its pages by doing so.
    gc.collect()
    gc.freeze()
    allowed = cores()
    placed = tuple(allowed[number % len(allowed)] for number in range(settings.workers))
    leader = Leader(keeper, port, log, settings.watch_seconds)
    workers = Workers(work, placed, leader, log, lambda: page.undisturbed)
    page.begin()
    code = workers.serve(all_ready, all_answer)
    page.end()
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
    metering: Metering = UNMETERED,
) -> int:
    with ending_signals() as signals:
        if not security.is_renewed(log, lambda seconds: signals.wait(seconds) is not None):
            return EXIT_OK
        try:
            server = start(
                point,
                words,
                settings,
                log,
                facts=facts,
                shared=shared,
                security=security,
                follow=follow,
                metering=metering,
                tracing=_tracing(settings),
            )
        except InvalidSettingsError as error:
            return _not_started(error, log)
        on_ready(server)
        drain(server, signals, settings.grace_seconds, log)
        has_finished = server.has_finished()
        point.log.end()
        if not has_finished:
            log.error(Event.STOPPED_UNFINISHED.value)
            leave(EXIT_TROUBLE)
    if not shared:
        log.info(Event.STOPPED.value)
    return EXIT_OK


def _tracing(settings: ServingSettings) -> Tracing:
    """Return what traces in this process, as *settings* say; raise InvalidSettingsError where it is not installed."""
    if not settings.traces:
        return NOTHING_TRACED
    try:
        from pdp.server.otlp import traced_calls  # imported where calls are traced, and nowhere else
    except ImportError as error:
        raise InvalidSettingsError(["traces: pip install 'promise-pdp[traces]'"]) from error
    return traced_calls(settings.traces, settings.trace_percent)


def _not_started(error: InvalidSettingsError, log: FilteringBoundLogger) -> int:
    log.error(Event.NOT_STARTED.value, mistakes=error.mistakes)
    return EXIT_TROUBLE
