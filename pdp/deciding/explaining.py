"""Shows how an answer came about: the same judgement, with more of it visible."""

from pdp.conditions import Evaluator, Frame, lacking, parts_of
from pdp.conditions.expression import SomeConsent, SomeGround
from pdp.core.decision import Decision
from pdp.core.explanation import Explanation, FactUse
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment
from pdp.core.role_holding import out_of_term
from pdp.core.text import Text, join_texts
from pdp.deciding.answer import Answer
from pdp.deciding.judgement import Judgement
from pdp.deciding.reasons import nearest_traces


def explain(decision: Decision, answer: Answer) -> Explanation:
    """Return the explanation of *decision*, which came of *answer*."""
    judgement = answer.judgement
    if judgement is None:
        return Explanation(decision, (), (), ())
    matched = judgement.traces(in_detail=True)
    nearest = () if decision.allowed else nearest_traces(judgement)
    uses = tuple(_use(fact, judgement) for fact in judgement.circumstances.facts)
    return Explanation(decision, matched, nearest, uses)


def _use(fact: Fact, judgement: Judgement) -> FactUse:
    try:
        why_not = _why_not(fact, judgement)
    # The decision stands already: what cannot be said of one fact must not take the explanation with it.
    except Exception:  # noqa: BLE001
        why_not = Text("không xét được", "could not be evaluated")
    return FactUse(fact, counted=why_not is None, why_not=why_not)


def _why_not(fact: Fact, judgement: Judgement) -> Text | None:
    circumstances = judgement.circumstances
    if not fact.in_force(circumstances.instant):
        return out_of_term(fact, circumstances.instant)
    match fact.kind:
        case RoleAssignment():
            return _role_why_not(fact, fact.kind, judgement)
        case Ground():
            return (
                None if judgement.evaluator.rested_on(fact) else _ground_why_not(fact, fact.kind, judgement.evaluator)
            )
        case Consent():
            return None if judgement.evaluator.rested_on(fact) else _consent_why_not(fact.kind, judgement)
        case Containment():
            return None


def _role_why_not(fact: Fact, role: RoleAssignment, judgement: Judgement) -> Text | None:
    circumstances = judgement.circumstances
    found = [
        assignment
        for person in (None, *circumstances.people)
        for assignment in circumstances.assignments_of(role.subject, person)
        if assignment.fact is fact
    ]
    if any(assignment.counts for assignment in found):
        return None
    return found[0].why_not if found else None


def _ground_why_not(fact: Fact, ground: Ground, evaluator: Evaluator) -> Text:
    """Say what the statement that came closest to resting on *ground* lacks."""
    if not any(known is fact for known in evaluator.circumstances.grounds(ground.kind)):
        return Text(f"`{ground.id}` nói về một thứ khác", f"`{ground.id}` is about another thing")
    best: tuple[Text, ...] | None = None
    for condition in evaluator.conditions.values():
        for part in parts_of(condition.expression):
            if isinstance(part, SomeGround) and part.kind == ground.kind and part.where is not None:
                lacks = lacking(part.where, evaluator, Frame(evaluator.outermost.person, fact))
                if lacks and (best is None or len(lacks) < len(best)):
                    best = lacks
    return join_texts(best, "; ", "; ") if best else Text("không điều kiện nào cần đến", "no condition needed it")


def _consent_why_not(consent: Consent, judgement: Judgement) -> Text:
    circumstances, evaluator = judgement.circumstances, judgement.evaluator
    if consent.status != "given":
        return Text(
            f"trạng thái là `{consent.status}`: không phải là sự đồng ý",
            f"its status is `{consent.status}`: no consent",
        )
    if consent.data_subject not in circumstances.people:
        return Text("nói về một người khác", "it is about somebody else")
    best: tuple[Text, ...] | None = None
    for condition in evaluator.conditions.values():
        for part in parts_of(condition.expression):
            if isinstance(part, SomeConsent) and part.where is not None:
                for fact in circumstances.consents(consent.data_subject, part.givers):
                    if fact.kind is consent:
                        lacks = lacking(part.where, evaluator, Frame(consent.data_subject, fact))
                        best = lacks if lacks and (best is None or len(lacks) < len(best)) else best
    if best:
        return join_texts(best, "; ", "; ")
    return Text(
        "không bao gồm yêu cầu này, người đồng ý không có quyền, hoặc một lời từ chối thắng",
        "it does not cover this request, its giver may not give it, or a refusal wins",
    )
