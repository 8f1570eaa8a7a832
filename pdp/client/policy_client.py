"""A client of PolicyService."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from pdp.api.v1 import policies_pb2, policies_pb2_grpc
from pdp.client.connection import Connected
from pdp.client.decision_client import as_error
from pdp.core.finding import Finding
from pdp.wire.findings import finding_from_wire
from pdp.wire.instants import instant_from_timestamp
from pdp.wire.json_form import message_to_json

STATUS_SECONDS: Final = 5.0
RELOAD_SECONDS: Final = 120.0
DIFF_SECONDS: Final = 90.0
_LEFT_OUT: Final = "pdp-groups-left-out"


@dataclass(frozen=True, slots=True)
class InForce:
    """The policy set of *operator* that a server answers from."""

    operator: str
    revision: str
    rules: int
    since: datetime
    by: str


@dataclass(frozen=True, slots=True)
class NotInForce:
    """What lies in the folder of *operator* and was refused *at*."""

    operator: str
    at: datetime
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ServerPolicies:
    """What a server says of its policies: by operator, and the revision of all by process id of each *worker*.

    *as_json* is the answer as it came.
    """

    in_force: tuple[InForce, ...]
    refused: tuple[NotInForce, ...]
    workers: dict[int, str]
    as_json: dict[str, Any]

    @property
    def workers_agree(self) -> bool:
        """Say whether all processes answer from one revision."""
        return len(set(self.workers.values())) <= 1


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What became of a reload after which *revision* is in force; *as_json* is the answer as it came."""

    revision: str
    activated: bool
    findings: tuple[Finding, ...]
    as_json: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WouldChange:
    """The groups of decisions that would change, each as it came: *change*, *message* and *decisions* of a DiffGroup.

    *left_out* groups, those that count least, are not told.
    """

    groups: tuple[dict[str, Any], ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Build:
    """The *version* of the program that a server runs, and the *revision* of all its policies."""

    version: str
    revision: str


class PolicyClient(Connected):
    """Asks the server at *address*, HOST:PORT, about its policies; any thread may use it."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._stub = policies_pb2_grpc.PolicyServiceStub(self._channel)

    def build(self) -> Build:
        """Return which program the server runs; raises ServerError when there is no answer."""
        stub: Any = health_pb2_grpc.HealthStub(self._channel)
        request = health_pb2.HealthCheckRequest(service="pdp.alive")
        try:
            _, call = stub.Check.with_call(request, timeout=STATUS_SECONDS)
        except grpc.RpcError as error:
            raise as_error(error) from None
        told = dict(call.trailing_metadata())
        return Build(told.get("pdp-version", ""), told.get("pdp-revision", ""))

    def policies(self, operator: str = "") -> ServerPolicies:
        """Return what is in force and what was refused: of *operator*, or of all.

        Raises InvalidRequestError for an unknown operator, and ServerError when there is no answer.
        """
        request = policies_pb2.GetPolicySetRequest(operator=operator)
        answer: policies_pb2.GetPolicySetResponse = self._call(self._stub.GetPolicySet, request, STATUS_SECONDS)
        return ServerPolicies(
            tuple(
                InForce(
                    one.operator, one.revision, one.rules, instant_from_timestamp(one.activated_at), one.activated_by
                )
                for one in answer.policies
            ),
            tuple(
                NotInForce(
                    one.operator, instant_from_timestamp(one.refused_at), tuple(map(finding_from_wire, one.findings))
                )
                for one in answer.refused
            ),
            {worker.pid: worker.revision for worker in answer.workers},
            message_to_json(answer),
        )

    def reload(self, operator: str) -> Reloaded:
        """Let the server read the folder of *operator* again; raises what `policies` raises."""
        request = policies_pb2.ReloadRequest(operator=operator)
        answer: policies_pb2.ReloadResponse = self._call(self._stub.Reload, request, RELOAD_SECONDS)
        findings = tuple(map(finding_from_wire, answer.findings))
        return Reloaded(answer.revision, answer.activated, findings, message_to_json(answer))

    def would_change(self, operator: str, files: Iterable[tuple[str, bytes]], most_groups: int = 0) -> WouldChange:
        """Return what would change if *files*, with paths from the policies folder, were in force.

        Raises what `policies` raises; InvalidRequestError holds the findings of files that are no valid policy.
        """
        sent = [policies_pb2.PolicyFile(path=path, content=content) for path, content in files]
        request = policies_pb2.DiffRequest(operator=operator, files=sent, max_groups=most_groups)
        try:
            call = self._stub.Diff(request, timeout=DIFF_SECONDS)
            groups = tuple(message_to_json(group) for group in call)
            after_them: Any = call.trailing_metadata() or ()
        except grpc.RpcError as error:
            raise as_error(error) from None
        return WouldChange(groups, int(dict(after_them).get(_LEFT_OUT, 0)))

    def _call(self, method: Any, request: object, seconds: float) -> Any:
        try:
            return method(request, timeout=seconds)
        except grpc.RpcError as error:
            raise as_error(error) from None
