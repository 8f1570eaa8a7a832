"""An operator's folder of policy files as one immutable value, or every problem in it with its place."""

from pdp.policy_set.building import ENGINE_VERSION, build_policy_set, check_folder
from pdp.policy_set.clause_places import Place
from pdp.policy_set.policy_set import PolicySet

__all__ = ["ENGINE_VERSION", "Place", "PolicySet", "build_policy_set", "check_folder"]
