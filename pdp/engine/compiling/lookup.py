"""The generated functions that find rules by look-ups: what to look for, then the bucket of each path."""

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from casbin.core_enforcer import EnforceContext

from pdp.engine.compiling.paths import Path
from pdp.engine.compiling.program import Decided, Program, Request
from pdp.engine.compiling.wanted import SLOW, Wanted
from pdp.engine.index import Accepted, Bucket, RowTable
from pdp.engine.language.runtime import PRIMITIVES, checked

Scan = Callable[[Request], Decided]
LookedFor = Sequence[tuple[Sequence[str], Sequence[Accepted]]]
"""For each path the texts of its equalities, and for each of its choices those that it accepts."""


class Lookup:
    """Writes the code of one matcher's look-ups along *paths*.

    *slow* decides by a scan. It is asked whenever a request is out of the ordinary, a value of another type or a part
    that raises, and then says exactly what comes of it.
    """

    def __init__(self, program: Program, paths: Sequence[Path], slow: Scan) -> None:
        self._program = program
        self._paths = paths
        self._space = program.namespace(primitive=False)
        self._space.update(
            _slow=slow, _every=range(len(program.rules)), _primitives=PRIMITIVES, _checked_value=_checked
        )
        self._wanted = Wanted(program)
        self._tables: dict[object, str] = {}
        self._gates = {id(gate): self._wanted.gate(gate) for path in paths for gate in path.gates}
        self._keys = [self._key(path) for path in paths]
        self._accepted = [[self._wanted.accepted(key) for key in path.choices] for path in paths]
        self._names = [self._table(path) for path in paths]
        for path in paths:
            for node in path.promised:
                self._guard(node)

    # --- Functions ----------------------------------------------------------------------------------------------------

    def decide(self) -> Scan:
        """Return the function that decides a request."""
        effects = "_effects[n]" if self._program.effects is not None else None
        before, inside, after = self._program.combination.lines(effects)
        body = [*self._found("return _slow(request)", f"return {self._program.combination.unless}, -1"), *before]
        condition = self._condition()
        if condition == "True":
            body += ["for n in bucket:", *_indented(inside)]
        else:
            test = [f"{self._program.rule_targets}= _rules[n]", f"if {condition}:", *_indented(inside)]
            body += ["for n in bucket:", *_indented(test)]
        decide: Scan = self._function("decide", [*body, *after])
        return decide

    def candidates(self) -> Callable[[Request], Sequence[int]]:
        """Return the function that gives, in order, the numbers of all rules that may match or raise."""
        body = [*self._found("return _every", "return ()"), "return bucket"]
        candidates: Callable[[Request], Sequence[int]] = self._function("candidates", body)
        return candidates

    def texts(self) -> Callable[[Request], LookedFor | None]:
        """Return the function that gives, for each path, what its equalities and its choices look for.

        The function gives None for a request that is out of the ordinary.
        """
        each = [
            f"(({''.join(f'{self._wanted.text(value)}, ' for value in path.looked_for)}), "
            f"({''.join(f'{texts}, ' for texts in accepted)}))"
            for path, accepted in zip(self._paths, self._accepted, strict=True)
        ]
        body = [*self._values("return None"), *self._wanted.late, f"return ({', '.join(each)},)"]
        texts: Callable[[Request], LookedFor | None] = self._function("texts", body)
        return texts

    def _function(self, name: str, body: Sequence[str]) -> Any:
        return self._program.function(name, [f"def {name}(request):", *_indented(body)], primitive=False)

    # --- Lines --------------------------------------------------------------------------------------------------------

    def _found(self, slow: str, closed: str) -> list[str]:
        """Return lines that leave the found rows, in order, in `bucket`, or leave by *slow* or *closed*."""
        wanted = self._wanted
        lines = self._values(slow)
        if len(self._paths) == 1:
            (path,) = self._paths
            lines += [f"if not {self._gates[id(gate)]}: {closed}" for gate in path.gates]
            return [*lines, self._bucket(0), f"if bucket is None: {closed}", *wanted.late, *self._chosen(0)]
        lines += [*wanted.late, "found = set()"]
        for number, path in enumerate(self._paths):
            if not path.keys and not path.filters:
                # The whole policy lies on this path: a scan from the first row is as short.
                inner = [slow]
            else:
                chosen = [*self._chosen(number), "found.update(bucket)"]
                inner = [self._bucket(number), "if bucket is not None:", *_indented(chosen)]
            condition = " and ".join(["True", *(self._gates[id(gate)] for gate in path.gates)])
            lines += [f"if {condition}:", *_indented(inner)]
        return [*lines, "bucket = sorted(found)"]

    def _values(self, slow: str) -> list[str]:
        """Return lines that compute everything that is looked for, or leave by *slow*."""
        wanted = self._wanted
        lines = ["try:", f"    {self._program.request_targets}= request", "except ValueError:", f"    {slow}"]
        if wanted.guarded:
            lines.append(f"if {' or '.join(f'type({name}) is not str' for name in sorted(wanted.guarded))}: {slow}")
        early = [*self._forbidden(), *wanted.early]
        if early:
            lines += ["try:", *_indented(early), "except Exception:", f"    {slow}"]
        lines += [line.replace(SLOW, slow) for block in wanted.kinds for line in block.split("\n")]
        return [*lines, *(f"if {gate} is not True and {gate} is not False: {slow}" for gate in self._gates.values())]

    def _bucket(self, number: int) -> str:
        return f"bucket = {self._names[number]}({self._keys[number]})"

    def _chosen(self, number: int) -> list[str]:
        accepted = self._accepted[number]
        return [f"if type(bucket) is not tuple: bucket = bucket.find(({', '.join(accepted)},))"] if accepted else []

    def buckets(self, number: int) -> Callable[[Any], Bucket | None]:
        """Return the function that takes a bucket of the path *number*."""
        taken: Callable[[Any], Bucket | None] = self._space[self._names[number]]
        return taken

    def _key(self, path: Path) -> str:
        texts = [self._wanted.text(value) for value in path.looked_for]
        return "None" if not texts else texts[0] if len(texts) == 1 else f"({', '.join(texts)})"

    def _table(self, path: Path) -> str:
        """Return the name of the function that takes a bucket; paths with the same columns share a table."""
        equal = tuple(self._program.column(key.column) for key in path.equalities)
        choices = tuple(self._program.column(key.column) for key in path.choices)
        known = (equal, choices, tuple(ast.dump(node) for node in path.filters))
        if known not in self._tables:
            self._tables[known] = name = f"_buckets_{len(self._tables)}"
            self._space[name] = RowTable(self._program.rules, passing(self._program, path), equal, choices).buckets.get
        return self._tables[known]

    # --- Requests -----------------------------------------------------------------------------------------------------

    def _guard(self, node: ast.expr) -> None:
        requests = set(self._program.requests)
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in requests:
                self._wanted.guarded.add(self._program.names[part.id])

    def _used(self) -> set[str]:
        """Return the variables of the request that the matcher, or a rule text, reads."""
        matcher = self._program.matcher
        nodes = [matcher.expression, *(text for texts in matcher.texts.values() for text in texts.values())]
        read = {part.id for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name)}
        return {self._program.names[name] for name in self._program.requests if name in read}

    def _forbidden(self) -> list[str]:
        """Return lines that raise for a value that is, or holds, something forbidden, as reading it would.

        The first value may also be no part of the request but a context for it.
        """
        used = {"r0"} | self._used()
        return [
            f"if type({name}) not in _primitives: _checked_value({name})"
            for name in sorted(used - self._wanted.guarded)
        ]

    def _condition(self) -> str:
        """Return what is left to test of a found rule."""
        known = self._paths[0].certain if len(self._paths) == 1 else frozenset()
        primitive = self._used() <= self._wanted.guarded
        is_bool: Callable[[ast.expr], bool] = lambda part: primitive and self._program.facts.kind(part) == "bool"  # noqa: E731
        node = _without(self._program.matcher.expression, known, is_bool)
        lowering = self._program.lowering(
            primitive=primitive, replaced=self._wanted.replaced, judged=self._wanted.judged, space=self._space
        )
        return self._program.condition(node, lowering, primitive=primitive)


def passing(program: Program, path: Path) -> Iterable[int]:
    """Return the numbers of the rules that pass the filters of *path*."""
    tests = [program.test(node) for node in path.filters]
    request = (None,) * len(program.requests)
    return (at for at, rule in enumerate(program.rules) if all(test(request, rule) for test in tests))


def _checked(value: Any) -> None:
    if isinstance(value, EnforceContext):
        raise TypeError("a context")
    checked(value)


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _without(node: ast.expr, known: frozenset[int], is_bool: Callable[[ast.expr], bool]) -> ast.expr:
    """Return *node* with its *known* parts, which are true, left out or put down as true."""
    if id(node) in known:
        return ast.Constant(value=True)
    if not isinstance(node, ast.BoolOp) or not isinstance(node.op, ast.And):
        return node
    *before, last = (_without(value, known, is_bool) for value in node.values)
    kept = [value for value in before if not _is_true(value)]
    # An `and` comes to its last part: one put down as true is left out only where a bool takes its place.
    if not _is_true(last) or not kept or not is_bool(kept[-1]):
        kept.append(last)
    return kept[0] if len(kept) == 1 else ast.BoolOp(node.op, kept)


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
