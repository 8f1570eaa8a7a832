"""How a case came out: what of the answer is not what the case expects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pdp.cases.case import Case
from pdp.core.decision import Cause, Obligation, Reason
from pdp.core.errors import RequestError
from pdp.core.text import Text


class Told(Protocol):
    """An answer as far as cases look at it: a decision, or what it is made of."""

    @property
    def allowed(self) -> bool:
        """Return whether it is an allow."""

    @property
    def cause(self) -> Cause:
        """Return why it is what it is."""

    @property
    def reasons(self) -> Sequence[Reason]:
        """Return the sentences that it cites."""

    @property
    def obligations(self) -> Sequence[Obligation]:
        """Return what the caller owes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How *case* came out: *problems* is empty when it passed; *answer* is None when there was none."""

    case: Case
    problems: tuple[Text, ...]
    answer: Told | None = None

    @property
    def passed(self) -> bool:
        """Say whether the answer was as expected."""
        return not self.problems


def unreadable(case: Case) -> Outcome:
    """Return how a case came out whose request cannot be right: each mistake is a problem, with its place."""
    return Outcome(case, tuple(_mistake(mistake) for mistake in case.mistakes))


def _mistake(error: RequestError) -> Text:
    vi, en = (f"{error.field or '-'}: {error.message.in_locale(locale)}" for locale in ("vi", "en"))
    if error.suggestion:
        vi, en = f"{vi} (gợi ý: {error.suggestion})", f"{en} (hint: {error.suggestion})"
    return Text(vi, en)


def problems_of(case: Case, answer: Told, *, sentences: bool) -> tuple[Text, ...]:
    """Return what of *answer* is not as *case* expects, nothing when it passes.

    An allow may owe more than it must, and rests on one of the clauses of the case. With *sentences*, a denial names
    one of them too, unless the case says otherwise.
    """
    if answer.allowed is not case.allowed:
        wanted, was = _said(case.allowed), _said(answer.allowed)
        return (
            Text(
                f"mong đợi {wanted.vi}, thực tế {was.vi} ({answer.cause.value})",
                f"expected {wanted.en}, was {was.en} ({answer.cause.value})",
            ),
        )
    owed = {obligation.id for obligation in answer.obligations}
    problems = []
    if missing := sorted(set(case.obligations) - owed) if case.allowed else []:
        problems.append(
            Text(f"thiếu nghĩa vụ {', '.join(missing)}", f"lacks the obligations {', '.join(missing)}"),
        )
    if unwanted := sorted(set(case.owes_not) & owed):
        problems.append(
            Text(f"không được có nghĩa vụ {', '.join(unwanted)}", f"must not owe {', '.join(unwanted)}"),
        )
    told = {reason.clause for reason in answer.reasons} - {""}
    if case.exact and sentences and (others := sorted(told - set(case.clauses))):
        named = ", ".join(others)
        problems.append(
            Text(f"dựa trên cả {named}, không được mong đợi", f"rests on {named} too, which is not expected")
        )
    compared = case.allowed or (sentences and case.cites)
    if compared and case.clauses and told.isdisjoint(case.clauses):
        named, expected = ", ".join(sorted(told)) or "–", ", ".join(case.clauses)
        problems.append(
            Text(f"dựa trên {named}, mong đợi một trong {expected}", f"rests on {named}, expected one of {expected}")
        )
    return tuple(problems)


def _said(allowed: bool) -> Text:
    return Text("cho phép", "allow") if allowed else Text("từ chối", "deny")
