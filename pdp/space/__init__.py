"""All situations in which something can be asked of an operator, told by a solver: which are possible, and one of each.

Needs the extra `analysis` (z3-solver).
"""

from pdp.space.drift import Drift
from pdp.space.script import FALSE, TIME_LIMIT_MS, TRUE, Formula, UndecidedError
from pdp.space.space import Conditioned, Question, Space
from pdp.space.traits import Traits

__all__ = [
    "FALSE",
    "TIME_LIMIT_MS",
    "TRUE",
    "Conditioned",
    "Drift",
    "Formula",
    "Question",
    "Space",
    "Traits",
    "UndecidedError",
]
