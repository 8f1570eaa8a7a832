"""Reads models and policies strictly: what PyCasbin drops, misreads or notices too late is a finding with its place."""

from pdp.engine.reading.strict import Source, read_strictly

__all__ = ["Source", "read_strictly"]
