"""Changes that are named make a denial an allow, no part of them does, and "nothing would" is a proof.

The broken twins below are each caught by the law that is there to catch them. The long run is
`python -m tests.properties.change_laws`.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final

import pytest

from pdp.core.decision import Effect
from pdp.core.entity import Entity
from pdp.core.explanation import Change, SearchOutcome
from pdp.counterfactuals import Budget, would_allow
from pdp.policy_set import PolicySet, build_policy_set
from tests.builders import edited, the_words
from tests.properties import change_laws
from tests.properties.change_laws import Explainer, Found
from tests.properties.denials import OPERATORS, Denied
from tests.properties.small_spaces import a_small_space

DENIALS: Final = range(60)
SPACES: Final = range(24)


def test_named_changes_allow_and_no_part_of_them_does() -> None:
    """Exactly what is named, made through the wire's own facts and decided by Check."""
    tally = change_laws.named_changes_allow_and_no_part_of_them_does(change_laws.REAL, DENIALS)
    assert {f"{operator} found" for operator in OPERATORS} <= tally.keys()


def test_named_changes_hold_on_small_policies() -> None:
    """Where rows are random, deny rules and rules that contradict each other come together as they like."""
    change_laws.named_changes_allow_and_no_part_of_them_does(
        change_laws.REAL, SPACES, lambda seed: a_small_space(seed).denied
    )


def test_nothing_is_said_only_where_nothing_would() -> None:
    """Every combination of what can be changed is decided, and none allows."""
    tally = change_laws.nothing_is_said_only_where_nothing_would(change_laws.REAL, SPACES)
    assert tally["small nothing"]
    assert tally["small found"]


def test_changes_hold_in_a_store_that_gathers() -> None:
    """A store finds what a question needs, what was written for it included; and with one, too, there are proofs."""
    tally = change_laws.changes_hold_in_a_store_that_gathers(range(40))
    assert tally["found"] > 20
    assert tally["nothing"]


# --- Broken twins -----------------------------------------------------------------------------------------------------


def _mapped(turn: Callable[[Denied, Change], Change]) -> Callable[[Denied], Found]:
    def explain(denied: Denied) -> Found:
        found = change_laws.REAL.explain(denied)
        return Found(found.search, tuple(turn(denied, change) for change in found.changes))

    return explain


def _asks_for_more(denied: Denied, change: Change) -> Change:
    """Ask for a circumstance that nothing rests on as well."""
    return replace(change, circumstances=(*change.circumstances, 'context.time = "2026-10-06T05:00:01Z"'))


def _ends_nothing(denied: Denied, change: Change) -> Change:
    return replace(change, end=())


def _takes_unknown_for_met(denied: Denied, change: Change) -> Change:
    """Leave out whatever the question does not state: unknown would have to help for that to be enough."""
    context = denied.question.get("context", {})
    stated = tuple(each for each in change.circumstances if each.partition(" ")[0].removeprefix("context.") in context)
    return replace(change, circumstances=stated)


def _writes_without_terms(denied: Denied, change: Change) -> Change:
    """Write consents as if they had always been there, so that a later refusal is the last word."""
    return replace(change, add=tuple(replace(fact, valid_from=None) for fact in change.add))


def _for_another_subject(denied: Denied) -> Found:
    """Look for what somebody whom nothing keeps from it would need."""
    request = replace(denied.request, subject=Entity("user", "somebody-else"))
    found = would_allow(denied.policy, request, denied.stored, denied.at)
    return Found(found.outcome, found.changes)


def _for_another_purpose(denied: Denied) -> Found:
    """Look for what would be needed for whatever purpose some allow rule has."""
    for rule in denied.policy.rules.values():
        known = denied.policy.vocabulary.sections
        if rule.effect is Effect.ALLOW and any(rule.region.purpose in words for words in known.values()):
            request = replace(denied.request, purpose=rule.region.purpose)
            found = would_allow(denied.policy, request, denied.stored, denied.at)
            if found.outcome is SearchOutcome.FOUND:
                return Found(found.outcome, found.changes)
    return Found(SearchOutcome.NOTHING, ())


@lru_cache(maxsize=64)
def _without(operator: str, effect: str, rows: tuple[str, ...] = ()) -> PolicySet:
    files = edited((), operator)
    path = f"{operator}/policy.csv"
    lines = [line for line in files[path].decode().splitlines() if f", {effect}, " not in line or line.startswith("#")]
    files[path] = ("\n".join(lines) + "\n").encode()
    return build_policy_set(operator, list(files.items()), the_words().vocabulary, the_words().schema)


def _without_deny_rules(denied: Denied) -> Found:
    policy = _without(denied.policy.operator, "deny")
    found = would_allow(policy, denied.request, denied.stored, denied.at)
    return Found(found.outcome, found.changes)


def _proves_by_giving_up(denied: Denied) -> Found:
    """Take the end of the budget for the end of all that there is."""
    found = would_allow(denied.policy, denied.request, denied.stored, denied.at, Budget(worlds=2))
    outcome = SearchOutcome.NOTHING if found.outcome is SearchOutcome.BOUNDED else found.outcome
    return Found(outcome, found.changes)


def _only_what_stands_in_the_way_first(denied: Denied) -> Found:
    """Take it for a proof that no single change helps."""
    found = change_laws.REAL.explain(denied)
    single = tuple(
        change for change in found.changes if len(change.add) + len(change.end) + len(change.circumstances) == 1
    )
    return Found(SearchOutcome.FOUND if single else SearchOutcome.NOTHING, single)


TWINS_IN_CHANGES: Final = (
    Explainer("asks for more than is needed", _mapped(_asks_for_more)),
    Explainer("ends nothing", _mapped(_ends_nothing)),
    Explainer("takes unknown for met", _mapped(_takes_unknown_for_met)),
    Explainer("writes consents without a beginning", _mapped(_writes_without_terms)),
    Explainer("changes the subject", _for_another_subject),
    Explainer("changes the purpose", _for_another_purpose),
    Explainer("forgets the deny rules", _without_deny_rules),
)
TWINS_IN_PROOFS: Final = (
    Explainer("proves by giving up", _proves_by_giving_up),
    Explainer("proves that no single change does", _only_what_stands_in_the_way_first),
)


@pytest.mark.parametrize("twin", TWINS_IN_CHANGES, ids=lambda twin: twin.name)
def test_a_broken_twin_names_changes_that_do_not_do(twin: Explainer) -> None:
    """The law that changes suffice, and no part of them, catches it."""
    with pytest.raises(AssertionError, match="denial"):
        change_laws.named_changes_allow_and_no_part_of_them_does(twin, range(400))


@pytest.mark.parametrize("twin", TWINS_IN_PROOFS, ids=lambda twin: twin.name)
def test_a_broken_twin_says_nothing_where_something_would(twin: Explainer) -> None:
    """The law that a proof is one catches it."""
    with pytest.raises(AssertionError, match="space"):
        change_laws.nothing_is_said_only_where_nothing_would(twin, range(200))
