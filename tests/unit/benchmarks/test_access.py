"""The policy that engines are compared by: every rendering says what the policy itself says, and wrong ones show."""

import json
import re
from collections.abc import Mapping

import pytest
from casbin import Enforcer, Model
from casbin.persist import load_policy_line

from benchmarks.access import ACTIONS, Access, Question, any_questions, made_up, questions
from benchmarks.renderings import CASBIN_MODEL, casbin_policy, cedar_entities, cedar_policies, spicedb_relationships
from benchmarks.twins import TWINS

RULES = 100
ASKED = 600


@pytest.fixture(scope="module")
def access() -> Access:
    """Return the policy that engines are compared by."""
    return made_up(RULES)


def _truth(access: Access, asked: list[Question]) -> list[bool]:
    return [access.allows(question) for question in asked]


def test_a_policy_has_as_many_rules_as_it_is_asked_for_and_is_always_the_same(access: Access) -> None:
    """Two runs measure the same policy, of the size that the table says."""
    assert len({(rule.role, rule.data, rule.action) for rule in access.rules}) == RULES
    assert made_up(RULES) == access
    assert made_up(RULES, seed=1) != access


@pytest.mark.parametrize("allowed", [True, False])
def test_questions_are_answered_as_promised(access: Access, allowed: bool) -> None:
    """What is timed as allow is allowed, and what is timed as deny is not."""
    assert set(_truth(access, questions(access, 200, allowed=allowed))) == {allowed}


@pytest.mark.parametrize("twin", TWINS)
def test_questions_tell_every_wrong_policy_from_the_right_one(access: Access, twin: str) -> None:
    """A comparison that a broken policy passes compares nothing."""
    asked = any_questions(access, ASKED)
    assert _truth(TWINS[twin](access), asked) != _truth(access, asked)


def test_the_rendering_for_casbin_says_what_the_policy_says(access: Access) -> None:
    """PyCasbin, which knows nothing of the generator, answers as the policy does."""
    model = Model()
    model.load_model_from_text(CASBIN_MODEL)
    for line in casbin_policy(access).splitlines():
        load_policy_line(line, model)
    enforcer = Enforcer(model)
    enforcer.build_role_links()
    asked = any_questions(access, 150)
    assert [enforcer.enforce(each.user, each.data, each.action) for each in asked] == _truth(access, asked)


# --- Readers of the other renderings, written apart from the generator ------------------------------------------------

_CEDAR = re.compile(
    r'(permit|forbid)\(principal in Role::"(\w+)", action == Action::"(\w+)", resource == Data::"(\w+)"\);'
)


def _cedar_allows(policies: str, entities: str, question: Question) -> bool:
    parents = {
        (each["uid"]["type"], each["uid"]["id"]): [(above["type"], above["id"]) for above in each["parents"]]
        for each in json.loads(entities)
    }
    ahead, held = [("User", question.user)], set[tuple[str, str]]()
    while ahead:
        held.update(ahead)
        ahead = [above for each in ahead for above in parents.get(each, ())]
    effects = {
        effect
        for effect, role, action, data in _CEDAR.findall(policies)
        if ("Role", role) in held and (action, data) == (question.action, question.data)
    }
    return effects == {"permit"}


def test_the_rendering_for_cedar_says_what_the_policy_says(access: Access) -> None:
    """Every policy and every parent is there: a reader of its own comes to the same answers."""
    policies, entities = cedar_policies(access), cedar_entities(access)
    assert len(policies.splitlines()) == len(_CEDAR.findall(policies)) == RULES
    asked = any_questions(access, ASKED)
    assert [_cedar_allows(policies, entities, each) for each in asked] == _truth(access, asked)
    without_forbid = policies.replace("forbid", "permit")
    assert [_cedar_allows(without_forbid, entities, each) for each in asked] != _truth(access, asked)


def _spicedb_allows(relationships: Mapping[tuple[str, str], list[str]], question: Question) -> bool:
    def reaches(subject: str) -> bool:
        name, _, of = subject.partition("#")
        return subject == f"user:{question.user}" or any(map(reaches, relationships.get((name, of), ())))

    def found(relation: str) -> bool:
        return any(map(reaches, relationships.get((f"data:{question.data}", f"{relation}_{question.action}"), ())))

    return question.action in ACTIONS and found("allowed") and not found("denied")


def test_the_rendering_for_spicedb_says_what_the_policy_says(access: Access) -> None:
    """Every relationship is there: a reader of its own comes to the same answers."""
    relationships: dict[tuple[str, str], list[str]] = {}
    for resource, relation, subject in spicedb_relationships(access):
        relationships.setdefault((resource, relation), []).append(subject)
    asked = any_questions(access, ASKED)
    assert [_spicedb_allows(relationships, each) for each in asked] == _truth(access, asked)
    without_denials = {key: value for key, value in relationships.items() if not key[1].startswith("denied")}
    assert [_spicedb_allows(without_denials, each) for each in asked] != _truth(access, asked)
