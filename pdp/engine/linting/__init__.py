"""Finds what PyCasbin loads and evaluates, and what its author can hardly have meant."""

from pdp.engine.linting.check import check_files, check_text

__all__ = ["check_files", "check_text"]
