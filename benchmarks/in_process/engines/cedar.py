"""Cedar, through cedarpy: policies and entities are parsed once."""

import cedarpy

from benchmarks.access import Access
from benchmarks.in_process.engines import Ask
from benchmarks.renderings import cedar_entities, cedar_policies


def load(access: Access) -> Ask:
    """Return the question to Cedar's authorizer."""
    policies = cedarpy.PolicySet.from_str(cedar_policies(access))
    entities = cedarpy.Entities.from_json_str(cedar_entities(access))

    def ask(user: str, data: str, action: str) -> bool:
        request = {
            "principal": {"type": "User", "id": user},
            "action": {"type": "Action", "id": action},
            "resource": {"type": "Data", "id": data},
        }
        answer = cedarpy.is_authorized(request, policies, entities)
        if answer.diagnostics.errors:
            raise ValueError(answer.diagnostics.errors)
        return bool(answer.allowed)

    return ask
