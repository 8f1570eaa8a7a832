"""Asks a running server: for the commands, and for any Python program that must keep the promises."""

from pdp.client.decision_client import DecisionClient, ServerError

__all__ = ["DecisionClient", "ServerError"]
