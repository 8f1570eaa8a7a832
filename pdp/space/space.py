"""All situations in which a question can be asked, and which of them are possible."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pdp.conditions import Condition
from pdp.conditions.expression import Compare, Expression, Literal
from pdp.core.decision import Outcome
from pdp.core.entity import Entity
from pdp.core.fact_schema import FactSchema, ValueType
from pdp.core.policy import Granting, Hierarchies
from pdp.core.request import Request
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.policy_set import Asked
from pdp.space import script
from pdp.space.angle import angle_of
from pdp.space.codes import Codes
from pdp.space.drift import Drift, drift_of
from pdp.space.encoding import Encoder
from pdp.space.expressions import everything_in, pictured_needed, roles_asked_for
from pdp.space.facts import Facts, Slot, Statement
from pdp.space.graded import Graded, Scale
from pdp.space.normal import Reading, Shared
from pdp.space.people import People, role_classes
from pdp.space.script import Formula, Script
from pdp.space.situation import SituationReader
from pdp.space.traits import Traits, traits_of
from pdp.space.values import Values


class Conditioned(Protocol):
    """What has conditions: a policy set, or as much of one as a space is made of."""

    @property
    def operator(self) -> str:
        """Return the id of the operator."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Return the words."""

    @property
    def hierarchies(self) -> Hierarchies:
        """Return which words lie in which."""

    @property
    def conditions(self) -> Mapping[str, Condition]:
        """Return the conditions by name."""

    @property
    def granting(self) -> Mapping[str, Granting]:
        """Return who may grant which role."""


class Space:
    """The situations of one operator, in the words of one policy or of several. Not for several threads at once.

    What it abstracts from is said in docs/reference/space.md. Its parts may be done another way by a subclass.
    """

    encoder_type: type[Encoder] = Encoder
    question_type: "type[Question]"

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
        granting = {**first.granting, **policies[-1].granting}
        self._reader = SituationReader(self._values, self._people, self._facts, schema, self.vocabulary, granting)
        self._encoders: dict[int, Encoder] = {}
        self._rivals: dict[tuple[Statement, Slot, int], tuple[Formula, frozenset[Statement]]] = {}
        self._hierarchies = first.hierarchies
        words = self.vocabulary.words(WordKind.CATEGORY).values()
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

    def question(self, asked: Asked) -> "Question":
        """Return the question: what the conditions can come to for these roles, action, category and purpose."""
        return self.question_type(self, asked)

    def drift(self, condition: int) -> Drift:
        """Return how the condition with this number changes when the same is asked under a narrower category."""
        return drift_of(self._known[condition])

    # --- What questions call ------------------------------------------------------------------------------------------

    def expression(self, policy: Conditioned, condition: str) -> Expression:
        """Return what the condition of *policy* says, as the one object for all that say the same."""
        return self._shared.condition(condition, self._readings[id(policy)])

    def identity(self, policy: Conditioned, condition: str) -> int:
        """Return a number for what the condition of *policy* means: equal for all that say the same in this space."""
        expression = self.expression(policy, condition)
        self._known[id(expression)] = expression
        return id(expression)

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


@dataclass(frozen=True, slots=True)
class Seen:
    """One condition, as the one object for all that say the same, seen under one category."""

    expression: int
    category: str


class Question:
    """One question to the space. Name everything that formulas are to speak of first, with `names`."""

    def __init__(self, space: Space, asked: Asked) -> None:
        self._space = space
        self.asked = asked
        self._named: dict[Seen, Expression] = {}
        self._graded: dict[Seen, Graded] = {}
        self._statements: dict[Formula, Statement] = {}
        self._rivals: dict[frozenset[Statement], tuple[frozenset[Statement], list[Formula]]] = {}
        self._pictured = 0

    def names(self, policy: Conditioned, conditions: Iterable[str], category: str | None = None) -> None:
        """Let formulas speak of *conditions* of *policy*, seen under the category asked for or another."""
        for name in conditions:
            expression = self._space.expression(policy, name)
            self._named.setdefault(Seen(id(expression), category or self.asked[2]), expression)

    def graded(self, policy: Conditioned, condition: str, category: str | None = None) -> Graded:
        """Return what a named condition comes to."""
        self._encode()
        return self._graded[Seen(id(self._space.expression(policy, condition)), category or self.asked[2])]

    def has_outcome(
        self, policy: Conditioned, condition: str, outcome: Outcome, category: str | None = None
    ) -> Formula:
        """Return that a named condition comes to *outcome*."""
        graded, written = self.graded(policy, condition, category), self._space.script
        match outcome:
            case Outcome.TRUE:
                return written.negated(graded.not_true)
            case Outcome.UNKNOWN:
                return written.both(graded.not_true, written.negated(graded.false))
            case Outcome.FALSE:
                return graded.false

    def is_possible(self, *formulas: Formula) -> bool:
        """Say whether there is a situation in which all of *formulas* hold; raises UndecidedError."""
        return self.possible([self._space.script.both(*formulas)])[0]

    def possible(self, formulas: Sequence[Formula]) -> list[bool]:
        """Say of each of *formulas* whether there is a situation in which it holds; raises UndecidedError."""
        found: dict[Formula, bool] = {}
        resting: dict[frozenset[Statement], list[Formula]] = {}
        for formula in dict.fromkeys(formulas):
            if formula != script.FALSE:
                resting.setdefault(self._statements_of([formula]), []).append(formula)
        for statements, asked in resting.items():
            answers = self._space.script.which_can_hold(self._constraints(statements), asked)
            found.update(zip(asked, answers, strict=True))
        return [found.get(formula, False) for formula in formulas]

    def is_possible_for_anybody(self, formula: Formula) -> bool:
        """Say whether *formula* could hold if any roles were held, and none; raises UndecidedError.

        What is impossible so is impossible for the roles of this question too, and for all others that see as much of
        it: formulas know of roles only whether one is held from outside.
        """
        if formula == script.FALSE:
            return False
        _, rivals = self._closed(self._statements_of([formula]))
        return self._space.script.which_can_hold(rivals, [formula])[0]

    def situation(self, *formulas: Formula) -> Request | None:
        """Return a request of a situation in which all of *formulas* hold, None when there is none.

        Raises UndecidedError.
        """
        if script.FALSE in formulas:
            return None
        statements = self._statements_of(formulas)
        constraints = self._constraints(statements)
        reader, slots = self._space.reader, _slots(self._closed(statements)[0])
        wanted = reader.wanted(slots, self._pictured)
        found = self._space.script.values([*constraints, *formulas], wanted)
        return None if found is None else reader.request(self.asked, found, slots, self._pictured)

    # --- The constraints of a situation -------------------------------------------------------------------------------

    def _encode(self) -> None:
        if len(self._graded) == len(self._named):
            return
        self._rivals = {}
        self._pictured = pictured_needed(self._named.values())
        statements: set[Statement] = set()
        encoder = self._space.encoder(self._pictured)
        outermost = angle_of(self.asked, self._space.hierarchies)
        for key, expression in self._named.items():
            angle = outermost.under(key.category)
            self._graded[key], met = encoder.value(expression, angle)
            statements |= met
        self._statements = {
            self._space.facts.present(slot): statement for statement in statements for slot in _slots([statement])
        }

    def _statements_of(self, formulas: Iterable[Formula]) -> frozenset[Statement]:
        """Return the statements about facts that *formulas* speak of."""
        self._encode()
        spoken_of, _ = self._space.script.reached(formulas)
        return frozenset(statement for present, statement in self._statements.items() if present in spoken_of)

    def _constraints(self, statements: frozenset[Statement]) -> list[Formula]:
        """Return what holds in every situation, as far as it bears on formulas that speak of *statements*.

        INVARIANT (small situations): what nobody speaks of needs no fact of its own, so its facts can be left out.
        """
        roles, _, category, _ = self.asked
        whole = not self._space.has_narrower(category)
        _, rivals = self._closed(statements)
        return [*rivals, *self._space.people.asked(roles, category, whole=whole)]

    def _closed(self, statements: frozenset[Statement]) -> tuple[frozenset[Statement], list[Formula]]:
        """Return *statements* with those that these rest on, and that no fact does better for one than its own."""
        known = self._rivals.get(statements)
        if known is None:
            known = self._rivals[statements] = self._find_rivals(statements)
        return known

    def _find_rivals(self, statements: frozenset[Statement]) -> tuple[frozenset[Statement], list[Formula]]:
        found: list[Formula] = []
        done: set[tuple[Statement, Slot]] = set()
        before = -1
        while len(done) != before:
            before = len(done)
            slots = _slots(statements)
            for statement in sorted(statements, key=_by_name):
                for slot in slots:
                    if (statement, slot) not in done:
                        done.add((statement, slot))
                        rival, met = self._space.rival(statement, slot, self._pictured)
                        found.append(rival)
                        statements |= met
        return statements, [formula for formula in found if formula != script.TRUE]


def _slots(statements: Iterable[Statement]) -> list[Slot]:
    slots = [slot for each in statements for slot in (each.own, each.refusal) if slot is not None]
    return sorted(slots, key=lambda slot: slot.name)


Space.question_type = Question


def _by_name(statement: Statement) -> str:
    return (statement.own or statement.refusal or Slot("", "")).name
