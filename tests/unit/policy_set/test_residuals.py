"""What is left of a policy for a question is what its rows say, is kept within bounds, and never changes."""

from random import Random
from typing import Final

import pytest

from pdp.core.decision import Effect
from pdp.core.vocabulary import WordKind
from pdp.policy_set import PolicySet, residuals
from pdp.policy_set.near_rules import Asked
from tests.builders import POLICIES, Edit, a_condition, a_policy_set, a_row, the_policy_set

SERVED: Final = sorted(path.parent.name for path in POLICIES.glob("*/policy.csv"))


def questions(policy: PolicySet, count: int) -> list[Asked]:
    """Return questions made of words of the vocabulary, half of them of words that some row speaks of."""
    random, found = Random(3), []
    regions = [rule.region for rule in policy.rules.values()]
    for _ in range(count):
        asked = []
        for kind, part in (
            (WordKind.ROLE, "role"),
            (WordKind.ACTION, "action"),
            (WordKind.CATEGORY, "category"),
            (WordKind.PURPOSE, "purpose"),
        ):
            spoken_of = policy.hierarchies.downward[kind].get(getattr(random.choice(regions), part))
            words = sorted(spoken_of or policy.vocabulary.words(kind))
            known = [word for word in words if policy.vocabulary.knows(kind, word)]
            asked.append(random.choice(known))
        role, action, category, purpose = asked
        found.append(
            (
                frozenset({role, random.choice(sorted(policy.vocabulary.words(WordKind.ROLE)))}),
                action,
                category,
                purpose,
            )
        )
    return found


@pytest.mark.parametrize("operator", SERVED)
def test_rules_that_speak_are_those_whose_region_holds_what_is_asked(operator: str) -> None:
    """The rules of a question are found as by looking at every row, and so is whether any allow row speaks at all."""
    policy, spoken = the_policy_set(operator), 0
    for asked in questions(policy, 400):
        roles, action, category, purpose = asked
        about = [
            rule
            for rule in policy.rules.values()
            if policy.hierarchies.covers_region(rule.region, action, category, purpose)
        ]
        speaking = sorted(rule.id for rule in about if policy.hierarchies.covers_role(rule.region, roles))
        found = policy.residuals.rules(asked)

        assert [rule.id for rule in found.rules] == speaking
        assert policy.residuals.speaks(asked) is any(rule.effect is Effect.ALLOW for rule in about)
        for position, rule in enumerate(found.rules):
            asked_for = [number for number, asking in found.steps if asking >> position & 1]
            assert asked_for == [policy.compiled.numbers[name] for name in rule.rule.conditions]
            assert bool(found.allowing >> position & 1) is (rule.rule.effect is Effect.ALLOW)
            assert bool(found.denying >> position & 1) is (rule.rule.effect is Effect.DENY)
        spoken += bool(speaking)
    assert spoken > 50


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many questions are asked, what was found is kept of the last ones alone."""
    monkeypatch.setattr(residuals, "KEPT", 50)
    policy = a_policy_set(Edit("policy.csv", "# ", "# bounded: "))
    for asked in questions(policy, 400):
        policy.residuals.rules(asked)
        policy.residuals.near(asked)
        policy.residuals.line_reasons(asked)
        policy.residuals.silence(asked)
        policy.residuals.kept_back(asked)
        policy.residuals.lacks(asked, 5)
        policy.residuals.looks_at_id(asked)
        policy.residuals.owed(tuple(rule.id for rule in policy.residuals.rules(asked).rules))

    kept = [value for value in vars(policy.residuals).values() if hasattr(value, "cache_info")]
    assert len(kept) == 9
    assert all(0 < cache.cache_info().currsize <= 50 for cache in kept)


def test_a_deny_row_for_a_part_is_kept_back_where_it_may_apply() -> None:
    """Of deny rows, those that do not speak of the whole, or that look at the category, are asked for a part."""
    policy = a_policy_set(
        a_row("no-photos", "deny", "guardian, read, child_photo, any"),
        a_row("no-children-in-the-clear", "deny", "guardian, read, child_data, any", "in_the_clear"),
        a_row("no-contact-unless-agreed", "deny", "guardian, read, personal_data, any", "unless_agreed"),
        a_condition("in_the_clear", "resource.encrypted is no"),
        a_condition("unless_agreed", "not consent from guardian"),
    )
    kept = policy.residuals.kept_back((frozenset({"guardian"}), "read", "child_data", "family_follow_up"))
    elsewhere = policy.residuals.kept_back((frozenset({"teacher"}), "read", "child_data", "family_follow_up"))

    rules = {word: [rule.id for rule in found.rules.rules] for word, found in kept.items()}
    assert rules["child_photo"] == ["no-contact-unless-agreed", "no-photos"]
    assert rules["child_video"] == ["no-contact-unless-agreed"]
    assert "child_data" not in rules
    assert {policy.compiled.numbers["unless_agreed"]} == set(kept["child_video"].anew)
    assert not elsewhere
