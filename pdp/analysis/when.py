"""In which situations something holds, in the words of the conditions: alternatives, each as short as can be."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pdp.analysis.seeing import view_of
from pdp.conditions import Evaluator
from pdp.core.circumstances import Circumstances
from pdp.core.decision import Outcome
from pdp.core.request import Request
from pdp.core.role_holding import DATA_SUBJECT
from pdp.core.text import Text, join_texts
from pdp.policy_set import PolicySet
from pdp.space import Formula, Holding, Space, UndecidedError, Unfolding

MOST_ALTERNATIVES: Final = 4
"""How many alternatives are told; of more it is said that there are."""

_LOOKED_AT: Final = 16
"""So many requests that were found last are tried before the solver is asked."""

_EVERY: Final = frozenset(Outcome)
_WIDER: Final = {
    Outcome.TRUE: (frozenset({Outcome.TRUE, Outcome.UNKNOWN}),),
    Outcome.FALSE: (frozenset({Outcome.FALSE, Outcome.UNKNOWN}),),
    Outcome.UNKNOWN: (frozenset({Outcome.FALSE, Outcome.UNKNOWN}), frozenset({Outcome.TRUE, Outcome.UNKNOWN})),
}


@dataclass(frozen=True, slots=True)
class Clue:
    """One condition, with what it may come to."""

    condition: str
    outcomes: frozenset[Outcome]
    text: Text

    @property
    def said(self) -> Text:
        """Return it in words."""
        text = self.text
        if self.outcomes == {Outcome.TRUE}:
            return text
        if self.outcomes == {Outcome.FALSE, Outcome.UNKNOWN}:
            return Text(f"không chắc rằng: {text.vi}", f"it is not certain that: {text.en}")
        if self.outcomes == {Outcome.FALSE}:
            return Text(f"không phải: {text.vi}", f"not: {text.en}")
        if self.outcomes == {Outcome.UNKNOWN}:
            return Text(f"không biết: {text.vi}", f"it is not known whether: {text.en}")
        return Text(f"không bị loại trừ: {text.vi}", f"it is not ruled out that: {text.en}")


@dataclass(frozen=True, slots=True)
class When:
    """Alternatives, in each of which all clues together are enough. *complete*: there is no other."""

    alternatives: tuple[tuple[Clue, ...], ...]
    complete: bool

    @property
    def always(self) -> bool:
        """Say whether it holds in every situation."""
        return () in self.alternatives

    @property
    def said(self) -> Text:
        """Return it in words."""
        if self.always:
            return Text("luôn luôn", "always")
        told = [join_texts([clue.said for clue in clues], "; ", "; ") for clues in self.alternatives]
        more = [] if self.complete else [Text("hoặc trong trường hợp khác", "or in yet another case")]
        return join_texts([*told, *more], " – hoặc: ", " – or: ")


@dataclass(frozen=True, slots=True)
class _Met:
    """A condition, by its policy and name, with what it came to in a situation."""

    policy: PolicySet
    name: str
    outcome: Outcome

    @property
    def text(self) -> Text:
        """Return what the condition says."""
        return self.policy.conditions[self.name].text


_Chosen = Mapping[int, frozenset[Outcome]]
"""What conditions may come to, by their numbers in a list."""


class Telling:
    """Tells when something holds. What clues say of one another is asked once, whatever they are clues to."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._known: dict[object, bool] = {}
        self._found: deque[Request] = deque(maxlen=_LOOKED_AT)

    def when(self, question: Unfolding, holds: Formula, conditions: Iterable[tuple[PolicySet, str]]) -> When:
        """Return when *holds* does, told by *conditions*, which the question has named. Raises UndecidedError."""
        written = self._space.script
        seen: dict[int, tuple[PolicySet, str]] = {}
        for policy, name in conditions:
            seen.setdefault(self._space.identity(policy, name), (policy, name))
        found: list[tuple[Clue, ...]] = []
        left = holds
        while len(found) < MOST_ALTERNATIVES:
            request = question.situation(left)
            if request is None:
                return When(tuple(found), complete=True)
            self._found.appendleft(request)
            met = [_Met(policy, name, _outcome(policy, name, request)) for policy, name in seen.values()]
            chosen = self._shortened(question, holds, met)
            found.append(tuple(Clue(met[at].name, is_one, met[at].text) for at, is_one in sorted(chosen.items())))
            left = written.both(left, written.negated(self._together(question, met, chosen)))
        return When(tuple(found), complete=question.situation(left) is None)

    def _shortened(self, question: Unfolding, holds: Formula, met: Sequence[_Met]) -> _Chosen:
        """Leave out, then widen, whatever is not needed for *holds*: by the rules, then by what clues say."""
        everything: _Chosen = {at: frozenset({one.outcome}) for at, one in enumerate(met)}
        by_rules = _without(everything, lambda some: self._follows(question, holds, met, some))
        if not self._follows(question, holds, met, by_rules):
            raise UndecidedError(
                f"when {question.asked} is answered so rests on more than the conditions that are told"
            )
        kept = dict(_without(by_rules, lambda some: self._is_implied(question, met, by_rules, some)))
        for at in list(kept):
            for wider in _WIDER[met[at].outcome]:
                rules, clues = {**by_rules, at: wider}, {**kept, at: wider}
                if (
                    self._follows(question, holds, met, rules)
                    and self._is_implied(question, met, rules, clues)
                    # What can never be met beside the rest would only make the sentence longer.
                    and self._can_be(question, met, {**kept, at: wider - {met[at].outcome}})
                ):
                    by_rules, kept = rules, clues
                    break
        return kept

    def _follows(self, question: Unfolding, holds: Formula, met: Sequence[_Met], chosen: _Chosen) -> bool:
        """Say whether *holds* does wherever *chosen* are met, whatever the other conditions come to."""
        written = self._space.script
        known: dict[Formula, bool] = {}
        for at, outcomes in chosen.items():
            graded = question.graded(met[at].policy, met[at].name)
            for formula, is_so in (
                (graded.not_true, {one is not Outcome.TRUE for one in outcomes}),
                (graded.false, {one is Outcome.FALSE for one in outcomes}),
            ):
                if len(is_so) == 1:
                    known[formula] = True in is_so
                    known[written.negated(formula)] = False in is_so
        return bool(written.holds(holds, known.get))

    def _is_implied(self, question: Unfolding, met: Sequence[_Met], clues: _Chosen, by: _Chosen) -> bool:
        left = {at: by.get(at, _EVERY) - outcomes for at, outcomes in clues.items()}
        return not any(open_ and self._can_be(question, met, {**by, at: open_}) for at, open_ in left.items())

    def _can_be(self, question: Unfolding, met: Sequence[_Met], chosen: _Chosen) -> bool:
        """Say whether *chosen* can be met together, whoever asks."""
        asked, identity = question.asked, self._space.identity
        numbered = {at: identity(met[at].policy, met[at].name) for at in chosen}
        traits = self._space.traits(numbered.values())
        key = (
            frozenset((numbered[at], outcomes) for at, outcomes in chosen.items()),
            view_of(self._space, asked, traits, narrow=False),
            DATA_SUBJECT in asked[0],
        )
        if key not in self._known:
            together = self._together(question, met, chosen)
            self._known[key] = self._was_met(question, together) or self._is_met(question, together)
        return self._known[key]

    def _was_met(self, question: Unfolding, formula: Formula) -> bool:
        """Say whether *formula* holds in a request that was found for something else, asked as *question* asks."""
        for request in tuple(self._found):
            recast = self._space.recast(request, question.asked)
            if recast is not None and question.holds_in(formula, recast, {}):
                self._found.remove(request)
                self._found.appendleft(request)
                return True
        return False

    def _is_met(self, question: Unfolding, formula: Formula) -> bool:
        if not question.is_conceivable(formula):
            return False
        request = question.sought(formula, Holding.ANYBODY)
        if request is not None:
            self._found.appendleft(request)
        return request is not None

    def _together(self, question: Unfolding, met: Sequence[_Met], chosen: _Chosen) -> Formula:
        written = self._space.script
        return written.both(
            *[
                written.either(*[question.has_outcome(met[at].policy, met[at].name, one) for one in sorted(outcomes)])
                for at, outcomes in chosen.items()
            ]
        )


def _without(chosen: _Chosen, enough: Callable[[_Chosen], bool]) -> _Chosen:
    """Return as few of *chosen* as are *enough*."""
    kept = dict(chosen)
    for at in chosen:
        fewer = {other: outcomes for other, outcomes in kept.items() if other != at}
        if enough(fewer):
            kept = fewer
    return kept


def _outcome(policy: PolicySet, name: str, request: Request) -> Outcome:
    if request.time is None:
        raise TypeError(request)
    circumstances = Circumstances(request, (), request.time, policy.hierarchies, policy.granting)
    return Evaluator(policy.conditions, circumstances).named(name).outcome
