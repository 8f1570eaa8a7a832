"""A matrix put together so that a person can read it: roles that may the same, and regions of which the same holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pdp.analysis.boxes import Box, Triple, boxes
from pdp.analysis.cells import Cell
from pdp.analysis.matrix import Entry, Matrix, Permission
from pdp.analysis.shared_work import Progress
from pdp.core.policy import Rule


@dataclass(frozen=True, slots=True)
class Part:
    """What holds of every combination of words in *regions*."""

    regions: tuple[Box, ...]
    entry: Entry


@dataclass(frozen=True, slots=True)
class Section:
    """What a subject may that holds one of *roles* and no other role. What no part speaks of is denied: no rule
    allows it, and none denies it. *best* is the most that it may do with a category, whatever the action and purpose.
    """

    roles: tuple[str, ...]
    parts: tuple[Part, ...]
    best: Mapping[str, Permission]

    @property
    def allows_nothing(self) -> bool:
        """Say whether everything is denied."""
        return all(part.entry.permission is Permission.DENIED for part in self.parts)


_RANK = {Permission.ALLOWED: 0, Permission.CONDITIONAL: 1, Permission.DENIED: 2}


def sections(matrix: Matrix, progress: Progress | None = None) -> tuple[Section, ...]:
    """Return the sections of *matrix*, in the order of the vocabulary. Raises UndecidedError."""
    cells: list[Cell] = []
    numbers: dict[Entry, int] = {}
    held: dict[str, list[int]] = {}
    numbered: dict[int, list[tuple[tuple[str, ...], int]]] = {}
    for cell, row in matrix.rows(progress):
        cells.append(cell)
        # Cells that are alike have the same row, and to compare its entries takes long.
        known = numbered.get(id(row))
        if known is None:
            known = [(kind.roles, numbers.setdefault(entry, len(numbers))) for kind, entry in row]
            numbered[id(row)] = known
        for roles, at in known:
            for role in roles:
                held.setdefault(role, []).append(at)
    entries = list(numbers)
    alike: dict[tuple[int, ...], list[str]] = {}
    order = {role: at for at, role in enumerate(matrix.roles)}
    for role in sorted(held, key=lambda role: order[role]):
        alike.setdefault(tuple(held[role]), []).append(role)
    return tuple(_section(tuple(roles), cells, [entries[at] for at in found]) for found, roles in alike.items())


def _section(roles: tuple[str, ...], cells: Sequence[Cell], found: Sequence[Entry]) -> Section:
    together: dict[Entry, list[Cell]] = {}
    best: dict[str, Permission] = {}
    for cell, entry in zip(cells, found, strict=True):
        for word in cell.categories.words:
            best[word] = min(best.get(word, Permission.DENIED), entry.permission, key=_RANK.__getitem__)
        if entry.allowing or entry.denying or entry.kept_back:
            together.setdefault(entry, []).append(cell)
    parts = [Part(_regions(of), entry) for entry, of in together.items()]
    parts.sort(key=lambda part: (_RANK[part.entry.permission], -sum(box.size for box in part.regions), repr(part)))
    return Section(roles, tuple(parts), best)


def _regions(cells: Sequence[Cell]) -> tuple[Box, ...]:
    """Return the combinations of words of *cells*, put together class by class."""
    triples: set[Triple] = {(cell.actions.first, cell.categories.first, cell.purposes.first) for cell in cells}
    actions = {cell.actions.first: cell.actions.words for cell in cells}
    categories = {cell.categories.first: cell.categories.words for cell in cells}
    purposes = {cell.purposes.first: cell.purposes.words for cell in cells}
    return tuple(
        Box(_all(box.actions, actions), _all(box.categories, categories), _all(box.purposes, purposes))
        for box in boxes(triples)
    )


def _all(firsts: Sequence[str], words: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted(word for first in firsts for word in words[first]))


def rules_of(entry: Entry) -> Iterator[Rule]:
    """Yield the rules that *entry* rests on, those that allow first."""
    for bearing in (*entry.allowing, *entry.denying, *[one for _, kept in entry.kept_back for one in kept]):
        yield bearing.rule
