"""The questions that servers are compared by: requests that can be right, some allowed and some not."""

import json

import pytest

from benchmarks.served import cerbos_policies
from benchmarks.served.cerbos_requests import cerbos_request
from benchmarks.served.contenders import SCENES, Scene
from benchmarks.served.situations import CHILD_CATEGORIES, Situation, any_situations, with_three_facts, without_facts
from tests.builders import check, read

ASKED = any_situations(300)


def _allowed(situation: Situation) -> bool:
    return check(read(situation)).allowed


def test_situations_are_requests_that_can_be_right_and_both_answers_are_among_them() -> None:
    """A request that is refused for its form would be no decision, and one answer alone no comparison."""
    allowed = sum(map(_allowed, ASKED))
    assert len(ASKED) // 8 < allowed < len(ASKED) // 2


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_what_is_measured_is_allowed_and_no_two_requests_are_the_same(scene: Scene) -> None:
    """An allow is what the others are asked for too; a repeated item in a batch would be less work."""
    situations = [situation for body in scene.bodies for situation in body]
    assert all(map(_allowed, situations))
    assert len({json.dumps(situation) for situation in situations}) == len(situations)


def test_every_mother_has_facts_of_her_own() -> None:
    """Unseen facts are unseen: nothing in them repeats from one mother to the next."""
    facts = [{json.dumps(fact) for fact in with_three_facts(mother=mother)["facts"]} for mother in (1, 2)]
    assert len(facts[0]) == len(facts[1]) == 3
    assert not facts[0] & facts[1]


def test_a_request_to_cerbos_brings_every_fact_and_every_resource() -> None:
    """What is left out of the other side's request would make it easier."""
    situations = [with_three_facts(number) for number in range(5)]
    request = cerbos_request(situations)
    attributes = request["principal"]["attr"]
    assert len(attributes["roles"]) + len(attributes["registrations"]) == 3
    assert [each["resource"]["id"] for each in request["resources"]] == [each["resource"]["id"] for each in situations]
    assert without_facts()["context"].items() <= cerbos_request([without_facts()])["principal"]["attr"].items()


def test_one_request_to_cerbos_never_mixes_principals() -> None:
    """Items of a batch that differ in their facts are not asked with the facts of the first."""
    with pytest.raises(ValueError, match="one principal"):
        cerbos_request([with_three_facts(mother=1), with_three_facts(mother=2)])


@pytest.mark.parametrize("twin", cerbos_policies.TWINS)
def test_every_twin_of_cerbos_policies_is_another_policy(twin: str) -> None:
    """A twin whose change has gone astray would be the right policy, and never be caught."""
    old, new = cerbos_policies.TWINS[twin]
    right = json.dumps(cerbos_policies.policies())
    assert json.dumps(old)[1:-1] in right
    assert old != new
    files = {name: content for name, content in cerbos_policies.twins().items() if twin in name}
    assert len(files) == len(cerbos_policies.policies())
    assert json.dumps(files).replace(twin, "") != right


def test_cerbos_has_a_policy_for_every_category_of_a_child() -> None:
    """A kind without a policy would be denied for nothing."""
    kinds = {
        content["resourcePolicy"]["resource"]
        for content in cerbos_policies.policies().values()
        if "resourcePolicy" in content
    }
    assert kinds > set(CHILD_CATEGORIES)
