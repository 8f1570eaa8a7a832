"""Whether two policies can differ somewhere: asked of the space as seldom and as cheaply as can be, and kept."""

from collections import deque
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from pdp.analysis.kinds import Kind
from pdp.core.request import Request
from pdp.core.role_holding import DATA_SUBJECT
from pdp.policy_set import Asked
from pdp.space import Formula, Holding, Outcomes, Space, Unfolding

Opened = tuple[Unfolding, Mapping[Kind, Callable[[], Formula]]]
"""A question, with what says that both sides differ so."""

_LOOKED_AT: Final = 8
"""So many requests that were found or met last are tried before the solver is asked."""


class Possible:
    """Asks one space, and keeps what was found. Its parts may be done another way by a subclass."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._opened: dict[object, Opened] = {}
        self._conceivable: dict[object, bool] = {}
        """Whether it can be, if conditions that look for facts come to anything."""
        self._for_somebody: dict[object, bool] = {}
        """Whether somebody can bring it about, who is the data subject or is not."""
        self._met: dict[Kind, deque[tuple[Request, Outcomes]]] = {kind: deque(maxlen=_LOOKED_AT) for kind in Kind}

    def is_kind(
        self, kind: Kind, about: object, asked: Asked, opened: Callable[[], Opened], holding: Holding
    ) -> bool | None:
        """Say whether sides can differ as *kind* says; None where they do for somebody, but not in any scope.

        *about* stands for what *opened* returns, for all who see as much of the question. Raises UndecidedError.
        """
        place = (about, asked[2])
        if place in self._opened:
            first, formulas = self._opened[place]
            question = first.by(asked)
        else:
            question, says = opened()
            formulas = {each: cache(formula) for each, formula in says.items()}
            self._opened[place] = question, formulas
        if (kind, about) not in self._conceivable:
            self._conceivable[kind, about] = question.is_conceivable(formulas[kind]())
        return self._conceivable[kind, about] and self.is_possible(question, (kind, about), formulas[kind](), holding)

    def is_ruled_out(self, kind: Kind, about: object, asked: Asked) -> bool:
        """Say whether it is known already, of what is equal *about* them, that sides cannot differ so."""
        for_somebody = ((kind, about), DATA_SUBJECT in asked[0])
        return not self._conceivable.get((kind, about), True) or not self._for_somebody.get(for_somebody, True)

    def is_possible(
        self, question: Unfolding, place: tuple[Kind, object], formula: Formula, holding: Holding
    ) -> bool | None:
        """Say whether there is such a situation; None where there is one for somebody, but not in any scope."""
        for_somebody = (place, DATA_SUBJECT in question.asked[0])
        if not self._for_somebody.get(for_somebody, True):
            return False
        if self._was_met(question, place[0], formula):
            return True
        if holding is Holding.IN_SCOPES:
            if for_somebody not in self._for_somebody:
                self._for_somebody[for_somebody] = question.sought(formula, Holding.ANYBODY) is not None
            # What cannot be however other roles are held cannot be in any scope: most often that answers both.
            if not self._for_somebody[for_somebody] or question.sought(formula, Holding.LOOSELY) is None:
                return False
        request = question.sought(formula, holding)
        if request is None:
            return None if holding is Holding.IN_SCOPES else False
        self._met[place[0]].appendleft((request, {}))
        return True

    def _was_met(self, question: Unfolding, kind: Kind, formula: Formula) -> bool:
        """Say whether a request that was found for another question shows the same for this one."""

        def shows(request: Request, outcomes: Outcomes) -> bool:
            return question.holds_in(formula, request, outcomes)

        return self._is_shown(kind, question.asked, shows)

    def was_shown(self, kind: Kind, asked: Asked, shows: Callable[[Request], bool]) -> bool:
        """Say whether a request that was found for another question *shows* the same, when it is asked as *asked*."""
        return self._is_shown(kind, asked, lambda request, _: shows(request))

    def _is_shown(self, kind: Kind, asked: Asked, shows: Callable[[Request, Outcomes], bool]) -> bool:
        met = self._met[kind]
        for one in tuple(met):
            request, outcomes = one
            recast = self._space.recast(request, asked)
            if recast is not None and shows(recast, outcomes):
                met.remove(one)
                met.appendleft(one)
                return True
        return False
