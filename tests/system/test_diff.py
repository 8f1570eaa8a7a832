"""PolicyService.Diff over a real connection: what an edit changes, within bounds, and never past them."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from pdp.activation import BY_SERVER, Active, Standing
from pdp.analysis import apart as comparing_apart
from pdp.analysis.apart import Apart, NotComparedError
from pdp.api.v1 import decision_pb2, policies_pb2
from pdp.decision_point import DecisionPoint
from pdp.server import comparing
from pdp.server.following import FixedPolicies
from pdp.server.services import ServicesInForce
from pdp.wire.words import Words
from tests.system.running import CHECK, Answer, ask, connected, refusal, running
from tests.unit.policy_set.small_folder import build, the_files

DIFF = "/pdp.api.v1.PolicyService/Diff"
OPERATOR = "kidsonline"
POLICY = f"{OPERATOR}/policy.csv"
SECONDS = 60.0

pytestmark = pytest.mark.timeout(120)


def standing() -> Standing:
    """Return the small folder in force."""
    policy = build(the_files())
    return Standing({OPERATOR: Active(policy, datetime.now(UTC), BY_SERVER, tuple(the_files().items()))})


@pytest.fixture(scope="module")
def address(words: Words) -> Iterator[str]:
    """Serve the small folder."""
    kept = standing()
    point = small_point(kept)
    with running(point, words, follow=lambda _in_force: FixedPolicies(kept)) as server:
        yield server.address


def small_point(kept: Standing) -> DecisionPoint:
    """Return what decides by the small folder over no facts."""
    from pdp_adapters.no_decision_log import NoDecisionLog
    from pdp_adapters.no_stored_facts import NoStoredFacts
    from pdp_adapters.system_clock import SystemClock

    return DecisionPoint(kept.sets, NoStoredFacts(), SystemClock(), NoDecisionLog())
