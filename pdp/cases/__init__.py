"""Cases that lie beside a policy: read, run, and asked whether they are enough."""

from pdp.cases.case import Case, CaseFileError, read_cases
from pdp.cases.coverage import ConditionSeen, Coverage, coverage_of
from pdp.cases.mutants import Mutant, MutantKind, mutants_of
from pdp.cases.mutation import Mutation, Survivor, Verdict, mutation_of
from pdp.cases.outcome import Outcome, problems_of
from pdp.cases.running import run_cases
from pdp.cases.selection import Selection

__all__ = [
    "Case",
    "CaseFileError",
    "ConditionSeen",
    "Coverage",
    "Mutant",
    "MutantKind",
    "Mutation",
    "Outcome",
    "Selection",
    "Survivor",
    "Verdict",
    "coverage_of",
    "mutants_of",
    "mutation_of",
    "problems_of",
    "read_cases",
    "run_cases",
]
