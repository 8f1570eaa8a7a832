"""What one allow rule still needs in a world: its role, its conditions, and that no deny rule applies."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pdp.conditions import parts_of, rests_on
from pdp.conditions.expression import Named
from pdp.core.decision import Outcome
from pdp.core.policy import ANY, Rule
from pdp.counterfactuals.roles import rule_role, to_hold, to_lose
from pdp.counterfactuals.values import LEAVES, Leaf, Values
from pdp.counterfactuals.ways import Steps, Ways, keyed
from pdp.counterfactuals.world import World
from pdp.policy_set import PolicySet


class Needs(NamedTuple):
    """How many things are missing, and the steps towards the one with the fewest; with none, nothing helps.

    *blocker* is then the rule for which nothing helps.
    """

    count: int
    steps: Steps
    blocker: Rule | None


def needs_of(rule: Rule, world: World, values: Values, taken: frozenset[str]) -> tuple[Needs, bool]:
    """Return what *rule* needs in *world*, without steps that decide a slot of *taken*; and whether any was cut."""
    ways = Ways(world, values)
    fewest: Steps | None = None
    count = 0
    cut = False
    for steps, blocker in _open(rule, world, ways):
        count += 1
        free = {key: step for key, step in steps.items() if step.slot not in taken}
        # Two writings of one consent, or of one ground: both conditions might be met by a third.
        cut = cut or any(key.startswith("add") for key in steps.keys() - free.keys())
        if not free:
            return Needs(count, {}, blocker), ways.cut or cut
        if fewest is None or len(free) < len(fewest):
            fewest = free
    return Needs(count, fewest or {}, None), ways.cut or cut


def _open(rule: Rule, world: World, ways: Ways) -> Iterator[tuple[Steps, Rule]]:
    """Yield the steps towards each thing that is missing, deny rules first: they are what most often cannot be helped."""
    policy, request = world.policy, world.request
    judgement = world.judgement
    if judgement is None:
        return
    found = False
    for denying in _denying(world):
        found = True
        yield _to_silence(denying, world, ways), denying
    if not rule_role(world, rule.region.role):
        found = True
        yield keyed(to_hold(world, request.subject, (rule.region.role,), None, None)), rule
    for name in dict.fromkeys(rule.conditions):
        if world.evaluator.named(name).outcome is not Outcome.TRUE:
            found = True
            yield ways.towards(policy.conditions[name].expression, True, world.outermost), rule
    if not found:
        yield from _kept_back(rule, world, ways)


def _denying(world: World) -> Iterator[Rule]:
    """Yield the deny rules that apply."""
    judgement = world.judgement
    if judgement is None:
        return
    for residual in world.policy.residuals.rules(judgement.asked).rules:
        if not residual.allows and _applies(residual.rule, world):
            yield residual.rule


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


def _kept_back(rule: Rule, world: World, ways: Ways) -> Iterator[tuple[Steps, Rule]]:
    """Yield the steps against deny rules for narrower categories, where these leave nothing of what is asked for."""
    steps: Steps = {}
    blocker = rule
    for word in world.policy.residuals.narrower[world.request.resource.type]:
        narrow = world.narrowed(word)
        asked = (narrow.circumstances.roles, world.request.action, word, world.request.purpose)
        inner = Ways(narrow, ways.values)
        for residual in world.policy.residuals.rules(asked).rules:
            if not residual.allows and _applies(residual.rule, narrow):
                blocker = residual.rule
                steps |= _to_silence(residual.rule, narrow, inner)
        ways.cut = ways.cut or inner.cut
    yield steps, blocker


def leaves_for(policy: PolicySet, rules: Iterable[Rule]) -> Iterator[Leaf]:
    """Yield every statement about one value that a condition of *rules* rests on."""
    names = {name for rule in rules for name in rule.conditions}
    for name in sorted({inner for name in names for inner in rests_on(name, policy.conditions)}):
        for part in parts_of(policy.conditions[name].expression):
            if isinstance(part, LEAVES) and not isinstance(part, Named):
                yield part


def rules_that_matter(world: World) -> list[Rule]:
    """Return every rule that could decide the question, whatever role is held: of narrower categories those that deny."""
    request, covers = world.request, world.policy.hierarchies.covers_region
    narrower = world.policy.residuals.narrower[request.resource.type]
    found = []
    for rule in world.policy.rules.values():
        categories = (request.resource.type, *(narrower if rule.effect.value == "deny" else ()))
        if any(covers(rule.region, request.action, category, request.purpose) for category in categories):
            found.append(rule)
    return found
