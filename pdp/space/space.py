"""All situations in which a question can be asked, and which of them are possible."""

from collections.abc import Iterable, Sequence
from typing import Final

from pdp.conditions.expression import Compare, Expression, Holds, Literal, Root, SomeConsent, SomeGround, SomeRefusal
from pdp.core.entity import Entity
from pdp.core.fact_schema import FactSchema, ValueType
from pdp.core.policy import Hierarchies
from pdp.core.request import Request
from pdp.core.vocabulary import WordKind
from pdp.policy_set import Asked
from pdp.space import script
from pdp.space.codes import Codes
from pdp.space.conditioned import Conditioned
from pdp.space.drift import Drift, drift_of
from pdp.space.encoding import Encoder
from pdp.space.expressions import everything_in, roles_asked_for
from pdp.space.facts import Facts, Slot, Statement
from pdp.space.graded import Scale
from pdp.space.normal import Reading, Shared, terms_of
from pdp.space.people import People, role_classes
from pdp.space.question import Question
from pdp.space.recasting import Recasting
from pdp.space.script import Formula, Script
from pdp.space.situation import SituationReader
from pdp.space.traits import Traits, traits_of
from pdp.space.unfolding import Unfolding
from pdp.space.values import Values


class Space:
    """The situations of one operator, in the words of one policy or of several. Not for several threads at once.

    What it abstracts from is said in docs/reference/space.md. Its parts may be done another way by a subclass.
    """

    encoder_type: type[Encoder] = Encoder
    question_type: type[Question] = Question

    def __init__(self, policies: Sequence[Conditioned], schema: FactSchema) -> None:
        first = policies[0]
        self.vocabulary = first.vocabulary
        self.script: Final = Script()
        self.scale: Final = Scale(self.script)
        self.schema = schema
        self._shared = Shared()
        self._known: dict[int, Expression] = {}
        self._codes = Codes()
        operator = Entity("operator", first.operator)
        self._values = Values(self.script, self._codes, self.vocabulary, operator)
        self._values.named_entity(operator)
        self._readings = {
            id(policy): Reading(policy.conditions, policy.hierarchies, policy.vocabulary) for policy in policies
        }
        self._policies = tuple(policies)
        everything = [
            self._shared.condition(name, self._readings[id(policy)])
            for policy in policies
            for name in policy.conditions
        ]
        self._name_texts(everything)
        classes = role_classes(self.vocabulary, roles_asked_for(everything))
        self._people = People(self._values, self.vocabulary, operator, classes)
        self._facts = Facts(self._values, self._people, schema, self.vocabulary)
        self.granting: Final = {**first.granting, **policies[-1].granting}
        self._reader = SituationReader(self._values, self._people, self._facts, schema, self.vocabulary, self.granting)
        self._recasting = Recasting(self.vocabulary, first.hierarchies, self.granting)
        self._encoders: dict[int, Encoder] = {}
        self._rivals: dict[tuple[Statement, Slot, int], tuple[Formula, frozenset[Statement]]] = {}
        self._hierarchies = first.hierarchies
        words = self.vocabulary.words(WordKind.CATEGORY).values()
        self._looks_for_facts: dict[int, bool] = {}
        self._looks_at_roles: dict[int, bool] = {}
        self._drifts: dict[int, Drift] = {}
        self._with_narrower = {word.broader for word in words if word.broader is not None}

    def _name_texts(self, expressions: Iterable[Expression]) -> None:
        """Note which texts conditions name, so that a list of texts can be told by those."""
        for expression in everything_in(expressions):
            if not isinstance(expression, Compare) or expression.left.type is not ValueType.STRING:
                continue
            if isinstance(expression.right, Literal):
                value = expression.right.value
                codes = {self._codes.text(str(text)) for text in (value if isinstance(value, tuple) else (value,))}
                self._values.texts_named.setdefault(expression.left.path, set()).update(codes)

    def question(self, asked: Asked) -> Question:
        """Return the question: what the conditions can come to for these roles, action, category and purpose."""
        return self.question_type(self, asked)

    def unfolding(self, asked: Asked) -> Unfolding:
        """Return the same question, for formulas that speak of many facts: it looks into conditions one by one."""
        return Unfolding(self, asked)

    def recast(self, request: Request, asked: Asked) -> Request | None:
        """Return *request* as *asked*, where a scope of every type is named; None if it cannot be."""
        return self._recasting.recast(request, asked)

    def drift(self, condition: int) -> Drift:
        """Return how the condition with this number changes when the same is asked under a narrower category."""
        known = self._drifts.get(condition)
        if known is None:
            known = self._drifts[condition] = drift_of(self._known[condition])
        return known

    # --- What questions call ------------------------------------------------------------------------------------------

    def expression(self, policy: Conditioned, condition: str) -> Expression:
        """Return what the condition of *policy* says, as the one object for all that say the same."""
        return self._shared.condition(condition, self._readings[id(policy)])

    def identity(self, policy: Conditioned, condition: str) -> int:
        """Return a number for what the condition of *policy* means: equal for all that say the same in this space."""
        expression = self.expression(policy, condition)
        self._known[id(expression)] = expression
        return id(expression)

    def sees_category(self, expression: Expression) -> bool:
        """Say whether what a shared *expression* comes to depends on the category of the data."""
        return self._shared.needs(expression).category

    def looks_for_facts(self, expression: Expression) -> bool:
        """Say whether a shared *expression* looks for a fact."""
        key = id(expression)
        if key not in self._looks_for_facts:
            self._looks_for_facts[key] = any(
                isinstance(one, SomeGround | SomeConsent | SomeRefusal) for one in everything_in([expression])
            )
        return self._looks_for_facts[key]

    def looks_at_roles(self, expression: Expression) -> bool:
        """Say whether what a shared *expression* comes to depends on who holds which role."""
        key = id(expression)
        if key not in self._looks_at_roles:
            self._looks_at_roles[key] = any(
                isinstance(one, Holds | SomeConsent | SomeRefusal)
                or any(term.root is Root.RECIPIENT for term in terms_of(one))
                for one in everything_in([expression])
            )
        return self._looks_at_roles[key]

    def traits(self, conditions: Iterable[int]) -> Traits:
        """Return what the conditions with these numbers can tell apart."""
        return traits_of(everything_in([self._known[one] for one in conditions]))

    def encoder(self, pictured: int) -> Encoder:
        """Return what says what conditions come to, with at most so many persons pictured."""
        if pictured not in self._encoders:
            # Groups of a folder hold roles, which are told one by one, so that the words of one policy do for all.
            self._encoders[pictured] = self.encoder_type(
                self._values, self._people, self._facts, self._shared, self._hierarchies, pictured
            )
        return self._encoders[pictured]

    def rival(self, statement: Statement, slot: Slot, pictured: int) -> tuple[Formula, frozenset[Statement]]:
        """Return that *slot* does no better for *statement* than the statement's own fact, and what that rests on."""
        key = (statement, slot, pictured)
        known = self._rivals.get(key)
        if known is None:
            known = self._rivals[key] = self._find_rival(statement, slot, self.encoder(pictured))
        return known

    def _find_rival(self, statement: Statement, slot: Slot, encoder: Encoder) -> tuple[Formula, frozenset[Statement]]:
        own, refusal = statement.own, statement.refusal
        if own is not None and slot.kind == own.kind and slot is not own and slot.person == own.person:
            theirs, met = encoder.at_fact(statement, slot)
            ours, _ = encoder.at_fact(statement, own)
            no_truer = self.scale.no_truer(theirs, ours)
            if refusal is not None:
                no_truer = self.script.either(encoder.stopped_by(statement, refusal), no_truer)
            return no_truer, met
        if refusal is not None and slot.kind == refusal.kind and slot is not refusal and slot.person == refusal.person:
            theirs_stops, ours_stops = (encoder.stopped_by(statement, one) for one in (slot, refusal))
            return self.script.implies(theirs_stops, ours_stops), frozenset()
        return script.TRUE, frozenset()

    def has_narrower(self, category: str) -> bool:
        """Say whether other categories lie in *category*."""
        return category in self._with_narrower

    @property
    def hierarchies(self) -> Hierarchies:
        """Return which words lie in which."""
        return self._hierarchies

    @property
    def people(self) -> People:
        """Return the people of the situations."""
        return self._people

    @property
    def facts(self) -> Facts:
        """Return the facts of the situations."""
        return self._facts

    @property
    def reader(self) -> SituationReader:
        """Return what turns an answer of the solver into a request."""
        return self._reader
