"""True, false and unknown, and what and, or and not make of them."""

from collections.abc import Callable, Iterable
from itertools import product

import pytest

from pdp.conditions import Result
from pdp.conditions.results import conjunction, disjunction, negation
from pdp.core.decision import Outcome
from tests.unit.conditions.situations import circumstances, named, outcome, result

T, F, U = Outcome.TRUE, Outcome.FALSE, Outcome.UNKNOWN
_SENTENCES = {
    T: "context.authenticated is yes",
    F: "context.authenticated is no",
    U: "context.transport_encrypted is yes",
}
_EMPTY = Result(F, frozenset({"its.beneficiary"}))


def _said(*values: Outcome) -> list[str]:
    return [_SENTENCES[value] for value in values]


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [(T, T, T, T), (T, U, U, T), (T, F, F, T), (U, U, U, U), (U, F, F, U), (F, F, F, F)],
)
def test_and_and_or_are_those_of_kleene(left: Outcome, right: Outcome, both: Outcome, either: Outcome) -> None:
    """False decides an `and`, true decides an `or`; otherwise the unknown stays, in either order."""
    given = circumstances(context_authenticated=True)

    for one, other in ((left, right), (right, left)):
        assert outcome(" and ".join(_said(one, other)), given) is both
        assert outcome(" or ".join(_said(one, other)), given) is either


@pytest.mark.parametrize(("value", "negated"), [(T, F), (F, T), (U, U)])
def test_the_negation_of_unknown_is_unknown(value: Outcome, negated: Outcome) -> None:
    """Not turns true and false over and leaves unknown as it is, twice too."""
    given = circumstances(context_authenticated=True)

    assert outcome(f"not {_SENTENCES[value]}", given) is negated
    assert outcome(f"not not {_SENTENCES[value]}", given) is value


@pytest.mark.parametrize("values", list(product((T, F, U), repeat=3)))
def test_what_is_missing_is_told_when_and_only_when_it_matters(values: tuple[Outcome, ...]) -> None:
    """An unknown names what it lacks; a known outcome names nothing."""
    given = circumstances(context_authenticated=True)

    for word in (" and ", " or "):
        found = result(word.join(_said(*values)), given)
        assert bool(found.missing) is (found.outcome is U)


@pytest.mark.parametrize("combine", [conjunction, disjunction])
def test_every_missing_property_is_named(combine: Callable[[Iterable[Result]], Result]) -> None:
    """Two unknowns name both of the properties that they lack."""
    parts = [Result(U, frozenset({"context.channel"})), Result(U, frozenset({"context.recipient"}))]

    assert combine(parts) == Result(U, frozenset({"context.channel", "context.recipient"}))


def test_nothing_at_all_is_true_of_all_and_false_of_any() -> None:
    """All of no statements hold, and none of no statements does."""
    assert conjunction([]).outcome is T
    assert disjunction([]).outcome is F


def test_false_for_want_of_a_beneficiary_is_false_until_it_is_negated() -> None:
    """What an empty beneficiary made false is unknown when negated, and stays so through and, or and not."""
    true, false = Result(T), Result(F)

    assert negation(_EMPTY).outcome is U
    assert negation(conjunction([true, _EMPTY])).outcome is U
    assert negation(disjunction([false, _EMPTY])).outcome is U
    assert negation(negation(_EMPTY)).outcome is U
    assert negation(conjunction([_EMPTY, false])) == negation(conjunction([false, _EMPTY])) == Result(T)
    assert disjunction([_EMPTY, true]) == Result(T)


def test_false_for_want_of_a_beneficiary_wins_over_unknown_in_an_and() -> None:
    """An `and` of such a false and an unknown is false, in either order."""
    unknown = Result(U, frozenset({"context.channel"}))

    assert conjunction([_EMPTY, unknown]).outcome is conjunction([unknown, _EMPTY]).outcome is F
    assert disjunction([_EMPTY, unknown]).outcome is disjunction([unknown, _EMPTY]).outcome is U


def test_a_condition_named_in_another_has_its_own_value() -> None:
    """A name stands for the whole condition, unknown included."""
    given = circumstances(context_authenticated=True)
    unknown = named("encrypted", _SENTENCES[U])
    either = named("either", "encrypted or context.authenticated is yes")

    assert outcome("encrypted", given, unknown) is U
    assert outcome("not encrypted", given, unknown) is U
    assert outcome("either", given, unknown, either) is T
