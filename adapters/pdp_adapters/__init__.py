"""Adapters: implementations of the ports in `pdp.core.ports`, one technology a module."""
