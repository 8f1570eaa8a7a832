"""The short form of the storm of ends; `python -m tests.system.drain_storm` is the long one."""

import pytest

from tests.system.drain_storm import run

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


def test_nobody_loses_anything_by_a_server_that_ends() -> None:
    """Who asks again where it is told UNAVAILABLE has every answer, each with its record, and every write is stored."""
    report = run(ends=1, seconds=0.5)

    assert not report.lost, report.line()
    assert report.ended == [0]
    assert report.answered
    assert report.written
    assert report.again


def test_a_server_that_leaves_records_behind_is_found_out() -> None:
    """The twin; the other one, which goes on asking for calls when it may not, takes the luck of the long form.

    tests/unit/server/test_inline_end.py has it without luck.
    """
    # On a fast machine nothing may lie before the log at the moment of an end: one of several finds it.
    reports = (run(ends=1, seconds=0.5, twin="log-left-behind") for _ in range(8))

    assert any(report.lost["without a record"] for report in reports)
