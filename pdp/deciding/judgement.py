"""The rules of one policy set held against one set of circumstances."""

from collections.abc import Sequence
from dataclasses import dataclass

from pdp.conditions import Evaluation, Evaluator, InterpretedEvaluation, lacking
from pdp.conditions.truth import EMPTY, FALSE, TRUE
from pdp.core.circumstances import Circumstances
from pdp.core.decision import ConditionTrace, Outcome, RuleTrace
from pdp.core.policy import Rule
from pdp.core.role_holding import Assignment
from pdp.core.text import Text, join_texts
from pdp.core.vocabulary import WordKind
from pdp.policy_set import Asked, NearRule, PolicySet, ResidualRule


@dataclass(slots=True)
class Applying:
    """The rules that apply, in the order in which they were given, and *failures*: each rule with what it raised."""

    allowing: list[ResidualRule]
    denying: list[ResidualRule]
    failures: list[tuple[ResidualRule, Exception]]


def apply(rules: Sequence[ResidualRule], evaluation: Evaluation) -> Applying:
    """Say which of *rules* apply, by their conditions.

    Unknown never helps: it is false in an allow rule and true in a deny rule (contract, section 4).
    """
    allowing: list[ResidualRule] = []
    denying: list[ResidualRule] = []
    failures: list[tuple[ResidualRule, Exception]] = []
    codes, functions, person = evaluation.codes, evaluation.table.functions, evaluation.person
    for rule in rules:
        worst = TRUE
        try:
            for number in rule.conditions:
                code = codes[number]
                if code is None:
                    code = codes[number] = functions[number](evaluation, person)
                if code > worst:
                    worst = code
                    if code == FALSE:
                        break
        # FAIL CLOSED (error in a rule): whatever was raised, the rule does not allow, and the answer will be a deny.
        except Exception as error:  # noqa: BLE001
            failures.append((rule, error))
            continue
        if rule.allows:
            if worst == TRUE:
                allowing.append(rule)
        elif worst < EMPTY:
            denying.append(rule)
    return Applying(allowing, denying, failures)


class Judgement:
    """What a policy says in some circumstances. *asked* is what its residuals are looked up by."""

    __slots__ = ("_evaluator", "asked", "circumstances", "evaluation", "policy")

    def __init__(self, policy: PolicySet, circumstances: Circumstances, evaluation: Evaluation) -> None:
        self.policy = policy
        self.circumstances = circumstances
        self.evaluation = evaluation
        request = circumstances.request
        self.asked: Asked = (circumstances.roles, request.action, circumstances.resource.type, request.purpose)
        self._evaluator: Evaluator | None = None

    @property
    def evaluator(self) -> Evaluator:
        """Return the interpreter of the conditions in these circumstances: what explanations are told from."""
        if self._evaluator is None:
            if isinstance(self.evaluation, InterpretedEvaluation):
                self._evaluator = self.evaluation.evaluator
            else:
                self._evaluator = Evaluator(self.policy.conditions, self.circumstances)
        return self._evaluator

    def is_false(self, condition: str) -> bool:
        """Say whether a condition is known not to hold."""
        return self.evaluation.code(self.policy.compiled.numbers[condition]) >= EMPTY

    def traces(self, *, in_detail: bool = False) -> tuple[RuleTrace, ...]:
        """Return how each condition of every rule that speaks of the request came out, by rule id."""
        rules = self.policy.residuals.rules(self.asked)
        return tuple(self._trace(rule.rule, in_detail=in_detail) for rule in rules)

    def near_trace(self, near: NearRule, *, in_detail: bool = False) -> RuleTrace:
        """Return the trace of a rule with the parts of its region that the request is outside of as lacks."""
        whole = self._trace(near.rule, in_detail=in_detail)
        outside = self._outside(near.rule) if near.outside else ()
        role = () if near.held else (ConditionTrace("role", Outcome.FALSE, (), self.role_lack(near)),)
        conditions = (*outside, *role, *whole.conditions)
        return RuleTrace(whole.rule, whole.clause, whole.effect, whole.file, whole.line, conditions)

    def _trace(self, rule: Rule, *, in_detail: bool) -> RuleTrace:
        """Return how each condition of *rule* came out; *in_detail*, what each that is not true lacks."""
        conditions = tuple(self._condition(name, in_detail) for name in rule.conditions)
        return RuleTrace(rule.id, rule.clause, rule.effect, rule.file, rule.line, conditions)

    def _condition(self, name: str, in_detail: bool) -> ConditionTrace:
        condition = self.policy.conditions[name]
        try:
            result = self.evaluator.named(name)
            parts = lacking(condition.expression, self.evaluator, self.evaluator.outermost) if in_detail else ()
        # FAIL CLOSED (error in a rule): it is recorded and the answer is a deny; here it is only shown.
        except Exception:  # noqa: BLE001
            return ConditionTrace(name, Outcome.UNKNOWN, (), condition.text, error=True)
        message = condition.text
        if parts:
            why = join_texts(parts, "; ", "; ")
            message = Text(f"{message.vi} — {why.vi}", f"{message.en} — {why.en}")
        return ConditionTrace(name, result.outcome, tuple(sorted(result.missing)), message)

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

    def assigned(self, near: NearRule) -> list[Assignment]:
        """Return the role facts of the subject that would do for *near*, although they do not count."""
        assignments = self.circumstances.assignments
        if not assignments:
            return []
        covers, wanted = self.policy.hierarchies.covers, near.rule.region.role
        return [found for found in assignments if not found.counts and covers(WordKind.ROLE, wanted, found.role.role)]

    def role_lack(self, near: NearRule) -> Text:
        """Say that the subject does not hold the role of *near*, and why what it was assigned does not count."""
        subject, text, wanted = self.circumstances.request.subject, near.role, near.rule.region.role
        name = f"{subject.type}:{subject.id}"
        message = Text(f"`{name}` giữ vai trò “{text.vi}”", f"`{name}` holds the role `{wanted}` ({text.en})")
        if not self.circumstances.assignments:
            return message
        # Each once and in an order of their own: how the facts were listed changes nothing that is said.
        said = {
            (found.role.role, str(found.role.scope), found.why_not)
            for found in self.assigned(near)
            if found.why_not is not None
        }
        for role, scope, why in sorted(said, key=lambda one: (one[0], one[1], one[2].en)):
            message = Text(
                f"{message.vi} – `{role}` trong `{scope}` không được tính: {why.vi}",
                f"{message.en} – `{role}` in `{scope}` does not count: {why.en}",
            )
        return message
