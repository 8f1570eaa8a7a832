"""The engine on PyCasbin: every match, every error, and the same combination as an enforcer that was just built."""

import gc
import itertools
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, Final

import pytest
from casbin import Enforcer, Model

from pdp.core.vocabulary import WordKind
from pdp.engine import Matches, PyCasbinEngine, Question, Row
from pdp.engine.chains import LONGEST_CHAIN
from pdp.policy_set.model_check import default_model
from tests.builders import policy_lines, the_words

MODEL: Final = default_model()
_ALLOW: Final = Row("p", ("may", "allow", "guardian", "read", "child_data", "media", "always", "C-1", "nothing"))
_DENY: Final = Row("p", ("may-not", "deny", "guardian", "read", "child_data", "media", "always", "C-2", "nothing"))
Outcomes = dict[str, bool | Exception]


def _rows() -> list[Row]:
    """Return the rows of the policy of KidsOnline."""
    fields = ([field.strip() for field in line.split(",")] for line in policy_lines())
    return [Row(type_, tuple(rest)) for type_, *rest in fields]


def _rule(id_: str, effect: str, role: str, action: str, category: str, purpose: str) -> Row:
    return Row("p", (id_, effect, role, action, category, purpose, "always", "C-1", "nothing"))


def _question(
    outcomes: Outcomes, *roles: str, words: tuple[str, str, str] = ("read", "child_data", "media")
) -> Question:
    def applies(rule: str) -> bool:
        outcome = outcomes[rule]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Question(frozenset(roles), *words, applies)


def _plain(rows: list[Row]) -> Enforcer:
    """Return an enforcer as PyCasbin builds it: its own effector, the same rows, a function for the conditions."""
    model = Model()
    model.load_model_from_text(MODEL)
    for row in rows:
        model.add_policy(row.type[0], row.type, list(row.fields))
    enforcer = Enforcer(model)
    enforcer.build_role_links()
    enforcer.add_function("satisfied", lambda asked, rule, _: asked(rule))
    return enforcer


def _combined(found: Matches) -> bool:
    """Return the decision that the matches come to: a deny wins."""
    return bool(found.allowing) and not found.denying


# --- Every match ------------------------------------------------------------------------------------------------------


def test_every_matching_row_is_named() -> None:
    """All rows that apply are named, denies and allows beside each other, and those that speak without applying too."""
    more = [
        _rule("may-too", "allow", "any", "any", "any", "any"),
        _rule("may-not-either", "deny", "any", "read", "any", "any"),
        _rule("elsewhere", "deny", "any", "sell", "any", "any"),
    ]
    outcomes: Outcomes = {"may": True, "may-not": True, "may-too": True, "may-not-either": False, "elsewhere": True}

    found = PyCasbinEngine(MODEL, [_ALLOW, _DENY, *more]).matches(_question(outcomes, "guardian"))

    assert found == Matches(
        spoke=frozenset({"may", "may-not", "may-too", "may-not-either"}),
        allowing=frozenset({"may", "may-too"}),
        denying=frozenset({"may-not"}),
        errors=(),
    )


def test_a_broader_word_covers_the_narrower_ones_and_not_the_other_way_round() -> None:
    """A row for a word speaks of everything that lies in it, and of nothing that it lies in."""
    engine = PyCasbinEngine(
        MODEL, [_ALLOW, Row("g", ("primary_guardian", "guardian")), Row("g3", ("child_photo", "child_data"))]
    )
    outcomes: Outcomes = {"may": True}

    assert engine.matches(_question(outcomes, "primary_guardian", words=("read", "child_photo", "media"))).allowing
    assert not engine.matches(_question(outcomes, "family_member")).spoke
    assert not engine.matches(_question(outcomes, "guardian", words=("read", "personal_data", "media"))).spoke


def test_several_roles_match_what_each_matches() -> None:
    """Whoever holds several roles gets the rows of all of them, the denies included."""
    engine, random = PyCasbinEngine(MODEL, _rows()), Random(5)
    roles, words = _words_of_the_rows()
    for _ in range(200):
        outcomes: Outcomes = {row.fields[0]: random.random() < 0.5 for row in _rows() if row.type == "p"}
        asked, held = _random_words(random, words), random.sample(roles, 3)
        alone = [engine.matches(_question(outcomes, role, words=asked)) for role in held]
        together = engine.matches(_question(outcomes, *held, words=asked))
        for field in ("spoke", "allowing", "denying"):
            assert getattr(together, field) == frozenset[str]().union(*(getattr(found, field) for found in alone))


def test_each_rule_is_judged_once() -> None:
    """The conditions of a rule are judged once a question, however many roles it speaks of."""
    judged: list[str] = []

    def applies(rule: str) -> bool:
        judged.append(rule)
        return True

    question = Question(frozenset({"guardian", "teacher", "operator"}), "read", "operator_material", "media", applies)
    PyCasbinEngine(MODEL, _rows()).matches(question)

    assert judged == ["read-the-guide"]


def test_nobody_and_nothing_match_nothing() -> None:
    """Without roles, and without rows, nothing matches and nothing is allowed."""
    outcomes: Outcomes = {"may": True}
    nothing = Matches(frozenset(), frozenset(), frozenset(), ())

    assert PyCasbinEngine(MODEL, [_ALLOW]).matches(_question(outcomes)) == nothing
    assert PyCasbinEngine(MODEL, []).matches(_question(outcomes, "guardian")) == nothing
    assert PyCasbinEngine(MODEL, []).matches(_question(outcomes, "", words=("", "", ""))) == nothing


# --- Every error ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), KeyError("x"), RecursionError(), MemoryError(), StopIteration(), SystemError(), AssertionError()],
    ids=lambda error: type(error).__name__,
)
def test_an_error_denies_and_hides_nothing_else(error: Exception) -> None:
    """A rule that raises denies if it denies and does not allow if it allows; every other rule is judged as ever."""
    more = [_rule("other", "allow", "any", "any", "any", "any"), _rule("not-other", "deny", "any", "any", "any", "any")]
    outcomes: Outcomes = {"may": error, "may-not": error, "other": True, "not-other": True}

    found = PyCasbinEngine(MODEL, [_ALLOW, _DENY, *more]).matches(_question(outcomes, "guardian"))

    assert found.spoke == {"may", "may-not", "other", "not-other"}
    assert found.allowing == {"other"}
    assert found.denying == {"may-not", "not-other"}
    assert [(met.rule, met.error) for met in found.errors] == [("may", error), ("may-not", error)]


def test_random_errors_are_all_recorded() -> None:
    """Whatever raises, the engine does not, and names each rule that did."""
    engine, random = PyCasbinEngine(MODEL, _rows()), Random(6)
    roles, words = _words_of_the_rows()
    for _ in range(300):
        outcomes = _random_outcomes(random, _rows(), errors=0.5)
        asked = _random_words(random, words)
        found = engine.matches(_question(outcomes, random.choice(roles), words=asked))
        failing = {rule for rule in found.spoke if isinstance(outcomes[rule], Exception)}
        effects = {row.fields[0]: row.fields[1] for row in _rows() if row.type == "p"}
        assert {met.rule for met in found.errors} == failing
        assert {rule for rule in failing if effects[rule] == "deny"} <= found.denying
        assert not failing & found.allowing


def test_an_interruption_passes_and_leaves_the_engine_usable() -> None:
    """What is no error of a rule, such as an interruption, passes through; the next question is answered."""
    engine = PyCasbinEngine(MODEL, [_ALLOW])

    def interrupted(rule: str) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.matches(Question(frozenset({"guardian"}), "read", "child_data", "media", interrupted))

    assert engine.matches(_question({"may": True}, "guardian")).allowing == {"may"}


# --- Words that lie in one another ------------------------------------------------------------------------------------


def _chain(steps: int) -> list[Row]:
    return [Row("g3", (f"c{at}", f"c{at + 1}")) for at in range(steps)]


@pytest.mark.parametrize("steps", [1, 3, 8, LONGEST_CHAIN - 1])
def test_a_deny_reaches_down_every_step(steps: int) -> None:
    """A deny row for the broadest word of a chain speaks of the narrowest."""
    rows = [_rule("no", "deny", "any", "any", f"c{steps}", "any"), *_chain(steps)]

    found = PyCasbinEngine(MODEL, rows).matches(_question({"no": True}, "guardian", words=("read", "c0", "media")))

    assert found.denying == {"no"}


@pytest.mark.parametrize("steps", [LONGEST_CHAIN, 12, 64])
def test_a_chain_longer_than_pycasbin_follows_is_refused(steps: int) -> None:
    """Rows whose broadest deny PyCasbin would not see from the narrowest word make no engine."""
    with pytest.raises(ValueError, match="lie in one another"):
        PyCasbinEngine(MODEL, [_DENY, *_chain(steps)])


def test_words_that_go_round_are_refused() -> None:
    """Words that lie in one another in a circle make no engine."""
    with pytest.raises(ValueError, match="lie in one another"):
        PyCasbinEngine(MODEL, [_DENY, Row("g2", ("a", "b")), Row("g2", ("b", "a"))])


# --- The same as PyCasbin ---------------------------------------------------------------------------------------------


def _words_of_the_rows() -> tuple[list[str], list[list[str]]]:
    vocabulary = the_words().vocabulary
    kinds = (WordKind.ACTION, WordKind.CATEGORY, WordKind.PURPOSE)
    return sorted(vocabulary.words(WordKind.ROLE)), [sorted(vocabulary.words(kind)) for kind in kinds]


def _random_words(random: Random, words: list[list[str]]) -> tuple[str, str, str]:
    action, category, purpose = (random.choice(section) for section in words)
    return action, category, purpose


def _random_outcomes(random: Random, rows: list[Row], errors: float = 0.0) -> Outcomes:
    def outcome() -> bool | Exception:
        return ValueError("failed") if random.random() < errors else random.random() < 0.6

    return {row.fields[0]: outcome() for row in rows if row.type == "p"}


def test_the_policy_is_combined_as_a_fresh_enforcer_combines_it() -> None:
    """For any role, words and outcomes, the matches come to what an enforcer built for this question alone says."""
    rows, random = _rows(), Random(1)
    engine = PyCasbinEngine(MODEL, rows)
    roles, words = _words_of_the_rows()
    spoken = [(row.fields[2:6], [row.fields[2:6][at] != "any" for at in range(4)]) for row in rows if row.type == "p"]
    allowed = 0
    for _ in range(400):
        (role, *asked), said = random.choice(spoken)
        role = role if said[0] and random.random() < 0.8 else random.choice(roles)
        action, category, purpose = (
            word if known and word in section and random.random() < 0.8 else random.choice(section)
            for word, known, section in zip(asked, said[1:], words, strict=True)
        )
        outcomes = _random_outcomes(random, rows)
        question = _question(outcomes, role, words=(action, category, purpose))
        expected = _plain(rows).enforce(role, action, category, purpose, question.applies)
        assert _combined(engine.matches(question)) is expected
        allowed += expected
    assert allowed > 40


def test_random_policies_are_combined_as_a_fresh_enforcer_combines_them() -> None:
    """The same for thousands of questions about small random policies, in which most rows speak."""
    random = Random(2)
    decided = {True: 0, False: 0}
    for _ in range(150):
        rows, names = _random_policy(random)
        engine, plain = PyCasbinEngine(MODEL, rows), _plain(rows)
        for _ in range(25):
            role, action, category, purpose = (random.choice(section) for section in names)
            question = _question(_random_outcomes(random, rows), role, words=(action, category, purpose))
            expected = plain.enforce(role, action, category, purpose, question.applies)
            assert _combined(engine.matches(question)) is expected
            decided[expected] += 1
    assert min(decided.values()) > 500


def _random_policy(random: Random) -> tuple[list[Row], list[list[str]]]:
    """Return up to eight rules over five words of each kind, some of which lie in others, in any order."""
    names = [[f"{letter}{at}" for at in range(5)] for letter in "racp"]
    rows = [
        _rule(
            f"rule-{at}",
            random.choice(("allow", "allow", "deny")),
            *(random.choice((*kind, *("any",) * 5)) for kind in names),
        )
        for at in range(random.randint(1, 8))
    ]
    for type_, kind in zip(("g", "g2", "g3", "g4"), names, strict=True):
        for narrow, broad in itertools.pairwise(kind):
            rows += [Row(type_, (narrow, broad))] if random.random() < 0.5 else []
    random.shuffle(rows)
    return rows, names


def test_the_order_of_rows_does_not_matter() -> None:
    """The same rows in another order match alike."""
    rows, random = _rows(), Random(3)
    engine = PyCasbinEngine(MODEL, rows)
    roles, words = _words_of_the_rows()
    for _ in range(4):
        shuffled = rows.copy()
        random.shuffle(shuffled)
        other = PyCasbinEngine(MODEL, shuffled)
        for _ in range(100):
            question = _question(
                _random_outcomes(random, rows), *random.sample(roles, 2), words=_random_words(random, words)
            )
            assert other.matches(question) == engine.matches(question)


# --- Many threads, many questions -------------------------------------------------------------------------------------


@contextmanager
def _threads_that_change_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _in_threads(count: int, work: Callable[[int], None]) -> list[BaseException]:
    """Run *work* in *count* threads that start together; return what they raised."""
    raised: list[BaseException] = []
    start = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            start.wait()
            work(number)
        # Whatever a thread raises is what the test is about.
        except BaseException as error:  # noqa: BLE001
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_eight_threads_get_the_answers_of_one() -> None:
    """Questions asked by many threads at once are answered as when they are asked one after the other."""
    rows, random = _rows(), Random(4)
    engine = PyCasbinEngine(MODEL, rows)
    roles, words = _words_of_the_rows()
    questions = [
        _question(
            _random_outcomes(random, rows, errors=0.1), *random.sample(roles, 2), words=_random_words(random, words)
        )
        for _ in range(60)
    ]
    expected = [_comparable(engine.matches(question)) for question in questions]

    def ask_all(number: int) -> None:
        for at in range(len(questions)):
            place = (at * 7 + number * 11) % len(questions)
            assert _comparable(engine.matches(questions[place])) == expected[place]

    with _threads_that_change_often():
        assert _in_threads(8, ask_all) == []


def _comparable(found: Matches) -> tuple[Any, ...]:
    return found.spoke, found.allowing, found.denying, {(met.rule, str(met.error)) for met in found.errors}


def test_memory_does_not_grow_with_questions() -> None:
    """After every word has been asked about once, thousands of further questions leave nothing behind."""
    rows, random = [_ALLOW, _DENY, *(row for row in _rows() if row.type.startswith("g"))], Random(7)
    engine = PyCasbinEngine(MODEL, rows)
    roles, words = _words_of_the_rows()

    def ask(count: int) -> None:
        for _ in range(count):
            outcomes = _random_outcomes(random, rows, errors=0.1)
            engine.matches(_question(outcomes, random.choice(roles), words=_random_words(random, words)))

    for section in (roles, *words):
        for word in section:
            engine.matches(_question({"may": True, "may-not": True}, word, words=(word, word, word)))
    ask(100)
    tracemalloc.start()
    try:
        ask(50)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        ask(3_000)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert after - before < 20_000
