"""Decision points: settings in, a decision point out."""

import os
from importlib.metadata import version
from typing import Final

from pdp.caching import Answers, CachedFacts, KeptReadings
from pdp.caching.answers import KeptDecision
from pdp.caching.counters import Counters
from pdp.caching.forgetting import Forgetting
from pdp.caching.memory import Memory
from pdp.core.caches import NothingShared, Reading, SharedReadings
from pdp.core.errors import InvalidPolicyError
from pdp.core.ports import FactSource
from pdp.core.stores import FactStore
from pdp.decision_point import NO_SHADOW, DecisionPoint
from pdp.policy_set import ENGINE_VERSION
from pdp.server.events import Event, json_log
from pdp.settings import Settings
from pdp.shadow import ComparedInShadow, Report, Shadow
from pdp.wire.words import Words
from pdp.wiring.folders import Policies, load_policies
from pdp.wiring.logs import log_asked_for
from pdp_adapters.cache_keys import CacheKeys
from pdp_adapters.memory_facts import MemoryFacts
from pdp_adapters.no_stored_facts import NoStoredFacts
from pdp_adapters.sql_facts import SqlFacts
from pdp_adapters.system_clock import SystemClock

_MEGABYTE: Final = 1 << 20


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
    kept: Memory[Reading] = Memory(policies.sets, half)
    decisions: Memory[KeptDecision] = Memory(policies.sets, half)
    readings = KeptReadings(kept, store.freshness, counters)
    answers = Answers(readings, decisions, counters, shared, Forgetting((kept, decisions)))
    facts = CachedFacts(store, readings, shared)
    return DecisionPoint(policies.sets, facts, SystemClock(), log_asked_for(settings, store.log_heads), shadow, answers)


def _shared_readings(settings: Settings) -> SharedReadings:
    if not settings.redis:
        return NothingShared()
    # imported where a Redis is used, and nowhere else
    from pdp_adapters.redis_address import connector
    from pdp_adapters.redis_readings import RedisReadings

    keys = CacheKeys.made_up() if settings.cache_keys is None else CacheKeys.read(settings.cache_keys)
    return RedisReadings(connector(settings.redis), keys, f"{version('promise-pdp')}/{ENGINE_VERSION}")
