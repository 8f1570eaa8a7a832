"""The smallest sets of roles for which the decisions of a cell change: more roles change them as well."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pdp.analysis.changes import Difference
from pdp.analysis.kinds import Kind


@dataclass(frozen=True, slots=True)
class Case:
    """A smallest set of roles for which the decisions of a cell change, and how many sets with more roles do too."""

    first: Difference
    decisions: int


def cases_of(differences: Iterable[Difference]) -> Iterator[Case]:
    """Yield the cases of *differences*, cell by cell and kind by kind."""
    by_cell: dict[tuple[int, Kind], list[Difference]] = defaultdict(list)
    for each in differences:
        by_cell[id(each.cell), each.kind].append(each)
    for found in by_cell.values():
        yield from _smallest(found)


def _smallest(found: Sequence[Difference]) -> Iterator[Case]:
    smallest: list[Difference] = []
    more: dict[int, list[Difference]] = defaultdict(list)
    for one in sorted(found, key=lambda each: len(each.roles.kinds)):
        below = next((each for each in smallest if one.roles.holds(each.roles)), None)
        if below is None:
            smallest.append(one)
        else:
            more[id(below)].append(one)
    for each in smallest:
        yield Case(each, each.decisions + sum(other.decisions for other in more[id(each)]))
