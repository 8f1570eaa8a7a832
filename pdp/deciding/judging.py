"""Combines what the rules say: deny overrides, unknown never helps, silence denies."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Final

from pdp.conditions import Evaluation, InterpretedEvaluation
from pdp.core.circumstances import Circumstances
from pdp.core.containment import BoundExceededError
from pdp.core.decision import MAXIMUM_BOUNDARIES, Cause, Effect, Failure, Obligation, Reason
from pdp.core.facts import Fact
from pdp.core.request import Request
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.core.wanted import MAXIMUM_GATHERED
from pdp.deciding.answer import Answer
from pdp.deciding.judgement import Applying, Failed, Judgement, apply
from pdp.deciding.obligations import leave_out, owed
from pdp.deciding.reasons import deciding_reasons, error_reasons, unmet_reasons
from pdp.policy_set import PolicySet, ResidualRule, ResidualRules, residual_rules

# Members of an enumeration are looked up in four times the time of a name.
_RULE: Final = Cause.RULE
_UNMET: Final = Cause.UNMET
_SILENT: Final = Cause.SILENT
_ERROR: Final = Cause.ERROR

_TOO_FAR: Final = Text(
    "không xét được: các quan hệ chứa nhau đi vòng hoặc quá xa",
    "could not be decided: containments go round in a circle or too far",
)
_TOO_MANY: Final = Text(
    "không xét được: có quá nhiều dữ kiện liên quan", "could not be decided: too many facts could matter"
)
_FAILED: Final = Text("không xét được: từ chối để an toàn", "could not be decided: denied to be safe")


class Judging:
    """Answers requests by compiled conditions. Each step may be done another way by a subclass."""

    def decide(self, policy: PolicySet, request: Request, stored: tuple[Fact, ...], instant: datetime) -> Answer:
        """Answer *request* at *instant*; never raises for what happens while deciding."""
        try:
            return self._decide(policy, self.gather(policy, request, stored, instant))
        except BoundExceededError as error:
            return _failed_answer(error, _TOO_FAR)
        # FAIL CLOSED (error outside a rule): a parameter of an obligation that cannot be chosen, an engine that fails.
        except Exception as error:  # noqa: BLE001
            return _failed_answer(error, _FAILED)

    def gather(self, policy: PolicySet, request: Request, stored: tuple[Fact, ...], instant: datetime) -> Circumstances:
        """Return what may be looked at."""
        return Circumstances(request, stored, instant, policy.hierarchies, policy.granting)

    def evaluation(self, policy: PolicySet, circumstances: Circumstances) -> Evaluation:
        """Return what evaluates the conditions in *circumstances*."""
        return Evaluation(policy.compiled, circumstances)

    def apply(self, rules: ResidualRules, evaluation: Evaluation) -> Applying:
        """Say which of *rules* apply."""
        return apply(rules, evaluation)

    def _decide(self, policy: PolicySet, circumstances: Circumstances) -> Answer:
        judgement = Judgement(policy, circumstances, self.evaluation(policy, circumstances))
        residuals, asked = policy.residuals, judgement.asked
        allowing, denying, failed = self.apply(residuals.rules(asked), judgement.evaluation)
        failures = _failures(failed) if failed else ()
        if denying:
            return Answer(False, _RULE, deciding_reasons(denying), owed(judgement, denying), judgement, failures)
        # FAIL CLOSED (error in a rule): an allow beside a rule that failed would rest on half of the policy.
        if failed:
            return Answer(False, _ERROR, error_reasons(failed), (), judgement, failures)
        if allowing:
            answer = Answer(True, _RULE, deciding_reasons(allowing), owed(judgement, allowing), judgement)
            return self.without_what_is_kept_back(answer, judgement) if residuals.narrower[asked[2]] else answer
        if residuals.speaks(asked):
            return Answer(False, _UNMET, unmet_reasons(judgement), (), judgement)
        return Answer(False, _SILENT, (residuals.silence(asked),), (), judgement)

    # --- The broad and the narrow (contract, section 1) ---------------------------------------------------------------

    def without_what_is_kept_back(self, answer: Answer, judgement: Judgement) -> Answer:
        """Take out of an allow for a broad category what a deny rule keeps back."""
        denied: dict[str, Sequence[ResidualRule]] = {}
        for word, (_, denying, failed) in self._narrower(judgement):
            # FAIL CLOSED (error in a rule): what of the record has to stay back is not known.
            if failed:
                return Answer(False, _ERROR, error_reasons(failed), (), judgement, _failures(failed))
            if denying:
                denied[word] = denying
        if not denied:
            return answer
        policy, category = judgement.policy, judgement.circumstances.resource.type
        if _nothing_is_left(category, denied.keys(), policy):
            by_id = {rule.id: rule for rules in denied.values() for rule in rules}
            rules = [by_id[id_] for id_ in sorted(by_id)]
            return Answer(False, _RULE, deciding_reasons(rules), owed(judgement, rules), judgement)
        return answer._replace(obligations=(*answer.obligations, *_kept_back(denied, policy)))

    def _narrower(self, judgement: Judgement) -> Iterable[tuple[str, Applying]]:
        """Yield, for narrower categories of the same request, the deny rules that apply there.

        An allow rule for a narrower category alone is not asked: it says nothing of what is to be kept back.
        """
        policy, circumstances, asked = judgement.policy, judgement.circumstances, judgement.asked
        if circumstances.same_roles_when_narrowed:
            for word, kept in policy.residuals.kept_back(asked).items():
                evaluation = judgement.evaluation
                if kept.may_apply(evaluation.codes):
                    if kept.anew:
                        evaluation = evaluation.narrowed(circumstances.narrowed(word), kept.anew)
                    yield word, self.apply(kept.rules, evaluation)
            return
        for word in policy.residuals.narrower[asked[2]]:
            narrow = circumstances.narrowed(word)
            rules = policy.residuals.rules((narrow.roles, asked[1], word, asked[3]))
            denying = residual_rules(rule for rule in rules.rules if not rule.allows)
            yield word, self.apply(denying, judgement.evaluation.narrowed(narrow, None))

    # --- How long an answer holds -------------------------------------------------------------------------------------

    def valid_until(
        self, policy: PolicySet, request: Request, stored: tuple[Fact, ...], instant: datetime, answer: Answer
    ) -> datetime | None:
        """Return the first instant after *instant* at which *answer* would be another, None when it never will.

        Each instant at which a fact begins or ends, or a comparison with the time turns over, is tried in order; after
        MAXIMUM_BOUNDARIES of them the next is returned unproved.
        """
        judgement = answer.judgement
        if judgement is not None and not judgement.circumstances.terms and not judgement.evaluation.instants:
            return None
        pending = _boundaries(request, stored, answer, instant)
        tried: set[datetime] = set()
        while pending:
            boundary = min(pending)
            if len(tried) == MAXIMUM_BOUNDARIES:
                return boundary
            later = self.decide(policy, request, stored, boundary)
            if not answer.same_for_caller(later):
                return boundary
            tried.add(boundary)
            pending |= _boundaries(request, stored, later, boundary)
            pending -= tried
        return None


class Interpreting(Judging):
    """Answers requests by interpreted conditions: the reference, and what explanations are told from."""

    def evaluation(self, policy: PolicySet, circumstances: Circumstances) -> Evaluation:
        """Return the interpreter of the conditions in *circumstances*."""
        return InterpretedEvaluation(policy.conditions, circumstances)


COMPILED: Final = Judging()
INTERPRETED: Final = Interpreting()

decide: Final = COMPILED.decide
valid_until: Final = COMPILED.valid_until


def too_many_facts() -> Answer:
    """Return the deny for a request to which more facts could matter than may be looked at."""
    return _failed_answer(BoundExceededError(f"more than {MAXIMUM_GATHERED} facts could matter"), _TOO_MANY)


def decide_twice(
    policy: PolicySet, request: Request, stored: tuple[Fact, ...], instant: datetime, judging: Judging = COMPILED
) -> Answer:
    """Return the answer of *judging* to *request* as the interpreter found it too, to be explained by its judgement.

    Never raises for what happens while deciding. Should the two ever differ, the answer is a deny for an error.
    """
    answer = judging.decide(policy, request, stored, instant)
    reference = INTERPRETED.decide(policy, request, stored, instant)
    if reference.same_in_words(answer):
        return reference
    # FAIL CLOSED (two answers): nobody can say which is right, and no explanation would be that of the answer.
    said = f"{answer.cause.value} {answer.allowed}, interpreted {reference.cause.value} {reference.allowed}"
    return _failed_answer(AssertionError(f"compiled conditions differ from interpreted ones: {said}"), _FAILED)


def _failed_answer(error: Exception, message: Text) -> Answer:
    """Return the deny for a request that *error* kept from being judged."""
    return Answer(False, _ERROR, (Reason("", "", Effect.DENY, message),), (), None, (Failure("", _said(error)),))


def _failures(failed: Iterable[Failed]) -> tuple[Failure, ...]:
    return tuple(Failure(rule.id, _said(error)) for rule, error in failed)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _boundaries(request: Request, stored: tuple[Fact, ...], answer: Answer, instant: datetime) -> set[datetime]:
    """Return every instant after *instant* at which a fact begins or ends, or a comparison with the time turns over."""
    judgement = answer.judgement
    if judgement is None:
        facts = (*stored, *request.facts)
        terms = [bound for fact in facts for bound in (fact.valid_from, fact.valid_until) if bound is not None]
        return {bound for bound in terms if bound > instant}
    found = set()
    for bound in judgement.circumstances.terms:
        if bound > instant:
            found.add(bound)
    for bound in judgement.evaluation.instants:
        if bound > instant:
            found.add(bound)
    return found


def _nothing_is_left(category: str, denied: Set[str], policy: PolicySet) -> bool:
    """Say whether *category* is denied, or everything directly in it is."""
    inside = policy.residuals.inside[category]
    return category in denied or (bool(inside) and all(_nothing_is_left(word, denied, policy) for word in inside))


def _kept_back(denied: Mapping[str, Sequence[ResidualRule]], policy: PolicySet) -> tuple[Obligation, ...]:
    """Return the obligations to leave out what is *denied*, the broadest of it, by the clauses that deny it."""
    outermost = {
        word for word in denied if not set(policy.vocabulary.upward(WordKind.CATEGORY, word)) - {word} & denied.keys()
    }
    clauses: dict[str, set[str]] = {}
    for word in outermost:
        clauses.setdefault(min(denied[word], key=lambda rule: rule.id).rule.clause, set()).add(word)
    return tuple(leave_out(words, clause) for clause, words in sorted(clauses.items()))
