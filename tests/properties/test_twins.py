"""Shows that the laws can fail: each broken twin of the real one breaks the law that is there to catch it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

import pytest

from pdp.conditions import Evaluation, InterpretedEvaluation, truth
from pdp.conditions.evaluation import Evaluator
from pdp.conditions.expression import EachPerson
from pdp.conditions.finding_values import Frame
from pdp.conditions.results import TRUE, Result
from pdp.core.circumstances import Circumstances
from pdp.core.consents import STOPPING, ConsentJudge, Wish
from pdp.core.entity import Entity
from pdp.core.facts import Consent, Fact
from pdp.core.policy import Granting, Hierarchies
from pdp.core.request import Request
from pdp.core.value import value
from pdp.deciding.judgement import Applying
from pdp.deciding.judging import Interpreting, Judging
from pdp.policy_set import PolicySet, ResidualRule, ResidualRules
from tests.builders import Edit, the_cases
from tests.properties import laws
from tests.properties.worlds import REAL, Implementation

# --- Broken parts -----------------------------------------------------------------------------------------------------


class DropsUnknownDenies(Judging):
    """A deny row whose condition is unknown is taken not to apply."""

    def apply(self, rules: ResidualRules, evaluation: Evaluation) -> Applying:
        """Return the rules that apply without the denies that are not sure of it."""
        allowing, denying, failed = super().apply(rules, evaluation)
        return allowing, [rule for rule in denying if _value(rule, evaluation) == truth.TRUE], failed


class AllowsTheUnknown(Judging):
    """An allow row whose condition is unknown is taken to apply."""

    def apply(self, rules: ResidualRules, evaluation: Evaluation) -> Applying:
        """Return the rules that apply and the allows that may."""
        _, denying, failed = super().apply(rules, evaluation)
        sound = [rule for rule in rules.rules if rule.allows and rule not in [rule for rule, _ in failed]]
        return [rule for rule in sound if _value(rule, evaluation) <= truth.UNKNOWN], denying, failed


class FirstMatch(Judging):
    """The first row that applies decides, whatever stands below it."""

    def apply(self, rules: ResidualRules, evaluation: Evaluation) -> Applying:
        """Return the first match alone."""
        allowing, denying, failed = super().apply(rules, evaluation)
        first = min((rule.rule.line for rule in (*allowing, *denying)), default=0)
        alone = [[rule for rule in found if rule.rule.line == first] for found in (allowing, denying)]
        return alone[0], alone[1], failed


class AnyAllowWins(Judging):
    """An allow row that applies makes the deny rows idle."""

    def apply(self, rules: ResidualRules, evaluation: Evaluation) -> Applying:
        """Return the matches without the denies that an allow stands beside."""
        allowing, denying, failed = super().apply(rules, evaluation)
        return allowing, [] if allowing else denying, failed


class IgnoresErrors(Judging):
    """A rule whose evaluation failed is left out, as if it did not speak of the request."""

    def apply(self, rules: ResidualRules, evaluation: Evaluation) -> Applying:
        """Return the matches without a word of the errors."""
        return (*super().apply(rules, evaluation)[:2], [])


class AllowsOnErrors(Judging):
    """A rule whose evaluation failed applies, if it allows."""

    def apply(self, rules: ResidualRules, evaluation: Evaluation) -> Applying:
        """Return the matches with the failed rules among those that apply."""
        allowing, denying, failed = super().apply(rules, evaluation)
        return [*allowing, *[rule for rule, _ in failed]], denying, []


class StopsAtTheFirstDeny(Judging):
    """Only one of the rows that deny is named."""

    def apply(self, rules: ResidualRules, evaluation: Evaluation) -> Applying:
        """Return the matches with the last deny alone."""
        allowing, denying, failed = super().apply(rules, evaluation)
        return allowing, denying[-1:], failed


def _value(rule: ResidualRule, evaluation: Evaluation) -> int:
    return max((evaluation.code(number) for number in rule.conditions), default=truth.TRUE)


@value
class InclusiveFact(Fact):
    """A fact that is still in force at the very instant at which it ends."""

    def in_force(self, instant: datetime) -> bool:
        """Say whether the term of the fact includes *instant*."""
        return Fact.in_force(self, instant) or instant == self.valid_until


class OneConsentIsEnough(ConsentJudge):
    """A refusal stops the consents of its own giver alone."""

    def effective(self, wish: Wish, is_entitled: Callable[[Entity], bool]) -> tuple[Fact, ...]:
        """Return the consents that cover *wish* when each giver is heard alone."""
        found: list[Fact] = []
        for giver in sorted({consent.given_by for _, consent in self._consents if is_entitled(consent.given_by)}):
            found += super().effective(wish, giver.__eq__)
        return tuple(found)


class ForgetsRefusalsWithoutABeginning(ConsentJudge):
    """A refusal that does not say since when is older than everything."""

    def effective(self, wish: Wish, is_entitled: Callable[[Entity], bool]) -> tuple[Fact, ...]:
        """Return the consents that cover *wish* as if such a refusal were the oldest word of its giver."""
        since = {consent.given_by for fact, consent in self._consents if fact.valid_from is not None}
        self._consents = tuple(
            (fact, consent)
            for fact, consent in self._consents
            if not (consent.status in STOPPING and fact.valid_from is None and consent.given_by in since)
        )
        return super().effective(wish, is_entitled)


class BrokenCircumstances(Circumstances):
    """Circumstances in which a twin puts a broken part in the place of the right one."""


class WithOneConsentEnough(BrokenCircumstances):
    """Circumstances that judge consents one by one."""

    def __init__(
        self,
        request: Request,
        stored: tuple[Fact, ...],
        instant: datetime,
        hierarchies: Hierarchies,
        granting: Mapping[str, Granting],
    ) -> None:
        super().__init__(request, stored, instant, hierarchies, granting)
        self._consents = OneConsentIsEnough(self.facts, instant, self._containers, hierarchies)


class WithForgottenRefusals(BrokenCircumstances):
    """Circumstances that forget refusals without a beginning."""

    def __init__(
        self,
        request: Request,
        stored: tuple[Fact, ...],
        instant: datetime,
        hierarchies: Hierarchies,
        granting: Mapping[str, Granting],
    ) -> None:
        super().__init__(request, stored, instant, hierarchies, granting)
        self._consents = ForgetsRefusalsWithoutABeginning(self.facts, instant, self._containers, hierarchies)


class WithAnyGranter(BrokenCircumstances):
    """Circumstances in which a role counts whoever granted it."""

    def __init__(
        self,
        request: Request,
        stored: tuple[Fact, ...],
        instant: datetime,
        hierarchies: Hierarchies,
        granting: Mapping[str, Granting],
    ) -> None:
        super().__init__(request, stored, instant, hierarchies, {})


class WithInclusiveTerms(BrokenCircumstances):
    """Circumstances in which a fact lasts one instant too long."""

    def __init__(
        self,
        request: Request,
        stored: tuple[Fact, ...],
        instant: datetime,
        hierarchies: Hierarchies,
        granting: Mapping[str, Granting],
    ) -> None:
        facts = tuple(InclusiveFact(fact.kind, fact.valid_from, fact.valid_until) for fact in request.facts)
        super().__init__(replace(request, facts=facts), stored, instant, hierarchies, granting)


class EachOfNobody(Evaluator):
    """`each person` is true where nobody is named."""

    def _each_person(self, expression: EachPerson, frame: Frame) -> Result:
        return super()._each_person(expression, frame) if self.circumstances.people else TRUE


class OnlyTheFirstPerson(Evaluator):
    """`each person` asks the first person only."""

    def _each_person(self, expression: EachPerson, frame: Frame) -> Result:
        return self.evaluate(expression.inner, replace(frame, person=next(iter(self.circumstances.people), None)))


class Regathering(Judging):
    """Judges broken circumstances in the place of the right ones."""

    def __init__(self, circumstances: type[Circumstances] = Circumstances) -> None:
        self._circumstances = circumstances

    def gather(self, policy: PolicySet, request: Request, stored: tuple[Fact, ...], instant: datetime) -> Circumstances:
        """Return the broken circumstances."""
        return self._circumstances(request, stored, instant, policy.hierarchies, policy.granting)


class Reinterpreting(Interpreting):
    """Interprets conditions by a broken evaluator."""

    def __init__(self, evaluator: type[Evaluator] = Evaluator) -> None:
        self._evaluator = evaluator

    def evaluation(self, policy: PolicySet, circumstances: Circumstances) -> InterpretedEvaluation:
        """Return an evaluation with the broken evaluator."""
        evaluation = InterpretedEvaluation(policy.conditions, circumstances)
        evaluation.evaluator = self._evaluator(policy.conditions, circumstances)
        evaluation.instants = evaluation.evaluator.instants
        return evaluation


# --- Twins and the laws that catch them -------------------------------------------------------------------------------

_DECIDES_BY_HAND: Final = laws.answers_as_the_rows_say

TWINS: Final[tuple[tuple[Implementation, tuple[Callable[[Implementation], None], ...]], ...]] = (
    (
        Implementation("drops deny rows with an unknown condition", judging=DropsUnknownDenies()),
        (_DECIDES_BY_HAND, laws.unknown_counts_as_true_in_a_deny, laws.leaving_out_never_widens),
    ),
    (
        Implementation("takes unknown for true in allow rows", judging=AllowsTheUnknown()),
        (_DECIDES_BY_HAND, laws.unknown_counts_as_false_in_an_allow),
    ),
    (
        Implementation("lets the first matching row decide", judging=FirstMatch()),
        (_DECIDES_BY_HAND, laws.a_satisfied_deny_wins, laws.the_order_of_rows_does_not_matter),
    ),
    (
        Implementation("lets any allow win", judging=AnyAllowWins()),
        (_DECIDES_BY_HAND, laws.a_satisfied_deny_wins, laws.unknown_counts_as_true_in_a_deny),
    ),
    (
        Implementation("ignores errors", judging=IgnoresErrors()),
        (laws.an_error_never_allows,),
    ),
    (
        Implementation("allows on errors", judging=AllowsOnErrors()),
        (laws.an_error_never_allows,),
    ),
    (
        Implementation("names one deny row of several", judging=StopsAtTheFirstDeny()),
        (_DECIDES_BY_HAND,),
    ),
    (
        Implementation(
            "lets one guardian's consent stand beside the other's refusal",
            judging=Regathering(WithOneConsentEnough),
        ),
        (laws.one_refusal_stops_every_consent, _DECIDES_BY_HAND),
    ),
    (
        Implementation(
            "takes a refusal without a beginning for the oldest word",
            judging=Regathering(WithForgottenRefusals),
        ),
        (laws.a_refusal_without_a_beginning_stops,),
    ),
    (
        Implementation("ignores who granted a role", judging=Regathering(WithAnyGranter)),
        (laws.a_grant_is_worth_its_granter, _DECIDES_BY_HAND),
    ),
    (
        Implementation(
            "counts the operator's registration twice",
            edits=(
                Edit(
                    "conditions.yaml",
                    "and its registrar has type school and its registrar is in",
                    "and its registrar is in",
                ),
            ),
        ),
        (laws.one_registration_counts_once,),
    ),
    (
        Implementation("takes each of nobody for true", judging=Reinterpreting(EachOfNobody)),
        (laws.nobody_named_is_not_everybody_asked,),
    ),
    (
        Implementation("asks the first person only", judging=Reinterpreting(OnlyTheFirstPerson)),
        (_DECIDES_BY_HAND,),
    ),
    (
        Implementation("lets a fact last through its last instant", judging=Regathering(WithInclusiveTerms)),
        (laws.a_term_ends_before_its_last_instant,),
    ),
    (
        Implementation(
            "asks for no consent beyond the service",
            edits=(
                Edit("policy.csv", "p, no-other-use-without-consent, deny", "p, no-other-use-without-consent, allow"),
            ),
        ),
        (_DECIDES_BY_HAND, laws.one_refusal_stops_every_consent),
    ),
)
"""Each broken implementation with every law that must catch it."""

_PAIRS: Final = [
    pytest.param(twin, law, id=f"{twin.name}: {law.__name__}") for twin, caught_by in TWINS for law in caught_by
]
_LAWS: Final = [
    law
    for law in dict.fromkeys(law for _, caught_by in TWINS for law in caught_by)
    if law is not laws.leaving_out_never_widens
]


@pytest.mark.parametrize(("twin", "law"), _PAIRS)
def test_twin_is_caught(twin: Implementation, law: Callable[[Implementation], None]) -> None:
    """A law that holds of the real implementation does not hold of the twin."""
    with pytest.raises(AssertionError):
        law(twin)


@pytest.mark.parametrize("law", _LAWS, ids=lambda law: law.__name__)
def test_nothing_but_the_fault_is_caught(law: Callable[[Implementation], None]) -> None:
    """The way in which twins are made breaks no law by itself: without a broken part each law holds."""
    for judging in (Regathering(), Reinterpreting()):
        law(replace(REAL, judging=judging))


def test_leaving_out_is_not_caught_without_a_fault() -> None:
    """The same for the longest law, on some of the cases."""
    for judging in (Regathering(), Reinterpreting()):
        laws.leaving_out_never_widens(replace(REAL, judging=judging), the_cases()[::12])


def test_a_consent_fact_is_what_the_twin_thinks() -> None:
    """The twin of the terms differs from a fact only at its last instant."""
    ends = datetime.fromisoformat("2026-10-06T06:00:00+00:00")
    kind = Consent(Entity("child", "minh"), Entity("user", "lan"), (), (), "refused")
    for fact, at_its_end in ((Fact(kind, None, ends), False), (InclusiveFact(kind, None, ends), True)):
        assert fact.in_force(ends - laws.TICK)
        assert fact.in_force(ends) is at_its_end
        assert not fact.in_force(ends + laws.TICK)
