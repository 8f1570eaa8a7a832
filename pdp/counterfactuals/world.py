"""A question in the circumstances that some steps would bring about."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from pdp.conditions import Condition, Evaluator, Frame
from pdp.conditions.expression import Emptiness, Expression, Root, Term
from pdp.conditions.results import Result
from pdp.core.circumstances import Circumstances
from pdp.core.decision import Outcome
from pdp.core.entity import Entity
from pdp.core.errors import InvalidRequestError
from pdp.core.fact_identity import fact_id, named_by
from pdp.core.facts import Fact, RoleAssignment, Value
from pdp.core.request import Request
from pdp.counterfactuals.steps import TIME, Step, after
from pdp.deciding import Answer, decide
from pdp.deciding.judgement import Judgement
from pdp.gathering.agreeing import check_against_stored
from pdp.policy_set import PolicySet

NOT_SETTABLE = frozenset({"resource.data_subject", "resource.scopes", "resource.pictured"})
"""What the data is, and whom it is about: with another value it would be another question."""


class Supposing(Evaluator):
    """An interpreter of conditions that can take values to be others for a moment.

    *supposed* holds properties of the request by their paths, *drafted* the fields of a fact that is being made up.
    """

    def __init__(self, conditions: Mapping[str, Condition], circumstances: Circumstances) -> None:
        super().__init__(conditions, circumstances)
        self.supposed: Mapping[str, Value | None] = {}
        self.drafted: Mapping[str, Value | None] = {}

    def value(self, term: Term, frame: Frame) -> Value | Emptiness:
        """Look up *term* as the interpreter does, unless something is supposed of it."""
        if self.drafted and term.root is Root.FACT and term.name in self.drafted:
            return _or_empty(self.drafted[term.name], term)
        if self.supposed:
            path = settable_path(term)
            if path is not None and path in self.supposed:
                found = self.supposed[path]
                if found is None and term.root is Root.RECIPIENT:
                    return self.circumstances.request.subject
                return _or_empty(found, term)
        return super().value(term, frame)

    def supposing(self, supposed: Mapping[str, Value | None], expression: Expression, frame: Frame) -> Result:
        """Return what *expression*, which names no other condition, comes to if paths had the values of *supposed*."""
        self.supposed = supposed
        try:
            return self.evaluate(expression, frame)
        finally:
            self.supposed = {}

    def drafting(self, drafted: Mapping[str, Value | None], expression: Expression, frame: Frame) -> Result:
        """Return what *expression*, which names no other condition, comes to of a fact with the fields *drafted*."""
        self.drafted = drafted
        try:
            return self.evaluate(expression, frame)
        finally:
            self.drafted = {}


def _or_empty(found: Value | None, term: Term) -> Value | Emptiness:
    if found is not None:
        return found
    return term.default if term.emptiness is Emptiness.DEFAULT else term.emptiness


def settable_path(term: Term) -> str | None:
    """Return the path of the circumstance that *term* looks at, None when it looks at none that could be met."""
    match term.root:
        case Root.NOW:
            return TIME
        case Root.RECIPIENT:
            return "context.recipient"
        case Root.FACT | Root.PERSON:
            return None
        case _:
            return term.path if term.name and term.path not in NOT_SETTABLE else None


def satisfied(result: Result, wanted: bool) -> bool:
    """Say whether *result* is true, where that is *wanted*, or plainly false, so that its negation is true."""
    if wanted:
        return result.outcome is Outcome.TRUE
    return result.outcome is Outcome.FALSE and not result.missing


class World:
    """The question after *steps*, and everything that is worked out about it when it is first asked for.

    *origin* is the world without any steps.
    """

    def __init__(
        self,
        policy: PolicySet,
        request: Request,
        stored: tuple[Fact, ...],
        instant: datetime,
        origin: "World | None" = None,
        steps: tuple[Step, ...] = (),
    ) -> None:
        self.policy = policy
        self.origin = origin or self
        self.steps = steps
        self.request, self.stored, self.instant = after(request, stored, instant, steps)

    def after(self, steps: tuple[Step, ...]) -> "World":
        """Return the world in which *steps*, and no others, are done."""
        origin = self.origin
        return World(self.policy, origin.request, origin.stored, origin.instant, origin, steps)

    @cached_property
    def answer(self) -> Answer:
        """Return what Check answers here."""
        return decide(self.policy, self.request, self.stored, self.instant)

    @cached_property
    def is_allowed(self) -> bool:
        """Say whether Check would allow the question here.

        A question that contradicts stored facts, such as what its data lies in, is refused before it is decided.
        """
        if not self.answer.allowed:
            return False
        operator = self.request.operator
        stored = [fact if fact.id else replace(fact, id=fact_id(operator, fact.kind)) for fact in self.stored]
        try:
            check_against_stored(self.request, stored, self.instant)
        except InvalidRequestError:
            return False
        return True

    @cached_property
    def circumstances(self) -> Circumstances:
        """Return the circumstances; raises BoundExceededError where they cannot be gathered."""
        return Circumstances(self.request, self.stored, self.instant, self.policy.hierarchies, self.policy.granting)

    @cached_property
    def evaluator(self) -> Supposing:
        """Return what evaluates conditions here."""
        return Supposing(self.policy.conditions, self.circumstances)

    def narrowed(self, category: str) -> "NarrowWorld":
        """Return the same world with the resource asked for under a narrower *category*."""
        return NarrowWorld(self, category)

    @property
    def outermost(self) -> Frame:
        """Return the frame of a whole condition."""
        return Frame(self.circumstances.resource.data_subject)

    @property
    def judgement(self) -> Judgement | None:
        """Return the judgement of the answer."""
        return self.answer.judgement

    @cached_property
    def named(self) -> tuple[Entity, ...]:
        """Return everybody and everything that the question and its facts name, those of the question first."""
        request, resource = self.request, self.request.resource
        first = [request.subject, resource.data_subject, *self.circumstances.people, resource.entity, *resource.scopes]
        first += [self.circumstances.operator]
        first += [value for value in request.context.values() if isinstance(value, Entity)]
        first += [found for fact in self.circumstances.facts for found in named_by(fact.kind)]
        return tuple(dict.fromkeys(entity for entity in first if entity is not None))

    @cached_property
    def role_holders(self) -> tuple[Entity, ...]:
        """Return everybody of whom a role fact says something."""
        facts = self.circumstances.facts
        return tuple(dict.fromkeys(fact.kind.subject for fact in facts if isinstance(fact.kind, RoleAssignment)))

    def unnamed(self, type_: str, name: str) -> Entity:
        """Return an entity of which nothing is known yet; the same one for the same *name*."""
        made_up = Entity(type_, f"new-{name}")
        while made_up in self.origin.named:
            made_up = Entity(type_, f"{made_up.id}-2")
        return made_up


class NarrowWorld(World):
    """A world as a deny rule for a narrower category sees it."""

    def __init__(self, outer: World, category: str) -> None:
        super().__init__(outer.policy, outer.request, outer.stored, outer.instant, outer.origin, ())
        self.outer = outer
        self.category = category

    @cached_property
    def circumstances(self) -> Circumstances:
        """Return the circumstances under the narrower category."""
        return self.outer.circumstances.narrowed(self.category)
