"""What PyCasbin answers when it has just been built, and what an engine answers, in one form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from casbin import Enforcer

from pdp.engine import Engine
from pdp.engine.definition import LineAdapter, RowAdapter, model_of
from tests.comparison.values import FUNCTIONS, value


@dataclass(frozen=True)
class World:
    """A model, rows, names of added functions, and requests in the form of *value*.

    With *as_text* the rows are read from text, where commas and brackets in fields matter.
    """

    model: str
    rows: Sequence[Sequence[str]]
    functions: Sequence[str]
    requests: Sequence[Sequence[Any]] = field(default_factory=list)
    as_text: bool = False

    @property
    def text(self) -> str:
        """Return the rows as a policy file holds them."""
        return "\n".join(["# rows", *(", ".join(row) for row in self.rows), ""])


@dataclass(frozen=True)
class Answer:
    """A decision with the rule that explains it, or the name of the error; *error* is "load" for one while loading."""

    decision: bool | None
    rule: tuple[str, ...] | None
    error: str | None

    def __str__(self) -> str:
        return self.error or f"{'allow' if self.decision else 'deny'} {list(self.rule or ())}"


_NOT_LOADED = Answer(None, None, "load")


def reference(world: World, request: Sequence[Any]) -> Answer:
    """Return what a PyCasbin enforcer answers that is built for this request alone."""
    try:
        enforcer = _enforcer(world)
    except Exception:  # noqa: BLE001  # whatever it raises is its answer
        return _NOT_LOADED
    return _answer(enforcer.enforce_ex, request)


def _enforcer(world: World) -> Any:
    adapter = LineAdapter(world.text) if world.as_text else RowAdapter([(row[0], row[1:]) for row in world.rows])
    enforcer = Enforcer(model_of(world.model), adapter)
    for name in world.functions:
        enforcer.add_function(name, FUNCTIONS[name])
    return enforcer


def built(world: World, *, lenient: bool = True) -> Engine | None:
    """Return the engine for *world*, None when it does not load."""
    functions = {name: FUNCTIONS[name] for name in world.functions}
    try:
        if world.as_text:
            return Engine.from_text(world.model, world.text, functions=functions, lenient=lenient)
        return Engine.from_rows(world.model, world.rows, functions=functions, lenient=lenient)
    except Exception:  # noqa: BLE001  # whatever it raises is its answer
        return None


def asked(engine: Engine | None, request: Sequence[Any]) -> Answer:
    """Return what *engine* answers; an answer of its own when its two ways of answering differ."""
    if engine is None:
        return _NOT_LOADED
    answered = _answer(engine.enforce_ex, request)
    alone = _answer(lambda *values: (engine.enforce(*values), ()), request)
    if (alone.decision, alone.error) != (answered.decision, answered.error):
        return Answer(alone.decision, None, f"{alone.error}, where enforce_ex answers {answered}")
    return answered


def _answer(ask: Callable[..., Any], request: Sequence[Any]) -> Answer:
    try:
        decision, rule = ask(*(value(form) for form in request))
    except Exception as error:  # noqa: BLE001  # whatever it raises is its answer
        return Answer(None, None, type(error).__name__)
    return Answer(bool(decision), tuple(rule), None)


def rule_by_rule(world: World, request: Sequence[Any]) -> Mapping[int, str] | None:
    """Return what PyCasbin makes of each rule that matches or raises, by number; None when it looks at none."""
    try:
        enforcer = _enforcer(world)
    except Exception:  # noqa: BLE001  # there is nothing to ask
        return None
    assertion = enforcer.model["p"]["p"]
    found: dict[int, str] = {}
    for number, rule in enumerate(assertion.policy):
        assertion.policy = [rule]
        alone = _answer(enforcer.enforce_ex, request)
        if alone.error is not None:
            found[number] = alone.error
        elif alone.rule:
            found[number] = "matches"
    sizes = len(enforcer.model["r"]["r"].tokens) != len(request)
    return None if sizes or any(isinstance(form, dict) and "$enforce_context" in form for form in request) else found


def every_match(engine: Engine, request: Sequence[Any]) -> Mapping[int, str]:
    """Return what *engine* makes of each rule that matches or raises, by number; -1 stands for the request itself."""
    try:
        matches = engine.matches(*(value(form) for form in request))
    except Exception as error:  # noqa: BLE001  # whatever it raises is its answer
        return {-1: type(error).__name__}
    found = {rule.number: "matches" for rule in matches.rules}
    found.update({failed.number: type(failed.error).__name__ for failed in matches.errors})
    return dict(sorted(found.items()))
