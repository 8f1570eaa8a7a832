"""One question to the space: what conditions can come to for some roles, an action, a category and a purpose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from pdp.conditions.expression import Expression
from pdp.core.decision import Outcome
from pdp.core.request import Request
from pdp.policy_set import Asked
from pdp.space import script
from pdp.space.angle import angle_of
from pdp.space.conditioned import Conditioned
from pdp.space.expressions import pictured_needed
from pdp.space.facts import Slot, Statement
from pdp.space.graded import Graded
from pdp.space.script import Formula, Script, UndecidedError

if TYPE_CHECKING:
    from pdp.space.space import Space


@dataclass(frozen=True, slots=True)
class Seen:
    """One condition, as the one object for all that say the same, seen under one category."""

    expression: int
    category: str


class Holding(Enum):
    """How the roles of a question are held in its situations."""

    ANYHOW = "just those, in whichever scope"
    IN_SCOPES = "just those, where a scope of every type is named"
    LOOSELY = "those that conditions ask for as they are asked, and any others"
    ANYBODY = "any roles at all, by the data subject if it is to be one of them"


MOST_SCOPES: Final = 16
"""So many scopes a request may name (contract, section 1, "Limits")."""

_FEW: Final = 8
"""So many are enough beside those in which roles are held."""


class Question:
    """One question to the space. Name everything that formulas are to speak of first, with `names`."""

    def __init__(self, space: "Space", asked: Asked) -> None:
        self._space = space
        self.asked = asked
        self._named: dict[Seen, Expression] = {}
        self._graded: dict[Seen, Graded] = {}
        self._statements: dict[Formula, Statement] = {}
        self._rivals: dict[frozenset[Statement], tuple[frozenset[Statement], list[Formula]]] = {}
        self._pictured = 0
        self.least_pictured = 0
        """So many persons are pictured at least, whatever the conditions need."""
        self.asked_for: frozenset[str] = frozenset()
        """The roles that conditions ask for."""
        self.told: set[Formula] = set()
        """Names that `imagined` tells of beside what a request is made of."""

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
        return outcome_of(self.graded(policy, condition, category), outcome, self._space.script)

    def is_possible(self, *formulas: Formula) -> bool:
        """Say whether there is a situation in which all of *formulas* hold; raises UndecidedError."""
        formula = self._space.script.both(*formulas)
        if formula == script.FALSE:
            return False
        _, rivals = self._closed(self._statements_of([formula]))
        return self._space.script.can_hold(*rivals, *self._held(Holding.ANYHOW), formula)

    def is_possible_for_anybody(self, formula: Formula) -> bool:
        """Say whether *formula* could hold if any roles were held, and none; raises UndecidedError.

        What is impossible so is impossible for the roles of this question too, and for all others that see as much of
        it: formulas know of roles only whether one is held from outside.
        """
        if formula == script.FALSE:
            return False
        _, rivals = self._closed(self._statements_of([formula]))
        return self._space.script.can_hold(*rivals, formula)

    def situation(self, *formulas: Formula) -> Request | None:
        """Return a request of a situation in which all of *formulas* hold, None when there is none.

        Raises UndecidedError.
        """
        found = self.imagined(formulas)
        return None if found is None else found[0]

    def imagined(
        self, formulas: Sequence[Formula], holding: Holding = Holding.ANYHOW
    ) -> tuple[Request, Mapping[Formula, int]] | None:
        """Return such a request and what is true in its situation; raises UndecidedError."""
        if script.FALSE in formulas:
            return None
        statements = self._statements_of(formulas)
        closed, rivals = self._closed(statements)
        constraints = [*rivals, *self._held(holding)]
        reader, slots = self._space.reader, _slots(closed)
        found = self._space.script.values([*constraints, *formulas], reader.wanted(), self.told)
        if found is None:
            return None
        request = reader.request(self.asked, found, slots, self._pictured)
        if len(request.resource.scopes) <= MOST_SCOPES:
            return request, found
        # What nothing depends on the solver chooses as it likes: scopes by the dozen, and no request names so many.
        few = self._space.script.few_of(_FEW, self._space.people.named_as_scopes(found))
        found = self._space.script.values([*constraints, *formulas, few], reader.wanted(), self.told)
        if found is None:
            raise UndecidedError(f"a situation of {self.asked} names more scopes than a request may")
        return reader.request(self.asked, found, slots, self._pictured), found

    def _held(self, holding: Holding) -> list[Formula]:
        people, (roles, _, category, _) = self._space.people, self.asked
        whole = not self._space.has_narrower(category)
        match holding:
            case Holding.ANYBODY:
                return people.asked(roles, category, whole=whole, among=frozenset())
            case Holding.LOOSELY:
                return people.asked(roles, category, whole=whole, among=self.asked_for)
            case Holding.IN_SCOPES:
                return [*people.asked(roles, category, whole=whole), *people.every_scope()]
            case Holding.ANYHOW:
                return people.asked(roles, category, whole=whole)

    # --- The constraints of a situation -------------------------------------------------------------------------------

    def _encode(self) -> None:
        # Formulas of a question that this one was made by speak of persons, though nothing is named here yet.
        self._pictured = max(self._pictured, self.least_pictured)
        if len(self._graded) == len(self._named):
            return
        self._rivals = {}
        self._pictured = max(self.least_pictured, pictured_needed(self._named.values()))
        statements: set[Statement] = set()
        encoder = self._space.encoder(self._pictured)
        outermost = angle_of(self.asked, self._space.hierarchies)
        for key, expression in self._named.items():
            angle = outermost.under(key.category)
            self._graded[key], met = encoder.value(expression, angle)
            statements |= met
            self._space.script.keep_reached((self._graded[key].not_true, self._graded[key].false))
        self._statements = {
            self._space.facts.present(slot): statement for statement in statements for slot in _slots([statement])
        }

    def _statements_of(self, formulas: Iterable[Formula]) -> frozenset[Statement]:
        """Return the statements about facts that *formulas* speak of."""
        self._encode()
        spoken_of, _ = self._space.script.reached(formulas)
        return frozenset(statement for present, statement in self._statements.items() if present in spoken_of)

    def _closed(self, statements: frozenset[Statement]) -> tuple[frozenset[Statement], list[Formula]]:
        """Return *statements* with those that these rest on, and that no fact does better for one than its own.

        INVARIANT (small situations): what nobody speaks of needs no fact of its own, so its facts can be left out.
        """
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
        rivals = [formula for formula in found if formula != script.TRUE]
        self._space.script.keep_reached(rivals)
        return statements, rivals


def outcome_of(graded: Graded, outcome: Outcome, written: Script) -> Formula:
    """Return that a condition which comes to *graded* comes to *outcome*."""
    match outcome:
        case Outcome.TRUE:
            return written.negated(graded.not_true)
        case Outcome.UNKNOWN:
            return written.both(graded.not_true, written.negated(graded.false))
        case Outcome.FALSE:
            return graded.false


def _slots(statements: Iterable[Statement]) -> list[Slot]:
    slots = [slot for each in statements for slot in (each.own, each.refusal) if slot is not None]
    return sorted(slots, key=lambda slot: slot.name)


def _by_name(statement: Statement) -> str:
    return (statement.own or statement.refusal or Slot("", "")).name
