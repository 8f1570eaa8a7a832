"""The rules of one policy set held against one set of circumstances."""

from functools import cached_property

from pdp.conditions import Evaluator, conjunction, lacking
from pdp.core.circumstances import Circumstances
from pdp.core.decision import ConditionTrace, Effect, Outcome, RuleTrace
from pdp.core.policy import Rule
from pdp.core.role_holding import Assignment
from pdp.core.text import Text, join_texts
from pdp.core.vocabulary import WordKind
from pdp.engine import Matches, Question
from pdp.policy_set import PolicySet


class Judgement:
    """Evaluates rules, each condition once."""

    def __init__(self, policy: PolicySet, circumstances: Circumstances) -> None:
        self.policy = policy
        self.circumstances = circumstances
        self.evaluator = Evaluator(policy.conditions, circumstances)

    @cached_property
    def matches(self) -> Matches:
        """Return every rule that speaks of the request, and those that apply."""
        request = self.circumstances.request
        return self.policy.engine.matches(
            Question(self.circumstances.roles, request.action, request.resource.type, request.purpose, self.applies)
        )

    def applies(self, rule_id: str) -> bool:
        """Say whether the conditions of a rule let it apply.

        Unknown never helps: it is false in an allow rule and true in a deny rule (contract, section 4).
        """
        rule = self.policy.rules[rule_id]
        outcome = conjunction(self.evaluator.named(name) for name in rule.conditions).outcome
        if rule.effect is Effect.ALLOW:
            return outcome is Outcome.TRUE
        return outcome is not Outcome.FALSE

    def is_false(self, condition: str) -> bool:
        """Say whether a condition is known not to hold."""
        return self.evaluator.named(condition).outcome is Outcome.FALSE

    def trace(self, rule: Rule, *, in_detail: bool = False) -> RuleTrace:
        """Return how each condition of *rule* came out; *in_detail*, what each that is not true lacks."""
        conditions = tuple(self._condition(name, in_detail) for name in rule.conditions)
        return RuleTrace(rule.id, rule.clause, rule.effect, rule.file, rule.line, conditions)

    def near_trace(self, rule: Rule, *, in_detail: bool = False) -> RuleTrace:
        """Return the trace of *rule* with the parts of its region that the request is outside of as lacks."""
        whole = self.trace(rule, in_detail=in_detail)
        outside = (*self._outside(rule), *self._role_lack(rule))
        return RuleTrace(whole.rule, whole.clause, whole.effect, whole.file, whole.line, (*outside, *whole.conditions))

    def _condition(self, name: str, in_detail: bool) -> ConditionTrace:
        condition = self.policy.conditions[name]
        try:
            result = self.evaluator.named(name)
            parts = lacking(condition.expression, self.evaluator, self.evaluator.outermost) if in_detail else ()
        # FAIL CLOSED (error in a rule): the engine has recorded it and the answer is a deny; here it is only shown.
        except Exception:  # noqa: BLE001
            return ConditionTrace(name, Outcome.UNKNOWN, (), condition.text, error=True)
        message = condition.text
        if parts:
            why = join_texts(parts, "; ", "; ")
            message = Text(f"{message.vi} — {why.vi}", f"{message.en} — {why.en}")
        return ConditionTrace(name, result.outcome, tuple(sorted(result.missing)), message)

    def _outside(self, rule: Rule) -> tuple[ConditionTrace, ...]:
        request = self.circumstances.request
        parts = (
            ("action", WordKind.ACTION, rule.region.action, request.action, Text("hành động là", "the action is")),
            (
                "category",
                WordKind.CATEGORY,
                rule.region.category,
                request.resource.type,
                Text("dữ liệu là", "the data is"),
            ),
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

    def has_assignment(self, rule: Rule) -> bool:
        """Say whether the subject was assigned the role of *rule*, although it does not count."""
        return bool(self._assigned(rule))

    def _assigned(self, rule: Rule) -> tuple[Assignment, ...]:
        return tuple(
            found
            for found in self.circumstances.assignments
            if not found.counts and self.policy.hierarchies.covers(WordKind.ROLE, rule.region.role, found.role.role)
        )

    def _role_lack(self, rule: Rule) -> tuple[ConditionTrace, ...]:
        wanted = rule.region.role
        if self.policy.hierarchies.covers_role(rule.region, self.circumstances.roles):
            return ()
        text = self.policy.word_text(WordKind.ROLE, wanted)
        subject = self.circumstances.request.subject
        message = Text(f"`{subject}` giữ vai trò “{text.vi}”", f"`{subject}` holds the role `{wanted}` ({text.en})")
        # Each once and in an order of their own: how the facts were listed changes nothing that is said.
        said = {
            (found.role.role, str(found.role.scope), found.why_not)
            for found in self._assigned(rule)
            if found.why_not is not None
        }
        for role, scope, why in sorted(said, key=lambda one: (one[0], one[1], one[2].en)):
            message = Text(
                f"{message.vi} – `{role}` trong `{scope}` không được tính: {why.vi}",
                f"{message.en} – `{role}` in `{scope}` does not count: {why.en}",
            )
        return (ConditionTrace("role", Outcome.FALSE, (), message),)
