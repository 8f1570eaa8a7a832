"""Health: who can be asked now."""

from collections.abc import Collection, Iterable
from typing import Final

from grpc_health.v1 import health_pb2
from grpc_health.v1.health import OVERALL_HEALTH, HealthServicer

from pdp.api.v1 import decision_pb2

DECISION_SERVICE: Final = decision_pb2.DESCRIPTOR.services_by_name["DecisionService"].full_name
_SERVING: Final = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING


def health_of(operators: Iterable[str], served: Collection[str]) -> HealthServicer:
    """Return the health of every one of *operators*, of which *served* have a valid policy set, and of the whole."""
    health = HealthServicer()
    for operator in operators:
        health.set(f"pdp.operator.{operator}", _SERVING if operator in served else _NOT_SERVING)
    for whole in (OVERALL_HEALTH, DECISION_SERVICE):
        health.set(whole, _SERVING if served else _NOT_SERVING)
    return health
