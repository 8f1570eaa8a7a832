"""A family whose mother has let the aunt in, behind `pdp serve`, over a store that something happens to."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import grpc

from pdp.api.v1 import decision_pb2, policies_pb2, policies_pb2_grpc
from tests.builders import AUNT, CHILD, CLASS, MOTHER, SCHOOL, a_containment, a_role, registered
from tests.faults.served import Served
from tests.system.running import connected, refusal
from tests.system.test_facts_service import Client, client_of
from tests.system.test_health_and_reflection import health

ALLOW: Final = "ALLOW"
DENY: Final = "DENY"
UNAVAILABLE: Final = "UNAVAILABLE"
RECOVERED_SECONDS: Final = 10.0
"""So soon it answers again, without a restart, once the fault is over."""

_PAUSE: Final = 0.05


@dataclass
class Family:
    """Calls a server about the family; *granted* is the id of the aunt's role."""

    server: Served
    channel: grpc.Channel
    client: Client
    granted: str = ""

    def asked(self, photo: int = 1) -> str:
        """Return what becomes of the aunt's question about a photo: ALLOW, DENY, or the name of a status."""
        resource = {"type": "child_photo", "id": f"anh-{photo}", "data_subject": CHILD}
        return outcome(self.client.check, resource=resource)

    def asked_of_all(self, photos: range) -> set[str]:
        """Return what becomes of several questions."""
        return {self.asked(photo) for photo in photos}

    def revoke(self, **more: Any) -> str:
        """Take the aunt's role away; return OK or the name of a status."""
        return outcome(self.client.delete, actor=MOTHER, ids=[self.granted], **more)

    def grant(self, **more: Any) -> str:
        """Let the aunt in; return OK or the name of a status."""
        try:
            written = self.client.write(a_role(AUNT, "family_member", CHILD), actor=MOTHER, **more)
        except grpc.RpcError as error:
            return refusal(error).code.name
        (self.granted,) = written.ids
        return "OK"

    def begin(self) -> None:
        """Write the family, with the aunt, anew."""
        self.client.write(
            a_role(MOTHER, "primary_guardian", CHILD),
            *registered(MOTHER),
            *registered(AUNT),
            a_containment(CHILD, CLASS),
            a_containment(CLASS, SCHOOL),
        )
        assert self.grant() == "OK"
        self.recovers(ALLOW)

    def recovers(self, answer: str, photo: int = 1) -> None:
        """Wait until *answer* is given; fail when it takes too long."""
        until(lambda: self.asked(photo), answer)

    def counted(self, name: str) -> int:
        """Return what the server has counted under *name*."""
        stub = policies_pb2_grpc.PolicyServiceStub(self.channel)
        answer = stub.GetPolicySet(policies_pb2.GetPolicySetRequest(), timeout=10)
        return int(answer.cache.counted[name])

    def health(self, service: str = "") -> int:
        """Return the health of a service, by default of the whole."""
        return health(self.channel, service)


def until(found: Callable[[], object], wanted: object) -> None:
    """Wait until *found* returns *wanted*; fail when it takes too long."""
    end = time.monotonic() + RECOVERED_SECONDS
    while (now := found()) != wanted:
        assert time.monotonic() < end, now
        time.sleep(_PAUSE)


def outcome(call: Callable[..., Any], *arguments: Any, **more: Any) -> str:
    """Return what becomes of a call: the decision, OK, or the name of the status."""
    try:
        answer = call(*arguments, **more)
    except grpc.RpcError as error:
        return refusal(error).code.name
    if isinstance(answer, decision_pb2.CheckResponse):
        return ALLOW if answer.decision == decision_pb2.DECISION_ALLOW else DENY
    return "OK"


@contextmanager
def family_at(server: Served) -> Iterator[Family]:
    """Give a family that calls *server*; nothing is written yet."""
    with connected(server.address) as channel:
        yield Family(server, channel, client_of(channel))
