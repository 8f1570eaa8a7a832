"""What one allow rule still needs in a world: its role, its conditions, and that no deny rule applies."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from pdp.conditions import depends_on_category, parts_of, rests_on
from pdp.core.decision import Effect, Outcome
from pdp.core.policy import ANY, Rule
from pdp.counterfactuals.footprints import ROLES, Footprint, footprint_of
from pdp.counterfactuals.roles import rule_role, to_hold, to_lose
from pdp.counterfactuals.steps import Add, End, Slot
from pdp.counterfactuals.values import LEAVES, Leaf
from pdp.counterfactuals.ways import Steps, Ways, keyed
from pdp.counterfactuals.world import World
from pdp.policy_set import PolicySet

_UNSEEN: Final = 1_000
NARROWER: Final = "narrower"
"""The need that deny rules for narrower categories leave something of what is asked for."""


class Need(NamedTuple):
    """One thing that is missing, by *name*; *rule* asks for it."""

    name: str
    rule: Rule


class Footprints:
    """What each need of a policy rests on."""

    def __init__(self, policy: PolicySet) -> None:
        self._policy = policy
        self._known: dict[str, Footprint] = {}

    def of(self, need: Need) -> Footprint:
        """Return what *need* rests on."""
        if need.name not in self._known:
            self._known[need.name] = self._find(need)
        return self._known[need.name]

    def _find(self, need: Need) -> Footprint:
        if need.name.startswith("not "):
            return footprint_of(need.rule.conditions, self._policy, roles=need.rule.region.role != ANY)
        if need.name.startswith("role "):
            return ROLES
        return footprint_of((need.name,), self._policy)


class Needs:
    """What allow rules need in one world; what is found for one rule is kept for the others.

    *before* is what was needed in the world of which the last step made this one: a need that the step does not touch
    has the same steps in both.
    """

    def __init__(self, world: World, ways: Ways, footprints: Footprints, before: "Needs | None" = None) -> None:
        self.world = world
        self.ways = ways
        self._footprints = footprints
        self._before = before
        self._steps: dict[str, Steps] = {}
        self._denying: tuple[Rule, ...] | None = None

    def of(self, rule: Rule) -> list[Need]:
        """Return what is missing for *rule*, deny rules first: they are what most often cannot be helped."""
        needs = [Need(f"not {denying.id}", denying) for denying in self._deny_rules()]
        if not rule_role(self.world, rule.region.role):
            needs.append(Need(f"role {rule.region.role}", rule))
        evaluator = self.world.evaluator
        asked_for = dict.fromkeys(rule.conditions)
        needs += [Need(name, rule) for name in asked_for if evaluator.named(name).outcome is not Outcome.TRUE]
        return needs or [Need(NARROWER, rule)]

    def steps(self, need: Need) -> Steps:
        """Return the steps towards *need*; none when nothing helps."""
        if need.name in self._steps:
            return self._steps[need.name]
        before = self._before
        known = before.known(need.name) if before is not None and need.name != NARROWER else None
        if known is not None and not self._footprints.of(need).is_touched_by(self.world.steps[-1]):
            self._steps[need.name] = known
        else:
            # What this very change writes is not taken back by it.
            written = {id(step.fact) for step in self.world.steps if isinstance(step, Add)}
            self._steps[need.name] = {
                key: step
                for key, step in self._find(need).items()
                if not (isinstance(step, End) and id(step.fact) in written)
            }
        return self._steps[need.name]

    def known(self, name: str) -> Steps | None:
        """Return the steps towards the need called *name*, None when it was not looked into."""
        return self._steps.get(name)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many steps each thing that was looked into has."""
        return {name: len(steps) for name, steps in self._steps.items()}

    def _find(self, need: Need) -> Steps:
        world, (name, rule) = self.world, need
        if name.startswith("not "):
            return _to_silence(rule, world, self.ways)
        if name.startswith("role "):
            return keyed(to_hold(world, world.request.subject, (rule.region.role,), None, None))
        if name == NARROWER:
            return _kept_back(world, self.ways)
        return self.ways.towards(world.policy.conditions[name].expression, True, world.outermost)

    def _deny_rules(self) -> tuple[Rule, ...]:
        """Return the deny rules that apply."""
        if self._denying is None:
            judgement = self.world.judgement
            speaking = self.world.policy.residuals.rules(judgement.asked).rules if judgement else ()
            self._denying = tuple(one.rule for one in speaking if not one.allows and _applies(one.rule, self.world))
        return self._denying


class Next(NamedTuple):
    """How many things are missing, and the steps to go on with; without any, nothing helps because of *blocker*.

    *dropped* says that a writing was left out because the same thing is written already.
    """

    missing: int
    steps: Steps
    blocker: Rule | None
    dropped: bool


def next_steps(rule: Rule, needs: Needs, taken: frozenset[Slot], known: Mapping[str, int] | None) -> Next:
    """Return how to go on for *rule*, without steps that decide a slot of *taken*.

    All that it needs is looked into, and that with the fewest steps is gone on with. With *known*, how many steps each
    had before, only that which had the fewest is looked into.
    """
    missing = needs.of(rule)
    looked_into = missing
    if known is not None:
        looked_into = [min(missing, key=lambda need: known.get(need.name, _UNSEEN))]
    fewest: Steps = {}
    dropped = False
    for need in looked_into:
        steps = needs.steps(need)
        free = {key: step for key, step in steps.items() if step.slot not in taken}
        # Two writings of one consent, or of one ground: both conditions might be met by a third.
        dropped = dropped or any(isinstance(step, Add) and step.slot in taken for step in steps.values())
        if not free:
            return Next(len(missing), {}, need.rule, dropped)
        if not fewest or len(free) < len(fewest):
            fewest = free
    return Next(len(missing), fewest, None, dropped)


def _applies(rule: Rule, world: World) -> bool:
    return all(world.evaluator.named(name).outcome is not Outcome.FALSE for name in rule.conditions)


def _to_silence(rule: Rule, world: World, ways: Ways) -> Steps:
    """Return the steps that could keep a deny rule from applying: any one of its conditions false, or its role lost."""
    steps: Steps = {}
    if rule.region.role != ANY:
        steps |= keyed(to_lose(world, world.request.subject, (rule.region.role,), None, None))
    for name in dict.fromkeys(rule.conditions):
        steps |= ways.towards(world.policy.conditions[name].expression, False, world.outermost)
    return steps


def _kept_back(world: World, ways: Ways) -> Steps:
    """Return the steps against deny rules for narrower categories, where these leave nothing of what is asked for."""
    steps: Steps = {}
    done: set[str] = set()
    policy = world.policy
    for word in policy.residuals.narrower[world.request.resource.type]:
        narrow = world.narrowed(word)
        asked = (narrow.circumstances.roles, world.request.action, word, world.request.purpose)
        inner = Ways(narrow, ways.values, ways.width)
        for residual in policy.residuals.rules(asked).rules:
            rule = residual.rule
            if residual.allows or rule.id in done or not _applies(rule, narrow):
                continue
            if not any(depends_on_category(name, policy.conditions) for name in rule.conditions):
                done.add(rule.id)
            steps |= _to_silence(rule, narrow, inner)
        ways.cut = ways.cut or inner.cut
    return steps


_LEAVES: dict[tuple[str, str, str, str], tuple[Leaf, ...]] = {}
"""By revision, action, category and purpose; what was found earlier is kept for so many questions."""
_KEPT: Final = 512


def leaves_that_matter(world: World) -> tuple[Leaf, ...]:
    """Return every statement about one value that a rule rests on which could decide the question."""
    policy, request = world.policy, world.request
    key = (policy.revision, request.action, request.resource.type, request.purpose)
    found = _LEAVES.get(key)
    if found is None:
        if len(_LEAVES) >= _KEPT:
            _LEAVES.clear()
        found = _LEAVES[key] = tuple(_leaves_of(policy, _rules_that_matter(world)))
    return found


def _leaves_of(policy: PolicySet, rules: Iterable[Rule]) -> Iterator[Leaf]:
    named = {name for rule in rules for name in rule.conditions}
    resting = frozenset[str]().union(*(rests_on(name, policy.conditions) for name in named))
    for name in sorted(resting):
        for part in parts_of(policy.conditions[name].expression):
            if isinstance(part, LEAVES):
                yield part


def _rules_that_matter(world: World) -> list[Rule]:
    """Return every rule that could decide the question, whatever role is held; of narrower categories the denies."""
    request, covers = world.request, world.policy.hierarchies.covers_region
    narrower = world.policy.residuals.narrower[request.resource.type]
    found = []
    for rule in world.policy.rules.values():
        categories = (request.resource.type, *(narrower if rule.effect is Effect.DENY else ()))
        if any(covers(rule.region, request.action, category, request.purpose) for category in categories):
            found.append(rule)
    return found
