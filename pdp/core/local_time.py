"""The local time of the operators and of the people they promise to."""

from datetime import datetime, timedelta, timezone
from typing import Final

VIETNAM: Final = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Vietnam has kept one offset, without summer time, since 1975."""


def say_instant(instant: datetime) -> str:
    """Return *instant* as people in Vietnam read it, with its offset."""
    try:
        return instant.astimezone(VIETNAM).isoformat(sep=" ")
    # The last hours of the last year that a date can have are in Vietnam those of a year that none can.
    except OverflowError:
        return instant.isoformat(sep=" ")
