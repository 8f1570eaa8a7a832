"""PolicyService: what is in force."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import grpc

from pdp.api.v1 import policies_pb2
from pdp.core.caches import NOT_KEPT, NOTHING_KEPT, Cache
from pdp.core.errors import NoPolicyError
from pdp.core.vocabulary import WordKind
from pdp.policy_set import ENGINE_VERSION, HOUSE, PolicySet
from pdp.server.methods import Serve
from pdp.wire.entities import word
from pdp.wire.instants import timestamp_from_instant
from pdp.wire.reading import Reading
from pdp.wire.words import Words

ACTIVATED_BY: Final = "server"
"""Who put a policy set in force that was there when the server started."""

_SERVICE: Final = policies_pb2.DESCRIPTOR.services_by_name["PolicyService"].full_name


class PoliciesInForce:
    """Serves the methods of PolicyService that this version knows, for policy sets in force since *since*."""

    def __init__(
        self, policies: Mapping[str, PolicySet], words: Words, since: datetime, cache: Cache = NOTHING_KEPT
    ) -> None:
        self._cache = cache
        self._policies = policies
        self._words = words
        self._since = since

    @property
    def served(self) -> Mapping[str, Serve]:
        """Return the methods by full name."""
        return {f"{_SERVICE}.GetPolicySet": self.get_policy_set}

    def get_policy_set(
        self, message: policies_pb2.GetPolicySetRequest, _context: grpc.ServicerContext
    ) -> policies_pb2.GetPolicySetResponse:
        """Return what is in force: of one operator, or of all that have a valid policy set.

        Raises InvalidRequestError for an unknown operator and NoPolicyError for one without a valid set.
        """
        reading = Reading(self._words, self._words.of(message.operator))
        reading.check_known_fields(message, "")
        if message.operator:
            word(reading, WordKind.OPERATOR, message.operator, "operator")
        reading.finish()
        if message.operator and message.operator not in self._policies:
            raise NoPolicyError(message.operator)
        asked = [message.operator] if message.operator else sorted(self._policies)
        in_force = [self._in_force(self._policies[one]) for one in asked]
        return policies_pb2.GetPolicySetResponse(policies=in_force, cache=_use_of(self._cache))

    def _in_force(self, policy: PolicySet) -> policies_pb2.OperatorPolicy:
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
            activated_at=timestamp_from_instant(self._since),
            activated_by=ACTIVATED_BY,
            engine_version=ENGINE_VERSION,
        )


def _use_of(cache: Cache) -> policies_pb2.CacheUse:
    return policies_pb2.CacheUse(
        keeps=cache.keeps,
        shared=cache.shared,
        counted=cache.counted(),
        not_kept=[policies_pb2.NotKept(what=what, message={"vi": why.vi, "en": why.en}) for what, why in NOT_KEPT]
        if cache.keeps
        else [],
    )


def _from_above(name: str, operator: str) -> str:
    """Return the path from the policies folder of a file that a policy set knows from within its own folder."""
    folder, _, base = name.rpartition("/")
    if folder == HOUSE:
        return f"{HOUSE}/{operator}/{base}"
    return name if folder else f"{operator}/{name}"
