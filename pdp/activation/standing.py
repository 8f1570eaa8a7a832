"""What is in force for every operator, and what was refused."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from pdp.activation.candidate import File
from pdp.core.finding import Finding
from pdp.policy_set import PolicySet

BY_SERVER: Final = "server"
"""Who put in force what the server found by itself: at its start, or because a folder had changed."""


@dataclass(frozen=True, slots=True)
class Active:
    """A policy set in force *since*, put there *by* somebody, the *files* it was built from and their *seal*."""

    policy: PolicySet
    since: datetime
    by: str
    files: tuple[File, ...] = field(default=(), repr=False)
    seal: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """What lies in the folder of *operator* and may not be put in force, refused *at*; *findings* say why."""

    operator: str
    digest: str
    at: datetime
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is *active* and what is *refused*, by operator; an immutable value, replaced whole."""

    active: Mapping[str, Active] = field(default_factory=dict)
    refused: Mapping[str, Refused] = field(default_factory=dict)

    @classmethod
    def of(cls, policies: Mapping[str, PolicySet], since: datetime) -> "Standing":
        """Return the standing in which the server has put *policies* in force."""
        return cls({operator: Active(policy, since, BY_SERVER) for operator, policy in policies.items()})

    @property
    def sets(self) -> Mapping[str, PolicySet]:
        """Return the policy sets in force."""
        return MappingProxyType({operator: active.policy for operator, active in self.active.items()})

    @property
    def revision(self) -> str:
        """Return one digest over the revisions of all operators."""
        return revision_of(self.sets)

    def with_active(self, active: Active) -> "Standing":
        """Return the standing with *active* in force, and what was refused of its operator forgotten."""
        operator = active.policy.operator
        return replace(self, active={**self.active, operator: active}, refused=_without(self.refused, operator))

    def with_refused(self, refused: Refused) -> "Standing":
        """Return the standing in which *refused* is known and what is in force stays."""
        # FAIL CLOSED (last good set): a refusal takes nothing out of force.
        return replace(self, refused={**self.refused, refused.operator: refused})


def revision_of(policies: Mapping[str, PolicySet]) -> str:
    """Return one digest over the revisions of *policies* by operator."""
    return revision_of_all({operator: policy.revision for operator, policy in policies.items()})


def revision_of_all(revisions: Mapping[str, str]) -> str:
    """Return one digest over *revisions* by operator."""
    lines = "".join(f"{operator}={revisions[operator]}\n" for operator in sorted(revisions))
    return hashlib.sha256(lines.encode()).hexdigest()


def _without(refused: Mapping[str, Refused], operator: str) -> Mapping[str, Refused]:
    return {other: kept for other, kept in refused.items() if other != operator}
