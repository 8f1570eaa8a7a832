"""One matcher over its rules, as generated functions: for all rows in order, for one row, and for each condition."""

import ast
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from pdp.engine.compiling.combining import Combination
from pdp.engine.language.analysis import Facts
from pdp.engine.language.expression import Matcher
from pdp.engine.language.functions import Functions
from pdp.engine.language.lowering import Lowering
from pdp.engine.language.runtime import PRIMITIVES, checked, verdict

Request = tuple[Any, ...]
Decided = tuple[bool, int]
"""The decision and the number of the rule that explains it, -1 when there is none."""
Allows = Callable[..., bool]
"""Takes the values of a request one by one and returns the decision alone; raises what evaluating raises."""

_BUILTINS: Final[Mapping[str, Any]] = {
    "enumerate": enumerate, "Exception": Exception, "False": False, "None": None, "set": set, "sorted": sorted,
    "str": str, "True": True, "tuple": tuple, "type": type, "ValueError": ValueError,
}  # fmt: skip
"""All that generated code can reach besides what is put into its namespace."""


@dataclass(frozen=True)
class Program:
    """What is evaluated: *matcher* over *rules*, whose *effects* (None: all allow) make a decision by *combination*.

    *requests* and *fields* are the names of the fields of a request and of a rule.
    """

    requests: tuple[str, ...]
    fields: tuple[str, ...]
    rules: tuple[tuple[str, ...], ...]
    effects: tuple[int, ...] | None
    combination: Combination
    matcher: Matcher
    functions: Functions
    facts: Facts
    _spaces: dict[bool, dict[str, Any]] = field(default_factory=dict)

    # --- Names and texts ----------------------------------------------------------------------------------------------

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Return the local variable of each field; of fields with one name the last counts."""
        return {name: f"r{at}" for at, name in enumerate(self.requests)} | {
            name: f"p{at}" for at, name in enumerate(self.fields)
        }

    def column(self, name: str) -> int:
        """Return the position of the field *name* in the request or the rule that has it."""
        return int(self.names[name][1:])

    @cached_property
    def request_targets(self) -> str:
        """Return the variables that a request is unpacked into."""
        return "".join(f"r{at}, " for at in range(len(self.requests)))

    @cached_property
    def rule_targets(self) -> str:
        """Return the variables that a rule is unpacked into."""
        return "".join(f"p{at}, " for at in range(len(self.fields)))

    def lowering(
        self,
        *,
        primitive: bool,
        replaced: Mapping[int, str] | None = None,
        judged: Mapping[str, str] | None = None,
        space: dict[str, Any] | None = None,
    ) -> Lowering:
        """Return what lowers parts of this matcher for code in *space*.

        *replaced* are parts, and *judged* rule texts by hole, that have been computed before.
        """
        holes = {
            hole: f"texts_{self.fields.index(name)}[{self.names[name]}]({self.request_targets}{self.rule_targets})"
            for hole, name in self.matcher.holes.items()
        }
        return Lowering(
            self.names,
            self.functions.any_arguments,
            space if space is not None else self.namespace(primitive=primitive),
            two_arguments=self.functions.two_arguments,
            primitive=primitive,
            replaced=replaced,
            holes=holes | dict(judged or {}),
            sure=self.functions.sure,
        )

    def namespace(self, *, primitive: bool) -> dict[str, Any]:
        """Return the namespace for code over fields that do, or need not, hold primitive values."""
        if primitive not in self._spaces:
            space: dict[str, Any] = {"__builtins__": dict(_BUILTINS), "_verdict": verdict, "_rules": self.rules}
            space["_effects"] = self.effects
            self._spaces[primitive] = space
            for name, texts in self.matcher.texts.items():
                space[f"texts_{self.fields.index(name)}"] = self._rule_texts(texts, primitive=primitive)
        return self._spaces[primitive]

    def _rule_texts(self, texts: Mapping[str, ast.expr], *, primitive: bool) -> Mapping[str, Callable[..., Any]]:
        lowering = self.lowering(primitive=primitive)
        head = f"lambda {self.request_targets}{self.rule_targets}"
        lambdas = ",\n".join(f"    {head}: {lowering.text(expression)}" for expression in texts.values())
        space = self.namespace(primitive=primitive)
        run(f"_texts = [\n{lambdas}\n]", space)
        return dict(zip(texts, space.pop("_texts"), strict=True))

    def condition(self, node: ast.expr, lowering: Lowering, *, primitive: bool) -> str:
        """Return the text of a condition that is true when the matcher, written as *node*, matches."""
        text = lowering.text(node)
        return text if primitive and self.facts.kind(node) == "bool" else f"_verdict({text})"

    # --- Generated functions ------------------------------------------------------------------------------------------

    def scan(self, *, primitive: bool) -> Callable[[Request], Decided]:
        """Return the decision over all rows in order."""
        expression = self.matcher.expression
        condition = self.condition(expression, self.lowering(primitive=primitive), primitive=primitive)
        lines = ["def decide(request):", f"    {self.request_targets}= request"]
        before, inside, after = self.combination.lines("_effects[n]" if self.effects is not None else None)
        lines += [f"    {line}" for line in before]
        lines += [f"    for n, ({self.rule_targets}) in enumerate(_rules):", f"        if {condition}:"]
        lines += [f"            {line}" for line in inside]
        lines += [f"    {line}" for line in after]
        decide: Callable[[Request], Decided] = self.function("decide", lines, primitive=primitive)
        return decide

    def test(self, node: ast.expr, *, matcher: bool = False) -> Callable[[Request, Sequence[str]], Any]:
        """Return what *node* comes to for a request and a rule; for a *matcher*, whether it matches."""
        text = self.lowering(primitive=False).text(node)
        lines = [
            "def test(request, rule):",
            f"    {self.request_targets}= request",
            f"    {self.rule_targets}= rule",
            f"    return {f'_verdict({text})' if matcher else text}",
        ]
        test: Callable[[Request, Sequence[str]], Any] = self.function("test", lines, primitive=False)
        return test

    def function(self, name: str, lines: Sequence[str], *, primitive: bool) -> Any:
        """Return the function *name* that *lines* define."""
        space = self.namespace(primitive=primitive)
        run("\n".join(lines), space)
        return space.pop(name)


def decision_alone(decide: Callable[[Request], Decided]) -> Allows:
    """Return the function that gives the decision of *decide* alone."""
    return lambda *request: decide(request)[0]


def run(source: str, namespace: dict[str, Any]) -> None:
    """Run generated *source*, which holds nothing but checked parts of a matcher, in *namespace*."""
    with warnings.catch_warnings():
        # A literal that is called or compared by identity is the matcher's own affair.
        warnings.simplefilter("ignore")
        code = compile(source, "<matcher>", "exec")
    exec(code, namespace)  # noqa: S102  # every name and literal in it is generated


def is_primitive(request: Request) -> bool:
    """Say whether a request holds nothing but primitive values."""
    return all(type(value) in PRIMITIVES for value in request)


def check_values(request: Request) -> None:
    """Raise FeatureNotAvailable when a value of *request* is, or holds, something forbidden."""
    for value in request:
        checked(value)
