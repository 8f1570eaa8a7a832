"""An operator's folder of policy files as one immutable value, or every problem in it with its place."""

from pdp.policy_set.building import ENGINE_VERSION, HOUSE, build_policy_set, check_folder
from pdp.policy_set.clause_places import Place
from pdp.policy_set.near_rules import NEAREST_SHOWN, Asked, NearRule
from pdp.policy_set.owing import Owed
from pdp.policy_set.policy_set import PolicySet
from pdp.policy_set.report import FolderReport
from pdp.policy_set.residual_rules import ResidualRule, ResidualRules, residual_rules
from pdp.policy_set.rows import LINE_BREAK

__all__ = [
    "ENGINE_VERSION",
    "HOUSE",
    "LINE_BREAK",
    "NEAREST_SHOWN",
    "Asked",
    "FolderReport",
    "NearRule",
    "Owed",
    "Place",
    "PolicySet",
    "ResidualRule",
    "ResidualRules",
    "build_policy_set",
    "check_folder",
    "residual_rules",
]
