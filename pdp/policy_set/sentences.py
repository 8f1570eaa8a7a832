"""What an answer says of rules, lines and things that are missing, as far as the policy alone knows it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pdp.conditions import Condition
from pdp.core.decision import Effect, Reason
from pdp.core.policy import Clause, Line, Rule
from pdp.core.text import Text, join_texts

_SILENT: Final = Text(
    "không có câu nào trong chính sách đã công bố cho phép việc này; những gì không hứa thì không được phép",
    "no published sentence speaks of this; what is not promised is not allowed",
)
_MISSING: Final = Text("còn thiếu", "missing")
NOTHING: Final = Text("", "")


def rule_reason(rule: Rule, clauses: Mapping[str, Clause]) -> Reason:
    """Return what *rule* answers with where it decides: its sentence."""
    return Reason(rule.clause, rule.id, rule.effect, clauses[rule.clause].text_as_read)


def failed_reason(rule: Rule) -> Reason:
    """Return what a rule whose evaluation failed answers with, without the text of what was raised."""
    return Reason(
        rule.clause,
        rule.id,
        rule.effect,
        Text(
            f"không xét được quy tắc `{rule.id}`: từ chối để an toàn",
            f"the rule `{rule.id}` could not be evaluated: denied to be safe",
        ),
    )


def line_reason(line: Line, clauses: Mapping[str, Clause]) -> Reason:
    """Return what *line* adds to a denial: the sentence that closes its region."""
    return Reason(line.clause, line.id, Effect.LINE, clauses[line.clause].text_as_read)


def silent_reason(lines: Sequence[Line], clauses: Mapping[str, Clause]) -> Reason:
    """Return the one reason that says that no rule speaks, with the sentence of the first of *lines*."""
    if not lines:
        return Reason("", "", Effect.DENY, _SILENT)
    line, clause = lines[0], clauses[lines[0].clause].text
    said = Text(f"{_SILENT.vi} – {clause.vi}", f"{_SILENT.en} – {clause.en}")
    return Reason(line.clause, line.id, Effect.LINE, said)


@dataclass(frozen=True, slots=True)
class Lacking:
    """What kept an allow rule from applying, as the reasons of a denial.

    *reasons* stand for themselves where one of the rule's roles is held. Where none is, *role* says its role, and the
    rule's own sentence comes first, with the role as the first thing that is missing, before what is said *after* it.
    """

    rule: Rule
    role: Text | None
    before: Text
    after: Text
    reasons: tuple[Reason, ...]

    def without_role(self, subject: str, why: Text) -> Reason:
        """Return the reason that says that *subject* does not hold the role; *why* what it was assigned is worth."""
        rule, before, after = self.rule, self.before, self.after
        said = role_lack(self.role or NOTHING, rule, subject)
        message = Text(f"{before.vi}{said.vi}{why.vi}{after.vi}", f"{before.en}{said.en}{why.en}{after.en}")
        return Reason(rule.clause, rule.id, rule.effect, message)


def role_lack(role: Text, rule: Rule, subject: str) -> Text:
    """Say that *subject* does not hold the role of *rule*, which is called *role*."""
    return Text(f"`{subject}` giữ vai trò “{role.vi}”", f"`{subject}` holds the role `{rule.region.role}` ({role.en})")


def lacking(rule: Rule, failing: Iterable[Condition], clauses: Mapping[str, Clause], *, role: Text | None) -> Lacking:
    """Return what is said of *rule* when the conditions *failing* are not true, by the clauses that ask for them.

    *role* says its role when the subject does not hold it.
    """
    by_clause: dict[str, list[Text]] = {}
    for condition in failing:
        by_clause.setdefault(condition.clause, []).append(condition.text)
    own = [] if role is None else by_clause.pop(rule.clause, [])
    reasons = [
        Reason(clause, rule.id, rule.effect, _with_missing(clauses[clause].text, join_texts(texts, "; ", "; ")))
        for clause, texts in by_clause.items()
    ]
    return Lacking(
        rule=rule,
        role=role,
        before=_with_missing(clauses[rule.clause].text, NOTHING),
        after=join_texts([NOTHING, *own], "; ", "; "),
        reasons=tuple(reasons),
    )


def _with_missing(sentence: Text, what: Text) -> Text:
    return Text(f"{sentence.vi} – {_MISSING.vi}: {what.vi}", f"{sentence.en} – {_MISSING.en}: {what.en}")
