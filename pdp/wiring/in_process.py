"""Decision points that answer in the process that asks: they keep no records, and nothing of what they read."""

from pdp.core.ports import FactSource
from pdp.decision_point import DecisionPoint
from pdp.wiring.folders import Policies
from pdp_adapters.no_decision_log import NoDecisionLog
from pdp_adapters.no_stored_facts import NoStoredFacts
from pdp_adapters.system_clock import SystemClock


def point_in_process(policies: Policies, facts: FactSource | None = None) -> DecisionPoint:
    """Return a decision point of *policies* over *facts* (None: nothing is stored) that keeps no records."""
    return DecisionPoint(policies.sets, NoStoredFacts() if facts is None else facts, SystemClock(), NoDecisionLog())
