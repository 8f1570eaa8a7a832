"""What the asking service is not shown."""

import pytest

from pdp.core.decision import Cause, Decision, Effect, RuleTrace
from pdp.core.entity import Entity
from pdp.core.explanation import Change, Explanation, FactUse
from pdp.core.facts import Consent, Containment, Fact, FactKind, Ground, RoleAssignment
from pdp.core.request import Request, Resource
from pdp.core.text import Text
from pdp.server.visibility import for_caller

LAN, MINH, CLASS = Entity("user", "lan"), Entity("child", "minh"), Entity("class", "a1")
STRANGER, REQUEST = Entity("user", "stranger"), Entity("request", "r-1")
ASKED = Request("r", "kidsonline", LAN, "read", Resource("child_photo", "p-1", MINH, (CLASS,)), "media")

SHOWN: list[FactKind] = [
    RoleAssignment(LAN, "primary_guardian", MINH),
    Consent(MINH, STRANGER, ("media",), ("child_photo",), "given"),
    Ground("registration", REQUEST, "active", beneficiary=LAN, data_subject=MINH),
    Ground("registration", REQUEST, "active"),
    Containment(MINH, CLASS),
    Containment(CLASS, Entity("school", "hoa-sen")),
]
HIDDEN: list[FactKind] = [
    RoleAssignment(STRANGER, "primary_guardian", MINH),
    Consent(STRANGER, LAN, ("media",), ("child_photo",), "given"),
    Ground("registration", REQUEST, "active", beneficiary=STRANGER, data_subject=MINH),
    Ground("registration", REQUEST, "active", beneficiary=LAN, data_subject=STRANGER),
    Containment(STRANGER, CLASS),
]


def explanation_with(*kinds: FactKind) -> Explanation:
    """Return an explanation in which the facts of *kinds* were used, or would have to be added."""
    decision = Decision("d", "r", False, Cause.UNMET, (), (), "rev", "t", None, ())
    trace = RuleTrace("R1", "KIDS-1", Effect.ALLOW, "policies/kidsonline/policy.csv", 7, ())
    facts = tuple(Fact(kind, stored=True) for kind in kinds)
    changes = tuple(Change((fact,), (), (), Text("", "")) for fact in facts)
    return Explanation(decision, (trace,), (trace,), tuple(FactUse(fact, True) for fact in facts), changes)


@pytest.mark.parametrize("kind", SHOWN, ids=repr)
def test_facts_about_those_whom_the_request_names_are_shown(kind: FactKind) -> None:
    """The asking service named them itself."""
    shown = for_caller(explanation_with(kind), ASKED)
    assert [use.fact.kind for use in shown.facts] == [kind]
    assert len(shown.would_allow) == 1


@pytest.mark.parametrize("kind", HIDDEN, ids=repr)
def test_facts_about_others_are_not_shown(kind: FactKind) -> None:
    """Neither as a fact that was used nor as one that would help."""
    shown = for_caller(explanation_with(kind), ASKED)
    assert shown.facts == ()
    assert shown.would_allow == ()


def test_places_in_files_are_not_shown_and_the_decision_stays() -> None:
    """The rule and its sentence are; where they are written is the operator's own."""
    explanation = explanation_with()
    shown = for_caller(explanation, ASKED)
    assert shown.decision == explanation.decision
    for trace in (*shown.matched, *shown.nearest):
        assert (trace.rule, trace.clause, trace.file, trace.line) == ("R1", "KIDS-1", "", 0)
