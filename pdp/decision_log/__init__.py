"""The decision log: one record a decision, chained, signed, sealed by person, enough to make the decision again."""

from pdp.decision_log.about_person import about_person
from pdp.decision_log.chained import ChainedDecisionLog
from pdp.decision_log.late import LateChain
from pdp.decision_log.reading import Past, Record, Signed, find, past_of, records
from pdp.decision_log.recording import Recording
from pdp.decision_log.replaying import CHANGED, Outcome, Replayed, explained, replayed
from pdp.decision_log.retention import Pruned, prune
from pdp.decision_log.verifying import Fault, Verified, Verifier
from pdp.decision_log.withheld import withheld_keys
from pdp.decision_log.writing import Chain, Keeping

__all__ = [
    "CHANGED",
    "Chain",
    "ChainedDecisionLog",
    "Fault",
    "Keeping",
    "LateChain",
    "Outcome",
    "Past",
    "Pruned",
    "Record",
    "Recording",
    "Replayed",
    "Signed",
    "Verified",
    "Verifier",
    "about_person",
    "explained",
    "find",
    "past_of",
    "prune",
    "records",
    "replayed",
    "withheld_keys",
]
