"""In which situations something holds, in the words of the conditions: alternatives, each as short as can be."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pdp.conditions import Evaluator
from pdp.core.circumstances import Circumstances
from pdp.core.decision import Outcome
from pdp.core.request import Request
from pdp.core.text import Text, join_texts
from pdp.policy_set import PolicySet
from pdp.space import Formula, Space, Unfolding

MOST_ALTERNATIVES: Final = 4
"""How many alternatives are told; of more it is said that there are."""

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


def when_holds(space: Space, question: Unfolding, holds: Formula, conditions: Iterable[tuple[PolicySet, str]]) -> When:
    """Return when *holds* does, told by *conditions*, which the question has named. Raises UndecidedError."""
    seen: dict[int, tuple[PolicySet, str]] = {}
    for policy, name in conditions:
        seen.setdefault(space.identity(policy, name), (policy, name))
    told = list(seen.values())
    found: list[tuple[Clue, ...]] = []
    left = holds
    while len(found) < MOST_ALTERNATIVES:
        request = question.situation(left)
        if request is None:
            return When(tuple(found), complete=True)
        met = [(policy, name, _outcome(policy, name, request)) for policy, name in told]
        clues = _shortened(space, question, holds, met)
        found.append(clues)
        left = space.script.both(left, space.script.negated(_formula(space, question, clues, told)))
    return When(tuple(found), complete=question.situation(left) is None)


def _outcome(policy: PolicySet, name: str, request: Request) -> Outcome:
    if request.time is None:
        raise TypeError(request)
    circumstances = Circumstances(request, (), request.time, policy.hierarchies, policy.granting)
    return Evaluator(policy.conditions, circumstances).named(name).outcome


def _shortened(
    space: Space, question: Unfolding, holds: Formula, met: list[tuple[PolicySet, str, Outcome]]
) -> tuple[Clue, ...]:
    """Leave out, then widen, whatever is not needed for *holds*."""
    written = space.script
    kept = {at: frozenset({outcome}) for at, (_, _, outcome) in enumerate(met)}

    def enough(chosen: dict[int, frozenset[Outcome]]) -> bool:
        parts = [_one_of(space, question, met[at][0], met[at][1], outcomes) for at, outcomes in chosen.items()]
        return not question.is_possible(written.negated(holds), *parts)

    def met_too(chosen: dict[int, frozenset[Outcome]], at: int, more: frozenset[Outcome]) -> bool:
        widened = {**chosen, at: more}
        parts = [_one_of(space, question, met[each][0], met[each][1], outcomes) for each, outcomes in widened.items()]
        return question.is_possible(*parts)

    for at, (_, _, outcome) in enumerate(met):
        without = {other: outcomes for other, outcomes in kept.items() if other != at}
        if enough(without):
            kept = without
            continue
        for wider in _WIDER[outcome]:
            # What can never be met beside the rest would only make the sentence longer.
            if enough({**kept, at: wider}) and met_too(kept, at, wider - {outcome}):
                kept[at] = wider
                break
    return tuple(
        Clue(met[at][1], outcomes, met[at][0].conditions[met[at][1]].text) for at, outcomes in sorted(kept.items())
    )


def _one_of(space: Space, question: Unfolding, policy: PolicySet, name: str, outcomes: Iterable[Outcome]) -> Formula:
    return space.script.either(*[question.has_outcome(policy, name, outcome) for outcome in sorted(outcomes)])


def _formula(
    space: Space, question: Unfolding, clues: Iterable[Clue], told: Iterable[tuple[PolicySet, str]]
) -> Formula:
    policies = {name: policy for policy, name in told}
    return space.script.both(
        *[_one_of(space, question, policies[clue.condition], clue.condition, clue.outcomes) for clue in clues]
    )
