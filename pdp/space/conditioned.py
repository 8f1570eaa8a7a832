"""What a space is made of."""

from collections.abc import Mapping
from typing import Protocol

from pdp.conditions import Condition, ConditionTable
from pdp.core.policy import Granting, Hierarchies
from pdp.core.vocabulary import Vocabulary


class Conditioned(Protocol):
    """What has conditions: a policy set, or as much of one as a space is made of."""

    @property
    def operator(self) -> str:
        """Return the id of the operator."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Return the words."""

    @property
    def hierarchies(self) -> Hierarchies:
        """Return which words lie in which."""

    @property
    def conditions(self) -> Mapping[str, Condition]:
        """Return the conditions by name."""

    @property
    def granting(self) -> Mapping[str, Granting]:
        """Return who may grant which role."""

    @property
    def compiled(self) -> ConditionTable:
        """Return the conditions, ready to be evaluated."""
