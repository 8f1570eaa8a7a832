"""Finds near misses that would notice changes which no case notices yet."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from pdp.cases.case import Case
from pdp.cases.mutants import Mutant, MutantKind
from pdp.cases.mutation import Trial
from pdp.cases.near_misses import NO_ROLE, STRANGER, NearMiss, as_case, varied
from pdp.cases.outcome import Outcome, problems_of
from pdp.core.decision import Cause
from pdp.core.policy import ANY, Rule
from pdp.core.role_holding import DATA_SUBJECT, THIRD_PARTY
from pdp.core.vocabulary import WordKind
from pdp.deciding import Answer
from pdp.policy_set import PolicySet
from pdp.wire.words import Words

_EFFORTS: Final = ((3, 16), (8, 64))
"""How many cases are varied for one change, with how many words each: first few, then, if these do not do, many."""

_ALLOWED: Final = 60
"""How many allowed cases are varied for one condition of a denial."""

_FEW: Final = 6

_COLUMNS: Final[Mapping[MutantKind, WordKind]] = {
    MutantKind.ROLE: WordKind.ROLE,
    MutantKind.ACTION: WordKind.ACTION,
    MutantKind.CATEGORY: WordKind.CATEGORY,
    MutantKind.PURPOSE: WordKind.PURPOSE,
}


class Proposing:
    """Proposes near misses for one policy, from cases that pass."""

    def __init__(
        self, policy: PolicySet, outcomes: Sequence[Outcome], now: datetime, words: Words, *, sentences: bool
    ) -> None:
        self._policy = policy
        self._now = now
        self._words = words
        self._sentences = sentences
        self._trial = Trial(policy, outcomes, now, sentences=sentences)
        mine = [found for found in outcomes if found.passed and found.case.operator == policy.operator]
        # A near miss is written as a variation of a case in full.
        self._outcomes = [found for found in mine if "~" not in found.case.id]
        self._frequent = Counter(word for found in self._outcomes for word in _words_of(found.case))

    def for_changes(self, mutants: Iterable[Mutant]) -> Iterator[tuple[Mutant, NearMiss | None]]:
        """Yield for each of *mutants* a near miss that notices it, None when none was found.

        One that an earlier near miss notices already is left out.
        """
        for mutant in mutants:
            if mutant.kind in _COLUMNS and not self._trial.noticing(mutant):
                yield mutant, self._find(mutant)
            elif mutant.kind is MutantKind.DENY_CONDITION and not self._trial.noticing(mutant):
                yield mutant, self._find_allowed(mutant)

    def _find(self, mutant: Mutant) -> NearMiss | None:
        changed = mutant.of(self._policy)
        for cases, words in _EFFORTS:
            by_sentence: tuple[NearMiss, Outcome] | None = None
            for original in self._originals(mutant)[:cases]:
                for change in islice(self._changes(mutant, original), words):
                    found = self._try(original, change, changed)
                    if found is None:
                        continue
                    if found[2]:
                        return self._kept(found[0], found[1])
                    by_sentence = by_sentence or (found[0], found[1])
            if by_sentence:
                return self._kept(*by_sentence)
        return None

    def _find_allowed(self, mutant: Mutant) -> NearMiss | None:
        """Return a request that is still allowed although the deny rule speaks of it, for want of that condition."""
        changed = mutant.of(self._policy)
        for original, column, words in islice(self._almost_spoken_of(mutant.before), _ALLOWED):
            for word in words:
                for change in self._roles(word, original) if column is WordKind.ROLE else ((column.singular, word),):
                    found = self._try(original, change, changed)
                    if found is not None and found[2]:
                        return self._kept(found[0], found[1])
        return None

    def _almost_spoken_of(self, rule: Rule) -> Iterator[tuple[Case, WordKind, tuple[str, ...]]]:
        """Yield each allowed case with the one column that keeps *rule* from speaking of it, and words of the rule."""
        for outcome in self._outcomes:
            answer, request = outcome.answer, outcome.case.request
            if not isinstance(answer, Answer) or not answer.allowed or request is None or answer.judgement is None:
                continue
            asked = {
                WordKind.ROLE: answer.judgement.circumstances.roles,
                WordKind.ACTION: {request.action},
                WordKind.CATEGORY: {request.resource.type},
                WordKind.PURPOSE: {request.purpose},
            }
            inside = {kind: self._inside(kind, getattr(rule.region, kind.singular)) for kind in asked}
            outside = [kind for kind, words in asked.items() if inside[kind].isdisjoint(words)]
            if len(outside) == 1:
                words = sorted(inside[outside[0]], key=lambda word: (-self._frequent[word], word))
                yield outcome.case, outside[0], tuple(words[:_FEW])

    def _kept(self, miss: NearMiss, outcome: Outcome) -> NearMiss:
        self._trial.add(outcome)
        return miss

    def _try(
        self, original: Case, change: tuple[str, str], changed: PolicySet
    ) -> tuple[NearMiss, Outcome, bool] | None:
        """Return the near miss if the policy and the *changed* one answer otherwise, and whether by the decision."""
        case = varied(original, change, self._words)
        if case.request is None:
            return None
        before, after = (self._trial.answer(policy, case.request) for policy in (self._policy, changed))
        clauses = tuple(sorted({reason.clause for reason in before.reasons} - {""}))
        if before.cause is Cause.ERROR:
            return None
        miss = NearMiss(original.id, change, before.allowed, clauses)
        whole = as_case(miss, original, original.file, self._words)
        if not problems_of(whole, after, sentences=self._sentences):
            return None
        return miss, Outcome(whole, (), before), before.allowed is not after.allowed

    def _originals(self, mutant: Mutant) -> list[Case]:
        """Return cases that the rule decided, first those in which it was alone."""
        fired: list[tuple[int, Case]] = []
        for outcome in self._outcomes:
            answer = outcome.answer
            if isinstance(answer, Answer) and answer.cause is Cause.RULE:
                rules = {reason.rule for reason in answer.reasons}
                if mutant.before.id in rules:
                    fired.append((len(rules), outcome.case))
        return [case for _, case in sorted(fired, key=lambda found: found[0])]

    def _changes(self, mutant: Mutant, original: Case) -> Iterator[tuple[str, str]]:
        if mutant.after is None:
            return
        kind = _COLUMNS[mutant.kind]
        narrow, broad = (getattr(region, kind.singular) for region in (mutant.before.region, mutant.after.region))
        added = self._inside(kind, broad) - self._inside(kind, narrow)
        ordered = sorted(added, key=lambda word: (-self._frequent[word], word))
        for word in ordered:
            if kind is WordKind.ROLE:
                yield from self._roles(word, original)
            else:
                yield kind.singular, word

    def _inside(self, kind: WordKind, word: str) -> frozenset[str]:
        words = self._policy.vocabulary.words(kind)
        return frozenset(words) if word == ANY else self._policy.hierarchies.downward[kind][word] & words.keys()

    def _roles(self, role: str, original: Case) -> Iterator[tuple[str, str]]:
        resource = original.written["resource"]
        if role == DATA_SUBJECT:
            if resource.get("data_subject"):
                yield "subject", resource["data_subject"]
            return
        if role == THIRD_PARTY:
            yield "role", NO_ROLE
            yield "subject", STRANGER
            return
        operator = f"operator:{self._policy.operator}"
        itself = f"{resource['type']}:{resource['id']}"
        held_in = self._policy.vocabulary.words(WordKind.ROLE)[role].held_in
        granting = self._policy.granting.get(role)
        granter = f" granted by {granting.by[0]}" if granting is not None and granting.required else ""
        for scope in (*resource.get("scopes", ()), resource.get("data_subject", ""), operator, itself):
            if scope.partition(":")[0] in held_in:
                yield "role", f"{role} in {scope}{granter}"
                return


def _words_of(case: Case) -> Iterator[str]:
    request = case.request
    if request is not None:
        yield from (request.action, request.resource.type, request.purpose)
        for fact in case.written.get("facts", ()):
            if "role" in fact:
                yield fact["role"].get("role", "")
