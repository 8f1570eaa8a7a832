"""A policy decision point that keeps published promises about people's data."""

__version__ = "0.1.0"
