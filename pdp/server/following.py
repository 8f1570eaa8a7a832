"""A worker's part in a change of policy: it builds the new set beside its answers, and swaps when it is told to."""

import itertools
import queue
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from structlog.typing import FilteringBoundLogger

from pdp.activation import Active, Candidate, PolicyJudge, Standing
from pdp.activation.candidate import File
from pdp.api.v1 import policies_pb2
from pdp.core.errors import NotImplementedYetError, UnavailableError
from pdp.policy_set import PolicySet
from pdp.server.beside_answers import beside_answers
from pdp.server.events import Event
from pdp.server.health import Health
from pdp.server.link import Kind, Link, Message
from pdp.server.port_group import Claim
from pdp.server.services import Services, ServicesInForce
from pdp.wire.words import Words


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is built and not in force yet."""

    policy: PolicySet
    by: str
    services: Services
    files: tuple[File, ...]


class Following(Protocol):
    """What the server has to know about changes of its policies."""

    @property
    def standing(self) -> Standing:
        """Return what is in force in this process."""

    @property
    def told(self) -> policies_pb2.GetPolicySetResponse:
        """Return what was refused, and the revision of each process."""

    def reload(self, operator: str, by: str, seconds: float) -> policies_pb2.ReloadResponse:
        """Read the files of *operator* again for the caller *by* and return what became of it.

        Raises UnavailableError when that takes more than *seconds*.
        """


class FixedPolicies:
    """The policies of a server that goes on with those that it was started with."""

    def __init__(self, standing: Standing) -> None:
        self.standing: Final = standing
        self.told: Final = policies_pb2.GetPolicySetResponse()

    def reload(self, operator: str, by: str, seconds: float) -> policies_pb2.ReloadResponse:
        """Refuse."""
        raise NotImplementedYetError("this server does not read its policies again")


class Follower:
    """Follows the parent at the other end of *link*: what answers is *in_force*, of the policies of *standing*.

    *claim* is this process's part in the claim on the port.
    """

    def __init__(
        self,
        link: Link,
        in_force: ServicesInForce,
        standing: Standing,
        judge: PolicyJudge,
        words: Words,
        claim: Claim,
        log: FilteringBoundLogger,
    ) -> None:
        self.standing = standing
        self.told = policies_pb2.GetPolicySetResponse()
        self.health: Health | None = None
        self._link = link
        self._in_force = in_force
        self._judge = judge
        self._words = words
        self._claim = claim
        self._log = log
        self._prepared: dict[int, _Prepared] = {}
        self._asks = itertools.count(1)
        self._answers: dict[int, queue.SimpleQueue[policies_pb2.ReloadResponse]] = {}

    def begin(self, health: Health, *, has_store: bool = True) -> None:
        """Follow from now on, in a thread of its own, and keep *health* true; then say that this process answers."""
        self.health = health
        threading.Thread(target=self._follow, name="following", daemon=True).start()
        self._link.send(Message(Kind.READY, {"revisions": self._revisions(), "stored": has_store}))

    def tell_stored(self) -> None:
        """Say that this process can use the store."""
        with suppress(OSError):  # the parent has gone, and this process goes with it
            self._link.send(Message(Kind.STORED))

    def reload(self, operator: str, by: str, seconds: float) -> policies_pb2.ReloadResponse:
        """Let the parent read the files of *operator* again, and return what became of it once all workers follow."""
        ask = next(self._asks)
        answer: queue.SimpleQueue[policies_pb2.ReloadResponse] = queue.SimpleQueue()
        self._answers[ask] = answer
        try:
            self._link.send(Message(Kind.RELOAD, {"ask": ask, "operator": operator, "by": by}))
            return answer.get(timeout=seconds)
        except (queue.Empty, OSError) as error:
            raise UnavailableError("the reload is not done yet") from error
        finally:
            del self._answers[ask]

    def _follow(self) -> None:
        try:
            while (message := self._link.receive()) is not None:
                self._hear(message)
        # FAIL CLOSED (one revision for all): the parent ends a process whose link is closed, and starts another.
        except BaseException:
            self._log.exception(Event.WORKER_FAILED.value)
            self._link.close()
            raise

    def _hear(self, message: Message) -> None:
        says = message.says
        if message.kind is Kind.PREPARE:
            self._prepare(says, message)
        elif message.kind is Kind.ACTIVATE:
            self._activate(says["change"], datetime.fromisoformat(says["since"]))
        elif message.kind is Kind.ADOPT:
            self._prepared[0] = self._built(says, message)
            self._activate(0, datetime.fromisoformat(says["since"]))
        elif message.kind is Kind.DROP:
            self._prepared.pop(says["change"], None)
        elif message.kind is Kind.STANDING:
            self._tell(policies_pb2.GetPolicySetResponse.FromString(message.files[0][1]))
        elif message.kind is Kind.RELOADED and says["ask"] in self._answers:
            self._answers[says["ask"]].put(policies_pb2.ReloadResponse.FromString(message.files[0][1]))

    def _prepare(self, says: Mapping[str, Any], message: Message) -> None:
        change = says["change"]
        try:
            prepared = self._built(says, message)
        except Exception as error:  # noqa: BLE001  # told to the parent, which then lets everything stay as it is
            self._link.send(Message(Kind.PREPARED, {"change": change, "error": f"{type(error).__name__}: {error}"}))
            return
        self._prepared[change] = prepared
        self._link.send(Message(Kind.PREPARED, {"change": change, "revision": prepared.policy.revision}))

    def _built(self, says: Mapping[str, Any], message: Message) -> "_Prepared":
        with beside_answers():
            policy = self._judge.build(Candidate(says["operator"], message.files))
            point = self._in_force.point
            policies = {**point.policies, policy.operator: policy}
            services = Services(point.with_policies(policies), self._words, self._in_force.load)
        return _Prepared(policy, says["by"], services, message.files)

    def _activate(self, change: int, since: datetime) -> None:
        prepared = self._prepared.pop(change)
        standing = self.standing.with_active(Active(prepared.policy, since, prepared.by, prepared.files))
        self._claim.begin(standing.revision)
        self._in_force.put(prepared.services)
        self.standing = standing
        self._claim.end()
        if self.health is not None:
            self.health.tell(self.standing.active.keys(), {refused.operator for refused in self.told.refused})
        self._link.send(Message(Kind.FOLLOWED, {"change": change, "revisions": self._revisions()}))

    def _tell(self, told: policies_pb2.GetPolicySetResponse) -> None:
        self.told = told
        if self.health is not None:
            self.health.tell(self.standing.active.keys(), {refused.operator for refused in told.refused})

    def _revisions(self) -> dict[str, str]:
        return {operator: active.policy.revision for operator, active in self.standing.active.items()}
