"""From circumstances and a policy set to an answer, and to the explanation of the same answer."""

from pdp.deciding.answer import Answer
from pdp.deciding.explaining import explain
from pdp.deciding.judging import decide, too_many_facts, valid_until

__all__ = ["Answer", "decide", "explain", "too_many_facts", "valid_until"]
