"""What the asking service is not shown."""

from dataclasses import replace

import pytest

from pdp.core.decision import Cause, ConditionTrace, Decision, Effect, Outcome, RuleTrace
from pdp.core.entity import Entity
from pdp.core.explanation import Change, Explanation, FactUse
from pdp.core.facts import Consent, Containment, Fact, FactKind, Ground, RoleAssignment
from pdp.core.request import Request, Resource
from pdp.core.text import Text
from pdp.core.visibility import for_caller

LAN, MINH, CLASS = Entity("user", "lan"), Entity("child", "minh"), Entity("class", "a1")
STRANGER, REQUEST = Entity("user", "stranger"), Entity("request", "r-1")
ASKED = Request("r", "kidsonline", LAN, "read", Resource("child_photo", "p-1", MINH, (CLASS,)), "media")

FULL, IN_KIND = Text("của user:stranger", "of user:stranger"), Text("một sự đồng ý", "a consent")

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
    changes = tuple(
        Change((fact,), (), ('context.recipient = "user:stranger"',), FULL, "user:stranger", IN_KIND, "guardian")
        for fact in facts
    )
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
    (change,) = shown.would_allow
    assert change.add == ()


@pytest.mark.parametrize("kind", [*SHOWN, *HIDDEN], ids=repr)
def test_a_change_names_nobody_whom_the_request_does_not_name(kind: FactKind) -> None:
    """A caller learns the kind of thing that is missing, and the role of whoever could bring it about."""
    (change,) = for_caller(explanation_with(kind), ASKED).would_allow
    assert (change.message, change.by_whom, change.circumstances) == (IN_KIND, "guardian", ("context.recipient",))
    assert "stranger" not in repr((change.add, change.end))


def test_changes_that_look_alike_to_a_caller_are_told_once() -> None:
    """Two guardians who could consent are one kind of thing."""
    shown = for_caller(explanation_with(HIDDEN[0], HIDDEN[1]), ASKED)
    assert len(shown.would_allow) == 1


def test_what_a_condition_found_is_not_shown() -> None:
    """The words of the condition are the policy's; the values it found may be other people's."""
    found = ConditionTrace("c", Outcome.FALSE, (), FULL, in_kind=IN_KIND)
    trace = RuleTrace("R1", "KIDS-1", Effect.ALLOW, "policies/kidsonline/policy.csv", 7, (found,))
    shown = for_caller(replace(explanation_with(), matched=(trace,), nearest=(trace,)), ASKED)
    assert [each.conditions[0].message for each in (*shown.matched, *shown.nearest)] == [IN_KIND, IN_KIND]


def test_places_in_files_are_not_shown_and_the_decision_stays() -> None:
    """The rule and its sentence are; where they are written is the operator's own."""
    explanation = explanation_with()
    shown = for_caller(explanation, ASKED)
    assert shown.decision == explanation.decision
    for trace in (*shown.matched, *shown.nearest):
        assert (trace.rule, trace.clause, trace.file, trace.line) == ("R1", "KIDS-1", "", 0)
