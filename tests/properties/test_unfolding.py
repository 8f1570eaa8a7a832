"""A question that looks into conditions one by one says what the question says that looks into all of them."""

from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any

import pytest

from pdp.analysis.changes import Comparison, Difference
from pdp.analysis.kinds import Kind
from pdp.analysis.possible import Possible
from pdp.core.decision import Outcome
from pdp.policy_set import Asked, PolicySet
from pdp.space import Formula, Holding, Question, Space, UndecidedError, Unfolding
from pdp.space.question import MOST_SCOPES
from pdp.wire.limits import SCOPES
from tests.builders import the_words
from tests.properties.policy_pairs import CATEGORIES, CONDITIONS, PURPOSES, ROLES, Row, a_policy

_KNOWN: Row = ("allow", "teacher", "read", "child_data", "education", ("known",), "KIDS-1.7", "nothing")
_NAMES = tuple(CONDITIONS)
_CELL = ("read", "child_data", "education")
Drawn = list[tuple[str, Outcome, str]]


def _drawn(random: Random) -> list[Drawn]:
    """Return alternatives, each of some conditions with what they come to under the category or a narrower one."""
    outcomes = list(Outcome)
    return [
        [
            (random.choice(_NAMES), random.choice(outcomes), random.choice(CATEGORIES))
            for _ in range(random.randint(2, 5))
        ]
        for _ in range(random.randint(1, 3))
    ]


def _said(question: Question | Unfolding, space: Space, policy: PolicySet, drawn: list[Drawn]) -> Formula:
    for name, _, category in (each for alternative in drawn for each in alternative):
        question.names(policy, [name], category)
    written = space.script
    return written.either(
        *[written.both(*[question.has_outcome(policy, *each) for each in alternative]) for alternative in drawn]
    )


def _disagreements(unfolding: type[Unfolding], seeds: range) -> Iterator[str]:
    policy = a_policy(_KNOWN)
    space = Space([policy], the_words().schema)
    for seed in seeds:
        random = Random(seed)
        drawn = _drawn(random)
        roles = frozenset(random.sample(ROLES, random.randint(1, 2)))
        asked: Asked = (roles, random.choice(("read", "share", "publish")), "child_data", random.choice(PURPOSES))
        exact, folded = space.question(asked), unfolding(space, asked)
        is_possible = exact.is_possible(_said(exact, space, policy, drawn))
        formula = _said(folded, space, policy, drawn)
        found = folded.situation(formula)
        if is_possible is not (found is not None):
            yield f"seed {seed}: {drawn} of {asked} is {is_possible}"
        elif found is not None and not folded.holds_in(formula, found, {}):
            yield f"seed {seed}: {drawn} of {asked} does not hold in {found}"
        yield from _disagreements_of_another(space, policy, drawn, (folded, formula), random)


def _disagreements_of_another(
    space: Space, policy: PolicySet, drawn: list[Drawn], first: tuple[Unfolding, Formula], random: Random
) -> Iterator[str]:
    """Ask the same formula of other roles, with what the first answer rested on looked into already."""
    question, formula = first
    asked: Asked = (frozenset(random.sample(ROLES, random.randint(1, 2))), *question.asked[1:])
    exact, other = space.question(asked), question.by(asked)
    is_possible = exact.is_possible(_said(exact, space, policy, drawn))
    found = other.situation(formula)
    if is_possible is not (found is not None):
        yield f"{drawn} of {asked}, asked after {question.asked}, is {is_possible}"
    elif found is not None and not other.holds_in(formula, found, {}):
        yield f"{drawn} of {asked}, asked after {question.asked}, does not hold in {found}"


def test_folded_and_unfolded_questions_agree() -> None:
    """Whatever is asked of conditions, with a request in which it holds where it is possible."""
    assert list(_disagreements(Unfolding, range(60))) == []


class _NeverUnfolded(Unfolding):
    """Takes for possible what would be if conditions came to anything."""

    def _relied_on(self, *_: object) -> set[object]:  # type: ignore[override]
        return set()


class _OneLook(Unfolding):
    """Takes for impossible what does not hold in the first request that is found."""

    def sought(self, formula: Formula, holding: Holding = Holding.ANYHOW):  # type: ignore[no-untyped-def]
        found = super().sought(formula, holding)
        first = self._exact.imagined([formula], holding)
        return found if first is not None and self.holds_in(formula, first[0], {}) else None


class _TakenOver(Unfolding):
    """Takes over the answer about whoever was asked first."""

    def sought(self, formula: Formula, holding: Holding = Holding.ANYHOW):  # type: ignore[no-untyped-def]
        return None if formula in self._looked_into else super().sought(formula, holding)


@pytest.mark.parametrize("twin", [_NeverUnfolded, _OneLook, _TakenOver])
def test_a_broken_unfolding_is_noticed(twin: type[Unfolding]) -> None:
    """Each says of something that it is possible, or that it is not, which the exact question says otherwise."""
    assert next(_disagreements(twin, range(60)), None)


def _times_asked(question: Unfolding, formula: Formula, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how often the solver is asked until *formula* is found impossible."""
    times = 0

    def counting(self: Question, *asked: Any) -> Any:
        nonlocal times
        times += 1
        return real(self, *asked)

    real = Question.imagined
    with monkeypatch.context() as patched:
        patched.setattr(Question, "imagined", counting)
        assert question.sought(formula) is None
    return times


def _looks_for_the_next(unfolding: type[Unfolding], monkeypatch: pytest.MonkeyPatch) -> bool:
    policy = a_policy(_KNOWN)
    space = Space([policy], the_words().schema)
    asked: Asked = (frozenset({"teacher"}), *_CELL)
    first = unfolding(space, asked)
    formula = _said(first, space, policy, [[(name, Outcome.TRUE, "child_data") for name in ("agreed", "not_agreed")]])
    assert _times_asked(first, formula, monkeypatch) > 1
    return _times_asked(first.by((frozenset({"authority"}), *_CELL)), formula, monkeypatch) == 1


class _Forgetful(Unfolding):
    """Begins each question anew."""

    def by(self, asked: Asked) -> Unfolding:
        other = super().by(asked)
        other._looked_into = {}
        return other


def test_what_was_looked_into_for_one_is_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A formula that was impossible for some roles is asked of others with all that made it so, and once."""
    assert _looks_for_the_next(Unfolding, monkeypatch)
    assert not _looks_for_the_next(_Forgetful, monkeypatch)


# --- Roles taken together ---------------------------------------------------------------------------------------------

_ALSO = {
    "in_scopes": "subject is in resource.scopes",
    "not_in_scopes": "not in_scopes",
    "shown": "resource.pictured is stated",
    "own": "each person (person is subject)",
}


def _deny(*conditions: str) -> Row:
    return ("deny", "any", *_CELL, conditions, "KIDS-1.7", "nothing")


_EVERYBODY: Row = ("allow", "any", *_CELL, (), "KIDS-1.7", "nothing")
_EDITS = {
    "what is unknown where no scope is named": _deny("in_scopes", "not_in_scopes", "somebody_else"),
    "what is known where a scope is named": _deny("in_scopes"),
    "what asks for a role": _deny("of_the_school", "in_scopes", "not_in_scopes"),
    "what asks who is pictured": ("allow", "any", *_CELL, ("shown", "own"), "KIDS-1.7", "nothing"),
}


def _sets() -> list[frozenset[str]]:
    return [frozenset(roles) for size in (1, 2) for roles in combinations(ROLES, size)]


def _by_itself(comparison: Comparison) -> set[tuple[frozenset[str], Kind]]:
    found = set()
    for roles in _sets():
        question, formulas = comparison.opened((roles, *_CELL))
        found |= {(roles, kind) for kind in comparison.kinds if question.is_possible(formulas[kind]())}
    return found


def _together(comparison: Comparison) -> set[tuple[frozenset[str], Kind]]:
    found = set()
    for each in comparison.differences():
        words = (each.cell.actions.words, each.cell.categories.words, each.cell.purposes.words)
        if all(word in among for word, among in zip(_CELL, words, strict=True)):
            found |= {(roles, each.kind) for roles in _sets() if _lies_in(roles, each)}
    return found


def _lies_in(roles: frozenset[str], difference: Difference) -> bool:
    kinds = difference.roles.kinds
    one, *rest = sorted(roles)
    if len(kinds) != len(roles):
        return False
    if not rest:
        return one in kinds[0].roles
    return any(one in a.roles and rest[0] in b.roles for a, b in ((kinds[0], kinds[1]), (kinds[1], kinds[0])))


def _compared(row: Row, kind: type[Comparison] = Comparison) -> Comparison:
    first = _EVERYBODY if row[0] == "deny" else _KNOWN
    before, after = (a_policy(first, *more, also=_ALSO) for more in ((), (row,)))
    return kind(before, after, the_words().schema)


@pytest.mark.parametrize("row", _EDITS.values(), ids=_EDITS)
def test_roles_taken_together_differ_as_each_set_does_by_itself(row: Row) -> None:
    """Also where it depends on the scopes in which roles are held whether a decision changes."""
    comparison = _compared(row)
    assert _together(comparison) == _by_itself(comparison)


class _AnyScopeWillDo(Possible):
    """Takes what somebody may bring about in some scopes for what these roles may."""

    def is_possible(self, *asked: Any) -> bool | None:
        return super().is_possible(*asked) is not False


class _ScopesForAll(Possible):
    """Takes what cannot be where a scope of every type is named for what cannot be at all."""

    def is_possible(self, *asked: Any) -> bool | None:
        return super().is_possible(*asked) is True


@pytest.mark.parametrize("twin", [_AnyScopeWillDo, _ScopesForAll])
def test_roles_taken_together_wrongly_are_noticed(twin: type[Possible]) -> None:
    """Each twin differs from asking about every set by itself."""

    class Twin(Comparison):
        possible_type = twin

    comparisons = [_compared(row, Twin) for row in _EDITS.values()]
    assert any(_together(each) != _by_itself(each) for each in comparisons)


class _NobodyBeside(Question):
    """Forgets, until a condition is named to it, that formulas made for another speak of who is pictured."""

    def _encode(self) -> None:
        if len(self._graded) != len(self._named):
            super()._encode()


def test_a_situation_that_is_not_as_the_solver_says_decides_nothing() -> None:
    """Where the formula fails in the request that was made, and no condition left open is to blame, it is undecided."""
    comparison = _compared(_EDITS["what asks who is pictured"])
    comparison.space.question_type = _NobodyBeside
    with pytest.raises(UndecidedError, match="not as the solver says"):
        _together(comparison)


# --- One resource -----------------------------------------------------------------------------------------------------

_TICKETS = {
    "about_it": "some support_ticket where (its status is open and its opened_by is resource)",
    "once_about_it": "some support_ticket where (its status is closed and its opened_by is resource)",
}


@pytest.mark.parametrize(
    "said",
    [
        [("about_it", Outcome.TRUE, "child_data"), ("once_about_it", Outcome.TRUE, "child_photo")],
        [("about_it", Outcome.TRUE, "child_photo")],
    ],
    ids=["as a whole and as a part", "as a part alone"],
)
def test_the_resource_is_one_under_every_category(said: Drawn) -> None:
    """A fact that names it as a whole and a fact that names it as a part both do so in the request that is made."""
    policy = a_policy(_KNOWN, also=_TICKETS)
    space = Space([policy], the_words().schema)
    question = space.unfolding((frozenset({"teacher"}), *_CELL))
    formula = _said(question, space, policy, [said])

    found = question.situation(formula)

    assert found is not None
    assert question.holds_in(formula, found, {})


# --- Few scopes -------------------------------------------------------------------------------------------------------

_SCOPED = {
    "in_them": "some support_ticket where (its status is open and its opened_by is in resource.scopes)",
    "once_in_them": "some support_ticket where (its status is closed and its opened_by is in resource.scopes)",
}


def _scopes_named(monkeypatch: pytest.MonkeyPatch, most: int) -> int:
    """Return how many scopes the request names for either of two conditions, where it may name so many."""
    monkeypatch.setattr("pdp.space.question.MOST_SCOPES", most)
    monkeypatch.setattr("pdp.space.question._FEW", most)
    policy = a_policy(_KNOWN, also=_SCOPED)
    space = Space([policy], the_words().schema)
    question = space.question((frozenset({"teacher"}), *_CELL))
    said = _said(question, space, policy, [[(name, Outcome.TRUE, "child_data")] for name in _SCOPED])
    found = question.situation(said)
    assert found is not None
    return len(found.resource.scopes)


def test_a_request_names_no_more_scopes_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nothing depends on is left out where there would be too many; where all of it is needed, it is undecided."""
    assert _scopes_named(monkeypatch, 1) < _scopes_named(monkeypatch, 16)
    with pytest.raises(UndecidedError, match="names more scopes"):
        _scopes_named(monkeypatch, 0)


def test_what_a_request_may_name_is_what_the_wire_takes() -> None:
    """The space and the messages have one bound."""
    assert MOST_SCOPES == SCOPES
