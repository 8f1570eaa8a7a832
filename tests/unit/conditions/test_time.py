"""Instants, terms of days and of years, and when a comparison turns over."""

from datetime import UTC, datetime, timedelta

import pytest

from pdp.conditions.expression import Compare, Shifted
from pdp.conditions.shifting import shifted, shifted_back
from pdp.core.decision import Outcome
from pdp.core.local_time import VIETNAM
from tests.unit.conditions.situations import NOW, circumstances, outcome, read, turning_points

_STEP = timedelta(microseconds=1)


def _term(text: str) -> Shifted:
    expression = read(f"context.session_started_at is before {text} after now")
    assert isinstance(expression, Compare)
    assert isinstance(expression.right, Shifted)
    return expression.right


def _vietnam(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=VIETNAM)  # type: ignore[arg-type, misc]  # year, month, day, ...


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("1 minute", timedelta(minutes=1)),
        ("90 minutes", timedelta(minutes=90)),
        ("2 hours", timedelta(hours=2)),
        ("3 days", timedelta(hours=72)),
        ("0 days", timedelta()),
        ("365000 days", timedelta(days=365_000)),
    ],
)
def test_minutes_hours_and_days_are_that_long(text: str, span: timedelta) -> None:
    """A day is 24 hours."""
    assert shifted(NOW, _term(text)) == NOW + span


@pytest.mark.parametrize(
    ("start", "text", "end"),
    [
        (_vietnam(2026, 10, 6, 12, 30), "1 year", _vietnam(2027, 10, 6, 12, 30)),
        (_vietnam(2023, 3, 1), "1 year", _vietnam(2024, 3, 1)),
        (_vietnam(2024, 2, 29, 9), "1 year", _vietnam(2025, 3, 1, 9)),
        (_vietnam(2024, 2, 29, 9), "4 years", _vietnam(2028, 2, 29, 9)),
        (_vietnam(2023, 2, 28, 9), "1 year", _vietnam(2024, 2, 28, 9)),
        # 18:00 UTC on 28 February is 01:00 on 29 February in Vietnam; 18:00 UTC on the 29th is 1 March there.
        (datetime(2024, 2, 28, 18, tzinfo=UTC), "1 year", datetime(2025, 2, 28, 18, tzinfo=UTC)),
        (datetime(2024, 2, 29, 18, tzinfo=UTC), "1 year", datetime(2025, 2, 28, 18, tzinfo=UTC)),
        (datetime(2025, 12, 31, 18, tzinfo=UTC), "1 year", datetime(2026, 12, 31, 18, tzinfo=UTC)),
    ],
)
def test_a_year_ends_at_the_same_local_date_in_vietnam(start: datetime, text: str, end: datetime) -> None:
    """A year from 29 February ends on 1 March where there is no 29 February."""
    assert shifted(start, _term(text)) == end


@pytest.mark.parametrize(
    ("text", "before", "at", "after"),
    [
        ("now is before context.session_started_at", True, False, False),
        ("now is not before context.session_started_at", False, True, True),
        ("now is after context.session_started_at", False, False, True),
        ("now is not after context.session_started_at", True, True, False),
        ("context.session_started_at is after now", True, False, False),
        ("context.session_started_at is before now", False, False, True),
    ],
)
def test_comparisons_are_exact_to_the_microsecond(text: str, before: bool, at: bool, after: bool) -> None:
    """One microsecond decides, and equal is neither before nor after."""
    found = [
        outcome(text, circumstances(at=NOW + step, context_session_started_at=NOW)) is Outcome.TRUE
        for step in (-_STEP, timedelta(), _STEP)
    ]

    assert found == [before, at, after]


_RIGHT_SIDES = ["now", "3 days after now", "1 year after now", "2 hours after now", "4 years after now"]
_MOMENTS = [
    _vietnam(2026, 10, 6, 12),
    _vietnam(2028, 2, 29, 12),
    _vietnam(2028, 3, 1, 0),
    _vietnam(2028, 3, 1, 12),
    _vietnam(2029, 3, 1, 12),
    _vietnam(2032, 2, 29, 12),
]


@pytest.mark.parametrize("relation", ["is before", "is not before", "is after", "is not after"])
@pytest.mark.parametrize("right", _RIGHT_SIDES)
@pytest.mark.parametrize("value", _MOMENTS)
def test_no_comparison_turns_over_at_an_instant_that_it_does_not_name(
    relation: str, right: str, value: datetime
) -> None:
    """Between the instants that a comparison names it does not change: an allow never outlives its last true moment."""
    text = f"context.session_started_at {relation} {right}"
    asked = {"context_session_started_at": value}
    named = turning_points(text, circumstances(at=NOW, values=asked))
    days = [
        value + timedelta(hours=hours) for year in (0, 1, 4) for hours in range(-8766 * year - 72, 72 - 8766 * year, 3)
    ]
    ticks = sorted({*days, *named, *(instant - _STEP for instant in named)})

    values = [outcome(text, circumstances(at=tick, values=asked)) for tick in ticks]

    changed = [tick for tick, one, other in zip(ticks[1:], values, values[1:], strict=False) if one is not other]
    assert all(any(before < tick <= now for tick in named) for before, now in _around(changed, ticks))


def _around(changed: list[datetime], ticks: list[datetime]) -> list[tuple[datetime, datetime]]:
    return [(ticks[ticks.index(tick) - 1], tick) for tick in changed]


def test_a_term_after_now_turns_over_that_long_before() -> None:
    """`planned is after 3 days after now` stops being true three days before what is planned."""
    given = circumstances(context_session_started_at=NOW)

    found = turning_points("context.session_started_at is after 3 days after now", given)

    assert NOW - timedelta(days=3) in found


def test_going_back_finds_both_instants_that_lead_to_the_first_of_march() -> None:
    """29 February and 1 March lead to 1 March, so both may turn a comparison over."""
    found = shifted_back(_vietnam(2029, 3, 1, 12), _term("1 year"))

    assert {_vietnam(2028, 2, 29, 12), _vietnam(2028, 3, 1, 12), _vietnam(2028, 3, 1)} <= found


def test_an_instant_and_a_term_of_it_that_are_missing_are_unknown() -> None:
    """Without the instant that a term begins with nothing is known of its end."""
    assert outcome("now is before 3 days after context.session_started_at") is Outcome.UNKNOWN
    assert outcome("not now is before 3 days after context.session_started_at") is Outcome.UNKNOWN
