"""Which policy sets may be put in force, what is in force, and why what lies in a folder is not."""

from pdp.activation.candidate import SEAL_FILE, Candidate
from pdp.activation.judging import Comparing, NoSeals, PolicyJudge, Verdict
from pdp.activation.keeper import PolicyKeeper
from pdp.activation.pinned_seals import Former, NewlyAllows, PinnedKeys, PinnedSeals, every_edit, read_pinned_keys
from pdp.activation.remembering import LastInForce
from pdp.activation.seal import Seal, read_seal, seal_of, sealed
from pdp.activation.standing import BY_SERVER, Active, Refused, Standing, revision_of, revision_of_all

__all__ = [
    "BY_SERVER",
    "SEAL_FILE",
    "Active",
    "Candidate",
    "Comparing",
    "Former",
    "LastInForce",
    "NewlyAllows",
    "NoSeals",
    "PinnedKeys",
    "PinnedSeals",
    "PolicyJudge",
    "PolicyKeeper",
    "Refused",
    "Seal",
    "Standing",
    "Verdict",
    "every_edit",
    "read_pinned_keys",
    "read_seal",
    "revision_of",
    "revision_of_all",
    "seal_of",
    "sealed",
]
