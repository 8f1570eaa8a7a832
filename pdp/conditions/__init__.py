"""The closed language of conditions: read, evaluated three-valued, and said in both languages."""

from pdp.conditions.compiling import compile_conditions
from pdp.conditions.evaluation import Evaluator
from pdp.conditions.expression import Condition, Expression, Named
from pdp.conditions.finding_values import Frame
from pdp.conditions.lacking import lacking
from pdp.conditions.parsing import parse_condition
from pdp.conditions.reserved import RESERVED
from pdp.conditions.resolving import Resolver
from pdp.conditions.results import Result, conjunction
from pdp.conditions.running import ConditionTable, Evaluation, InterpretedEvaluation
from pdp.conditions.tokens import ConditionSyntaxError
from pdp.conditions.traversal import depends_on_category, looks_at_id, parts_of, properties_needed, rests_on
from pdp.conditions.wording import say

__all__ = [
    "RESERVED",
    "Condition",
    "ConditionSyntaxError",
    "ConditionTable",
    "Evaluation",
    "Evaluator",
    "Expression",
    "Frame",
    "InterpretedEvaluation",
    "Named",
    "Resolver",
    "Result",
    "compile_conditions",
    "conjunction",
    "depends_on_category",
    "lacking",
    "looks_at_id",
    "parse_condition",
    "parts_of",
    "properties_needed",
    "rests_on",
    "say",
]
