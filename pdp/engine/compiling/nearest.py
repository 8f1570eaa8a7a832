"""Rules that fail one condition only, by leave-one-out look-ups: for each condition the rules that meet all others."""

import ast
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any, Final

from pdp.engine.answers import NearRule
from pdp.engine.compiling.combining import ALLOW
from pdp.engine.compiling.paths import Path
from pdp.engine.compiling.program import Program, Request
from pdp.engine.index import Accepted, Bucket, Crowd
from pdp.engine.language.expression import written

_MOST_LOOKED_UP: Final = 256
"""Combinations of texts that are looked up for one condition: someone with a thousand roles gets an answer as well."""

_MOST_TESTED: Final = 512
"""Rules that are tested for one condition."""

Test = Callable[[Request, Sequence[str]], Any]


class HashedRows:
    """Row numbers by the texts of some columns, in 12 bytes a row.

    Rows of other texts may be found with them, as two texts may have one hash: whoever asks tests what is found.
    """

    def __init__(self, rules: Sequence[tuple[str, ...]], columns: Sequence[int]) -> None:
        hashed = sorted((hash(tuple([rule[at] for at in columns])), number) for number, rule in enumerate(rules))
        self._hashes = array("q", (each for each, _ in hashed))
        self._numbers = array("I", (number for _, number in hashed))

    def find(self, texts: tuple[str, ...]) -> Iterator[int]:
        """Return the numbers of rows with *texts*, in order."""
        wanted = hash(texts)
        at = bisect_left(self._hashes, wanted)
        while at < len(self._hashes) and self._hashes[at] == wanted:
            yield self._numbers[at]
            at += 1


@dataclass(frozen=True, slots=True)
class Condition:
    """One part of a clause: its text as people write it, its test, and the fields it reads.

    A field is its name as people write it, whether it is one of the request, and its position there.
    """

    text: str
    test: Test
    fields: tuple[tuple[str, bool, int], ...]

    def failure(self, request: Request, rule: Sequence[str]) -> Exception | bool:
        """Return whether the condition fails, or what it raises."""
        try:
            return not self.test(request, rule)
        except Exception as error:  # noqa: BLE001  # a condition that raises is one that fails
            return error


class Nearest:
    """Finds the nearest rules along one path; *buckets* takes the rules by what its equalities look for."""

    def __init__(self, program: Program, path: Path, buckets: Callable[[Any], Bucket | None] | None) -> None:
        self._program = program
        self._path = path
        self._buckets = buckets
        self._conditions = tuple(_condition(program, part) for part in path.parts)
        self._equal = [program.column(key.column) for key in path.equalities]
        self._choices = [program.column(key.column) for key in path.choices]
        self._heard = [frozenset(rule[column] for rule in program.rules) for column in self._equal]
        parts = [id(part) for part in path.parts]
        self._choice_of = {parts.index(id(key.node)): at for at, key in enumerate(path.choices)}
        self._without: dict[int, tuple[int, HashedRows]] = {}
        if buckets is not None:
            for at, key in enumerate(path.equalities):
                columns = [*self._equal[:at], *self._equal[at + 1 :], *self._choices[:1]]
                self._without[parts.index(id(key.node))] = at, HashedRows(program.rules, columns)

    def find(self, request: Request, texts: tuple[Sequence[str], Sequence[Accepted]] | None) -> Iterator[NearRule]:
        """Return rules that fail one condition; *texts* is what the path looks for.

        Without it, and without an index, every rule is tested.
        """
        if texts is None or self._buckets is None:
            for row in range(len(self._program.rules)):
                yield from self._failing_one(row, request)
            return
        seen: set[int] = set()
        for number in range(len(self._conditions)):
            for row in islice(self._rows(number, *texts), _MOST_TESTED):
                if row not in seen:
                    seen.add(row)
                    yield from self._failing_one(row, request)

    def _rows(self, number: int, equal: Sequence[str], accepted: Sequence[Accepted]) -> Iterable[int]:
        """Return rows among which are those that meet every condition but *number*."""
        if number in self._without:
            at, hashed = self._without[number]
            kept = (*equal[:at], *equal[at + 1 :])
            choices = islice(product(*accepted[:1]), _MOST_LOOKED_UP)
            return (row for choice in choices for row in hashed.find((*kept, *choice)))
        if self._buckets is None:
            return ()
        bucket = self._buckets(None if not equal else equal[0] if len(equal) == 1 else tuple(equal))
        if isinstance(bucket, Crowd):
            left_out = self._choice_of.get(number)
            return bucket.find([None if at == left_out else texts for at, texts in enumerate(accepted)])
        return bucket or ()

    def _failing_one(self, row: int, request: Request) -> Iterator[NearRule]:
        effects, rule = self._program.effects, self._program.rules[row]
        if effects is not None and effects[row] != ALLOW:
            return
        failed: list[tuple[Condition, Exception | bool]] = []
        for condition in self._conditions:
            failure = condition.failure(request, rule)
            if failure is not False:
                failed.append((condition, failure))
                if len(failed) > 1:
                    return
        for condition, failure in failed:
            values = {name: (request if of_request else rule)[at] for name, of_request, at in condition.fields}
            error = failure if isinstance(failure, Exception) else None
            yield NearRule(row, rule, condition.text, values, error)

    def unheard(self, request: Request) -> Iterator[str]:
        """Return the fields of the request, as people write them, that are compared with fields that never hold it."""
        for heard, value in zip(self._heard, self._path.looked_for, strict=True):
            name = value.id if isinstance(value, ast.Name) else ""
            if name in self._program.requests and request[self._program.column(name)] not in heard:
                yield written(name)


def _condition(program: Program, part: ast.expr) -> Condition:
    holes = program.matcher.holes
    read = [node.id for node in ast.walk(part) if isinstance(node, ast.Name)]
    names = [name for name in dict.fromkeys(holes.get(name, name) for name in read) if name in program.names]
    text = written(ast.unparse(part)).replace(" and ", " && ").replace(" or ", " || ").replace("not ", "!")
    for hole in holes:
        text = text.replace(hole, f"eval({written(holes[hole])})")
    fields = tuple((written(name), name in program.requests, program.column(name)) for name in names)
    return Condition(text, program.test(part), fields)
