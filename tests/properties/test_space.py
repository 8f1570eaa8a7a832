"""The space of situations has every situation that can be met, and none that cannot."""

from collections.abc import Iterable
from random import Random
from typing import Any

import pytest

from pdp.space import Conditioned, Formula, Holding, Question, Space
from pdp.space.encoding import Encoder
from pdp.space.facts import Statement
from pdp.space.graded import Graded, Scale
from tests.builders import the_policy_set, the_words
from tests.properties.condition_worlds import OPERATORS
from tests.properties.space_worlds import SpaceMaker, imagined, missed, the_space, wrong_situation

SEEDS = range(40)


def test_what_was_met_is_possible() -> None:
    """No combination of outcomes that some circumstances bring about is held to be impossible."""
    assert [found for seed in SEEDS if (found := missed(seed))] == []


def test_what_is_possible_can_be_brought_about() -> None:
    """A situation is a request: its roles are those asked for, its conditions come to what the space says of them."""
    assert [found for seed in SEEDS if (found := imagined(seed))] == []


@pytest.mark.parametrize("operator", OPERATORS)
def test_situations_of_the_operators_are_as_the_space_says(operator: str) -> None:
    """Whatever combination of an operator's conditions the space holds to be possible, the interpreter finds it so."""
    policy, random = the_policy_set(operator), Random(7)
    space = the_space(policy)

    assert [found for _ in range(25) if (found := wrong_situation(space, policy, random))] == []


# --- Broken twins -----------------------------------------------------------------------------------------------------


class _TwoValued(Scale):
    """Takes what is not true to be false."""

    def negated(self, part: Graded) -> Graded:
        return self.known(part.not_true)


class _TwoValuedEncoder(Encoder):
    scale_type = _TwoValued


class _AnyRole(Encoder):
    """Lets everybody hold every role anywhere."""

    def _holds(self, expression: Any, *at: Any) -> Graded:
        return self._scale.known("true")


class _NobodyPictured(Encoder):
    """Knows of nobody but the data subject."""

    def __init__(self, values: Any, people: Any, facts: Any, shared: Any, hierarchies: Any, pictured: int) -> None:
        super().__init__(values, people, facts, shared, hierarchies, 0)


class _FewFacts(Question):
    """Lets one fact do for a statement what is said of another."""

    def _find_rivals(self, statements: frozenset[Statement]) -> tuple[frozenset[Statement], list[Formula]]:
        return super()._find_rivals(statements)[0], []


class _OneFact(Question):
    """Forgets that a situation may have several facts of a kind."""

    def _find_rivals(self, statements: frozenset[Statement]) -> tuple[frozenset[Statement], list[Formula]]:
        written = self._space.script
        closed, rivals = super()._find_rivals(statements)
        slots = [slot for each in closed for slot in (each.own, each.refusal) if slot is not None]
        present = sorted(self._space.facts.present(slot) for slot in slots)
        pairs = [(one, other) for at, one in enumerate(present) for other in present[:at]]
        return closed, [*rivals, *[written.negated(written.both(one, other)) for one, other in pairs]]


class _NoFacts(Question):
    """Overlooks which facts a formula speaks of."""

    def _statements_of(self, formulas: Iterable[Formula]) -> frozenset[Statement]:
        super()._statements_of(formulas)
        return frozenset()


class _AnyRoles(Question):
    """Lets the subject hold other roles than were asked for."""

    def _held(self, holding: Holding) -> list[Formula]:
        return []


def _with(encoder: type[Encoder] = Encoder, question: type[Question] = Question) -> SpaceMaker:
    class Twin(Space):
        encoder_type = encoder
        question_type = question

    def make(policy: Conditioned) -> Space:
        return Twin([policy], the_words().schema)

    return make


@pytest.mark.parametrize(
    "twin",
    [
        pytest.param(_with(_TwoValuedEncoder), id="two values"),
        pytest.param(_with(_AnyRole), id="any role"),
        pytest.param(_with(_NobodyPictured), id="nobody pictured"),
        pytest.param(_with(question=_FewFacts), id="few facts"),
        pytest.param(_with(question=_OneFact), id="one fact"),
        pytest.param(_with(question=_NoFacts), id="no facts"),
        pytest.param(_with(question=_AnyRoles), id="any roles"),
    ],
)
def test_a_broken_space_is_noticed(twin: SpaceMaker) -> None:
    """Each twin misses something that is met, or imagines something that is not."""
    assert _first(missed(seed, twin) or imagined(seed, twin) for seed in range(150))


def _first(found: Iterable[str | None]) -> str | None:
    return next((one for one in found if one), None)
