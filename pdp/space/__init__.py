"""All situations in which something can be asked of an operator, told by a solver: which are possible, and one of each.

Needs the extra `analysis` (z3-solver).
"""

from pdp.space.drift import Drift
from pdp.space.script import FALSE, TRUE, Formula, UndecidedError
from pdp.space.space import Conditioned, Question, Space
from pdp.space.traits import Traits

__all__ = ["FALSE", "TRUE", "Conditioned", "Drift", "Formula", "Question", "Space", "Traits", "UndecidedError"]
