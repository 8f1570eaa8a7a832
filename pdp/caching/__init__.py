"""What was read and decided before, for as long as it is known to be so still."""

from pdp.caching.answers import Answers
from pdp.caching.facts import CachedFacts
from pdp.caching.kept_readings import KeptReadings

__all__ = ["Answers", "CachedFacts", "KeptReadings"]
