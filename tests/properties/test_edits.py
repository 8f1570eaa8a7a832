"""Edits of an operator's rows are compared to their end; the long run is `python -m benchmarks.edits`."""

from pathlib import Path

import pytest

from benchmarks.edits import Edit, Edited, edits_of
from tests.builders import the_words

_POLICIES = Path("policies")
_CONDITION = "signed_in_with_password"
_ROW = "p, a-row, allow, teacher, read, child_data, education, known and on_web, KIDS-1.1, nothing"


def test_every_edit_of_a_row_is_another_row() -> None:
    """Each condition is dropped by itself, the row goes, its effect is turned round, its purpose becomes any."""
    edits = {edit.kind: edit.row for edit in edits_of("kidsonline", 1, _ROW)}
    assert edits == {
        "without known": _ROW.replace("known and on_web", "on_web"),
        "without on_web": _ROW.replace("known and on_web", "known"),
        "dropped": None,
        "turned round": _ROW.replace("allow", "deny"),
        "for any purpose": _ROW.replace("education", "any"),
    }


def test_several_processes_say_the_same(edited: Edited) -> None:
    """However the work is shared."""
    edit = _first(edited, "kidsonline", _CONDITION)
    alone, shared = (edited.compared(edit, seconds=60, jobs=jobs) for jobs in (1, 2))
    assert alone is not None
    assert shared is not None
    assert (alone.groups, alone.trouble) == (shared.groups, shared.trouble)


@pytest.fixture(scope="module")
def edited() -> Edited:
    """Return the policy of one operator, whose edits are compared soonest."""
    return Edited(_POLICIES, the_words(), ("kidsonline",))


def _first(edited: Edited, operator: str, condition: str) -> Edit:
    rows = edited.rows()[operator]
    return next(
        edit for line, row in rows for edit in edits_of(operator, line, row) if edit.kind == f"without {condition}"
    )


def test_a_dropped_condition_is_decided(edited: Edited) -> None:
    """And it changes something, which requests show."""
    outcome = edited.compared(_first(edited, "kidsonline", _CONDITION), seconds=60)
    assert outcome is not None
    assert (outcome.trouble, outcome.groups > 0) == ("", True)


def test_an_edit_that_may_take_no_time_is_undecided(edited: Edited) -> None:
    """What is broken off is no answer."""
    outcome = edited.compared(_first(edited, "kidsonline", _CONDITION), seconds=0)
    assert outcome is not None
    assert outcome.trouble.startswith("TooLongError")
