"""Asks a running server: for the commands, and for any Python program that must keep the promises."""

from pdp.client.decision_client import DecisionClient, ServerError
from pdp.client.fact_client import FactClient
from pdp.client.policy_client import PolicyClient

__all__ = ["DecisionClient", "FactClient", "PolicyClient", "ServerError"]
