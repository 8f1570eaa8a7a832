"""Situations as requests to Cerbos: one principal, any number of resources."""

from collections.abc import Sequence
from typing import Any

from benchmarks.served.cerbos_policies import VERSION
from benchmarks.served.situations import Situation


def cerbos_request(situations: Sequence[Situation], version: str = VERSION) -> dict[str, Any]:
    """Return one CheckResources request, in JSON, for *situations* that differ in nothing but action and resource.

    Raises ValueError when they differ in more: Cerbos asks about one principal at a time.
    """
    first = situations[0]
    shared = ("subject", "purpose", "context", "facts")
    if any(situation.get(key) != first.get(key) for situation in situations for key in shared):
        raise ValueError("one request to Cerbos has one principal")
    facts = first.get("facts", [])
    return {
        "requestId": first["request_id"],
        "principal": {
            "id": f"{first['subject']['type']}:{first['subject']['id']}",
            "policyVersion": version,
            "roles": ["user"],
            "attr": {
                "purpose": first["purpose"],
                **first["context"],
                **_listed("roles", [fact["role"] for fact in facts if "role" in fact]),
                **_listed("registrations", [_registration(fact["ground"]) for fact in facts if "ground" in fact]),
            },
        },
        "resources": [
            {
                "actions": [situation["action"]["name"]],
                "resource": {
                    "kind": situation["resource"]["type"],
                    "policyVersion": version,
                    "id": situation["resource"]["id"],
                    "attr": {
                        key: situation["resource"][key]
                        for key in ("data_subject", "scopes")
                        if key in situation["resource"]
                    },
                },
            }
            for situation in situations
        ],
    }


def _listed(name: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: entries} if entries else {}


def _registration(ground: dict[str, Any]) -> dict[str, Any]:
    return {
        "beneficiary": ground["beneficiary"],
        "data_subject": ground["data_subject"],
        "status": ground["status"],
        "registrar": ground["properties"]["registrar"],
    }
