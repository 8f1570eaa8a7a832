"""Processes that share work find what one process finds, whatever becomes of them."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from pdp.analysis import shared_work
from pdp.analysis.matrix import Matrix
from pdp.analysis.shared_work import FEWEST, each_of
from pdp.space import UndecidedError
from tests.builders import the_words
from tests.properties.matrices import a_random_policy

_ITEMS = list(range(FEWEST * 2))
_OURSELVES = os.getpid()


def _squared(number: int) -> tuple[int, bool]:
    return number * number, os.getpid() == _OURSELVES


def _in_order(found: Sequence[tuple[int, bool]]) -> bool:
    return [number for number, _ in found] == [number * number for number in _ITEMS]


def test_others_do_the_work_and_answers_come_in_order() -> None:
    """No item is made here, and none out of its turn."""
    found = list(each_of(_squared, _ITEMS, 2))
    assert _in_order(found)
    assert not any(here for _, here in found)


@pytest.mark.parametrize(("items", "jobs"), [(_ITEMS, 1), (_ITEMS[: FEWEST - 1], 2)], ids=["one job", "a few items"])
def test_one_process_does_what_is_not_worth_another(items: list[int], jobs: int) -> None:
    """Nothing is begun for one job, nor for a few items."""
    assert all(here for _, here in each_of(_squared, items, jobs))


def test_who_dies_is_not_waited_for() -> None:
    """The process that shares the work out does what is left of it."""

    def dying(number: int) -> tuple[int, bool]:
        if number > FEWEST and os.getpid() != _OURSELVES:
            os._exit(1)
        return _squared(number)

    found = list(each_of(dying, _ITEMS, 2))
    assert _in_order(found)
    assert found[-1][1]


def test_what_is_undecided_there_is_undecided_here() -> None:
    """An exception of the work ends it, as in one process."""

    def undecided(number: int) -> int:
        raise UndecidedError(f"about {number}")

    with pytest.raises(UndecidedError, match="about 0"):
        list(each_of(undecided, _ITEMS, 2))


def test_a_matrix_is_the_same_however_many_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cell by cell, and so is their order."""
    monkeypatch.setattr(shared_work, "FEWEST", 1)
    policy, _ = a_random_policy(1)
    alone, shared = (list(Matrix(policy, the_words().schema, jobs=jobs).rows()) for jobs in (1, 2))
    assert shared == alone


# --- A broken twin ----------------------------------------------------------------------------------------------------


def test_answers_out_of_turn_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A twin that gives the last answer first is told from what is right."""
    in_order = shared_work._shared

    def out_of_turn(work: Callable[[Any], Any], items: Sequence[Any], jobs: int) -> Iterator[Any]:
        yield from reversed(list(in_order(work, items, jobs)))

    monkeypatch.setattr(shared_work, "_shared", out_of_turn)
    assert not _in_order(list(each_of(_squared, _ITEMS, 2)))
