"""What conditions look at is worked out once, and whoever asks meanwhile is told no less."""

import threading
from collections.abc import Iterator

import pytest

from pdp.conditions import Expression
from pdp.gathering.footprint import Demand, Footprint
from pdp.policy_set import PolicySet
from tests.builders import the_policy_set


class PutsDownWhatItHasNot(Footprint):
    """A twin: while it walks a condition it says to others that the condition looks at nothing."""

    def _of_condition(self, name: str, *, strict: bool) -> tuple[Demand, ...]:
        if (name, strict) not in self._by_condition:
            self._by_condition[name, strict] = ()
            walked = self._walk(self._policy.conditions[name].expression, strict=strict)
            self._by_condition[name, strict] = tuple(dict.fromkeys(walked))
        return self._by_condition[name, strict]


def asked_meanwhile(footprint: Footprint, name: str, policy: PolicySet) -> tuple[Demand, ...]:
    """Return what *footprint* says of a condition while another thread has just begun to walk it."""
    begun, goes_on = threading.Event(), threading.Event()
    walk, target, first = footprint._walk, policy.conditions[name].expression, [True]

    def slowly(expression: Expression, *, strict: bool) -> Iterator[Demand]:
        if expression is target and first:
            first.clear()
            begun.set()
            assert goes_on.wait(20)
        yield from walk(expression, strict=strict)

    footprint._walk = slowly  # type: ignore[method-assign]
    other = threading.Thread(target=lambda: footprint._of_condition(name, strict=True))
    other.start()
    try:
        assert begun.wait(20)
        return footprint._of_condition(name, strict=True)
    finally:
        goes_on.set()
        other.join()


def conditions_with_demands(policy: PolicySet) -> list[str]:
    """Return the conditions of *policy* that look at some ground."""
    return [name for name in policy.conditions if Footprint(policy)._of_condition(name, strict=True)]


@pytest.mark.parametrize("operator", ["kidsonline", "welearning"])
def test_another_thread_is_told_the_whole(operator: str) -> None:
    """For every condition that looks at a ground, while it is being walked and after."""
    policy = the_policy_set(operator)
    names = conditions_with_demands(policy)
    assert names
    for name in names:
        footprint = Footprint(policy)
        alone = Footprint(policy)._of_condition(name, strict=True)
        assert asked_meanwhile(footprint, name, policy) == alone
        assert footprint._of_condition(name, strict=True) == alone


def test_what_is_put_down_too_early_is_found_out() -> None:
    """The twin tells the other thread that the condition looks at nothing."""
    policy = the_policy_set("kidsonline")
    name = conditions_with_demands(policy)[0]
    assert asked_meanwhile(PutsDownWhatItHasNot(policy), name, policy) == ()
