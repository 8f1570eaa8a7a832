"""Reads retention.yaml: for how long what a kind of fact was is kept, once it is so no longer."""

from collections.abc import Mapping
from typing import Final

from pdp.core.policy import Clause
from pdp.policy_set.condition_file import cited_clause
from pdp.policy_set.entries import entries
from pdp.policy_set.report import FolderReport

FILE: Final = "retention.yaml"
KINDS: Final = ("role", "consent", "ground", "containment")
MOST_DAYS: Final = 36_525
"""A hundred years."""

_KEYS: Final = {"days", "clause"}


def read_retention(
    file: str, content: bytes | None, clauses: Mapping[str, Clause], report: FolderReport
) -> Mapping[str, int]:
    """Return for how many days the past of each kind that the file names is kept, by kind."""
    found: dict[str, int] = {}
    for entry in entries(file, content, report, _KEYS):
        kind = entry.name.text
        if kind not in KINDS:
            report.error(
                file,
                entry.at,
                "unknown-kind-of-fact",
                f"không có loại dữ kiện `{kind}`",
                f"there is no kind of fact `{kind}`",
                ", ".join(KINDS),
            )
        if entry.body.get("clause") is not None:
            cited_clause(entry, clauses)
        days = entry.text("days")
        if days and not (days.isascii() and days.isdecimal() and 1 <= int(days) <= MOST_DAYS):
            report.error(
                file,
                entry.place("days"),
                "not-a-number-of-days",
                f"`{days}` phải là số ngày từ 1 đến {MOST_DAYS}",
                f"`{days}` must be a number of days from 1 to {MOST_DAYS}",
                "days: 3650",
            )
        elif days:
            found[kind] = int(days)
    return found
