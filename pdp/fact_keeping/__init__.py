"""Changes of stored facts: who may make them, and under which decision."""

from pdp.fact_keeping.keeping import FactKeeper

__all__ = ["FactKeeper"]
