"""A server over the kindergarten's policies, for every test that only asks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from pdp.api.v1 import decision_pb2
from pdp.decision_point import DecisionPoint
from pdp.server import RunningServer
from pdp.settings import Settings
from pdp.wire.json_form import check_request_from_dict
from pdp.wire.words import Words
from pdp.wiring.deciding import decision_point
from pdp.wiring.folders import Policies, load_policies
from pdp.wiring.words import load_words
from tests.system.running import connected, running

POLICIES = Path(__file__).parents[2] / "policies"


@pytest.fixture(scope="session")
def words() -> Words:
    """Return the words of the package."""
    return load_words()


@pytest.fixture(scope="session")
def policies(words: Words) -> Policies:
    """Return the policies of this repository, which take longer to read than most tests take."""
    return load_policies(POLICIES, words)


@pytest.fixture(scope="session")
def point(policies: Policies) -> DecisionPoint:
    """Return a decision point over the policies of this repository that keeps no records."""
    return decision_point(Settings(decision_log="none"), policies)


@pytest.fixture(scope="session")
def server(point: DecisionPoint, words: Words) -> Iterator[RunningServer]:
    """Serve the decision point on a free port."""
    with running(point, words) as server:
        yield server


@pytest.fixture
def channel(server: RunningServer) -> Iterator[grpc.Channel]:
    """Connect to the server."""
    with connected(server.address) as channel:
        yield channel


@pytest.fixture(scope="session")
def asked() -> list[decision_pb2.CheckRequest]:
    """Return the requests of the kindergarten's cases."""
    cases: list[dict[str, Any]] = json.loads((POLICIES / "kidsonline" / "cases.json").read_text("utf-8"))
    return [check_request_from_dict(case["request"]) for case in cases]
