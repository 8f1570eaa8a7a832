"""What would have to be otherwise for a denial to be an allow: found by deciding again in other circumstances."""

from pdp.counterfactuals.changes import would_allow
from pdp.counterfactuals.search import Budget, FoundChanges, find_changes

__all__ = ["Budget", "FoundChanges", "find_changes", "would_allow"]
