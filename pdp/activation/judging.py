"""Whether a candidate may be put in force."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from pdp.activation.candidate import Candidate
from pdp.activation.standing import Active
from pdp.core.errors import InvalidPolicyError
from pdp.core.fact_schema import FactSchema
from pdp.core.finding import Finding, Severity
from pdp.core.text import Text
from pdp.core.vocabulary import Vocabulary
from pdp.policy_set import PolicySet, build_policy_set


@runtime_checkable
class Comparing(Protocol):
    """A comparison under way: whether an edit allows more, found out beside everything else."""

    def allows_more(self) -> bool | None:
        """Return whether it does, None while that is not known yet."""

    def end(self) -> None:
        """Give it up."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of *candidate*: its *policy* set, or None, and everything found in its files.

    While *comparing* is not None it is not known what is to become of it: then *policy* is None, and *proposed* is what
    it may be.
    """

    candidate: Candidate
    policy: PolicySet | None
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    comparing: Comparing | None = None
    proposed: PolicySet | None = None


class Seals(Protocol):
    """Who has to have signed a folder."""

    def findings(self, candidate: Candidate, former: Active | None) -> tuple[Finding, ...] | Comparing:
        """Return what is wrong with the signatures of *candidate* in the place of *former*, or what finds that out."""


class NoSeals:
    """Nobody has to sign anything."""

    def findings(self, candidate: Candidate, former: Active | None) -> tuple[Finding, ...]:
        """Return nothing."""
        return ()


class PolicyJudge:
    """Builds the policy set of a candidate, whole, and looks at who signed it."""

    def __init__(self, vocabulary: Vocabulary, schema: FactSchema, seals: Seals) -> None:
        self._vocabulary = vocabulary
        self._schema = schema
        self._seals = seals

    def judge(self, candidate: Candidate, former: Active | None) -> Verdict:
        """Return what is to become of *candidate* while *former* is in force."""
        try:
            policy = self.build(candidate)
        except InvalidPolicyError as error:
            return Verdict(candidate, None, error.findings)
        if lost := _lost_rules(former, policy):
            return Verdict(candidate, None, (*policy.warnings, *lost))
        unsealed = self._seals.findings(candidate, former)
        if isinstance(unsealed, Comparing):
            return Verdict(candidate, None, policy.warnings, unsealed, policy)
        # FAIL CLOSED (signatures): whatever is wrong with one keeps the set out, whichever severity it is told with.
        if unsealed:
            return Verdict(candidate, None, (*policy.warnings, *unsealed))
        return Verdict(candidate, policy, policy.warnings)

    def build(self, candidate: Candidate) -> PolicySet:
        """Return the policy set of *candidate*, whoever signed it; raise InvalidPolicyError with every finding."""
        return build_policy_set(candidate.operator, candidate.files, self._vocabulary, self._schema)


def _lost_rules(former: Active | None, proposed: PolicySet) -> tuple[Finding, ...]:
    """Return which files of rules are in force and not there any more, such as those of the house."""
    # FAIL CLOSED (rules deleted): one of them may be the refusal that matters.
    lost = sorted(former.policy.files.keys() - proposed.files.keys()) if former is not None else []
    return tuple(
        Finding(
            f"{proposed.operator}: {name}",
            1,
            1,
            Severity.ERROR,
            "rules-gone",
            Text(
                "tệp quy tắc đang có hiệu lực không còn ở đây", "a file of rules that are in force is not here any more"
            ),
            "put it back; rules that are meant to go are taken out of the file, or the server is started anew",
        )
        for name in lost
        if name.endswith(".csv")
    )
