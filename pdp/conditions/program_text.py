"""The text of a compiled function as it is written: its lines, and what is done for each value of a statement."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from pdp.conditions.truth import EMPTY, FALSE, TRUE, UNKNOWN


class Sinks(NamedTuple):
    """What is to be done for each value that a statement can have: a line of program text, "" to go on."""

    true: str
    unknown: str
    empty: str
    false: str

    def of(self, code: int) -> str:
        """Return what is to be done for *code*."""
        return self[code]

    def negated(self) -> "Sinks":
        """Return what is to be done for each value of the negation: that of an empty value is unknown."""
        return Sinks(self.false, self.unknown, self.unknown, self.true)


RETURN: Final = Sinks(*(f"return {code}" for code in (TRUE, UNKNOWN, EMPTY, FALSE)))
"""The value of the statement is that of the function."""


IN_ALL: Final = Sinks("", f"found = found or {UNKNOWN}", f"found = {EMPTY}", f"return {FALSE}")
"""A part of `and`: false settles it, otherwise the greatest value so far stands in `found`."""


IN_ANY: Final = Sinks(f"return {TRUE}", f"found = {UNKNOWN}", f"found = {EMPTY} if found == {FALSE} else found", "")
"""A part of `or`: true settles it, otherwise the least value so far stands in `found`."""


IN_FACT: Final = Sinks("", f"fits = fits or {UNKNOWN}", f"fits = {EMPTY}", "continue")
"""A part of what must be so of a fact: false makes the next fact be looked at."""


class Lines:
    """The lines of one function, indented as they are added."""

    def __init__(self, header: str) -> None:
        self.text = [header]
        self._depth = 1

    def add(self, *statements: str) -> None:
        """Add *statements*, one a line, "" for none."""
        self.text += [f"{'    ' * self._depth}{statement}" for statement in statements if statement]

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Put what is added meanwhile under *header*."""
        self.add(header)
        self._depth += 1
        yield
        self._depth -= 1

    def choose(self, cases: list[tuple[str, str]], otherwise: str) -> None:
        """Add a choice: the statement of the first of *cases* whose test holds, else *otherwise*."""
        word = "if"
        for test, statement in cases:
            self.add(f"{word} {test}: {statement or 'pass'}")
            word = "elif"
        self.add(f"else: {otherwise}" if otherwise else "")


class Place(NamedTuple):
    """Where a statement stands: `its` is a fact of this kind, "" where there is none."""

    fact: str = ""
