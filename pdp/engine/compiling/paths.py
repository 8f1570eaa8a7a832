"""The ways to the rules that may match a request: each clause of a matcher is one, and needs only look-ups.

Why the rules off every path can be left out without hiding an error: a clause's keys are used only up to its first
part that is not safe. A rule that would raise in some part makes everything before it in that clause true, so it is
found by those keys. A rule that is found by no path comes to `False` through safe parts alone.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pdp.engine.compiling.leaves import Equal, Filter, Gate, Judged, Key, Leaf, Leaves, Rest

_MOST_CLAUSES: Final = 16
"""More alternatives than this are not followed one by one: an `or` among them is left to be tested rule by rule."""


@dataclass(frozen=True, slots=True)
class Path:
    """One clause: rules that pass *filters*, found by *keys*, when all *gates* are true for the request.

    *parts* are all parts of the clause in order. *promised* are those that are safe as long as the fields of the
    request that they read hold a `str`; *tested* says that something is left that only a test of each rule can tell.
    """

    parts: tuple[ast.expr, ...]
    keys: tuple[Key, ...]
    gates: tuple[ast.expr, ...]
    filters: tuple[ast.expr, ...]
    promised: tuple[ast.expr, ...]
    tested: bool

    @property
    def equalities(self) -> tuple[Key, ...]:
        """Return the keys with one text to look for."""
        return tuple(key for key in self.keys if key.is_equality)

    @property
    def looked_for(self) -> tuple[ast.expr, ...]:
        """Return what the fields of the equalities are compared with."""
        return tuple(probe.value for key in self.equalities for probe in key.probes if isinstance(probe, Equal))

    @property
    def choices(self) -> tuple[Key, ...]:
        """Return the keys with several texts to look for."""
        return tuple(key for key in self.keys if not key.is_equality)

    @property
    def certain(self) -> frozenset[int]:
        """Return the identities of the parts that are true for every rule that is found."""
        return frozenset(map(id, (*(key.node for key in self.equalities), *self.gates, *self.filters)))

    @property
    def is_narrow(self) -> bool:
        """Say whether the path spares anything: without a key every rule would be tested."""
        return bool(self.keys) or not self.tested


def paths_of(expression: ast.expr, leaves: Leaves) -> tuple[Path, ...]:
    """Return the paths of *expression*."""
    return tuple(_path(clause) for clause in _clauses(expression, leaves))


def _clauses(node: ast.expr, leaves: Leaves) -> list[tuple[Leaf, ...]]:
    """Return the clauses of *node*, their leaves in the order of evaluation."""
    if not isinstance(node, ast.BoolOp) or leaves.key(node) is not None or leaves.facts.is_of_request(node):
        return [(leaves.leaf(node),)]
    parts = [_clauses(value, leaves) for value in node.values]
    if isinstance(node.op, ast.Or):
        united = [clause for part in parts for clause in part]
        return united if len(united) <= _MOST_CLAUSES else [(_as_rest(node, leaves),)]
    found: list[tuple[Leaf, ...]] = [()]
    followed: list[tuple[Leaf, ...]]
    for value, part in zip(node.values, parts, strict=True):
        if len(found) * len(part) > _MOST_CLAUSES:
            followed = [(_as_rest(value, leaves),)]
        else:
            followed = part
        found = [(*before, *after) for before in found for after in followed]
    return found


def _as_rest(node: ast.expr, leaves: Leaves) -> Rest:
    return Rest(node, leaves.facts.is_total(node) and leaves.facts.kind(node) == "bool")


def _path(clause: Iterable[Leaf]) -> Path:
    leaves = list(_worth(list(clause)))
    keys: list[Key] = []
    gates: list[ast.expr] = []
    filters: list[ast.expr] = []
    promised: list[ast.expr] = []
    tested = False
    for leaf in leaves:
        match leaf:
            case Key():
                keys.append(leaf)
            case Gate(node):
                gates.append(node)
            case Filter(node):
                filters.append(node)
            case Rest(node, safe):
                tested = True
                if not safe:
                    break
                promised.append(node)
    return Path(tuple(leaf.node for leaf in leaves), tuple(keys), tuple(gates), tuple(filters), tuple(promised), tested)


def _worth(clause: list[Leaf]) -> Iterable[Leaf]:
    """Return the leaves with rule texts judged up front only where that opens the way to a key.

    Judging all texts costs as much as there are; after a key, few rules are left whose text has to be judged.
    """
    for at, leaf in enumerate(clause):
        is_judged = isinstance(leaf, Key) and any(isinstance(probe, Judged) for probe in leaf.probes)
        later = any(_is_lookup(other) for other in clause[at + 1 :])
        if is_judged and not later and any(_is_lookup(other) for other in clause[:at]):
            yield Rest(leaf.node, safe=False)
        else:
            yield leaf


def _is_lookup(leaf: Leaf) -> bool:
    return isinstance(leaf, Key) and not any(isinstance(probe, Judged) for probe in leaf.probes)
