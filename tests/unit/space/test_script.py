"""What the solver cannot answer is undecided, whatever it does instead of answering."""

import pytest
import z3

from pdp.space import UndecidedError
from pdp.space.script import Script


class _Stopping(Script):
    """A script whose solver is stopped in the middle: its context is interrupted as by a signal."""

    def _run(self, text: str) -> str:
        return super()._run(f"{text}\n(this is no command")


def test_a_script_that_the_solver_does_not_take_is_undecided() -> None:
    """Nothing is concluded from a question that was not understood, and no other error comes out of it."""
    script = _Stopping()

    with pytest.raises(UndecidedError):
        script.can_hold(script.boolean("something"))


def test_an_exception_of_the_solver_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception of Z3 is told in its words, as undecided."""

    def stopped(*_: object) -> str:
        raise z3.Z3Exception(b"canceled")

    monkeypatch.setattr(z3, "Z3_eval_smtlib2_string", stopped)
    script = Script()

    with pytest.raises(UndecidedError, match="the solver stopped: canceled"):
        script.values([script.boolean("something")])


def test_values_are_right_whichever_solver_gives_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is another one after a while; the twin tells the new one nothing of what the question rests on."""
    monkeypatch.setattr("pdp.space.script.TOLD_MOST", 2)
    script = Script()
    number = script.integer("a number")
    seen = []
    for value in range(7):
        found = script.values([script.equal(number, str(value))], {number})
        assert found == {number: value}
        seen.append(script._telling)
    assert len(set(map(id, seen))) == 4

    monkeypatch.setattr(Script, "_definitions", lambda *_: [])
    with pytest.raises(UndecidedError):
        script.values([script.equal(number, "7")], {number})
