"""This project's engine, through its public interface."""

from benchmarks.access import Access
from benchmarks.in_process.engines import Ask
from benchmarks.renderings import CASBIN_MODEL, casbin_policy
from pdp.engine import Engine


def load(access: Access) -> Ask:
    """Return the question to a compiled engine."""
    engine = Engine.from_text(CASBIN_MODEL, casbin_policy(access))
    if engine.tier != "indexed":
        raise ValueError(f"the policy is evaluated as `{engine.tier}`: that is not what is to be measured")
    ask: Ask = engine.enforce
    return ask
