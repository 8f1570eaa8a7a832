"""What was compared since the last report, as a value that a log can hold."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pdp.shadow.difference import Change, Group


@dataclass(frozen=True, slots=True)
class Seen:
    """How often differences of a group were seen, and the decision that was the first *example*."""

    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Report:
    """So many answers were *compared*; *dropped* were left out for want of time, *skipped* could not be compared.

    *groups* holds the differences; *more* counts those of groups for which there was no room.
    """

    compared: int = 0
    dropped: int = 0
    skipped: int = 0
    more: int = 0
    groups: Mapping[Group, Seen] = field(default_factory=dict)

    @property
    def differing(self) -> int:
        """Return how many answers differ."""
        return self.more + sum(seen.count for seen in self.groups.values())

    def plus(self, other: "Report") -> "Report":
        """Return both reports as one."""
        groups = dict(self.groups)
        for group, seen in other.groups.items():
            known = groups.get(group)
            groups[group] = seen if known is None else replace(known, count=known.count + seen.count)
        return Report(
            self.compared + other.compared,
            self.dropped + other.dropped,
            self.skipped + other.skipped,
            self.more + other.more,
            groups,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the report as a line of a log holds it."""
        return {
            "compared": self.compared,
            "dropped": self.dropped,
            "skipped": self.skipped,
            "more": self.more,
            "groups": [{**asdict(group), "count": seen.count, "example": seen.example} for group, seen in self.ordered],
        }

    @property
    def ordered(self) -> list[tuple[Group, Seen]]:
        """Return the groups: first by change, what is newly allowed at the top, then the larger ones."""
        changes = list(Change)
        return sorted(self.groups.items(), key=lambda one: (changes.index(one[0].change), -one[1].count, one[0]))


def report_from_json(members: Mapping[str, Any]) -> Report:
    """Return the report that a line of a log holds; raise ValueError, KeyError or TypeError when it holds none."""
    groups = {}
    for each in members["groups"]:
        fields = {name: each[name] for name in Group.__dataclass_fields__}
        fields |= {"change": Change(each["change"]), "rules": tuple(each["rules"])}
        groups[Group(**{**fields, "shadow_rules": tuple(each["shadow_rules"])})] = Seen(each["count"], each["example"])
    return Report(members["compared"], members["dropped"], members["skipped"], members["more"], groups)


def total(reports: Iterable[Report]) -> Report:
    """Return all *reports* as one."""
    whole = Report()
    for report in reports:
        whole = whole.plus(report)
    return whole
