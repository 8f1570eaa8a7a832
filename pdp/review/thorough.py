"""What only a look at every situation shows: rules that no request reaches, or that change no answer.

Needs the extra `analysis` (z3-solver), as everything that imports it does.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice, product
from typing import Final

from pdp.analysis.changes import Comparison
from pdp.analysis.kinds import Kind
from pdp.core.decision import Effect, Outcome
from pdp.core.fact_schema import FactSchema
from pdp.core.finding import Finding
from pdp.core.policy import ANY, Region, Rule
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.policy_set import Asked, FolderReport, PolicySet
from pdp.space import TIME_LIMIT_MS, Formula, Question, Space, UndecidedError

_KINDS: Final = (WordKind.ROLE, WordKind.ACTION, WordKind.CATEGORY, WordKind.PURPOSE)
_WORDS: Final = 4
"""So many words of each column of a row are looked at first: most rules show there that they matter."""

_PAIRS: Final = 64
"""So many questions are looked at for two rules of one sentence."""

_EVERYTHING: Final = "everything"
_ANYTHING: Final = Region(ANY, ANY, ANY, ANY)

Progress = Callable[[int, int], None]


def review_thoroughly(policy: PolicySet, schema: FactSchema, progress: Progress | None = None) -> tuple[Finding, ...]:
    """Return what a solver finds about the rules of *policy*, in order of their places.

    *progress* is told how many rules of how many were looked at. Where the solver gives up, the rule is taken to
    matter, and what stayed undecided is said.
    """
    report, looking = FolderReport(), _Looking(policy, schema)
    for number, rule in enumerate(policy.rules.values()):
        if progress is not None:
            progress(number, len(policy.rules))
        if not looking.matters(rule):
            _report_idle(policy, rule, schema, report)
    looking.report_contradictions(report)
    return report.findings


class _Looking:
    """Asks the solver about rules of one policy."""

    def __init__(self, policy: PolicySet, schema: FactSchema) -> None:
        self._policy = policy
        self._space = Space([policy], schema)
        self._undecided: list[UndecidedError] = []

    def matters(self, rule: Rule) -> bool:
        """Say whether a situation is found soon in which the decision, or its sentence, rests on *rule* alone."""
        for asked in self._questions(rule, rule):
            question, alone = self._question(asked), []
            for other in self._speaking(asked):
                if other.id != rule.id and (other.effect is rule.effect or other.effect is Effect.DENY):
                    question.names(self._policy, other.conditions)
                    alone.append(other)
            question.names(self._policy, rule.conditions)
            silent = [self._space.script.negated(self._applies(question, other)) for other in alone]
            if self._possible(question, self._applies(question, rule), *silent):
                return True
        return False

    def _possible(self, question: Question, *formulas: Formula) -> bool:
        try:
            return question.is_possible(*formulas)
        except UndecidedError as error:
            self._undecided.append(error)
            return False

    def report_contradictions(self, report: FolderReport) -> None:
        """Note each sentence by which one rule may deny all that another allows: both can apply at once."""
        rules = list(self._policy.rules.values())
        for allow in (rule for rule in rules if rule.effect is Effect.ALLOW):
            for deny in (rule for rule in rules if rule.effect is Effect.DENY and rule.clause == allow.clause):
                if not self._covers(deny, allow):
                    continue
                self._undecided.clear()
                if not self._meet(allow, deny):
                    for error in self._undecided[:1]:
                        _say_undecided(allow, _both(deny), error, report)
                    continue
                report.note(
                    allow.file,
                    (allow.line, 1),
                    "clause-says-both",
                    f"theo `{allow.clause}`, dòng `{allow.id}` cho phép điều mà dòng `{deny.id}` từ chối",
                    f"by `{allow.clause}` the row `{allow.id}` allows what the row `{deny.id}` denies",
                    f"see line {deny.line}: narrow one of them, or keep it when the sentence says both",
                )

    def _covers(self, deny: Rule, allow: Rule) -> bool:
        """Say whether *deny* speaks wherever *allow* does: less would be an exception from it."""
        return all(set(self._words(kind, allow)) <= set(self._words(kind, deny)) for kind in _KINDS)

    def _meet(self, one: Rule, other: Rule) -> bool:
        for asked in islice(self._questions(one, other), _PAIRS):
            question = self._question(asked)
            question.names(self._policy, (*one.conditions, *other.conditions))
            if self._possible(question, self._applies(question, one), self._applies(question, other)):
                return True
        return False

    def _questions(self, one: Rule, other: Rule) -> Iterator[Asked]:
        """Yield some questions of which both rules speak."""
        columns = []
        for kind in _KINDS:
            shared = [word for word in self._words(kind, one) if word in self._words(kind, other)]
            columns.append(shared[:_WORDS])
        for role, action, category, purpose in product(*columns):
            yield frozenset({role}), action, category, purpose

    def _words(self, kind: WordKind, rule: Rule) -> tuple[str, ...]:
        broad = getattr(rule.region, kind.singular)
        covers = self._policy.hierarchies.covers
        return tuple(word for word in self._policy.vocabulary.words(kind) if covers(kind, broad, word))

    def _question(self, asked: Asked) -> Question:
        return self._space.question(asked)

    def _speaking(self, asked: Asked) -> tuple[Rule, ...]:
        return tuple(found.rule for found in self._policy.residuals.rules(asked).rules)

    def _applies(self, question: Question, rule: Rule) -> Formula:
        """Return that *rule* applies: unknown is false in an allow rule and true in a deny rule."""
        written = self._space.script
        if rule.effect is Effect.ALLOW:
            held = [question.has_outcome(self._policy, name, Outcome.TRUE) for name in rule.conditions]
        else:
            held = [
                written.negated(question.has_outcome(self._policy, name, Outcome.FALSE)) for name in rule.conditions
            ]
        return written.both(*held)


def _report_idle(policy: PolicySet, rule: Rule, schema: FactSchema, report: FolderReport) -> None:
    """Report a rule that may not matter, after a look at the whole space: without it, does anything change?"""
    place = (rule.line, 1)
    # Of a `deny` alone nothing is allowed that it could take away.
    allowing = replace(rule, id=_EVERYTHING, effect=Effect.ALLOW, region=_ANYTHING, conditions=(), owes=())
    beside = [] if rule.effect is Effect.ALLOW else [allowing]
    without = policy.with_rules(other for other in policy.rules.values() if other is not rule)
    sought = _APPLIES
    try:
        applies = _differ(policy.with_rules([*beside, rule]), policy.with_rules(beside), schema, decisions_only=True)
        sought = _CHANGES
        changes = applies and _differ(policy, without, schema)
        sought = _ALLOWS
        allows = changes and (rule.effect is Effect.DENY or _differ(policy, without, schema, decisions_only=True))
    # A solver that gives up proves nothing: the rule is taken to matter.
    except UndecidedError as error:
        _say_undecided(rule, sought, error, report)
        return
    if not applies:
        report.warning(
            rule.file,
            place,
            "rule-never-applies",
            f"không yêu cầu nào tới được dòng `{rule.id}`: các điều kiện không thể cùng đúng ở nơi nó nói tới",
            f"no request can reach the row `{rule.id}`: its conditions never hold together where it speaks",
            "mend a condition, or remove the row",
        )
    elif not changes:
        report.warning(
            rule.file,
            place,
            "rule-changes-nothing",
            f"dòng `{rule.id}` không bao giờ thay đổi câu trả lời: các dòng khác đã nói tất cả",
            f"the row `{rule.id}` never changes an answer: other rows say all of it",
            "remove the row, or narrow the others",
        )
    elif not allows:
        report.note(
            rule.file,
            place,
            "rule-adds-words-only",
            f"dòng `{rule.id}` không cho phép thêm điều gì: nó chỉ thêm câu trích hoặc nghĩa vụ",
            f"the row `{rule.id}` allows nothing that other rows do not: it adds a sentence or an obligation",
            "keep it when the sentence has to be named",
        )


def _differ(one: PolicySet, other: PolicySet, schema: FactSchema, *, decisions_only: bool = False) -> bool:
    """Say whether an answer differs. Raises UndecidedError."""
    kinds = tuple(Kind)[:2] if decisions_only else tuple(Kind)
    return next(Comparison(one, other, schema, kinds).differences(), None) is not None


_APPLIES: Final = Text("có yêu cầu nào tới được dòng này không", "whether any request reaches this row")
_CHANGES: Final = Text("dòng này có thay đổi câu trả lời nào không", "whether this row changes any answer")
_ALLOWS: Final = Text(
    "dòng này có cho phép điều gì mà các dòng khác không cho phép không",
    "whether this row allows anything that other rows do not",
)


def _both(deny: Rule) -> Text:
    return Text(
        f"dòng này và dòng `{deny.id}` của cùng câu có thể cùng áp dụng không",
        f"whether this row and the row `{deny.id}` of the same sentence can both apply",
    )


def _say_undecided(rule: Rule, sought: Text, error: UndecidedError, report: FolderReport) -> None:
    seconds = TIME_LIMIT_MS // 1000
    is_late = "unknown" in str(error) or "timeout" in str(error)
    why = Text(f"bộ giải bỏ cuộc sau {seconds} giây", f"the solver gave up after {seconds} s") if is_late else None
    why = why or Text(f"bộ giải dừng lại: {error}", f"the solver stopped: {error}")
    report.warning(
        rule.file,
        (rule.line, 1),
        "rule-undecided",
        f"chưa xác định được {sought.vi}: {why.vi}",
        f"it stayed undecided {sought.en}: {why.en}",
        "nothing is said against the row; narrow its words or simplify its conditions, then look again",
    )
