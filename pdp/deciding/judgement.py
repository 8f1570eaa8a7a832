"""The rules of one policy set held against one set of circumstances."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from pdp.conditions import Evaluation, Evaluator, InterpretedEvaluation, lacking
from pdp.conditions.truth import EMPTY, FALSE, TRUE, UNKNOWN
from pdp.core.circumstances import Circumstances
from pdp.core.decision import ConditionTrace, Outcome, RuleTrace
from pdp.core.policy import ANY_WORD, Rule
from pdp.core.text import Text, join_texts
from pdp.core.vocabulary import WordKind
from pdp.deciding.role_path import role_path
from pdp.policy_set import Asked, NearRule, PolicySet, ResidualRule, ResidualRules
from pdp.policy_set.sentences import NOTHING, role_lack

ROLE: Final = "role"
"""Stands among the conditions of a rule for the role that it speaks of."""

Failed = tuple[ResidualRule, Exception]
"""A rule with what evaluating it raised."""

Applying = tuple[Sequence[ResidualRule], Sequence[ResidualRule], Sequence[Failed]]
"""The rules that allow and those that deny, by id, and those that failed."""


def apply(rules: ResidualRules, evaluation: Evaluation) -> Applying:
    """Say which of *rules* apply, by their conditions.

    Unknown never helps: it is false in an allow rule and true in a deny rule (contract, section 4).
    """
    codes, functions, person = evaluation.codes, evaluation.table.functions, evaluation.person
    allowing, denying = rules.allowing, rules.denying
    possible, doubtful = allowing | denying, 0
    try:
        # Every condition is evaluated once, for all rules that ask for it, as long as one of them may still apply.
        for number, asking in rules.steps:
            if asking & possible:
                code = codes[number]
                if code is None:
                    code = codes[number] = functions[number](evaluation, person)
                if code:
                    if code == UNKNOWN:
                        doubtful |= asking
                    elif code == FALSE:
                        possible &= ~asking
                    else:
                        # EMPTY is false too, and yet the interpreter goes on to the rule's other conditions.
                        return apply_alone(rules.rules, evaluation)
    # What was raised belongs to the rules that came as far as to ask for it, so each is asked for itself.
    except Exception:  # noqa: BLE001
        return apply_alone(rules.rules, evaluation)
    allowing &= possible & ~doubtful
    denying &= possible
    return rules.of(allowing) if allowing else (), rules.of(denying) if denying else (), ()


def apply_alone(rules: Iterable[ResidualRule], evaluation: Evaluation) -> Applying:
    """Say which of *rules* apply, asking each for itself; the reference for asking them together."""
    allowing: list[ResidualRule] = []
    denying: list[ResidualRule] = []
    failed: list[Failed] = []
    for rule in rules:
        worst = TRUE
        try:
            for number in rule.conditions:
                worst = max(worst, evaluation.code(number))
                if worst == FALSE:
                    break
        # FAIL CLOSED (error in a rule): whatever was raised, the rule does not allow, and the answer will be a deny.
        except Exception as error:  # noqa: BLE001
            failed.append((rule, error))
            continue
        if rule.allows and worst == TRUE:
            allowing.append(rule)
        elif not rule.allows and worst < EMPTY:
            denying.append(rule)
    return allowing, denying, failed


class Judgement:
    """What a policy says in some circumstances. *asked* is what its residuals are looked up by."""

    __slots__ = ("asked", "circumstances", "evaluation", "policy")

    def __init__(self, policy: PolicySet, circumstances: Circumstances, evaluation: Evaluation) -> None:
        self.policy = policy
        self.circumstances = circumstances
        self.evaluation = evaluation
        request = circumstances.request
        self.asked: Asked = (circumstances.roles, request.action, circumstances.resource.type, request.purpose)

    @property
    def evaluator(self) -> Evaluator:
        """Return the interpreter of the conditions in these circumstances: what explanations are told from."""
        if isinstance(self.evaluation, InterpretedEvaluation):
            return self.evaluation.evaluator
        return Evaluator(self.policy.conditions, self.circumstances)

    def is_false(self, condition: str) -> bool:
        """Say whether a condition is known not to hold."""
        return self.evaluation.code(self.policy.compiled.numbers[condition]) >= EMPTY

    def traces(self, *, in_detail: bool = False) -> tuple[RuleTrace, ...]:
        """Return how each condition of every rule that speaks of the request came out, by rule id."""
        rules, evaluator = self.policy.residuals.rules(self.asked).rules, self.evaluator
        traces = tuple(self._trace(rule.rule, evaluator, in_detail=in_detail) for rule in rules)
        if not in_detail:
            return traces
        return tuple(
            replace(trace, conditions=(*self._role_path(found.rule), *trace.conditions))
            for trace, found in zip(traces, rules, strict=True)
        )

    def _role_path(self, rule: Rule) -> tuple[ConditionTrace, ...]:
        """Return how the subject comes to hold the role of *rule*, nothing where it speaks of everybody."""
        said = role_path(self.circumstances, rule.region.role, self.policy.word_text(WordKind.ROLE, rule.region.role))
        return () if said is None else (ConditionTrace(ROLE, Outcome.TRUE, (), said.full, in_kind=said.in_kind),)

    def near_trace(self, near: NearRule, *, in_detail: bool = False) -> RuleTrace:
        """Return the trace of a rule with the parts of its region that the request is outside of as lacks."""
        whole = self._trace(near.rule, self.evaluator, in_detail=in_detail)
        outside = self._outside(near.rule) if near.outside else ()
        role = () if near.held else (self._role_lack(near),)
        conditions = (*outside, *role, *whole.conditions)
        return RuleTrace(whole.rule, whole.clause, whole.effect, whole.file, whole.line, conditions)

    def _trace(self, rule: Rule, evaluator: Evaluator, *, in_detail: bool) -> RuleTrace:
        """Return how each condition of *rule* came out; *in_detail*, what each that is not true lacks."""
        conditions = tuple(self._condition(name, evaluator, in_detail) for name in rule.conditions)
        return RuleTrace(rule.id, rule.clause, rule.effect, rule.file, rule.line, conditions)

    def _condition(self, name: str, evaluator: Evaluator, in_detail: bool) -> ConditionTrace:
        condition = self.policy.conditions[name]
        try:
            result = evaluator.named(name)
            parts = lacking(condition.expression, evaluator, evaluator.outermost) if in_detail else ()
        # FAIL CLOSED (error in a rule): it is recorded and the answer is a deny; here it is only shown.
        except Exception:  # noqa: BLE001
            return ConditionTrace(name, Outcome.UNKNOWN, (), condition.text, error=True)
        message = condition.text
        if parts:
            why = join_texts(parts, "; ", "; ")
            message = Text(f"{message.vi} — {why.vi}", f"{message.en} — {why.en}")
        in_kind = condition.text if parts else None
        return ConditionTrace(name, result.outcome, tuple(sorted(result.missing)), message, in_kind=in_kind)

    def _outside(self, rule: Rule) -> tuple[ConditionTrace, ...]:
        request, category = self.circumstances.request, self.circumstances.resource.type
        parts = (
            ("action", WordKind.ACTION, rule.region.action, request.action, Text("hành động là", "the action is")),
            ("category", WordKind.CATEGORY, rule.region.category, category, Text("dữ liệu là", "the data is")),
            ("purpose", WordKind.PURPOSE, rule.region.purpose, request.purpose, Text("mục đích là", "the purpose is")),
        )
        return tuple(
            self._lack(name, kind, wanted, said, asked)
            for name, kind, wanted, asked, said in parts
            if not self.policy.hierarchies.covers(kind, wanted, asked)
        )

    def _lack(self, name: str, kind: WordKind, wanted: str, said: Text, asked: str) -> ConditionTrace:
        text, found = self.policy.word_text(kind, wanted), self.policy.word_text(kind, asked)
        message = Text(
            f"{said.vi} “{text.vi}” – thực tế: “{found.vi}”", f"{said.en} `{wanted}` ({text.en}) – it is `{asked}`"
        )
        return ConditionTrace(name, Outcome.FALSE, (), message)

    def is_assigned(self, role: str) -> bool:
        """Say whether the subject was assigned *role*, or a narrower one, although that does not count."""
        above = self.policy.hierarchies.roles
        return any(role in above.get(found.role.role, ANY_WORD) for found in self.circumstances.uncounted)

    def why_uncounted(self, rule: Rule) -> Text:
        """Say why what the subject was assigned of the role of *rule* does not count, to follow what says the role."""
        if not self.circumstances.uncounted:
            return NOTHING
        above, wanted = self.policy.hierarchies.roles, rule.region.role
        # Each once and in an order of their own: how the facts were listed changes nothing that is said.
        said = {
            (found.role.role, str(found.role.scope), found.why_not)
            for found in self.circumstances.uncounted
            if found.why_not is not None and wanted in above.get(found.role.role, ANY_WORD)
        }
        message = NOTHING
        for role, scope, why in sorted(said, key=lambda one: (one[0], one[1], one[2].en)):
            message = Text(
                f"{message.vi} – `{role}` trong `{scope}` không được tính: {why.vi}",
                f"{message.en} – `{role}` in `{scope}` does not count: {why.en}",
            )
        return message

    def _role_lack(self, near: NearRule) -> ConditionTrace:
        said = role_lack(near.role, near.rule, str(self.circumstances.request.subject))
        why = self.why_uncounted(near.rule)
        message = Text(f"{said.vi}{why.vi}", f"{said.en}{why.en}")
        return ConditionTrace(ROLE, Outcome.FALSE, (), message, in_kind=said)
