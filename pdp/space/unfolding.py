"""A question that looks into conditions only as far as its answer depends on them.

Conditions that look for facts make a question hard: every fact is held against every statement about one. So what such
a condition comes to is left open first. What is impossible then is impossible; what seems possible is a request, and
evaluating says what the conditions come to in it. Only where that makes the formula fail are the conditions that
it fails by looked into, and the question is asked again.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pdp.conditions import Evaluation
from pdp.conditions.expression import Expression
from pdp.conditions.truth import OUTCOMES
from pdp.core.circumstances import Circumstances
from pdp.core.decision import Outcome
from pdp.core.request import Request
from pdp.policy_set import Asked
from pdp.space import script
from pdp.space.conditioned import Conditioned
from pdp.space.expressions import everything_in, pictured_needed, roles_asked_for
from pdp.space.graded import Graded
from pdp.space.question import Holding, Seen, outcome_of
from pdp.space.script import Formula, UndecidedError

if TYPE_CHECKING:
    from pdp.space.space import Space


Outcomes = dict[tuple[int, str], Outcome]
"""What conditions come to, by the number of the condition and the category."""

_Doubtful = list[tuple[Seen, dict[Formula, bool]]]


@dataclass(eq=False)
class _Part:
    """A condition of the question, and what formulas say it comes to; *folded*: that is left open."""

    seen: Seen
    policy: Conditioned
    name: str
    graded: Graded
    folded: bool
    names: tuple[Formula, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.names = tuple(each for each in (self.graded.not_true, self.graded.false) if each not in _DECIDED)


class Unfolding:
    """One question, asked of as few facts as its answer needs. Name everything first, as for a `Question`."""

    def __init__(self, space: "Space", asked: Asked) -> None:
        self._space = space
        self._script = space.script
        self.asked = asked
        self._exact = space.question(asked)
        self._named: dict[Seen, tuple[Conditioned, str]] = {}
        self._parts: dict[Seen, _Part] = {}
        self._spoken_of: dict[Formula, _Part] = {}
        self._links: dict[Seen, Formula] = {}
        self._looked_into: dict[Formula, frozenset[Seen]] = {}
        """What answers about a formula have rested on so far, of whomever it was asked: it is looked into at once."""

    def names(self, policy: Conditioned, conditions: Iterable[str], category: str | None = None) -> None:
        """Let formulas speak of *conditions* of *policy*, seen under the category asked for or another."""
        for name in conditions:
            expression = self._space.expression(policy, name)
            self._named.setdefault(self._place(expression, category), (policy, name))

    def graded(self, policy: Conditioned, condition: str, category: str | None = None) -> Graded:
        """Return what a named condition comes to, as far as formulas of rules look at it."""
        self._open()
        return self._parts[self._place(self._space.expression(policy, condition), category)].graded

    def _place(self, expression: Expression, category: str | None) -> Seen:
        sees_it = category is not None and self._space.sees_category(expression)
        return Seen(id(expression), category if category is not None and sees_it else self.asked[2])

    def has_outcome(
        self, policy: Conditioned, condition: str, outcome: Outcome, category: str | None = None
    ) -> Formula:
        """Return that a named condition comes to *outcome*."""
        return outcome_of(self.graded(policy, condition, category), outcome, self._script)

    # --- Answers ------------------------------------------------------------------------------------------------------

    def is_possible(self, *formulas: Formula) -> bool:
        """Say whether there is a situation in which all of *formulas* hold; raises UndecidedError."""
        return self.situation(*formulas) is not None

    def situation(self, *formulas: Formula) -> Request | None:
        """Return a request of a situation in which all of *formulas* hold, None when there is none.

        Raises UndecidedError.
        """
        return self.sought(self._script.both(*formulas))

    def is_conceivable(self, formula: Formula) -> bool:
        """Say whether *formula* could hold if conditions that look for facts could come to anything.

        What is not conceivable is impossible. Raises UndecidedError.
        """
        if formula in _DECIDED:
            return formula == script.TRUE
        return self._script.can_hold(formula)

    def by(self, asked: Asked) -> "Unfolding":
        """Return the same question of others, who see as much of it: the same formulas speak of it."""
        self._open()
        other = copy(self)
        other.asked = asked
        other._exact = exact = self._space.question(asked)
        exact.told, exact.asked_for, exact.least_pictured = (
            self._exact.told,
            self._exact.asked_for,
            self._exact.least_pictured,
        )
        other._links = {}
        return other

    def holds_in(self, formula: Formula, request: Request, outcomes: "Outcomes") -> bool:
        """Say whether *formula* holds in the situation of *request*, as the policies answer it.

        *outcomes* are those of conditions that look at nobody's roles, and are added to.
        """
        self._open()
        interpreted, written = _Interpreted(request, self._space, outcomes), self._script
        known: dict[Formula, bool] = {}

        def told(name: Formula) -> bool | None:
            if name not in known:
                part = self._spoken_of.get(name)
                if part is None:
                    return None
                for each, is_so in self._met(part, interpreted).items():
                    known[each], known[written.negated(each)] = is_so, not is_so
            return known[name]

        return self._decided(written.holds(formula, told))

    def sought(self, formula: Formula, holding: Holding = Holding.ANYHOW) -> Request | None:
        """Return a request of a situation in which *formula* holds, None when there is none; raises UndecidedError.

        Where anybody may ask, such a request shows nothing.
        """
        parts = self._parts_of(formula)
        unfolded = set(self._looked_into.get(formula, ()))
        most = 1
        while True:
            links = [self._link(seen) for seen in sorted(unfolded, key=_by_place)]
            found = self._exact.imagined([formula, *links], holding)
            if found is None:
                self._looked_into[formula] = frozenset(unfolded)
                return None
            request, values = found
            relied_on = self._relied_on(formula, parts, unfolded, request, values)
            if relied_on is None and holding in _AS_ASKED:
                raise UndecidedError(f"a situation of {self.asked} is not as the solver says")
            if not relied_on:
                self._looked_into[formula] = frozenset(unfolded)
                return request
            unfolded |= _some_of_each(relied_on, most)
            most *= 2

    def _relied_on(
        self, formula: Formula, parts: Sequence[_Part], unfolded: set[Seen], request: Request, values: Mapping[str, int]
    ) -> set[Seen] | None:
        """Return the folded conditions that the solver made something else of than they come to, and had to.

        There are none where *formula* holds in the request. None is returned where nothing that is left open is to
        blame for its failing.
        """
        interpreted = _Interpreted(request, self._space, {})
        known: dict[Formula, bool] = {}
        doubtful: _Doubtful = []
        for part in parts:
            met = self._met(part, interpreted)
            imagined = {name: bool(values.get(name, is_so)) for name, is_so in met.items()}
            if part.folded and part.seen not in unfolded and imagined != met:
                doubtful.append((part.seen, met))
                known.update(imagined)
            else:
                known.update(met)
        if not self._holds(formula, known):
            return None
        return {seen for seen, _ in self._needed(formula, known, doubtful)}

    def _needed(self, formula: Formula, known: dict[Formula, bool], doubtful: "_Doubtful") -> "_Doubtful":
        """Put what was met into *known* as far as *formula* goes on to hold, and return what it does not hold with."""
        if self._holds(formula, known | {name: is_so for _, met in doubtful for name, is_so in met.items()}):
            for _, met in doubtful:
                known.update(met)
            return []
        if len(doubtful) == 1:
            return doubtful
        half = len(doubtful) // 2
        return [*self._needed(formula, known, doubtful[:half]), *self._needed(formula, known, doubtful[half:])]

    def _holds(self, formula: Formula, known: Mapping[Formula, bool]) -> bool:
        negated = {self._script.negated(name): not is_so for name, is_so in known.items()}
        return self._decided(self._script.holds(formula, {**negated, **known}.get))

    def _decided(self, holds: bool | None) -> bool:
        if holds is None:
            raise UndecidedError("a condition is spoken of that was not named")
        return holds

    # --- Conditions ---------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        if len(self._parts) == len(self._named):
            return
        space, exact = self._space, self._exact
        expressions = [space.expression(policy, name) for policy, name in self._named.values()]
        exact.least_pictured = pictured_needed(expressions)
        exact.asked_for = frozenset().union(*roles_asked_for(everything_in(expressions)))
        plain = []
        for seen, (policy, name) in self._named.items():
            if seen in self._parts:
                continue
            if space.looks_for_facts(space.expression(policy, name)):
                self._parts[seen] = _Part(seen, policy, name, self._left_open(seen), folded=True)
            else:
                exact.names(policy, [name], seen.category)
                plain.append((seen, policy, name))
        for seen, policy, name in plain:
            graded = exact.graded(policy, name, seen.category)
            self._parts[seen] = _Part(seen, policy, name, graded, folded=False)
        for part in self._parts.values():
            for each in part.names:
                self._spoken_of.setdefault(each, part)
                self._spoken_of.setdefault(self._script.negated(each), part)

    def _left_open(self, seen: Seen) -> Graded:
        written = self._script
        false = written.boolean(f"condition {seen.expression} is false under {seen.category}")
        unknown = written.boolean(f"condition {seen.expression} is unknown under {seen.category}")
        not_true = written.either(false, unknown)
        self._exact.told |= {false, not_true}
        return Graded(not_true, false, false)

    def _link(self, seen: Seen) -> Formula:
        """Return that a folded condition comes to what is to be said of it."""
        found = self._links.get(seen)
        if found is None:
            part, written = self._parts[seen], self._script
            self._exact.names(part.policy, [part.name], part.seen.category)
            graded = self._exact.graded(part.policy, part.name, part.seen.category)
            found = self._links[seen] = written.both(
                written.same(part.graded.not_true, graded.not_true), written.same(part.graded.false, graded.false)
            )
        return found

    def _parts_of(self, formula: Formula) -> list[_Part]:
        self._open()
        spoken_of, _ = self._script.reached([formula])
        return [
            part
            for part in self._parts.values()
            if any(name in spoken_of or self._script.negated(name) in spoken_of for name in part.names)
        ]

    def _met(self, part: _Part, interpreted: "_Interpreted") -> dict[Formula, bool]:
        outcome = interpreted.outcome(part)
        met = {part.graded.not_true: outcome is not Outcome.TRUE, part.graded.false: outcome is Outcome.FALSE}
        return {name: met[name] for name in part.names}


class _Interpreted:
    """What conditions come to in the situation of a request."""

    def __init__(self, request: Request, space: "Space", outcomes: "Outcomes") -> None:
        self._request = request
        self._space = space
        self._outcomes = outcomes
        self._evaluators: dict[tuple[int, str], Evaluation] = {}

    def outcome(self, part: _Part) -> Outcome:
        expression = self._space.expression(part.policy, part.name)
        place = (part.seen.expression, part.seen.category)
        found = self._outcomes.get(place)
        if found is None:
            key = (id(part.policy), part.seen.category)
            if key not in self._evaluators:
                self._evaluators[key] = Evaluation(part.policy.compiled, self._circumstances(part))
            evaluation = self._evaluators[key]
            found = OUTCOMES[evaluation.code(evaluation.table.numbers[part.name])]
            if not self._space.looks_at_roles(expression):
                self._outcomes[place] = found
        return found

    def _circumstances(self, part: _Part) -> Circumstances:
        request, policy = self._request, part.policy
        if request.time is None:
            raise TypeError(request)
        found = Circumstances(request, (), request.time, policy.hierarchies, self._space.granting)
        return found if part.seen.category == request.resource.type else found.narrowed(part.seen.category)


_AS_ASKED: Final = frozenset({Holding.ANYHOW, Holding.IN_SCOPES})
"""How roles are held in situations that are as the question says, so that a request shows them."""

_DECIDED: Final = frozenset({script.TRUE, script.FALSE})


def _by_place(seen: Seen) -> tuple[str, int]:
    return seen.category, seen.expression


def _some_of_each(relied_on: Iterable[Seen], most: int) -> set[Seen]:
    """Return so many of each condition: what it comes to under one category most often settles the others."""
    found: dict[int, list[Seen]] = {}
    for seen in sorted(relied_on, key=_by_place):
        found.setdefault(seen.expression, []).append(seen)
    return {seen for alike in found.values() for seen in alike[:most]}
