"""From one question to all who, or all that, it would be allowed for: complete, or an error."""

from pdp.lookups.actions import actions_spoken_of
from pdp.lookups.finding import MAXIMUM_FACTS
from pdp.lookups.resources import find_resources
from pdp.lookups.subjects import ANYBODY, find_subjects
from pdp.lookups.surveying import survey_of

__all__ = ["ANYBODY", "MAXIMUM_FACTS", "actions_spoken_of", "find_resources", "find_subjects", "survey_of"]
