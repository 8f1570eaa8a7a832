"""A matcher over its rules, compiled: found by look-ups where every path is narrow, by a scan otherwise."""

import ast
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from casbin.core_enforcer import EnforceContext
from simpleeval import DISALLOW_FUNCTIONS

from pdp.engine.answers import NearRule
from pdp.engine.compiling.allowing import allows
from pdp.engine.compiling.combining import ALLOW, COMBINATIONS, effect_name, effects_of
from pdp.engine.compiling.leaves import Leaves
from pdp.engine.compiling.lookup import LookedFor, Lookup
from pdp.engine.compiling.nearest import Nearest
from pdp.engine.compiling.paths import paths_of
from pdp.engine.compiling.program import Allows, Decided, Program, Request, check_values, decision_alone, is_primitive
from pdp.engine.compiling.reference import Configure, Reference
from pdp.engine.definition import Loaded
from pdp.engine.language.analysis import Facts
from pdp.engine.language.expression import DeclinedError, Matcher, read_matcher
from pdp.engine.language.functions import Functions, functions_of, learn_patterns
from pdp.engine.language.roles import RoleGraph

Context = tuple[str, str, str]
Tier = Literal["indexed", "scan", "pycasbin"]
Failures = Sequence[tuple[int, Exception]]

_MOST_JUDGED: Final = 256
"""Rule texts that are judged for each request before any rule is looked up."""


class Evaluator(Protocol):
    """Decides requests over rules in their order; numbers of rules count from 0."""

    @property
    def tier(self) -> Tier:
        """Return how requests are evaluated."""

    @property
    def rules(self) -> Sequence[tuple[str, ...]]:
        """Return the rules in the order of evaluation."""

    @property
    def decide(self) -> Callable[[Request], Decided]:
        """Return the function that gives the decision and the rule that PyCasbin would name.

        It raises what evaluating raises. A request may begin with an EnforceContext.
        """

    @property
    def allows(self) -> Allows:
        """Return the function that gives the decision alone, for the values of a request one by one."""

    def decide_exactly(self, request: Request) -> Decided:
        """Decide a request that is out of the ordinary; a context in it is a value like any other."""

    def matches(self, request: Request) -> tuple[Sequence[int], Failures]:
        """Return the numbers of every rule that matches, and of every one that raised."""

    def nearest(self, request: Request) -> Iterator[NearRule]:
        """Return rules that would have allowed and fail one condition only."""

    def unheard(self, request: Request) -> Sequence[str]:
        """Return the fields of the request whose text no rule looks for."""

    def effect_of(self, number: int) -> str:
        """Return "allow" or "deny", or "" for a rule that says neither."""


class Compiled:
    """The compiled form of *program*; *reference* answers for requests that hold what no expression may read.

    *in_context* decides requests that begin with an EnforceContext.
    """

    def __init__(
        self, program: Program, leaves: Leaves, reference: Reference, in_context: Callable[[Request], Decided]
    ) -> None:
        self._in_context = in_context
        self._program = program
        self._reference = reference
        self.rules = program.rules
        self._plain = program.scan(primitive=True)
        self._any = program.scan(primitive=False)
        self._paths = paths_of(program.matcher.expression, leaves)
        self.tier: Tier = "scan"
        self._lookup: Lookup | None = None
        self._raw = program.test(program.matcher.expression)
        self._test = program.test(program.matcher.expression, matcher=True)
        self._decided: Callable[[Request], Decided] = self._decide_slowly
        self._allows: Allows | None = None
        self._candidates: Callable[[Request], Sequence[int]] = lambda _: range(len(program.rules))
        self._looked_for: Callable[[Request], LookedFor | None] = lambda _: None
        if not program.rules:
            self.tier = "indexed"
        elif all(path.is_narrow for path in self._paths):
            self._lookup = Lookup(program, self._paths, self._decide_slowly)
            self.tier, self._decided = "indexed", self._lookup.decide()
            self._allows = allows(program, self._paths, self._decided)
            self._candidates = self._lookup.candidates()
            self._looked_for = self._lookup.texts()
        self._lock = threading.Lock()
        self._nearest: Sequence[Nearest] | None = None

    @property
    def decide(self) -> Callable[[Request], Decided]:
        """Return the function that decides a request."""
        return self._decided

    @property
    def allows(self) -> Allows:
        """Return the function that gives the decision alone."""
        return self._allows or decision_alone(self._decided)

    def _decide_slowly(self, request: Request) -> Decided:
        if request and isinstance(request[0], EnforceContext):
            return self._in_context(request)
        return self.decide_exactly(request)

    def decide_exactly(self, request: Request) -> Decided:
        """Decide by a scan over all rules."""
        self._check_size(request)
        if not is_primitive(request):
            try:
                check_values(request)
            # Whatever it is that the request holds, PyCasbin says where it is noticed.
            except Exception:  # noqa: BLE001
                return self._reference.decide_exactly(request)
        if not self.rules:
            return self._decide_without_rules(request)
        return self._plain(request) if is_primitive(request) else self._any(request)

    def _check_size(self, request: Request) -> None:
        if len(request) != len(self._program.requests):
            raise RuntimeError("invalid request size")

    def _decide_without_rules(self, request: Request) -> Decided:
        """Decide as PyCasbin does without rules: the matcher is asked once, with an empty text in every rule field."""
        if self._program.matcher.holes:
            raise RuntimeError("please make sure rule exists in policy when using eval() in matcher")
        value = self._raw(request, [""] * len(self._program.fields))
        return bool(value) or self._program.combination.unless, -1

    def matches(self, request: Request) -> tuple[Sequence[int], Failures]:
        """Return the numbers of every rule that matches, and of every one that raised."""
        self._check_size(request)
        if not is_primitive(request):
            try:
                check_values(request)
            except Exception:  # noqa: BLE001  # as in a scan
                return self._reference.matches(request)
        matched, failed = [], []
        for number in self._candidates(request):
            try:
                if self._test(request, self.rules[number]):
                    matched.append(number)
            except Exception as error:  # noqa: BLE001  # whatever a rule raises is told
                failed.append((number, error))
        return matched, failed

    def nearest(self, request: Request) -> Iterator[NearRule]:
        """Return rules that would have allowed and fail one condition only."""
        self._check_size(request)
        looked_for = self._looked_for(request)
        for at, nearest in enumerate(self._indexes()):
            yield from nearest.find(request, None if looked_for is None else looked_for[at])

    def unheard(self, request: Request) -> Sequence[str]:
        """Return the fields of the request whose text no rule looks for."""
        each = [set(nearest.unheard(request)) for nearest in self._indexes()]
        return sorted(set.intersection(*each)) if each else []

    def effect_of(self, number: int) -> str:
        """Return "allow" or "deny", or "" for a rule that says neither."""
        effects = self._program.effects
        return effect_name(ALLOW if effects is None else effects[number])

    def _indexes(self) -> Sequence[Nearest]:
        """Return what finds near rules, built when it is first asked for: most engines never are."""
        with self._lock:
            if self._nearest is None:
                lookup = self._lookup
                self._nearest = [
                    Nearest(self._program, path, lookup.buckets(at) if lookup is not None else None)
                    for at, path in enumerate(self._paths)
                ]
        return self._nearest


@dataclass(frozen=True, slots=True)
class Compilation:
    """What every evaluator of one engine is made of.

    *functions* is None when only PyCasbin can evaluate it: with *configure*, or roles of an uncommon form. *in_context*
    decides requests that begin with an EnforceContext.
    """

    loaded: Loaded
    functions: Functions | None
    added: Mapping[str, Callable[..., Any]]
    configure: Configure | None
    in_context: Callable[[Request], Decided]
    lenient: bool

    def reference(self, context: Context) -> Reference:
        """Return what asks PyCasbin itself, with patterns in linear time unless lenient."""
        linear = {} if self.lenient or self.functions is None else self.functions.linear
        return Reference(self.loaded, {**linear, **self.added}, self.configure, context, self.in_context)


def known_functions(loaded: Loaded, added: Mapping[str, Callable[..., Any]]) -> Functions | None:
    """Return the functions of a model, None when PyCasbin alone can call them as it does."""
    definition = loaded.definition
    if any(map(_is_forbidden, added.values())) or not all(role.plain for role in definition.roles.values()):
        return None
    graphs = {
        type_: RoleGraph(loaded.links.get(type_, ()), domains=role.domains) for type_, role in definition.roles.items()
    }
    return functions_of(graphs, added)


def evaluator(compilation: Compilation, context: Context) -> Evaluator:
    """Return the fastest evaluator that answers as PyCasbin does; *context* are the keys of request, rules, matcher."""
    reference = compilation.reference(context)
    if compilation.configure is not None or compilation.functions is None:
        return reference
    try:
        program, leaves = _program(compilation.loaded, compilation.functions, context, lenient=compilation.lenient)
        return Compiled(program, leaves, reference, compilation.in_context)
    # What is too deep for Python's own parser is refused by PyCasbin as well, request by request.
    except (SyntaxError, ValueError, RecursionError, MemoryError, DeclinedError):
        return reference


def _is_forbidden(function: Callable[..., Any]) -> bool:
    try:
        return function in DISALLOW_FUNCTIONS
    except TypeError:
        return True


def _program(loaded: Loaded, functions: Functions, context: Context, *, lenient: bool) -> tuple[Program, Leaves]:
    definition = loaded.definition
    request_key, rule_key, matcher_key = context
    if not (request_key in definition.requests and rule_key in definition.rules and matcher_key in definition.matchers):
        raise DeclinedError("a definition is missing")
    requests, fields = definition.requests[request_key], definition.rules[rule_key]
    rules = loaded.rules.get(rule_key, ())
    if any(len(rule) != len(fields) for rule in rules):
        raise DeclinedError("rules of the wrong size")
    combination = COMBINATIONS.get(definition.effect)
    if combination is None:
        raise DeclinedError("an unknown effect")
    matcher = read_matcher(definition.matchers[matcher_key], fields, rules)
    expressions = [matcher.expression, *_texts(matcher)]
    tested = learn_patterns(functions, expressions, fields, rules, lambda *_: None, lenient=lenient)
    facts = Facts(frozenset(requests), frozenset(fields), functions, tested, frozenset(matcher.holes))
    effects = effects_of(rules, fields, rule_key)
    program = Program(requests, fields, rules, effects, combination, matcher, functions, facts)
    return program, Leaves(facts, _judged(matcher, facts), matcher.holes)


def _texts(matcher: Matcher) -> Iterator[ast.expr]:
    for texts in matcher.texts.values():
        yield from texts.values()


def _judged(matcher: Matcher, facts: Facts) -> frozenset[str]:
    """Return the holes whose texts are few and depend on the request alone."""
    return frozenset(
        hole
        for hole, name in matcher.holes.items()
        if len(matcher.texts[name]) <= _MOST_JUDGED and all(map(facts.is_of_request, matcher.texts[name].values()))
    )
