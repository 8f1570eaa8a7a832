"""Which rules of a policy speak wherever another one does, as far as the form of the matcher shows it."""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pdp.engine.definition import Fields, Loaded
from pdp.engine.language.roles import RoleGraph

Test = Callable[[str, str], bool]
"""Whether a text in a column, the first, accepts all that another one accepts."""

_PREFIX: Final = "*"


@dataclass(frozen=True, slots=True)
class Covering:
    """Compares rules column by column: *tests* are by the position of the column; every other must be equal.

    None of *tests* is asked for equal texts. *unread* are columns that no matcher reads.
    """

    tests: Mapping[int, Test]
    unread: frozenset[int]
    known: bool = True

    def pairs(self, rules: Sequence[tuple[str, ...]]) -> Iterator[tuple[int, int]]:
        """Yield each (broad, narrow) by number where the first speaks wherever the second does.

        Two that speak of the same are yielded both ways. Nothing is known of a matcher of another form, so nothing is
        yielded.
        """
        if not self.known:
            return
        # Rules that differ in a column which must be equal are never compared.
        alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
        free = self.unread | self.tests.keys()
        for number, rule in enumerate(rules):
            alike[tuple(text for at, text in enumerate(rule) if at not in free)].append(number)
        for numbers in alike.values():
            for narrow in numbers:
                for broad in numbers:
                    if broad != narrow and self._covers(rules[broad], rules[narrow]):
                        yield broad, narrow

    def _covers(self, broad: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
        return all(broad[at] == narrow[at] or test(broad[at], narrow[at]) for at, test in self.tests.items())


_NOTHING_KNOWN: Final = Covering({}, frozenset(), known=False)


def covering_of(loaded: Loaded, expression: ast.expr, fields: Fields) -> Covering:
    """Return how rules with *fields* are compared under the matcher *expression*.

    Known are conjunctions of equality, role functions, keyMatch, and any of these beside a text that stands for
    everything (`p.sub == "*"`), each about one column.
    """
    tests: dict[int, Test] = {}
    read: set[int] = set()
    for part in _parts(expression):
        columns = {node.id for node in ast.walk(part) if isinstance(node, ast.Name)} & set(fields)
        if not columns:
            continue
        if len(columns) > 1:
            return _NOTHING_KNOWN
        at = fields.index(columns.pop())
        if at in read:
            tests.pop(at, None)  # two conditions on one column: only equal texts are known to accept the same
            continue
        read.add(at)
        test = _test(loaded, part, fields[at])
        if test is not None:
            tests[at] = test
    eft = {at for at, field in enumerate(fields) if field.endswith("_eft")}
    unread = frozenset(range(len(fields))) - read
    return Covering(tests, unread | eft)


def _parts(expression: ast.expr) -> Iterator[ast.expr]:
    if isinstance(expression, ast.BoolOp) and isinstance(expression.op, ast.And):
        for value in expression.values:
            yield from _parts(value)
    else:
        yield expression


def _test(loaded: Loaded, part: ast.expr, field: str) -> Test | None:
    match part:
        case ast.BoolOp(op=ast.Or(), values=values):
            texts = [text for value in values if (text := _constant(value, field)) is not None]
            others = [value for value in values if _constant(value, field) is None]
            inner = _test(loaded, others[0], field) if len(others) == 1 else None
            return lambda broad, narrow: (
                broad in texts or (inner is not None and narrow not in texts and inner(broad, narrow))
            )
        case ast.Call(func=ast.Name(id="keyMatch"), args=[_, ast.Name(id=name)], keywords=[]) if name == field:
            return _key_covers
        case ast.Call(func=ast.Name(id=type_), args=[_, ast.Name(id=name), *domain], keywords=[]) if name == field:
            definition = loaded.definition.roles.get(type_)
            if definition is None or not definition.plain or domain or definition.domains:
                return None
            graph = RoleGraph(loaded.links.get(type_, ()), domains=False)
            return lambda broad, narrow: broad in graph.above(narrow)
    return None


def _constant(value: ast.expr, field: str) -> str | None:
    """Return the text that the column is compared with, None for anything else."""
    match value:
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq()], comparators=[ast.Constant(value=str() as text)]):
            return text if name == field else None
    return None


def _key_covers(broad: str, narrow: str) -> bool:
    star = broad.find(_PREFIX)
    start = narrow.partition(_PREFIX)[0]
    return star >= 0 and start.startswith(broad[:star])
