"""Small worlds reach few of an engine's limits: these lower them, so that every way of finding rules is gone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

from pdp.engine.compiling import evaluator, paths
from pdp.engine.index import buckets, table
from pdp.engine.language import roles

Limits = Mapping[tuple[ModuleType, str], Any]

AS_THEY_ARE: Final[Limits] = {}
SETS_OF_BITS: Final[Limits] = {(table, "FEW"): 0}
"""Every bucket is a crowd whose columns are sets of bits."""
POSTINGS: Final[Limits] = {(table, "FEW"): 0, (buckets, "_MANY"): -1, (roles, "_SMALL"): 0}
"""Every bucket is a crowd of the size that has lists of rows for each text; roles are sets."""
ON_REQUEST: Final[Limits] = {
    (roles, "_BUDGET"): -1_000_000,
    (evaluator, "_MOST_JUDGED"): 0,
    (paths, "_MOST_CLAUSES"): 1,
}
"""No role is computed before it is asked about, no rule text judged, no alternative followed."""

ALL: Final[tuple[Limits, ...]] = (AS_THEY_ARE, SETS_OF_BITS, POSTINGS, ON_REQUEST)


@contextmanager
def lowered(limits: Limits) -> Iterator[None]:
    """Lower *limits* of engines that are built meanwhile."""
    before = {(module, name): getattr(module, name) for module, name in limits}
    try:
        for (module, name), limit in limits.items():
            setattr(module, name, limit)
        yield
    finally:
        for (module, name), limit in before.items():
            setattr(module, name, limit)
