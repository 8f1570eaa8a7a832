"""What conditions are evaluated on, one way or the other, and what compiled ones call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pdp.conditions.evaluation import Evaluator
from pdp.conditions.expression import Condition, Shifted
from pdp.conditions.finding_values import Frame
from pdp.conditions.shifting import shifted, shifted_back
from pdp.conditions.truth import truth_of
from pdp.core.circumstances import Circumstances
from pdp.core.entity import Entity
from pdp.core.facts import Value
from pdp.core.policy import ANY_WORD

_TICK: Final = timedelta(microseconds=1)


ConditionFunction = Callable[["Evaluation", Entity | None], int]


@dataclass(frozen=True, slots=True)
class ConditionTable:
    """The conditions of a folder, ready to be evaluated: *numbers* by name, *functions* by number.

    *source* is the program text of compiled ones, to be read by people; "" where there is none.
    """

    numbers: Mapping[str, int]
    functions: Sequence[ConditionFunction]
    source: str = ""


class Evaluation:
    """The conditions of a folder held against one set of circumstances, each evaluated when it is first asked for.

    *codes* holds what each condition came to (pdp/conditions/truth.py) for the person
    that the data is about, None before it is asked for. *instants* collects every instant at which a comparison with
    the time of the decision turns over.
    """

    __slots__ = ("circumstances", "codes", "instants", "person", "request", "resource", "table")

    def __init__(self, table: ConditionTable, circumstances: Circumstances) -> None:
        self.table = table
        self.circumstances = circumstances
        self.request = circumstances.request
        self.resource = circumstances.resource
        self.person = circumstances.resource.data_subject
        self.codes: list[int | None] = [None] * len(table.functions)
        self.instants: set[datetime] = set()

    def code(self, number: int) -> int:
        """Return what condition *number* comes to; raises whatever evaluating it raises."""
        code = self.codes[number]
        if code is None:
            code = self.codes[number] = self.table.functions[number](self, self.person)
        return code

    def narrowed(self, circumstances: Circumstances, anew: Sequence[int] | None) -> "Evaluation":
        """Return the evaluation of the same conditions in *circumstances*, which differ in the category alone.

        Only those numbered in *anew* are evaluated once more, None for all. Instants are noted here too.
        """
        inner = Evaluation(self.table, circumstances)
        inner.instants = self.instants
        if anew is not None:
            inner.codes = self.codes.copy()
            for number in anew:
                inner.codes[number] = None
        return inner

    def named(self, number: int, person: Entity | None) -> int:
        """Return what condition *number* comes to when the data is taken to be about *person*."""
        return self.code(number) if person is self.person else self.table.functions[number](self, person)


class InterpretedEvaluation(Evaluation):
    """An evaluation that the interpreter does: the reference for compiled ones, and what explanations are told from."""

    __slots__ = ("_conditions", "evaluator")

    def __init__(self, conditions: Mapping[str, Condition], circumstances: Circumstances) -> None:
        numbers = {name: number for number, name in enumerate(conditions)}
        super().__init__(ConditionTable(numbers, [self._interpreter(name) for name in conditions]), circumstances)
        self._conditions = conditions
        self.evaluator = Evaluator(conditions, circumstances)
        self.instants = self.evaluator.instants

    def _interpreter(self, name: str) -> ConditionFunction:
        return lambda _, person: truth_of(self.evaluator.named(name, Frame(person)))

    def narrowed(self, circumstances: Circumstances, anew: Sequence[int] | None) -> "InterpretedEvaluation":
        """Return the evaluation of the same conditions in *circumstances*, every one anew."""
        inner = InterpretedEvaluation(self._conditions, circumstances)
        inner.evaluator.instants = inner.instants = self.instants
        return inner


# --- What compiled conditions call ------------------------------------------------------------------------------------


def covers_category(evaluation: Evaluation, listed: Value) -> bool:
    """Say whether one of the categories *listed* is, or contains, the category asked for."""
    circumstances = evaluation.circumstances
    above = circumstances.hierarchies.categories.get(circumstances.resource.type, ANY_WORD)
    return isinstance(listed, tuple) and not above.isdisjoint(map(str, listed))


def is_blank(value: Value) -> bool:
    """Say whether *value* is an empty list or a text of nothing but spaces."""
    return value == () or (isinstance(value, str) and not value.strip())


def later(start: Value, by: Shifted) -> datetime | None:
    """Return the instant that *by* says after *start*, None when *start* is no instant."""
    return shifted(start, by) if isinstance(start, datetime) else None


def turns_at(evaluation: Evaluation, instant: Value) -> None:
    """Note that a comparison turns over at *instant*, or one step of the clock after it."""
    if isinstance(instant, datetime):
        evaluation.instants.update((instant, instant + _TICK))


def turns_before(evaluation: Evaluation, end: Value, by: Shifted) -> None:
    """Note that a comparison of *end* with what *by* says after the time of the decision turns over."""
    if isinstance(end, datetime):
        turning = shifted_back(end, by)
        evaluation.instants.update(turning | {instant + _TICK for instant in turning})


def lacks_condition(name: str) -> int:
    """Raise KeyError: there is no condition called *name*. The loader refuses a folder in which this could happen."""
    raise KeyError(name)
