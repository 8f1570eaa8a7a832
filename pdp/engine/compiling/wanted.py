"""What the rules that match a request hold: the values to look for, computed once for a request."""

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from ipaddress import ip_address
from typing import Any, Final

from pdp.engine.compiling.leaves import Equal, Judged, Key, Matched, Member, Probe, Reached
from pdp.engine.compiling.program import Program
from pdp.engine.patterns import PatternIndex

NOWHERE: Final = object()
"""Looked for in place of a value that equals no text."""

SLOW: Final = "SLOW"
"""Stands in the lines for the way out: a request that is out of the ordinary is decided by a scan."""


class Wanted:
    """Collects lines that compute values of a request, each value once.

    *guarded* are the variables of the request that have to hold a `str`. *early* are lines that may raise, which sends
    the request to a scan; *kinds* look at the types of what they computed; *late* are only needed once a bucket is
    found. *replaced* and *judged* say how a test of a rule can use the values.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._space = program.namespace(primitive=False)
        self._space["_nowhere"] = NOWHERE
        self._space["_no_names"] = {}
        self._known: dict[str, str] = {}
        self.guarded: set[str] = set()
        self.early: list[str] = []
        self.kinds: list[str] = []
        self.late: list[str] = []
        self.replaced: dict[int, str] = {}
        self.judged: dict[str, str] = {}

    def gate(self, node: ast.expr) -> str:
        """Return the variable that holds what *node* comes to."""
        return self._computed("g", self._lowered(node), self.early)

    def text(self, value: ast.expr, *, only_text: bool = False) -> str:
        """Return what holds a text to look for.

        A value of another primitive type equals no text and is looked for NOWHERE, unless *only_text*.
        """
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return repr(value.value)
        if isinstance(value, ast.Name) and value.id in self._program.names:
            self.guarded.add(self._program.names[value.id])
            return self._program.names[value.id]
        local = self._computed("k", self._lowered(value), self.early)
        line = f"if type({local}) is not str: {SLOW}"
        if not only_text:
            line = (
                f"if type({local}) is not str:\n    if type({local}) not in _primitives: {SLOW}\n    {local} = _nowhere"
            )
        if line not in self.kinds:
            # The stricter of two demands comes first: after it the other one finds a text.
            self.kinds.insert(0 if only_text else len(self.kinds), line)
        return local

    def accepted(self, key: Key) -> str:
        """Return the text of the collection of texts that the field of *key* may hold."""
        collections = [self._accepted(key, probe) for probe in key.probes]
        return collections[0] if len(collections) == 1 else f"({', '.join(f'*{each}' for each in collections)},)"

    def _accepted(self, key: Key, probe: Probe) -> str:
        match probe:
            case Equal(value):
                return f"({self.text(value)},)"
            case Matched(family, value):
                return self._patterns(key, family, self.text(value, only_text=True))
            case Member(values):
                self._space["_members"] = members
                return self._computed("m", f"_members({self._lowered(values)})", self.early)
            case Judged(hole):
                texts = self._judging(hole)
                self.judged[hole] = f"({self._program.names[key.column]} in {texts})"
                return texts
            case Reached():
                return self._roles(key, probe)

    def _roles(self, key: Key, probe: Reached) -> str:
        graph = self._program.functions.roles[probe.roles]
        side = f"{probe.roles}{'_held_by' if probe.held_by else ''}"
        if f"_above_{side}" not in self._space:
            walked = graph.backward() if probe.held_by else graph
            self._space[f"_above_{side}"] = walked.table.get if walked.is_complete else None
            self._space[f"_plain_{side}"] = walked.table[""].get
            self._space[f"_walk_{side}"] = walked.above
        name = self.text(probe.name)
        domain = "''" if probe.domain is None else self.text(probe.domain, only_text=True)
        if self._space[f"_above_{side}"] is None:
            roles = self._computed("a", f"_walk_{side}({name}, {domain})", self.late)
        elif probe.domain is None:
            roles = self._computed("a", f"_plain_{side}({name}, ())", self.late)
        else:
            roles = self._computed("a", f"_above_{side}({domain}, _no_names).get({name}, ())", self.late)
        field = self._program.names[key.column]
        # The roles first: they are the same objects as in the rules, so a hit reads none of their texts.
        self.replaced[id(probe.call)] = f"({field} in {roles} or {field} == {name})"
        return f"({name}, *{roles})"

    def _patterns(self, key: Key, family: str, value: str) -> str:
        functions = self._program.functions
        name = f"_find_{family}_{key.column}"
        if family == "ipMatch":
            # A scan raises for what is no address as soon as it tests a rule.
            self._space["_address"] = ip_address
            self._computed("i", f"_address({value})", self.early)
        if name not in self._space:
            at = self._program.column(key.column)
            known, made = functions.tests[family], functions.families[family]
            texts = dict.fromkeys(rule[at] for rule in self._program.rules)
            self._space[name] = PatternIndex(made, {text: known.get(text) or made.test(text) for text in texts}).find
        return f"{name}({value})"

    def _judging(self, hole: str) -> str:
        name = f"_judge_{hole}"
        if name not in self._space:
            field = self._program.matcher.holes[hole]
            texts = self._space[f"texts_{self._program.fields.index(field)}"]
            self._space[name] = partial(judge, tuple(texts.items()), (None,) * len(self._program.fields))
        return self._computed("e", f"{name}(({self._program.request_targets}))", self.early)

    def _lowered(self, node: ast.expr) -> str:
        return self._program.lowering(primitive=False).text(node)

    def _computed(self, letter: str, text: str, lines: list[str]) -> str:
        """Return the variable that holds what *text* comes to."""
        local = self._known.setdefault(text, f"{letter}{len(self._known)}")
        line = f"{local} = {text}"
        if line not in lines:
            lines.append(line)
        return local


def members(values: Any) -> tuple[str, ...]:
    """Return the texts in a collection; raises TypeError for what is none, or holds anything else.

    `in` on a text would look for a part of it.
    """
    found = tuple(values)
    if type(values) not in (list, tuple, set, frozenset, dict) or any(type(value) is not str for value in found):
        raise TypeError("not a collection of texts")
    return found


def judge(
    texts: Sequence[tuple[str, Callable[..., Any]]], fields: Sequence[None], request: tuple[Any, ...]
) -> frozenset[str]:
    """Return the rule texts that are true for *request*; raises when one raises, or is neither true nor false."""
    outcomes: Mapping[str, Any] = {text: holds(*request, *fields) for text, holds in texts}
    if any(outcome is not True and outcome is not False for outcome in outcomes.values()):
        raise TypeError("a rule text is neither true nor false")
    return frozenset(text for text, outcome in outcomes.items() if outcome)
