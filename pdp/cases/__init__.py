"""Cases that lie beside a policy: read, run, and asked whether they are enough."""

from pdp.cases.case import Case, CaseFileError, read_cases
from pdp.cases.coverage import ConditionSeen, Coverage, coverage_of
from pdp.cases.mutants import Mutant, MutantKind, mutants_of
from pdp.cases.mutation import Mutation, Survivor, Verdict, mutation_of
from pdp.cases.near_misses import NearMiss, near_misses_text, read_near_misses
from pdp.cases.outcome import Outcome, Told, problems_of, unreadable
from pdp.cases.proposing import Proposing
from pdp.cases.refusing import refusing
from pdp.cases.running import run_cases
from pdp.cases.selection import Selection
from pdp.cases.survivors import read_survivors

__all__ = [
    "Case",
    "CaseFileError",
    "ConditionSeen",
    "Coverage",
    "Mutant",
    "MutantKind",
    "Mutation",
    "NearMiss",
    "Outcome",
    "Proposing",
    "Selection",
    "Survivor",
    "Told",
    "Verdict",
    "coverage_of",
    "mutants_of",
    "mutation_of",
    "near_misses_text",
    "problems_of",
    "read_cases",
    "read_near_misses",
    "read_survivors",
    "refusing",
    "run_cases",
    "unreadable",
]
