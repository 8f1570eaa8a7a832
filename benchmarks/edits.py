"""How long `pdp diff` takes for edits of one row of an operator's rules, and whether it is decided.

`python -m benchmarks.edits [--edits 60] [--seed 1] [--seconds 120] [--jobs 1]` draws rows of the five operators in
turn, and for each one of four edits: a condition or the row is dropped, its effect is turned round, its purpose becomes
any. Each edit is compared in groups with their requests, as `pdp diff` prints them, by so many processes. *Seconds* of
the processor bound each edit, for time on a clock depends on what else runs; of several processes, whose time is known
only when they have ended, so many times the time on the clock. Both are told. Exit code 1 when an edit was not decided,
or none compared.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

from pdp.analysis.changes import Comparison
from pdp.analysis.groups import grouped
from pdp.analysis.witnesses import UnconfirmedError
from pdp.core.errors import InvalidPolicyError
from pdp.policy_set import PolicySet, build_policy_set
from pdp.space import UndecidedError
from pdp.wire.words import Words
from pdp.wiring.folders import read_policy_at
from pdp.wiring.words import load_words

OPERATORS = ("kidsonline", "homeid", "kiotviet", "welearning", "onmeeting")
EFFECT, PURPOSE, CONDITIONS = 2, 6, 7


@dataclass(frozen=True)
class Edit:
    """One row of a rules file as an edit leaves it, None when the row is gone; *kind* says what was done."""

    operator: str
    line: int
    kind: str
    row: str | None


@dataclass(frozen=True)
class Outcome:
    """What became of comparing an edit: seconds of the processor and on a clock, the groups or why there are none."""

    edit: Edit
    seconds: float
    on_clock: float
    groups: int
    trouble: str = ""


class TooLongError(Exception):
    """The edit took longer than it may."""


def edits_of(operator: str, line: int, row: str) -> Iterator[Edit]:
    """Yield every edit of one row."""
    cells = [cell.strip() for cell in row.split(",")]

    def with_cell(kind: str, at: int, said: str) -> Edit:
        return Edit(operator, line, kind, ", ".join([*cells[:at], said, *cells[at + 1 :]]))

    conditions = [] if cells[CONDITIONS] == "always" else cells[CONDITIONS].split(" and ")
    for name in conditions:
        rest = " and ".join(each for each in conditions if each != name)
        yield with_cell(f"without {name}", CONDITIONS, rest or "always")
    yield Edit(operator, line, "dropped", None)
    yield with_cell("turned round", EFFECT, "deny" if cells[EFFECT] == "allow" else "allow")
    if cells[PURPOSE] != "any":
        yield with_cell("for any purpose", PURPOSE, "any")


def a_sample(random: Random, number: int, rows: Mapping[str, Sequence[tuple[int, str]]]) -> Iterator[Edit]:
    """Yield edits of the operators that have *rows* in turn, of kinds in the proportion in which rows have them."""
    operators = list(rows)
    for at in range(number):
        operator = operators[at % len(operators)]
        line, row = random.choice(rows[operator])
        yield random.choice(list(edits_of(operator, line, row)))


class Edited:
    """The policies of *operators*, and what edits make of them."""

    def __init__(self, policies: Path, words: Words, operators: Sequence[str] = OPERATORS) -> None:
        self._words = words
        self._files = {name: dict(read_policy_at(str(policies / name))[1]) for name in operators}
        self._before = {
            name: build_policy_set(name, list(files.items()), words.vocabulary, words.schema)
            for name, files in self._files.items()
        }

    def rows(self) -> dict[str, list[tuple[int, str]]]:
        """Return the rows of each operator, with the numbers of their lines."""
        return {
            name: [(at, line) for at, line in enumerate(self._lines(name)) if line.startswith("p,")]
            for name in self._files
        }

    def _lines(self, operator: str) -> list[str]:
        return self._files[operator][self._place(operator)].decode().splitlines()

    def _place(self, operator: str) -> str:
        return next(path for path in self._files[operator] if path.endswith(f"{operator}/policy.csv"))

    def after(self, edit: Edit) -> PolicySet:
        """Return the policy after *edit*; raises InvalidPolicyError when it is none."""
        lines = self._lines(edit.operator)
        lines[edit.line : edit.line + 1] = [] if edit.row is None else [edit.row]
        files = {**self._files[edit.operator], self._place(edit.operator): "\n".join([*lines, ""]).encode()}
        return build_policy_set(edit.operator, list(files.items()), self._words.vocabulary, self._words.schema)

    def compared(self, edit: Edit, seconds: float, jobs: int = 1) -> Outcome | None:
        """Return what comparing *edit* by *jobs* processes came to, None when it leaves no valid policy."""
        try:
            after = self.after(edit)
        except InvalidPolicyError:
            return None
        begun, begun_at = _used(), time.monotonic()

        def bounded(done: int, everything: int) -> None:
            # Of other processes it is not known before they have ended.
            if max(_used() - begun, jobs * (time.monotonic() - begun_at) if jobs > 1 else 0.0) > seconds:
                raise TooLongError(f"at {done} of {everything} cells")

        groups, trouble = 0, ""
        try:
            comparison = Comparison(self._before[edit.operator], after, self._words.schema, jobs=jobs)
            groups = len(grouped(comparison, self._words, bounded))
        except (UndecidedError, UnconfirmedError, TooLongError) as error:
            trouble = f"{type(error).__name__}: {error}"
        # Only now, when nothing holds the error any more, have the processes ended and told what they have used.
        return Outcome(edit, _used() - begun, time.monotonic() - begun_at, groups, trouble)


def _used() -> float:
    """Return the seconds of the processor that this process and those that it has seen end have used."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare a sample of edits and print the seconds of each; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.edits", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--edits", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=120.0, help="of the processor, for one edit")
    parser.add_argument("--jobs", type=int, default=1, help="so many processes share each edit")
    parser.add_argument("--operator", choices=OPERATORS, help="edits of this one alone")
    asked = parser.parse_args(arguments)
    operators = OPERATORS if asked.operator is None else (asked.operator,)
    edited = Edited(Path("policies"), load_words(), operators)
    outcomes = []
    for edit in a_sample(Random(asked.seed), asked.edits, edited.rows()):
        outcome = edited.compared(edit, asked.seconds, asked.jobs)
        if outcome is None:
            continue
        outcomes.append(outcome)
        said = outcome.trouble or f"{outcome.groups} groups"
        spent = f"{outcome.seconds:7.1f} s ({outcome.on_clock:.1f} on the clock)"
        print(f"{spent}  {edit.operator}:{edit.line + 1} {edit.kind}: {said}", flush=True)
    undecided = [each for each in outcomes if each.trouble]
    if outcomes:
        in_time = sum(not each.trouble and each.on_clock < 60 for each in outcomes)
        seconds, on_clock = ([getattr(each, name) for each in outcomes] for name in ("seconds", "on_clock"))
        print(
            f"{len(outcomes)} edits from seed {asked.seed}, {len(undecided)} undecided; of the processor "
            f"{median(seconds):.1f} s in the median, {max(seconds):.1f} at most; on the clock, {asked.jobs} at a time, "
            f"{median(on_clock):.1f} s and {max(on_clock):.1f}, {in_time} decided within a minute"
        )
    return 1 if undecided or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
