"""Which rows match a request: the only place that knows Casbin."""

from pdp.engine.indexed_engine import IndexedEngine
from pdp.engine.matching import MatchError, Matches, Question, Row, RuleEngine
from pdp.engine.pycasbin_engine import PyCasbinEngine

__all__ = ["IndexedEngine", "MatchError", "Matches", "PyCasbinEngine", "Question", "Row", "RuleEngine"]
