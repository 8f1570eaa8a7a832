"""The indexed engine answers every question exactly as the engine on PyCasbin does."""

from collections.abc import Callable, Sequence
from functools import cache
from random import Random
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdp.conditions import Evaluator, conjunction
from pdp.core.circumstances import Circumstances
from pdp.core.decision import Effect, Outcome
from pdp.core.policy import ANY
from pdp.engine import IndexedEngine, Matches, PyCasbinEngine, Question, Row, RuleEngine
from pdp.engine.chains import LONGEST_CHAIN
from pdp.policy_set.model_check import default_model
from tests.builders import NOON, POLICIES, Case, policy_lines, the_cases, the_policy_set

OPERATORS: Final = sorted(path.parent.name for path in POLICIES.glob("*/policy.csv"))
MODEL: Final = default_model()

_WORDS: Final = tuple(f"w{at}" for at in range(5))
"""Words of every column: their hierarchies differ, so a look-up in the wrong column is noticed."""

words = st.sampled_from((*_WORDS, "unheard-of", "", ANY))


@cache
def _rows(operator: str) -> tuple[Row, ...]:
    fields = ([field.strip() for field in line.split(",")] for line in policy_lines(operator))
    return tuple(Row(type_, tuple(rest)) for type_, *rest in fields)


def comparable(found: Matches) -> tuple[object, ...]:
    """Return what has to be the same: everything, errors by rule and text since each is raised anew."""
    errors = sorted((met.rule, type(met.error).__name__, str(met.error)) for met in found.errors)
    return found.spoke, found.allowing, found.denying, errors


# --- The operators' policies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_is_served_from_the_index(operator: str) -> None:
    """The policy of each operator is wholly indexed."""
    policy = the_policy_set(operator)

    assert policy.tier == "indexed"
    assert isinstance(policy.engine, IndexedEngine)


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_case_is_matched_as_pycasbin_matches_it(operator: str) -> None:
    """The request of each case matches the same rows through the index and through PyCasbin."""
    indexed, reference = IndexedEngine(_rows(operator)), PyCasbinEngine(MODEL, _rows(operator))
    differing = []
    for case in the_cases(operator):
        question = _question(case)
        if comparable(indexed.matches(question)) != comparable(reference.matches(question)):
            differing.append(case.id)
    assert differing == []


def _question(case: Case) -> Question:
    policy, request = the_policy_set(case.operator), case.request
    circumstances = Circumstances(request, (), NOON, policy.hierarchies, policy.granting)
    evaluator = Evaluator(policy.conditions, circumstances)

    def applies(rule: str) -> bool:
        outcome = conjunction(evaluator.named(name) for name in policy.rules[rule].conditions).outcome
        return outcome is Outcome.TRUE if policy.rules[rule].effect is Effect.ALLOW else outcome is not Outcome.FALSE

    return Question(circumstances.roles, request.action, request.resource.type, request.purpose, applies)


# --- Any policy -------------------------------------------------------------------------------------------------------


@st.composite
def policies(draw: st.DrawFn) -> list[Row]:
    """Make up to ten rules, a line, and words that lie in later words, in any order."""
    rules = [
        Row("p", (f"rule-{at}", draw(st.sampled_from(("allow", "deny"))), *(draw(words) for _ in range(4)), "", "", ""))
        for at in range(draw(st.integers(0, 10)))
    ]
    links = st.tuples(st.integers(0, len(_WORDS) - 1), st.integers(0, len(_WORDS) - 1)).filter(lambda at: at[0] < at[1])
    groupings = [
        Row(type_, (_WORDS[narrow], _WORDS[broad]))
        for type_ in ("g", "g2", "g3", "g4")
        for narrow, broad in draw(st.lists(links, max_size=4))
    ]
    line = Row("p2", ("line", *(draw(words) for _ in range(4)), ""))
    return draw(st.permutations([*rules, *groupings, line]))


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(policies(), st.frozensets(words, max_size=3), words, words, words, st.randoms(use_true_random=False))
def test_any_policy_is_matched_as_pycasbin_matches_it(
    rows: list[Row],
    roles: frozenset[str],
    action: str,
    category: str,
    purpose: str,
    random: Random,
) -> None:
    """Made-up rows, words and outcomes, errors among them, match alike."""
    outcomes = {row.fields[0]: random.choice((True, False, "error")) for row in rows if row.type == "p"}

    def applies(rule: str) -> bool:
        if outcomes[rule] == "error":
            raise ValueError(rule)
        return outcomes[rule] is True

    question = Question(roles, action, category, purpose, applies)

    assert comparable(IndexedEngine(rows).matches(question)) == comparable(
        PyCasbinEngine(MODEL, rows).matches(question)
    )


# --- What both refuse, what neither judges twice ----------------------------------------------------------------------

BUILDERS: Final[Sequence[Callable[[Sequence[Row]], RuleEngine]]] = (
    IndexedEngine,
    lambda rows: PyCasbinEngine(MODEL, rows),
)


@pytest.mark.parametrize("build", BUILDERS, ids=("indexed", "pycasbin"))
@pytest.mark.parametrize(
    "rows",
    [
        [Row("g3", (f"c{at}", f"c{at + 1}")) for at in range(LONGEST_CHAIN)],
        [Row("g2", ("a", "b")), Row("g2", ("b", "a"))],
    ],
    ids=("long chain", "circle"),
)
def test_long_chains_and_circles_are_refused(build: Callable[[Sequence[Row]], RuleEngine], rows: list[Row]) -> None:
    """Words whose broadest deny PyCasbin would not see from the narrowest make no engine of either kind."""
    with pytest.raises(ValueError, match="lie in one another"):
        build(rows)


@pytest.mark.parametrize("build", BUILDERS, ids=("indexed", "pycasbin"))
def test_each_rule_is_judged_once(build: Callable[[Sequence[Row]], RuleEngine]) -> None:
    """The conditions of a rule are judged once a question, however many roles it speaks of."""
    judged: list[str] = []

    def applies(rule: str) -> bool:
        judged.append(rule)
        return True

    rule = Row("p", ("may", "allow", ANY, ANY, ANY, ANY, "", "", ""))
    build([rule]).matches(Question(frozenset({"a", "b", "c"}), "read", "data", "care", applies))

    assert judged == ["may"]


@pytest.mark.parametrize("build", BUILDERS, ids=("indexed", "pycasbin"))
@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interruption_passes(
    build: Callable[[Sequence[Row]], RuleEngine], interruption: type[BaseException]
) -> None:
    """What is no error of a rule, such as an interruption, passes through."""

    def applies(rule: str) -> bool:
        raise interruption

    rule = Row("p", ("may", "allow", ANY, ANY, ANY, ANY, "", "", ""))
    with pytest.raises(interruption):
        build([rule]).matches(Question(frozenset({"a"}), "read", "data", "care", applies))
