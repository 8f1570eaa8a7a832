"""Who may what: for each role, action, category and purpose whether it is allowed, and under which conditions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pdp.analysis.cells import Cell, Cells
from pdp.analysis.meanings import Side
from pdp.analysis.narrowing import Narrowing
from pdp.analysis.roles import RoleKind, role_kinds
from pdp.analysis.shared_work import Progress, each_of
from pdp.analysis.stance import Ground, Standing, conditions_of, ground
from pdp.analysis.together import Chance, Together, bits_of
from pdp.core.decision import Effect, Obligation
from pdp.core.fact_schema import FactSchema
from pdp.core.policy import Rule
from pdp.core.vocabulary import WordKind
from pdp.deciding import decide
from pdp.deciding.obligations import LEAVE_OUT
from pdp.policy_set import Asked, PolicySet
from pdp.space import Space


class Permission(StrEnum):
    """What holds of every situation: all are allowed, some are, none is."""

    ALLOWED = "allowed"
    CONDITIONAL = "conditional"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Bearing:
    """A rule that decides in some situation, and those of its conditions that do not come out alike in all of them."""

    rule: Rule
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """The permission of a role for something, with the rules that it rests on.

    It is allowed where all conditions of one of *allowing* are true, unless none of the conditions of one of *denying*
    is false. *kept_back* holds by narrower category the deny rules that keep it back from an allow; where they leave
    nothing (*emptied*), that is a denial too.
    """

    permission: Permission
    allowing: tuple[Bearing, ...] = ()
    denying: tuple[Bearing, ...] = ()
    kept_back: tuple[tuple[str, tuple[Bearing, ...]], ...] = ()
    emptied: bool = False


Row = tuple[tuple[RoleKind, Entry], ...]
"""What each kind of roles may do in one cell."""

SILENCE = Entry(Permission.DENIED)
"""What no rule allows and no rule denies."""


class Matrix:
    """The matrix of one policy, for subjects that hold one role. Its parts may be done another way by a subclass.

    *wanted* are the words that are looked at, by kind; of a kind that it leaves out, all. *jobs* processes share it.
    """

    together_type: type[Together] = Together
    narrowing_type: type[Narrowing] = Narrowing

    def __init__(
        self,
        policy: PolicySet,
        schema: FactSchema,
        wanted: Mapping[WordKind, frozenset[str]] | None = None,
        jobs: int = 1,
    ) -> None:
        self.policy = policy
        self._jobs = jobs
        self._wanted = wanted or {}
        self._space = Space([policy], schema)
        self._side = Side(policy, self._space)
        self._narrowing = self.narrowing_type(self._side, self._space)
        self._together = self.together_type(self._side, self._space)
        self._kinds: dict[object, tuple[RoleKind, ...]] = {}
        self._entries: dict[object, Entry] = {}
        self.emptied: dict[object, bool] = {}
        """By what an allow rule and the denials beside it see, whether everything may be kept back from it."""

    def rows(self, progress: Progress | None = None) -> Iterator[tuple[Cell, Row]]:
        """Yield for each cell of which a rule speaks what every role may. Raises UndecidedError."""
        cells = [cell for cell in Cells([self._side], self._space, regions=self._wanted) if self._is_wanted(cell)]
        grounds = [self._narrowing.without_idle(ground(self._side, *_words_of(cell))) for cell in cells]
        alike = [self.alike(found, cell) for cell, found in zip(cells, grounds, strict=True)]
        first: dict[object, tuple[Cell, Ground]] = {}
        for key, cell, found in zip(alike, cells, grounds, strict=True):
            first.setdefault(key, (cell, found))
        # Cells of one category ask alike questions: the process that has answered one should be asked the other.
        keys = sorted(first, key=lambda key: first[key][0].categories.first)
        rows: dict[object, Row] = {}
        for row in each_of(self._row, [first[key] for key in keys], self._jobs):
            rows[keys[len(rows)]] = row
            if progress is not None:
                progress(len(rows), len(keys))
        for cell, key in zip(cells, alike, strict=True):
            yield cell, rows[key]

    def _row(self, place: tuple[Cell, Ground]) -> Row:
        cell, found = place
        words = _words_of(cell)
        return tuple(
            (kind, self._entry((frozenset(kind.roles[:1]), *words), found, kind)) for kind in self._kinds_of(found)
        )

    def alike(self, found: Ground, cell: Cell) -> object:
        """Return what the answers in *cell* rest on, where the rules *found* matter: equal for cells that are alike."""
        return found, cell.features

    def emptied_alike(self, asked: Asked, chance: Chance) -> object:
        """Return what it rests on whether everything may be kept back from *chance*."""
        return chance.standing, asked[2], self.together.view(asked, chance.standing)

    def _is_wanted(self, cell: Cell) -> bool:
        columns = (
            (WordKind.ACTION, cell.actions),
            (WordKind.CATEGORY, cell.categories),
            (WordKind.PURPOSE, cell.purposes),
        )
        return all(kind not in self._wanted or words.first in self._wanted[kind] for kind, words in columns)

    def _kinds_of(self, found: Ground) -> tuple[RoleKind, ...]:
        """Return the kinds of roles, those that are wanted and those that are not apart."""
        key = (found.region, found.keeping)
        if key not in self._kinds:
            traits = self._together.traits(conditions_of(self._side, found.for_roles(-1)))
            among = self._wanted.get(WordKind.ROLE, frozenset())
            kinds = role_kinds([self._side], (found.every_bit,), traits, among)
            self._kinds[key] = tuple(kind for kind in kinds if not among or kind.roles[0] in among)
        return self._kinds[key]

    def _entry(self, asked: Asked, found: Ground, kind: RoleKind) -> Entry:
        standing = found.for_roles(kind.rules[0])
        if not standing.speaking:
            return SILENCE
        key = (standing.speaking, standing.keeping, self._together.view(asked, standing))
        if key not in self._entries:
            self._entries[key] = _Asking(self, asked, standing).entry()
        return self._entries[key]

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the roles that are looked at."""
        wanted = self._wanted.get(WordKind.ROLE)
        return tuple(role for role in self.policy.vocabulary.words(WordKind.ROLE) if not wanted or role in wanted)

    @property
    def together(self) -> Together:
        """Return which rules can apply together."""
        return self._together

    @property
    def space(self) -> Space:
        """Return the situations."""
        return self._space


class _Asking:
    """Finds one entry, allow rule by allow rule."""

    def __init__(self, matrix: Matrix, asked: Asked, standing: Standing) -> None:
        self._matrix = matrix
        self._policy = matrix.policy
        self._space = matrix.space
        self._together = matrix.together
        self._asked = asked
        self._standing = standing
        self._rules = matrix.together.side.rules
        self._inside = matrix.policy.residuals.inside
        self._allowing: dict[int, Bearing] = {}
        self._denying: dict[int, Bearing] = {}
        self._kept: dict[tuple[str, int], Bearing] = {}
        self._emptied = False

    def entry(self) -> Entry:
        denies = [at for at in bits_of(self._standing.speaking) if self._rules[at].effect is Effect.DENY]
        applying = [at for at in denies if self._together.can_apply(self._asked, (at, None))]
        for chance in self._together.chances(self._asked, self._standing):
            self._look_at(chance)
        if not self._allowing:
            told = tuple(self._bearing(at) for at in applying)
            always = tuple(one for one in told if not one.conditions)
            return Entry(
                Permission.DENIED, (), always or told, self._kept_back() if self._emptied else (), self._emptied
            )
        allowing = tuple(self._allowing.values())
        unconditional = tuple(one for one in allowing if not one.conditions)
        is_always = bool(not applying and not self._emptied and (unconditional or not self._may_lack_all()))
        return Entry(
            Permission.ALLOWED if is_always else Permission.CONDITIONAL,
            unconditional or allowing,
            tuple(self._denying.values()),
            self._kept_back(),
            self._emptied,
        )

    def _look_at(self, chance: Chance) -> None:
        """Note whether the rule ever decides, and what takes back what it allows."""
        ways = chance.ways(self._asked[2], self._inside)
        self._emptied = self._emptied or (bool(ways[0].keeping) and self._may_empty(chance))
        if not any(self._can_allow(way) for way in ways):
            return
        self._allowing[chance.at] = self._bearing(chance.at)
        for at in bits_of(chance.standing.speaking & ~(1 << chance.at)):
            self._denying.setdefault(at, self._bearing(at))
        for word, bits in chance.standing.keeping:
            for at in bits_of(bits):
                if (word, at) not in self._kept and self._is_kept_back(chance, word, at):
                    self._kept[word, at] = self._bearing(at, word)

    def _can_allow(self, way: Standing) -> bool:
        return self._together.is_possible(self._asked, way, "allow", lambda stance: stance.allows_whole)

    def _is_kept_back(self, chance: Chance, word: str, at: int) -> bool:
        """Say whether a rule keeps back a narrower category from what the chance allows."""
        alone = Standing(chance.standing.speaking, ((word, 1 << at),), True)
        return self._together.is_possible(self._asked, alone, "keep", lambda stance: stance.keeps_back([[word]]))

    def _may_empty(self, chance: Chance) -> bool:
        """Say whether so many narrower categories may be kept back that nothing is left; found once for all alike."""
        known = self._matrix.emptied
        key = self._matrix.emptied_alike(self._asked, chance)
        if key not in known:
            known[key] = self._finds_nothing_left(chance)
        return known[key]

    def _finds_nothing_left(self, chance: Chance) -> bool:
        """Say whether so many narrower categories may be kept back that nothing is left.

        To ask for all of them at once is hard. So a situation in which some are kept back is decided, and what is left
        there is asked for too, until everything is kept back or there is no such situation.
        """
        ways = [tuple(word for word, _ in way.keeping) for way in chance.ways(self._asked[2], self._inside)]
        keeping, wanted = dict(chance.standing.keeping), ways[:1]
        while True:
            some = tuple((word, keeping[word]) for word in sorted({word for way in wanted for word in way}))
            question, stance = self._together.opened(self._asked, Standing(chance.standing.speaking, some, True))
            kept_back = stance.keeps_back(wanted)
            # To say that there is none takes a fraction of what it takes to tell of one.
            request = question.situation(kept_back) if question.is_possible(kept_back) else None
            if request is None or request.time is None:
                return False
            answer = decide(self._policy, request, (), request.time)
            kept = {word for owed in answer.obligations for word in _left_out(owed)}
            left = [way for way in ways if way not in wanted and kept.isdisjoint(way)]
            if not answer.allowed or not left:
                return not answer.allowed
            wanted.append(left[0])

    def _may_lack_all(self) -> bool:
        """Say whether there is a situation in which none of the rules applies."""
        standing = Standing(sum(1 << at for at in self._allowing), (), True)
        negated = self._space.script.negated
        return self._together.is_possible(
            self._asked, standing, "lack", lambda stance: negated(stance.something_allows)
        )

    def _bearing(self, at: int, category: str | None = None) -> Bearing:
        rule = self._rules[at]
        told = [name for name in rule.conditions if self._may_fail(rule, name, category)]
        return Bearing(rule, tuple(told))

    def _may_fail(self, rule: Rule, condition: str, category: str | None) -> bool:
        """Say whether the condition may keep the rule from applying."""
        allows = rule.effect is Effect.ALLOW
        return self._together.may_fail(self._asked, condition, category, allows=allows)

    def _kept_back(self) -> tuple[tuple[str, tuple[Bearing, ...]], ...]:
        found: dict[str, list[Bearing]] = {}
        for (word, _), bearing in self._kept.items():
            found.setdefault(word, []).append(bearing)
        return tuple((word, tuple(bearings)) for word, bearings in found.items())


def _words_of(cell: Cell) -> tuple[str, str, str]:
    return cell.actions.first, cell.categories.first, cell.purposes.first


def _left_out(owed: Obligation) -> Iterator[str]:
    """Yield the categories that an obligation leaves out."""
    if owed.id == LEAVE_OUT:
        categories = owed.parameters["categories"]
        if isinstance(categories, list | tuple):
            yield from (str(word) for word in categories)
