"""All situations in which something can be asked of an operator, told by a solver: which are possible, and one of each.

Needs the extra `analysis` (z3-solver).
"""

from pdp.space.script import FALSE, TRUE, Formula, UndecidedError
from pdp.space.space import Conditioned, Question, Space

__all__ = ["FALSE", "TRUE", "Conditioned", "Formula", "Question", "Space", "UndecidedError"]
