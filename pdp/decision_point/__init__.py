"""The decision point: questions in, answers out, each with its record."""

from pdp.decision_point.corridor import NO_SHADOW, Checked, DecisionPoint

__all__ = ["NO_SHADOW", "Checked", "DecisionPoint"]
