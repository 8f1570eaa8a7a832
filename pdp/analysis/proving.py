"""Whether invariants hold over the whole space, or a request that breaks one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from pdp.analysis.cells import Cell, Cells
from pdp.analysis.invariants import NEVER, Invariant, WithInvariants
from pdp.analysis.meanings import Side
from pdp.analysis.narrowing import Narrowing
from pdp.analysis.roles import MOST_ROLES, RoleKind, RoleSets, either_side, feature_of, role_kinds, role_sets
from pdp.analysis.seeing import view_of
from pdp.analysis.stance import Ground, Stance, Standing, conditions_of, ground, meant
from pdp.analysis.together import Together, bits_of
from pdp.conditions import Evaluator
from pdp.core.circumstances import Circumstances
from pdp.core.decision import Outcome
from pdp.core.request import Request
from pdp.core.role_holding import THIRD_PARTY
from pdp.core.vocabulary import WordKind
from pdp.deciding import Answer, decide
from pdp.policy_set import Asked
from pdp.space import Formula, Question, Space, Traits
from pdp.wire.json_form import check_request_from_dict, message_to_json
from pdp.wire.outgoing import request_to_wire
from pdp.wire.requests import request_from_wire
from pdp.wire.words import Words

Progress = Callable[[int, int], None]

_Possible = Callable[[Invariant, Asked, Standing], bool]

_COLUMNS: Final = (WordKind.ACTION, WordKind.CATEGORY, WordKind.PURPOSE)
_ANYBODY: Final = frozenset({THIRD_PARTY})


class UnconfirmedBreachError(Exception):
    """A request that should break an invariant does not: nothing of the proof may be relied on."""


@dataclass(frozen=True, slots=True)
class Proof:
    """An invariant with the request that breaks it and its answer; both None when it holds everywhere."""

    invariant: Invariant
    breach: Request | None = None
    answer: Answer | None = None

    @property
    def holds(self) -> bool:
        """Say whether nothing breaks the invariant."""
        return self.breach is None


class Prover:
    """Proves the invariants of one policy, or finds what breaks them."""

    def __init__(self, stated: WithInvariants, words: Words) -> None:
        self._stated = stated
        self._words = words
        self._policy = stated.policy
        self.space = Space([stated.policy, stated], words.schema)
        self._side = Side(stated.policy, self.space)
        self._narrowing = Narrowing(self._side, self.space)
        self._unconditional = sum(1 << at for at, one in enumerate(self._side.meanings) if not one.conditions)
        self._together = Together(self._side, self.space)
        self._known: dict[object, bool] = {}
        self._for_anybody: dict[object, bool] = {}
        self._samples = either_side(self.space.vocabulary, self.space.hierarchies)
        self._keepers: dict[str, list[int]] = {}
        self._risks: dict[object, bool] = {}
        self._seen: dict[frozenset[int], Traits] = {}

    def proofs(self, progress: Progress | None = None) -> Iterator[Proof]:
        """Yield a proof of each invariant, in their order. Raises UndecidedError and UnconfirmedBreachError."""
        for at, invariant in enumerate(self._stated.invariants):
            if progress is not None:
                progress(at, len(self._stated.invariants))
            yield self.proof(invariant)

    def proof(self, invariant: Invariant) -> Proof:
        """Return the proof of one invariant."""
        also, everywhere = self._conditions(invariant), invariant.claim != NEVER
        cells = Cells([self._side], self.space, also, invariant.words, everywhere=everywhere)
        speaking = self._speaking(invariant)
        done: set[object] = set()
        for cell in cells:
            rules = cell.rules[0] & speaking
            idle = invariant.claim == NEVER and not rules & ~self._side.denies
            # What is kept back from a broad category depends on more than the rules that speak of the whole.
            broad = self.space.has_narrower(cell.categories.first)
            alike = (rules, cell.features, (cell.actions.rules, cell.purposes.rules) if broad else None)
            if idle or alike in done or not self._is_inside(invariant, cell):
                continue
            done.add(alike)
            found = self._breach_in(invariant, _words_of(cell), speaking)
            if found is not None:
                return self._confirmed(invariant, found)
        return Proof(invariant)

    def _conditions(self, invariant: Invariant) -> frozenset[int]:
        names = [name for name in (invariant.unless, invariant.given) if name is not None]
        return frozenset(self.space.identity(self._stated, name) for name in names)

    def _speaking(self, invariant: Invariant) -> int:
        """Return the rules that speak for those whom the invariant is about; with others beside them, all rules."""
        if not invariant.alone:
            return -1
        speaking = 0
        for role in invariant.words[WordKind.ROLE]:
            speaking |= self._side.roles[role]
        return speaking

    def _is_inside(self, invariant: Invariant, cell: Cell) -> bool:
        about = zip(_COLUMNS, _words_of(cell), strict=True)
        return all(word in invariant.words[kind] for kind, word in about)

    def _breach_in(self, invariant: Invariant, words: tuple[str, str, str], speaking: int) -> Request | None:
        about = self._narrowing.without_idle(ground(self._side, *words))
        keeping = tuple((word, bits & speaking) for word, bits in about.keeping if bits & speaking)
        region = about.region & speaking
        if invariant.claim == NEVER:
            region = self._never_kept(invariant, words, region)
            if not region & ~self._side.denies:
                return None
        about = Ground(region, keeping, about.spoken_of)
        rests_on = conditions_of(self._side, about.for_roles(-1)) | self._conditions(invariant)
        traits = self._traits(rests_on)
        kinds = self._kinds(invariant, about.every_bit, traits)
        risky = {id(kind) for kind in kinds if self._may_break(invariant, kind.rules[0], kind.roles[0], words)}
        if invariant.claim == NEVER and not risky:
            return None
        for roles in role_sets(kinds, MOST_ROLES):
            at_risk = invariant.claim != NEVER or any(id(kind) in risky for kind in roles.kinds)
            if at_risk and self._is_spoken_of(invariant, roles):
                asked = (roles.example, *words)
                request = self._breach(invariant, asked, about, roles.rules[0])
                if request is not None:
                    return request
        return None

    # --- What keeps an invariant whoever asks -------------------------------------------------------------------------

    def _never_kept(self, invariant: Invariant, words: tuple[str, str, str], region: int) -> int:
        """Return *region* without the allow rules that keep an invariant whatever roles are held.

        One does by itself, or in spite of it a deny rule that speaks for everybody whom the invariant is about.
        """
        denying = region & self._side.denies & self._for_everybody(invariant)
        for at in bits_of(region & ~self._side.denies):
            possible = self._is_possible_for_anybody
            if not any(self._may_allow(invariant, (one, *words), at, denying, possible) for one in self._samples):
                region &= ~(1 << at)
        return region

    def _for_everybody(self, invariant: Invariant) -> int:
        """Return the rules that speak for each role that the invariant is about, one of which is always held."""
        rules = -1
        for role in invariant.words[WordKind.ROLE]:
            rules &= self._side.roles[role]
        return rules

    def _is_possible_for_anybody(self, invariant: Invariant, asked: Asked, standing: Standing) -> bool:
        traits = self._traits(conditions_of(self._side, standing) | self._conditions(invariant))
        view = view_of(self.space, asked, traits, narrow=bool(standing.keeping))
        key = (meant(self._side, standing), self._sought(invariant), view)
        if key not in self._for_anybody:
            question, broken = self._opened(invariant, asked, standing)
            self._for_anybody[key] = question.is_possible_for_anybody(broken())
        return self._for_anybody[key]

    # --- Roles one by one ---------------------------------------------------------------------------------------------

    def _may_break(self, invariant: Invariant, rules: int, role: str, words: tuple[str, str, str]) -> bool:
        """Say whether an allow rule that speaks for *role* breaks the invariant in spite of the deny rules for it.

        *rules* are those that speak for the role; whatever other roles are held beside it, these speak too.
        """
        denying = rules & self._side.denies
        if invariant.claim == NEVER and denying & self._unconditional:
            return False
        return any(
            self._rule_may_break(invariant, 1 << at, denying, role, words)
            for at in range(len(self._side.rules))
            if rules & ~denying & 1 << at
        )

    def _rule_may_break(
        self, invariant: Invariant, bit: int, denying: int, role: str, words: tuple[str, str, str]
    ) -> bool:
        standing = Standing(bit | denying, (), True)
        traits = self._traits(conditions_of(self._side, standing) | self._conditions(invariant))
        view = view_of(self.space, (_ANYBODY, *words), traits, narrow=False)
        vocabulary, hierarchies = self.space.vocabulary, self.space.hierarchies
        feature = feature_of(role, traits, vocabulary, hierarchies)
        key = (invariant.name, bit, denying, feature, role in invariant.words[WordKind.ROLE], view)
        if key not in self._risks:
            self._risks[key] = any(
                self._is_possible(invariant, (roles.example, *words), standing)
                for roles in role_sets(self._kinds(invariant, bit | denying, traits), MOST_ROLES)
                if any(role in kind.roles for kind in roles.kinds) and self._is_spoken_of(invariant, roles)
            )
        return self._risks[key]

    def _kinds(self, invariant: Invariant, rules: int, traits: Traits) -> tuple[RoleKind, ...]:
        """Return the kinds of roles that may be held: only those that the invariant is about, where it says so."""
        among = invariant.words[WordKind.ROLE]
        kinds = role_kinds([self._side], (rules,), traits, among)
        return tuple(kind for kind in kinds if kind.roles[0] in among) if invariant.alone else kinds

    def _is_spoken_of(self, invariant: Invariant, roles: RoleSets) -> bool:
        inside = [role in invariant.words[WordKind.ROLE] for role in roles.example]
        return all(inside) if invariant.alone else any(inside)

    def _breach(self, invariant: Invariant, asked: Asked, about: Ground, held: int) -> Request | None:
        for standing in self._ways(invariant, asked, about.for_roles(held)):
            if self._is_possible_by(invariant, asked, standing):
                question, broken = self._opened(invariant, asked, standing)
                return question.situation(broken())
        return None

    def _ways(self, invariant: Invariant, asked: Asked, standing: Standing) -> Iterator[Standing]:
        """Yield standings in one of which the invariant is broken if it is broken where *standing* is.

        What is allowed is allowed by one rule in spite of those that can apply beside it: a question for each is easier
        than one about all rules.
        """
        if invariant.claim != NEVER:
            yield standing
            return

        denying = standing.speaking & self._side.denies

        def matters(at: int) -> bool:
            return self._may_allow(invariant, asked, at, denying, self._is_possible_by)

        for chance in self._together.chances(asked, standing, matters):
            yield from chance.ways(asked[2], self._policy.residuals.inside)

    def _may_allow(self, invariant: Invariant, asked: Asked, at: int, denying: int, possible: _Possible) -> bool:
        """Say whether an allow rule may break the invariant in spite of each one of the deny rules by itself.

        *possible* says whether it is broken where just some rules speak. Most often one deny rule keeps an invariant
        wherever it holds, so those that have kept it before come first.
        """
        alone = 1 << at
        if not possible(invariant, asked, Standing(alone, (), True)):
            return False
        keepers = self._keepers.setdefault(invariant.name, [])
        for deny in (*keepers, *[each for each in bits_of(denying) if each not in keepers]):
            if denying >> deny & 1 and not possible(invariant, asked, Standing(alone | 1 << deny, (), True)):
                if deny in keepers:
                    keepers.remove(deny)
                keepers.insert(0, deny)
                return False
        return True

    def _is_possible(self, invariant: Invariant, asked: Asked, standing: Standing) -> bool:
        """Say whether the invariant is broken in some situation where just these rules speak."""
        return any(self._is_possible_by(invariant, asked, one) for one in self._ways(invariant, asked, standing))

    def _is_possible_by(self, invariant: Invariant, asked: Asked, standing: Standing) -> bool:
        traits = self._traits(conditions_of(self._side, standing) | self._conditions(invariant))
        vocabulary, hierarchies = self.space.vocabulary, self.space.hierarchies
        features = frozenset(feature_of(role, traits, vocabulary, hierarchies) for role in asked[0])
        view = view_of(self.space, asked, traits, narrow=bool(standing.keeping))
        key = (meant(self._side, standing), self._sought(invariant), features, view)
        if key not in self._known:
            self._known[key] = self._is_possible_for_anybody(invariant, asked, standing) and self._asked_exactly(
                invariant, asked, standing
            )
        return self._known[key]

    def _asked_exactly(self, invariant: Invariant, asked: Asked, standing: Standing) -> bool:
        question, broken = self._opened(invariant, asked, standing)
        return question.is_possible(broken())

    def _sought(self, invariant: Invariant) -> object:
        names = (invariant.unless, invariant.given)
        return invariant.claim, *(None if name is None else self.space.identity(self._stated, name) for name in names)

    def _traits(self, conditions: frozenset[int]) -> Traits:
        if conditions not in self._seen:
            self._seen[conditions] = self.space.traits(conditions)
        return self._seen[conditions]

    def _opened(self, invariant: Invariant, asked: Asked, standing: Standing) -> tuple[Question, Callable[[], Formula]]:
        question = self.space.question(asked)
        return question, self._broken(invariant, question, Stance(self._side, standing, question, self.space))

    def _broken(self, invariant: Invariant, question: Question, stance: Stance) -> Callable[[], Formula]:
        """Return the formula that says that the invariant is broken."""
        for name in (invariant.unless, invariant.given):
            if name is not None:
                question.names(self._stated, [name])

        def formula() -> Formula:
            written = self.space.script
            parts = [stance.allows_whole if invariant.claim == NEVER else written.negated(stance.allows)]
            if invariant.unless is not None:
                parts.append(written.negated(question.has_outcome(self._stated, invariant.unless, Outcome.TRUE)))
            if invariant.given is not None:
                parts.append(question.has_outcome(self._stated, invariant.given, Outcome.TRUE))
            return written.both(*parts)

        return formula

    # --- What was found, asked of the decision point ------------------------------------------------------------------

    def _confirmed(self, invariant: Invariant, imagined: Request) -> Proof:
        declared = {imagined.operator: self._policy.declared}
        written = message_to_json(request_to_wire(imagined))
        request = request_from_wire(check_request_from_dict(written), self._words, declared=declared)
        if request.time is None:
            raise TypeError(request)
        answer = decide(self._policy, request, (), request.time)
        circumstances = Circumstances(request, (), request.time, self._policy.hierarchies, self._policy.granting)
        evaluator = Evaluator(self._stated.conditions, circumstances)
        outcomes = {
            name: evaluator.named(name).outcome for name in (invariant.unless, invariant.given) if name is not None
        }
        broken = (
            answer.allowed is (invariant.claim == NEVER)
            and (invariant.unless is None or outcomes[invariant.unless] is not Outcome.TRUE)
            and (invariant.given is None or outcomes[invariant.given] is Outcome.TRUE)
        )
        if not broken:
            raise UnconfirmedBreachError(f"{invariant.name}: {written}")
        return Proof(invariant, request, answer)


def _words_of(cell: Cell) -> tuple[str, str, str]:
    return cell.actions.first, cell.categories.first, cell.purposes.first
