"""What would have to be otherwise for a denial to be an allow; the same decision, asked again of other circumstances."""

from pdp.counterfactuals.search import Budget, FoundChanges, find_changes

__all__ = ["Budget", "FoundChanges", "find_changes"]
