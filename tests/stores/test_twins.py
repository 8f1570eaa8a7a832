"""Shows that the suite of the stores can fail: each broken twin is caught by the test that is there to catch it."""

from collections.abc import Callable
from typing import Final

import pytest

from pdp_adapters.memory_facts import MemoryFacts
from tests.stores import test_stores as suite
from tests.stores import twins

TWINS: Final[tuple[tuple[type[twins.Twin], Callable[..., None]], ...]] = (
    (twins.LosesDeletions, suite.test_a_deletion_takes_the_fact_out_at_once),
    (twins.LosesDeletions, suite.test_an_id_reaches_every_later_version),
    (twins.LosesDeletions, suite.test_the_past_is_read_as_of_an_instant),
    (twins.WritesInParts, suite.test_a_write_that_fails_changes_nothing),
    (twins.WritesInParts, suite.test_changes_are_told_in_order),
    (twins.ReadsAnOldSnapshot, suite.test_a_deletion_takes_the_fact_out_at_once),
    (twins.ForgetsRequestIds, suite.test_a_request_id_makes_a_write_idempotent),
    (twins.TakesAnyContent, suite.test_a_request_id_stands_for_one_content),
    (twins.IgnoresWhatWasExpected, suite.test_an_expected_token_guards_what_a_write_names),
    (twins.TakesForeignTokens, suite.test_a_token_of_a_later_state_is_not_met),
    (twins.ReadsThePastAsItIs, suite.test_the_past_is_read_as_of_an_instant),
    (twins.ReadsThePastAsItIs, suite.test_pages_are_of_one_state),
    (twins.JudgesTerms, suite.test_terms_do_not_keep_a_fact_from_being_gathered),
    (twins.MixesOperators, suite.test_operators_do_not_see_each_others_facts),
    (twins.CutsOff, suite.test_more_facts_than_may_be_looked_at_are_told_and_none_is_given),
    (twins.LetsTheClockGoBack, suite.test_a_decision_is_not_earlier_than_what_it_read),
    (twins.ForgetsTheGone, suite.test_changes_are_told_in_order),
    (twins.KeepsThePartition, suite.test_partitions_change_with_what_they_name),
)
"""Each broken store with a test that must catch it."""

_PAIRS: Final = [pytest.param(twin, test, id=f"{twin.__name__}: {test.__name__}") for twin, test in TWINS]
_TESTS: Final = list(dict.fromkeys(test for _, test in TWINS))


@pytest.mark.parametrize(("twin", "test"), _PAIRS)
def test_twin_is_caught(twin: type[twins.Twin], test: Callable[..., None]) -> None:
    """A test that the stores pass is failed by the twin."""
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test(twin(MemoryFacts()))


@pytest.mark.parametrize("test", _TESTS, ids=lambda test: test.__name__)
def test_nothing_but_the_fault_is_caught(test: Callable[..., None]) -> None:
    """A twin without a fault passes: handing on breaks nothing by itself."""
    test(twins.Twin(MemoryFacts()))
