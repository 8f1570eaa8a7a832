"""What another policy would answer to the requests that are served, found out beside the answers."""

from pdp.shadow.comparing import ComparedInShadow, NoShadow, Shadow
from pdp.shadow.difference import Change, Group, difference
from pdp.shadow.report import Report, report_from_json

__all__ = [
    "Change",
    "ComparedInShadow",
    "Group",
    "NoShadow",
    "Report",
    "Shadow",
    "difference",
    "report_from_json",
]
