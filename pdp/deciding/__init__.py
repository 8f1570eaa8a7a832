"""From circumstances and a policy set to an answer, and to the explanation of the same answer."""

from pdp.deciding.answer import Answer
from pdp.deciding.decision_ids import DecisionIds, has_form_of_id
from pdp.deciding.explaining import explain
from pdp.deciding.judging import decide, decide_twice, too_many_facts, valid_until
from pdp.deciding.sharing import SharedAnswer

__all__ = [
    "Answer",
    "DecisionIds",
    "SharedAnswer",
    "decide",
    "decide_twice",
    "explain",
    "has_form_of_id",
    "too_many_facts",
    "valid_until",
]
