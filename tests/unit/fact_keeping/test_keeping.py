"""Every fact of a change is asked about by itself: no other fact that stands beside it answers for it."""

from datetime import datetime

import pytest

from pdp.core.decision import Decision
from pdp.core.entity import Entity
from pdp.core.errors import NotAllowedError
from pdp.core.fact_change import FactChangeRequest
from pdp.core.facts import Fact, RoleAssignment
from pdp.core.request import Request
from pdp.core.stores import FactFilter, Page
from pdp.decision_point import DecisionPoint
from pdp.fact_keeping import FactKeeper
from pdp_adapters.memory_facts import MemoryFacts
from pdp_adapters.no_decision_log import NoDecisionLog
from pdp_adapters.no_stored_facts import NoStoredFacts
from tests.builders import HEAD, KIDSONLINE, NOON, SCHOOL, AlwaysAt, a_condition, a_policy_set, a_row, the_words

THE_HEAD = Entity(*HEAD.split(":"))
THE_SCHOOL = Entity(*SCHOOL.split(":"))
TEACHER = Entity("user", "teacher")


class Remembering(NoDecisionLog):
    """Keeps what was asked and under which id it was decided."""

    def __init__(self) -> None:
        self.asked: dict[str, Request] = {}

    def record(self, request: Request, decision: Decision, at: datetime) -> None:
        """Keep it."""
        self.asked[decision.decision_id] = request


class OneAnswerForLikeRoles(FactKeeper):
    """The broken twin: asks about the first of those whose action, resource, purpose and role are the same."""

    def _asked(self, point: DecisionPoint, question: Request) -> Decision:
        key = repr((question.action, question.resource, question.purpose, question.context.get("granted_role")))
        answers = self.__dict__.setdefault("answers", {})
        if key not in answers:
            answers[key] = super()._asked(point, question)
        found: Decision = answers[key]
        return found


class School:
    """A school whose head may not enter themselves, by a rule that forbids it."""

    def __init__(self, keeper: type[FactKeeper]) -> None:
        region = "school_admin, update, system, account_management"
        policy = a_policy_set(
            a_condition("of_oneself", "context.grantee is subject"),
            a_row("nobody-oneself", "deny", region, "of_oneself"),
        )
        self.store = MemoryFacts()
        self.log = Remembering()
        clock = AlwaysAt(NOON)
        point = DecisionPoint({KIDSONLINE: policy}, NoStoredFacts(), clock, self.log)
        self._keeper = keeper(self.store, point, the_words().vocabulary, clock)
        self._written = 0
        self.write(Entity("service", "importer"), (THE_HEAD, "school_admin"))

    def write(self, actor: Entity, *roles: tuple[Entity, str]) -> list[str]:
        """Enter *roles* on behalf of *actor* and return the ids of the decisions."""
        self._written += 1
        change = FactChangeRequest(
            request_id=f"w-{self._written}",
            operator=KIDSONLINE,
            actor=actor,
            purpose="account_management",
            caller="school",
            content=f"content-{self._written}",
            context={"authenticated": True, "authentication_method": "password", "transport_encrypted": True},
            facts=tuple(Fact(RoleAssignment(person, role, THE_SCHOOL)) for person, role in roles),
        )
        return list(self._keeper.change(change).decision_ids)

    def staff(self) -> set[str]:
        """Return who has a role."""
        page = self.store.read(KIDSONLINE, FactFilter("role"), Page(100))
        return {str(fact.kind.subject) for fact in page.facts if isinstance(fact.kind, RoleAssignment)}


def test_a_denied_grant_is_denied_behind_a_permitted_one() -> None:
    """A rule that reads for whom it is refuses the second of two like grants, and then neither is done."""
    school = School(FactKeeper)
    with pytest.raises(NotAllowedError):
        school.write(THE_HEAD, (THE_HEAD, "teacher"))
    with pytest.raises(NotAllowedError) as refused:
        school.write(THE_HEAD, (TEACHER, "teacher"), (THE_HEAD, "teacher"))
    assert [error.field for error in refused.value.errors] == ["facts[1].role"]
    assert school.staff() == {HEAD}


def test_each_grant_has_a_record_that_names_for_whom_it_is() -> None:
    """Under the id that stands with a fact lies the record of the question about that very fact."""
    school = School(FactKeeper)
    other = Entity("user", "other")
    ids = school.write(THE_HEAD, (TEACHER, "teacher"), (other, "teacher"))
    assert [school.log.asked[id_].context["grantee"] for id_ in ids] == [TEACHER, other]


def test_a_keeper_that_shares_decisions_is_noticed() -> None:
    """The twin enters the head as a teacher behind somebody else."""
    school = School(OneAnswerForLikeRoles)
    ids = school.write(THE_HEAD, (TEACHER, "teacher"), (THE_HEAD, "teacher"))
    assert len(set(ids)) == 1
    assert school.staff() == {HEAD, str(TEACHER)}
