"""Policies: what is in force, what was refused and what was found, as wire messages."""

from collections.abc import Iterable, Mapping

from pdp.activation import Active, Standing
from pdp.api.v1 import policies_pb2
from pdp.core.finding import Finding
from pdp.core.text import Text
from pdp.policy_set import ENGINE_VERSION
from pdp.wire.findings import finding_to_wire
from pdp.wire.instants import timestamp_from_instant
from pdp.wire.json_form import check_request_from_dict


def difference_to_wire(
    change: str, message: Text, decisions: int, witness: Mapping[str, object] | None
) -> policies_pb2.DiffGroup:
    """Return a group of differences as a message; *witness* is a request as protobuf JSON."""
    request = None if witness is None else check_request_from_dict(witness)
    return policies_pb2.DiffGroup(change=change, message=dict(message.as_map()), witness=request, decisions=decisions)


def active_to_wire(active: Active) -> policies_pb2.OperatorPolicy:
    """Return a policy set in force as a message."""
    policy = active.policy
    return policies_pb2.OperatorPolicy(
        operator=policy.operator,
        revision=policy.revision,
        files=[
            policies_pb2.PolicyFileDigest(path=_from_above(name, policy.operator), digest=digest)
            for name, digest in sorted(policy.files.items())
        ],
        rules=len(policy.rules),
        clauses=len({rule.clause for rule in policy.rules.values()}),
        tier=policy.tier,
        activated_at=timestamp_from_instant(active.since),
        activated_by=active.by,
        engine_version=ENGINE_VERSION,
    )


def standing_message(standing: Standing, workers: Mapping[int, str]) -> policies_pb2.GetPolicySetResponse:
    """Return what was refused, and the revision of each of *workers* by process id; not what is in force."""
    return policies_pb2.GetPolicySetResponse(
        refused=[
            policies_pb2.RefusedPolicy(
                operator=operator,
                digest=refused.digest,
                refused_at=timestamp_from_instant(refused.at),
                findings=[finding_to_wire(finding) for finding in refused.findings],
            )
            for operator, refused in sorted(standing.refused.items())
        ],
        workers=[policies_pb2.WorkerRevision(pid=pid, revision=revision) for pid, revision in sorted(workers.items())],
    )


def reload_response(revision: str, findings: Iterable[Finding], activated: bool) -> policies_pb2.ReloadResponse:
    """Return what became of a reload after which *revision* is in force."""
    return policies_pb2.ReloadResponse(
        revision=revision, findings=[finding_to_wire(finding) for finding in findings], activated=activated
    )


def _from_above(name: str, operator: str) -> str:
    """Return the path from the policies folder of a file that a policy set knows from within its own folder."""
    folder, _, file = name.rpartition("/")
    if folder == "shared":
        return name
    return f"{folder}/{operator}/{file}" if folder else f"{operator}/{name}"
