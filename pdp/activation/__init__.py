"""Which policy sets may be put in force, what is in force, and why what lies in a folder is not."""

from pdp.activation.candidate import Candidate
from pdp.activation.judging import NoSeals, PolicyJudge, Verdict
from pdp.activation.keeper import PolicyKeeper
from pdp.activation.standing import BY_SERVER, Active, Refused, Standing, revision_of, revision_of_all

__all__ = [
    "BY_SERVER",
    "Active",
    "Candidate",
    "NoSeals",
    "PolicyJudge",
    "PolicyKeeper",
    "Refused",
    "Standing",
    "Verdict",
    "revision_of",
    "revision_of_all",
]
