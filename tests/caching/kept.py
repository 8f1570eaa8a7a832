"""Instances that keep what they read, made as the wiring makes them."""

from dataclasses import dataclass, replace

from pdp.caching import Answers, CachedFacts, KeptReadings
from pdp.caching.counters import Counters
from pdp.caching.memory import Memory
from pdp.core.caches import NothingShared, SharedReadings
from pdp.core.ports import DecisionLog
from pdp.core.request import Request
from pdp.decision_point import DecisionPoint
from pdp.shadow import NoShadow, Shadow
from pdp_adapters.cache_keys import CacheKeys
from pdp_adapters.no_decision_log import NoDecisionLog
from pdp_adapters.redis_address import connector
from pdp_adapters.redis_readings import RedisReadings
from pdp_adapters.sql_facts import SqlFacts
from tests.builders import KIDSONLINE, AlwaysAt, the_policy_set
from tests.freshness.places import the_standing

KEYS = CacheKeys({"one": bytes(range(32))})


@dataclass
class Instance:
    """A process that answers."""

    store: SqlFacts
    facts: CachedFacts
    answers: Answers
    point: DecisionPoint

    def count(self, name: str) -> int:
        """Return how often something happened."""
        return self.answers.counted()[name]


def instance_of(
    store: SqlFacts,
    shared: SharedReadings | None = None,
    megabytes: float = 8,
    readings: type = KeptReadings,
    log: DecisionLog | None = None,
    shadow: Shadow | None = None,
) -> Instance:
    """Return an instance over *store*."""
    shared = NothingShared() if shared is None else shared
    most = int(megabytes * (1 << 20))
    counters = Counters()
    operators = (KIDSONLINE, "homeid")
    the_standing(store)
    kept = readings(Memory(operators, most), store.freshness, counters)
    answers = Answers(kept, Memory(operators, most), counters, shared)
    facts = CachedFacts(store, kept, shared)
    policies = {KIDSONLINE: the_policy_set()}
    point = DecisionPoint(policies, facts, AlwaysAt(), log or NoDecisionLog(), shadow or NoShadow(), answers)
    return Instance(store, facts, answers, point)


def shared_in(address: str, keys: CacheKeys = KEYS, version: str = "1") -> RedisReadings:
    """Return what an instance shares in the Redis at *address*."""
    return RedisReadings(connector(address), keys, version)


def without_facts(request: Request) -> Request:
    """Return a request that brings no facts."""
    return replace(request, facts=())
