"""Evaluation by PyCasbin itself, as by an enforcer that was just built: for what is evaluated in no other way."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from casbin import Enforcer
from casbin.core_enforcer import EnforceContext

from pdp.engine.answers import NearRule
from pdp.engine.compiling.combining import ALLOW, effect_name, effects_of
from pdp.engine.compiling.program import Allows, Decided, Request, decision_alone
from pdp.engine.definition import Loaded, RowAdapter, model_of
from pdp.engine.language.expression import PARSING, DeclinedError, parse, written

_ASKED_OF_ONE: Final = 1000
"""Questions that one enforcer is asked: it remembers every name that it is asked about."""

Configure = Callable[[Any], object]
"""Tells a new enforcer whatever else it has to know, such as matching functions for roles."""


class Reference:
    """Asks PyCasbin, one question at a time over all engines: see PARSING.

    With *configure*, or roles of an uncommon form, each question gets an enforcer of its own: what PyCasbin was asked
    before can change what it answers. *context* are the keys of request, rules and matcher; *in_context* decides
    requests that begin with a context of their own.
    """

    tier: Literal["pycasbin"] = "pycasbin"

    def __init__(
        self,
        loaded: Loaded,
        functions: Mapping[str, Callable[..., Any]],
        configure: Configure | None,
        context: tuple[str, str, str],
        in_context: Callable[[Request], Decided],
    ) -> None:
        self._in_context = in_context
        self._loaded = loaded
        self._functions = functions
        self._configure = configure
        self._context = context
        self.rules = loaded.rules.get(context[1], ())
        plain = configure is None and all(role.plain for role in loaded.definition.roles.values())
        self._asked_of_one = _ASKED_OF_ONE if plain else 1
        self._enforcer: Any = None
        self._asked = 0

    def _fresh(self) -> Any:
        enforcer = Enforcer(model_of(self._loaded.model_text), RowAdapter(self._loaded.rows()))
        for name, function in self._functions.items():
            enforcer.add_function(name, function)
        if self._configure is not None:
            self._configure(enforcer)
        return enforcer

    def _next(self) -> Any:
        if self._enforcer is None or self._asked >= self._asked_of_one:
            self._enforcer, self._asked = self._fresh(), 0
        self._asked += 1
        return self._enforcer

    def _ask(self, enforcer: Any, request: Request) -> tuple[bool, Any]:
        request_key, rule_key, matcher_key = self._context
        # A context in the request itself is a value: PyCasbin takes only the first argument for one.
        if self._context != ("r", "p", "m") or (request and isinstance(request[0], EnforceContext)):
            request = (EnforceContext(request_key, rule_key, "e", matcher_key), *request)
        decision, rule = enforcer.enforce_ex(*request)
        return bool(decision), rule

    def decide(self, request: Request) -> Decided:
        """Return PyCasbin's decision and the number of the rule that it names; raises what it raises."""
        if request and isinstance(request[0], EnforceContext):
            return self._in_context(request)
        return self.decide_exactly(request)

    @property
    def allows(self) -> Allows:
        """Return the function that gives the decision alone."""
        return decision_alone(self.decide)

    def decide_exactly(self, request: Request) -> Decided:
        """Decide a request in which a context is a value like any other."""
        with PARSING:
            enforcer = self._next()
            decision, rule = self._ask(enforcer, request)
            rules = enforcer.model["p"][self._context[1]].policy
            return decision, next((at for at, each in enumerate(rules) if each is rule), -1)

    def matches(self, request: Request) -> tuple[Sequence[int], Sequence[tuple[int, Exception]]]:
        """Return the numbers of all rules that match, and what each of the others raised."""
        matched, failed = [], []
        with PARSING:
            enforcer = self._next()
            for number, alone in self._one_by_one(enforcer):
                try:
                    if self._ask(alone, request)[1]:
                        matched.append(number)
                except Exception as error:  # noqa: BLE001  # whatever a rule raises is told
                    failed.append((number, error))
            self._enforcer = None
        return matched, failed

    def _one_by_one(self, enforcer: Any) -> Iterator[tuple[int, Any]]:
        """Return *enforcer* once for each rule, holding that rule alone."""
        assertion = enforcer.model["p"][self._context[1]]
        for number, rule in enumerate(assertion.policy):
            assertion.policy = [rule]
            yield number, enforcer

    def nearest(self, request: Request) -> Iterator[NearRule]:
        """Return rules that would have allowed and fail one part of the matcher only."""
        try:
            whole = parse(self._loaded.definition.matchers[self._context[2]])
        except (SyntaxError, DeclinedError, KeyError):
            return
        parts = whole.values if isinstance(whole, ast.BoolOp) and isinstance(whole.op, ast.And) else [whole]
        texts = [ast.unparse(part) for part in parts]
        effect, fields = f"{self._context[1]}_eft", self._loaded.definition.rules[self._context[1]]
        with PARSING:
            enforcer = self._fresh()
            for number, alone in self._one_by_one(enforcer):
                rule = self.rules[number]
                if len(rule) != len(fields) or (effect in fields and rule[fields.index(effect)] != "allow"):
                    continue
                failed = [
                    (text, failure) for text in texts if (failure := self._failure(text, alone, request)) is not False
                ]
                if len(failed) == 1:
                    text, failure = failed[0]
                    yield NearRule(number, rule, written(text), {}, failure if isinstance(failure, Exception) else None)

    def unheard(self, request: Request) -> Sequence[str]:
        """Return nothing: which texts PyCasbin's evaluation looks for is not known."""
        return ()

    def effect_of(self, number: int) -> str:
        """Return "allow" or "deny", or "" for a rule that says neither."""
        # Of this rule alone: another one may have too few fields to have an effect.
        effects = effects_of([self.rules[number]], self._loaded.definition.rules[self._context[1]], self._context[1])
        return effect_name(ALLOW if effects is None else effects[0])

    def _failure(self, text: str, enforcer: Any, request: Request) -> Exception | bool:
        """Return whether the rule that *enforcer* holds fails the condition *text*, or what that raised."""
        enforcer.model["m"][self._context[2]].value = text
        try:
            return not self._ask(enforcer, request)[1]
        except Exception as error:  # noqa: BLE001  # a condition that raises is one that fails
            return error
