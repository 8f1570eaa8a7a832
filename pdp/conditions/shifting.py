"""Instants that are so many minutes, hours, days or years away from another one."""

from datetime import datetime, timedelta

from pdp.conditions.expression import (
    Shifted,
)
from pdp.core.local_time import VIETNAM


def shifted(start: datetime, by: Shifted) -> datetime:
    """Return the instant that *by* says after *start*.

    A year ends at the same local date in Vietnam (contract, section 2, "Time"); one from 29 February ends on 1 March.
    """
    if not by.duration.years:
        return start + by.duration.span
    local = start.astimezone(VIETNAM)
    try:
        return local.replace(year=local.year + by.duration.years).astimezone(start.tzinfo)
    except ValueError:
        return local.replace(year=local.year + by.duration.years, month=3, day=1).astimezone(start.tzinfo)


def shifted_back(end: datetime, by: Shifted) -> set[datetime]:
    """Return the instants at which that which *by* says later may reach or pass *end*: one too many is harmless."""
    if not by.duration.years:
        return {end - by.duration.span}
    local = end.astimezone(VIETNAM)
    if (local.month, local.day) == (2, 29):
        local = local.replace(month=3, day=1)
    start = local.replace(year=local.year - by.duration.years)
    found = {start}
    if (start.month, start.day) == (3, 1):
        # A leap day and the first of March both lead to the first of March.
        found |= {start - timedelta(days=1), start.replace(hour=0, minute=0, second=0, microsecond=0)}
    return {instant.astimezone(end.tzinfo) for instant in found}
