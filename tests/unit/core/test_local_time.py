"""Instants as people in Vietnam read them."""

from datetime import UTC, datetime

from pdp.core.local_time import say_instant


def test_an_instant_is_said_in_the_time_of_vietnam() -> None:
    """With its date, its time and its offset, into the next day or year where it is that there."""
    assert say_instant(datetime(2026, 12, 31, 18, 30, tzinfo=UTC)) == "2027-01-01 01:30:00+07:00"


def test_an_instant_that_vietnam_has_no_date_for_is_said_as_it_is() -> None:
    """A term that ends with the calendar is no reason to fail."""
    assert say_instant(datetime.max.replace(tzinfo=UTC)) == "9999-12-31 23:59:59.999999+00:00"
