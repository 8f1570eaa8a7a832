"""A family whose mother has let the aunt in, behind a real server as `pdp serve` makes it, over a store that is broken."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import grpc

from pdp.api.v1 import decision_pb2
from pdp.settings import Settings
from pdp.wiring import Policies, fact_store, load_policies, served_decision_point
from tests.builders import (
    AUNT,
    CHILD,
    CLASS,
    KIDSONLINE,
    MOTHER,
    POLICIES,
    SCHOOL,
    a_containment,
    a_role,
    registered,
    the_words,
)
from tests.system.running import connected, refusal, running
from tests.system.test_facts_service import Client, client_of

ALLOW: Final = "ALLOW"
DENY: Final = "DENY"
RECOVERED_SECONDS: Final = 10.0
"""So soon it answers again, without a restart, once the fault is over."""

LONGEST_SECONDS: Final = 10.0
"""The deadline of every call here, that of `Client.check`."""


@dataclass(frozen=True)
class Family:
    """Calls a server about the family; *granted* is the id of the aunt's role."""

    client: Client
    granted: str

    def asked(self) -> str:
        """Return what becomes of the aunt's question: ALLOW, DENY, or the name of a status."""
        return outcome(self.client.check)

    def revoke(self, **more: Any) -> str:
        """Take the aunt's role away; return OK or the name of a status."""
        return outcome(self.client.delete, actor=MOTHER, ids=[self.granted], **more)

    def grant(self, **more: Any) -> str:
        """Let the aunt in; return OK or the name of a status."""
        return outcome(self.client.write, a_role(AUNT, "family_member", CHILD), actor=MOTHER, **more)

    def recovers(self, answer: str = ALLOW) -> float:
        """Wait until *answer* is given; return after how many seconds, and fail when it takes too long."""
        began = time.monotonic()
        while (found := self.asked()) != answer:
            assert time.monotonic() - began < RECOVERED_SECONDS, found
            time.sleep(0.05)
        return time.monotonic() - began


def outcome(call: Callable[..., Any], *arguments: Any, **more: Any) -> str:
    """Return what becomes of a call: the decision, OK, or the name of the status."""
    try:
        answer = call(*arguments, **more)
    except grpc.RpcError as error:
        return refusal(error).code.name
    if isinstance(answer, decision_pb2.CheckResponse):
        return ALLOW if answer.decision == decision_pb2.DECISION_ALLOW else DENY
    return "OK"


@cache
def policies() -> Policies:
    """Return the policy of the kindergarten."""
    return load_policies(POLICIES, the_words(), only=KIDSONLINE)


@contextmanager
def serving(url: str) -> Iterator[Client]:
    """Serve the store at *url*, with all that `pdp serve` keeps of it."""
    store = fact_store(url)
    point = served_decision_point(Settings(decision_log="none", store=url), policies(), store)
    try:
        with running(point, the_words(), facts=store) as server, connected(server.address) as channel:
            yield client_of(channel)
    finally:
        store.close()


@contextmanager
def family_at(url: str) -> Iterator[Family]:
    """Serve the store at *url* after the aunt was let in, which is answered."""
    with serving(url) as client:
        client.write(
            a_role(MOTHER, "primary_guardian", CHILD),
            *registered(MOTHER),
            *registered(AUNT),
            a_containment(CHILD, CLASS),
            a_containment(CLASS, SCHOOL),
        )
        written = client.write(a_role(AUNT, "family_member", CHILD), actor=MOTHER)
        family = Family(client, written.ids[0])
        assert family.asked() == ALLOW
        yield family
