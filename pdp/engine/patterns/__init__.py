"""Casbin's pattern functions: each pattern tested in time linear in the value, and many patterns found at once."""

from pdp.engine.patterns.families import FAMILIES, Family, Test
from pdp.engine.patterns.finding import PatternIndex
from pdp.engine.patterns.regular import NotLinearError

__all__ = ["FAMILIES", "Family", "NotLinearError", "PatternIndex", "Test"]
