"""Which rows match a request: the only place that knows Casbin."""

from pdp.engine.answers import EngineMatches, FailedRule, MatchedRule, NearRule, WhyNot
from pdp.engine.engine import Engine
from pdp.engine.finding import Finding, InvalidPolicyError
from pdp.engine.indexed_engine import IndexedEngine
from pdp.engine.linting import check_files, check_text
from pdp.engine.matching import MatchError, Matches, Question, Row, RuleEngine
from pdp.engine.pycasbin_engine import PyCasbinEngine

__all__ = [
    "Engine",
    "EngineMatches",
    "FailedRule",
    "Finding",
    "IndexedEngine",
    "InvalidPolicyError",
    "MatchError",
    "MatchedRule",
    "Matches",
    "NearRule",
    "PyCasbinEngine",
    "Question",
    "Row",
    "RuleEngine",
    "WhyNot",
    "check_files",
    "check_text",
]
