"""All situations in which something can be asked of an operator, told by a solver: which are possible, and one of each.

Needs the extra `analysis` (z3-solver).
"""

from pdp.space.conditioned import Conditioned
from pdp.space.drift import Drift
from pdp.space.question import Holding, Question
from pdp.space.script import FALSE, TIME_LIMIT_MS, TRUE, Formula, UndecidedError
from pdp.space.space import Space
from pdp.space.traits import Traits
from pdp.space.unfolding import Outcomes, Unfolding

__all__ = [
    "FALSE",
    "TIME_LIMIT_MS",
    "TRUE",
    "Conditioned",
    "Drift",
    "Formula",
    "Holding",
    "Outcomes",
    "Question",
    "Space",
    "Traits",
    "UndecidedError",
    "Unfolding",
]
