"""Formulas and the solver that finds values for them. The only place that knows Z3, and it speaks SMT-LIB 2 to it."""

import re
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Final

import z3

Formula = str
"""A name in the script, TRUE or FALSE. Equal formulas have equal names."""

TRUE: Final[Formula] = "true"
FALSE: Final[Formula] = "false"

_Closure = tuple[frozenset[str], tuple[Formula, ...]]
"""The names that a formula speaks of, and what always holds of those."""

TIME_LIMIT_MS: Final = 20_000
"""How long one question may take the solver."""

TOLD_MOST: Final = 50
"""So many questions one solver gives values for."""

_OPTIONS: Final = (f"(set-option :timeout {TIME_LIMIT_MS})", "(set-option :print-success false)")
_JOINING: Final = frozenset({"and", "or", "not"})

_TOKEN: Final = re.compile(r"[()]|[^\s()]+")


class UndecidedError(Exception):
    """The solver gave up, or understood something else than was meant: nothing may be concluded."""


class Script:
    """Builds formulas and asks whether they can hold together. Not for several threads at once."""

    def __init__(self) -> None:
        self._context = z3.Context()
        self._telling = z3.Context()
        self._told = 0
        self._pending: list[str] = list(_OPTIONS)
        self._noted = 0  # so many of them are kept by name already
        self._lines: dict[str, str] = {}
        self._functions: dict[str, None] = {}
        self._names: dict[tuple[str, ...], Formula] = {}
        self._negations: dict[Formula, Formula] = {TRUE: FALSE, FALSE: TRUE}
        self._declared: dict[str, str] = {}
        self._parts: dict[str, tuple[str, ...]] = {}
        self._words: dict[Formula, str] = {}
        self._axioms: dict[str, dict[Formula, None]] = {}
        self._landmarks: set[Formula] = set()
        self._closures: dict[Formula, _Closure] = {}
        """What landmarks reach, kept until something else always holds of it."""
        self._closed_over: set[str] = set()
        self._closing: set[Formula] = set()

    # --- Names --------------------------------------------------------------------------------------------------------

    def boolean(self, name: str) -> Formula:
        """Return the truth value called *name*, free unless something is asserted of it."""
        return self._declare(name, "() Bool")

    def integer(self, name: str) -> str:
        """Return the whole number called *name*."""
        return self._declare(name, "() Int")

    def function(self, name: str, result: str = "Bool") -> str:
        """Return the function of one whole number called *name*."""
        made = self._declare(name, f"(Int) {result}")
        self._functions[made] = None
        return made

    def _declare(self, name: str, signature: str) -> str:
        known = self._declared.get(name)
        if known is None:
            known = self._declared[name] = f"v{len(self._declared)}"
            self._pending.append(f"(declare-fun {known} {signature}) ; {name}")
        return known

    # --- Formulas -----------------------------------------------------------------------------------------------------

    def both(self, *parts: Formula) -> Formula:
        """Return that all of *parts* hold."""
        return self._joined("and", FALSE, TRUE, parts)

    def either(self, *parts: Formula) -> Formula:
        """Return that one of *parts* holds."""
        return self._joined("or", TRUE, FALSE, parts)

    def _joined(self, word: str, decides: Formula, idle: Formula, parts: Iterable[Formula]) -> Formula:
        kept = dict.fromkeys(part for part in parts if part != idle)
        if decides in kept or any(self._negations.get(part) in kept for part in kept):
            return decides
        if len(kept) < 2:
            return next(iter(kept), idle)
        return self._named(word, *sorted(kept))

    def negated(self, part: Formula) -> Formula:
        """Return that *part* does not hold."""
        known = self._negations.get(part)
        if known is None:
            known = self._negations[part] = self._named("not", part)
            self._negations[known] = part
        return known

    def implies(self, first: Formula, second: Formula) -> Formula:
        """Return that *second* holds where *first* does."""
        return self.either(self.negated(first), second)

    def same(self, first: Formula, second: Formula) -> Formula:
        """Return that both hold or neither."""
        return self.both(self.implies(first, second), self.implies(second, first))

    def chosen(self, test: Formula, then: Formula, otherwise: Formula) -> Formula:
        """Return *then* where *test* holds and *otherwise* where it does not."""
        return self.either(self.both(test, then), self.both(self.negated(test), otherwise))

    def equal(self, left: str, right: str) -> Formula:
        """Return that two numbers are equal."""
        if left == right:
            return TRUE
        if is_number(left) and is_number(right):
            return FALSE
        return self._named("=", *sorted((left, right)))

    def at_most(self, left: str, right: str) -> Formula:
        """Return that the number *left* is at most *right*."""
        if is_number(left) and is_number(right):
            return TRUE if value_of(left) <= value_of(right) else FALSE
        return TRUE if left == right else self._named("<=", left, right)

    def few_of(self, most: int, parts: Iterable[Formula]) -> Formula:
        """Return that at most *most* of *parts* hold."""
        return self._named(f"(_ at-most {most})", *sorted(parts))

    def applied(self, function: str, argument: str) -> Formula:
        """Return what *function* says of a number."""
        return self._named(function, argument)

    def number_applied(self, function: str, argument: str) -> str:
        """Return the number that *function* gives for a number."""
        return self._named(function, argument, sort="Int")

    def stepped(self, start: str, steps: Iterable[tuple[int, int]], last: int) -> str:
        """Return *start* plus an amount: that of the first step that *start* lies before, or *last*."""
        amount = number(last)
        for before, added in reversed(list(steps)):
            if number(added) != amount:
                amount = f"(ite (< {start} {number(before)}) {number(added)} {amount})"
        shifted = self._named("+", start, amount, sort="Int")
        self._parts[shifted] = (start,)
        return shifted

    def _named(self, *parts: str, sort: str = "Bool") -> Formula:
        name = self._names.get(parts)
        if name is None:
            name = self._names[parts] = f"f{len(self._names)}"
            self._parts[name] = parts[1:]
            self._words[name] = parts[0]
            self._pending.append(f"(define-fun {name} () {sort} ({' '.join(parts)}))")
        return name

    def holds(self, formula: Formula, known: Callable[[Formula], bool | None]) -> bool | None:
        """Say whether *formula* holds where *known* formulas do or not, None where these leave it open.

        No more is asked of *known* than the answer depends on.
        """
        found: dict[Formula, bool | None] = {TRUE: True, FALSE: False}

        def is_so(name: Formula) -> bool | None:
            if name not in found:
                answer = known(name)
                word = self._words.get(name)
                if answer is None and word == "not":
                    inside = is_so(self._parts[name][0])
                    answer = None if inside is None else not inside
                elif answer is None and word in _JOINING:
                    answer = joined(self._parts[name], settles=word == "or")
                found[name] = answer
            return found[name]

        def joined(parts: Iterable[Formula], *, settles: bool) -> bool | None:
            is_open = False
            for part in parts:
                answer = is_so(part)
                if answer is settles:
                    return settles
                is_open = is_open or answer is None
            return None if is_open else not settles

        return is_so(formula)

    # --- Questions ----------------------------------------------------------------------------------------------------

    def always(self, formula: Formula, about: str) -> None:
        """Let *formula* hold in every answer to a question that speaks of the name or number *about*."""
        known = self._axioms.setdefault(about, {})
        if formula == TRUE or formula in known:
            return
        known[formula] = None
        if about in self._closed_over:
            self._closures.clear()
            self._closed_over.clear()

    def keep_reached(self, formulas: Iterable[Formula]) -> None:
        """Let what *formulas* speak of be looked for once: many questions will speak of them."""
        self._landmarks.update(formulas)

    def reached(self, formulas: Iterable[Formula]) -> _Closure:
        """Return every name that *formulas* speak of, and what always holds of those, which is spoken of too."""
        seen: set[str] = set()
        axioms: dict[Formula, None] = {}
        pending = list(formulas)
        parts, always = self._parts, self._axioms
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            if name in self._landmarks and name not in self._closing:
                names, said = self._closure(name)
                seen |= names
                axioms.update(dict.fromkeys(said))
                continue
            seen.add(name)
            inside = parts.get(name)
            if inside is not None:
                pending.extend(inside)
            held = always.get(name)
            if held is not None:
                axioms.update(held)
                pending.extend(held)
        return frozenset(seen), tuple(axioms)

    def _closure(self, landmark: Formula) -> _Closure:
        known = self._closures.get(landmark)
        if known is None:
            # What always holds of a name may speak of the landmark again: on the way to it, it is a name as any other.
            self._closing.add(landmark)
            known = self._closures[landmark] = self.reached([landmark])
            self._closing.remove(landmark)
            self._closed_over |= known[0]
        return known

    def can_hold(self, *formulas: Formula) -> bool:
        """Say whether *formulas* can hold together; raises UndecidedError."""
        _, axioms = self.reached(formulas)
        answer = self._run("\n".join(["(push)", *_asserted((*formulas, *axioms)), "(check-sat)", "(pop)"])).strip()
        if answer not in {"sat", "unsat"}:
            raise UndecidedError(answer)
        return answer == "sat"

    def values(self, formulas: Iterable[Formula], *wanted: Set[str]) -> Mapping[str, int] | None:
        """Return values with which *formulas* hold together, None when they cannot.

        There is one for each name of *wanted* that the question speaks of; truth values are 0 and 1. Raises
        UndecidedError when the solver gives up.
        """
        # A solver that gives values works them out for all that was ever defined in it: 0.3 s a question, where a whole
        # matrix is looked at. So another one is told no more than the question speaks of, each time anew. TRAP: what it
        # was told before it never quite lets go of, though it is reset: after some hundred questions values take it ten
        # times as long. So after a while it is another solver.
        if self._told == TOLD_MOST:
            self._telling, self._told = z3.Context(), 0
        self._told += 1
        asserted = list(formulas)
        spoken_of, axioms = self.reached(asserted)
        # TRAP: without a scope the solver simplifies at length first, for questions that are harder than these are.
        defined = [*_OPTIONS, *self._definitions(spoken_of), *_asserted((*asserted, *axioms)), "(push)", "(check-sat)"]
        answer = self._evaluated("\n".join(["(reset)", *defined]), self._telling).strip()
        if answer != "sat":
            if answer != "unsat":
                raise UndecidedError(answer)
            return None
        names = set().union(*(spoken_of & some for some in wanted)) - {TRUE, FALSE}
        asked = sorted((name for name in names if not is_number(name)), key=in_order)
        return _pairs(self._evaluated(f"(get-value ({' '.join(asked)}))", self._telling)) if asked else {}

    def _definitions(self, names: frozenset[str]) -> list[str]:
        """Return the lines that define *names*, each after those that it rests on, and every function."""
        self._note_lines()
        return [self._lines[name] for name in sorted(names & self._lines.keys() | self._functions.keys(), key=in_order)]

    def _note_lines(self) -> None:
        """Keep by name the lines that define something, so that another solver can be told."""
        self._lines.update((line.split(" ", 2)[1], line) for line in self._pending[self._noted :])
        self._noted = len(self._pending)

    def _run(self, text: str) -> str:
        text = "\n".join((*self._pending, text))
        self._note_lines()
        self._pending, self._noted = [], 0
        return self._evaluated(text, self._context)

    def _evaluated(self, text: str, context: z3.Context) -> str:
        """Return what the solver of *context* answers to a piece of script."""
        try:
            answer: str = z3.Z3_eval_smtlib2_string(context.ref(), text)
        except z3.Z3Exception as error:
            raise UndecidedError(f"the solver stopped: {_words_of(error)}") from error
        if "(error" in answer:
            raise UndecidedError(answer)
        return answer


def _words_of(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said) or type(error).__name__


def _asserted(formulas: Iterable[Formula]) -> list[str]:
    return [f"(assert {formula})" for formula in formulas if formula != TRUE]


def in_order(name: str) -> tuple[bool, int]:
    """Return what puts names in the order of what they rest on: values, and formulas as they were made."""
    return name[0] != "v", int(name[1:])


def number(value: int) -> str:
    """Return *value* as a script writes it."""
    return str(value) if value >= 0 else f"(- {-value})"


def is_number(text: str) -> bool:
    """Say whether *text* is a number that is written out."""
    return text[0].isdigit() or text[0] == "("


def value_of(text: str) -> int:
    """Return the number that *text* writes."""
    return int(text) if text[0] != "(" else -int(text[2:-1].strip())


def _pairs(answer: str) -> Mapping[str, int]:
    """Read `((name value) ...)`."""
    found: dict[str, int] = {}
    tokens = _TOKEN.findall(answer)
    at = 1
    while at < len(tokens) and tokens[at] == "(":
        name, value = tokens[at + 1], tokens[at + 2]
        if value == "(":
            found[name] = -int(tokens[at + 4])
            at += 7
            continue
        found[name] = {"true": 1, "false": 0}[value] if value in {"true", "false"} else int(value)
        at += 4
    return found
