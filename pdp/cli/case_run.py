"""Runs the cases of `pdp test`: in this process against policy files, or against a server."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import grpc

from pdp.cases import (
    Case,
    Coverage,
    Mutation,
    NearMiss,
    Outcome,
    Proposing,
    Selection,
    Survivor,
    coverage_of,
    mutants_of,
    mutation_of,
    problems_of,
    refusing,
    run_cases,
    unreadable,
)
from pdp.cli.analysing import progress_on_stderr
from pdp.cli.answering import point_for
from pdp.cli.case_files import case_files, cases_of, survivors_of
from pdp.client import DecisionClient, FactClient, ServerError
from pdp.core.errors import NotAllowedError, PdpError
from pdp.core.explanation import Explanation
from pdp.core.request import Request
from pdp.core.text import Text
from pdp.core.visibility import Level
from pdp.policy_set import PolicySet
from pdp.wire.words import Words
from pdp.wiring.folders import folder_files, load_policies

Each = TypeVar("Each")

CASE_SECONDS: Final = 30.0
"""How long one case may take on a server: what is tested is the answer, on however busy a machine."""


_HINT: Final = Text(
    "\n  gợi ý: --stored-facts-ok cho chạy các ca cùng với các sự kiện đó",
    "\n  hint: --stored-facts-ok runs the cases beside them all the same",
)
_STORED: Final = Text(
    "{}: `{}` có sự kiện đã lưu, nên các ca không chỉ được trả lời từ sự kiện của chính chúng" + _HINT.vi,
    "{}: `{}` has stored facts, so that its cases would not be answered from their own facts alone" + _HINT.en,
)
_UNSEEN: Final = Text(
    "{}: không xem được `{}` có sự kiện đã lưu hay không: {}" + _HINT.vi,
    "{}: it cannot be seen whether `{}` has stored facts: {}" + _HINT.en,
)


class StoredFactsError(PdpError):
    """A server whose operator has, or may have, stored facts beside those of the cases."""


@dataclass(frozen=True, slots=True)
class CaseOptions:
    """What `pdp test` is asked to do."""

    paths: tuple[Path, ...]
    policies: Path
    server: str | None
    stored_facts_ok: bool
    selection: Selection
    sentences: bool
    coverage: bool
    mutate: bool
    propose: Path | None
    required: Mapping[str, float]
    junit: Path | None
    form: str
    lang: str

    @property
    def measures(self) -> bool:
        """Say whether the cases are asked for what they cover."""
        return self.coverage or not {"rules", "conditions", "clauses"}.isdisjoint(self.required)

    @property
    def mutates(self) -> bool:
        """Say whether changes are tried."""
        return self.mutate or "changes" in self.required


@dataclass(frozen=True, slots=True)
class Results:
    """How the cases came out; *explanations* are those of failures, by case id."""

    outcomes: tuple[Outcome, ...]
    explanations: Mapping[str, Explanation]
    coverages: tuple[Coverage, ...] = ()
    mutations: tuple[tuple[Mutation, tuple[Survivor, ...]], ...] = ()
    proposed: tuple[NearMiss, ...] = ()


def run(options: CaseOptions, words: Words) -> Results:
    """Do what *options* ask for.

    Raises CaseFileError, StoredFactsError, UnavailableError, and InvalidPolicyError when the folder of an operator with
    cases may not be served.
    """
    found = cases_of(case_files(options.paths), words)
    cases = tuple(case for case in found if options.selection.takes(case))
    if options.server is not None:
        if not options.stored_facts_ok:
            _check_nothing_is_stored(options.server, cases, words, options.lang)
        return _run_on_server(options.server, cases, words, sentences=options.sentences)
    operators = sorted({case.request.operator for case in cases if case.request is not None})
    only = operators[0] if len(operators) == 1 else ""
    policies = load_policies(options.policies, words, only=only)
    points = {operator: point_for(operator, policies) for operator in operators}
    now = datetime.now(UTC)
    outcomes = run_cases(_told(cases, "cases"), policies.sets, now, sentences=options.sentences)
    explanations = {
        outcome.case.id: points[outcome.case.request.operator].explain(outcome.case.request)
        for outcome in outcomes
        if not outcome.passed and outcome.case.request is not None
    }
    sets = [policies.sets[operator] for operator in operators]
    return Results(
        outcomes,
        explanations,
        tuple(coverage_of(policy, outcomes) for policy in sets) if options.measures else (),
        tuple(_mutations(sets, outcomes, options, words, now)) if options.mutates else (),
        tuple(_proposed(sets, outcomes, options, words, now)) if options.propose is not None else (),
    )


def _mutations(
    sets: Sequence[PolicySet], outcomes: Sequence[Outcome], options: CaseOptions, words: Words, now: datetime
) -> Iterator[tuple[Mutation, tuple[Survivor, ...]]]:
    for policy in sets:
        refused = refusing(policy.operator, folder_files(options.policies, policy.operator), words)
        mutants = _told(tuple(mutants_of(policy)), policy.operator)
        mutation = mutation_of(policy, outcomes, now, refused, sentences=options.sentences, mutants=mutants)
        yield mutation, survivors_of(options.policies, policy.operator)


def _proposed(
    sets: Sequence[PolicySet], outcomes: Sequence[Outcome], options: CaseOptions, words: Words, now: datetime
) -> Iterator[NearMiss]:
    for policy in sets:
        proposing = Proposing(policy, outcomes, now, words, sentences=options.sentences)
        mutants = _told(tuple(mutants_of(policy)), policy.operator)
        yield from (miss for _, miss in proposing.for_changes(mutants) if miss is not None)


def _told(of: Sequence[Each], what: str) -> Iterator[Each]:
    """Yield each *of* them, and say on a terminal how many of them, *what* they are, were taken when it takes long."""
    tell = progress_on_stderr(f"pdp test {what}")
    for done, each in enumerate(of):
        tell(done, len(of))
        yield each


def _check_nothing_is_stored(server: str, cases: Sequence[Case], words: Words, lang: str) -> None:
    """Raise StoredFactsError where an operator with *cases* has stored facts, or it cannot be seen that it has none.

    What a case expects, it expects from its own facts alone.
    """
    operators = sorted({case.request.operator for case in cases if case.request is not None})
    with FactClient(server, words) as client:
        for operator in operators:
            try:
                has = client.has_facts(operator)
            except NotAllowedError as error:
                raise StoredFactsError(_UNSEEN.in_locale(lang).format(server, operator, error)) from error
            if has:
                raise StoredFactsError(_STORED.in_locale(lang).format(server, operator))


def _run_on_server(server: str, cases: Sequence[Case], words: Words, *, sentences: bool) -> Results:
    outcomes, explanations = [], {}
    with DecisionClient(server, words, deadline_seconds=CASE_SECONDS) as client:
        for case in _told(cases, "cases"):
            outcome, explanation = _ask(client, case, sentences=sentences)
            outcomes.append(outcome)
            if explanation is not None and not outcome.passed:
                explanations[case.id] = explanation
    return Results(tuple(outcomes), explanations)


def _ask(client: DecisionClient, case: Case, *, sentences: bool) -> tuple[Outcome, Explanation | None]:
    """Return how *case* came out by Check, as programs ask; what failed is explained, as far as one is let."""
    if case.request is None:
        return unreadable(case), None
    try:
        decision = client.check(case.request)
        outcome = Outcome(case, problems_of(case, decision, sentences=sentences), decision)
        return outcome, None if outcome.passed else _explained(client, case.request)
    except PdpError as error:
        return Outcome(case, (Text(str(error), str(error)),)), None


def _explained(client: DecisionClient, request: Request) -> Explanation:
    try:
        return client.explain(request, level=Level.ADMIN)
    except ServerError as error:
        if error.code != grpc.StatusCode.PERMISSION_DENIED.name:
            raise
        return client.explain(request, level=Level.CALLER)
