"""PyCasbin, as it comes."""

from casbin import Enforcer, Model
from casbin.persist import load_policy_line

from benchmarks.access import Access
from benchmarks.in_process.engines import Ask
from benchmarks.renderings import CASBIN_MODEL, casbin_policy


def load(access: Access) -> Ask:
    """Return the question to an enforcer, loaded as its own file adapter loads."""
    model = Model()
    model.load_model_from_text(CASBIN_MODEL)
    for line in casbin_policy(access).splitlines():
        load_policy_line(line, model)
    enforcer = Enforcer(model)
    enforcer.build_role_links()
    ask: Ask = enforcer.enforce
    return ask
