"""The space of situations held against circumstances made up without it, and its situations against the interpreter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random

from pdp.conditions import Condition, ConditionTable, Evaluator, compile_conditions
from pdp.core.circumstances import Circumstances
from pdp.core.containment import BoundExceededError
from pdp.core.decision import Outcome
from pdp.core.facts import Fact, Ground, Properties
from pdp.core.policy import Granting, Hierarchies
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.policy_set import Asked
from pdp.space import Conditioned, Question, Space
from tests.builders import the_words
from tests.properties import condition_worlds

SpaceMaker = Callable[[Conditioned], Space]


def the_space(policy: Conditioned) -> Space:
    """Return the space of *policy*."""
    return Space([policy], the_words().schema)


@dataclass(frozen=True, eq=False)
class MadeUp:
    """Conditions that were made up, with the words that they are written in."""

    operator: str
    vocabulary: Vocabulary
    hierarchies: Hierarchies
    conditions: Mapping[str, Condition]
    granting: Mapping[str, Granting] = field(default_factory=dict)
    compiled: ConditionTable = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compiled", compile_conditions(self.conditions))


def made_up(random: Random) -> MadeUp:
    """Return conditions of a random operator."""
    world = condition_worlds.the_world(random.choice(condition_worlds.OPERATORS))
    conditions = condition_worlds.conditions(world, random, 6)
    return MadeUp(world.operator, the_words().vocabulary, world.hierarchies, conditions)


def some_circumstances(policy: MadeUp, random: Random) -> Circumstances:
    """Return circumstances that the wire would take: a ground has all that its kind requires, nothing is empty."""
    found = condition_worlds.circumstances(condition_worlds.the_world(policy.operator), random)
    facts = tuple(fact for fact in found.facts if _is_complete(fact))
    resource = replace(found.resource, properties=_sendable(found.resource.properties))
    context = {key: value for key, value in _sendable(found.request.context).items() if value != ()}
    subject_properties = _sendable(found.request.subject_properties)
    request = replace(
        found.request, facts=facts, resource=resource, context=context, subject_properties=subject_properties
    )
    return Circumstances(request, (), found.instant, policy.hierarchies, policy.granting)


def _sendable(properties: Properties) -> Properties:
    """Return what the wire takes: no empty text, and no list of fields without a field."""
    return {key: value for key, value in properties.items() if value != "" and (key, value) != ("fields", ())}


def _is_complete(fact: Fact) -> bool:
    ground = fact.kind
    if not isinstance(ground, Ground):
        return True
    fields = {"id": ground.id, "status": ground.status, "beneficiary": ground.beneficiary}
    parts = {**ground.properties, **fields, "data_subject": ground.data_subject}
    return all(parts.get(name) not in {None, ()} for name in the_words().schema.grounds[ground.kind].requires)


def missed(seed: int, make: SpaceMaker = the_space) -> str | None:
    """Return circumstances that the space holds to be impossible although they were met, None when there are none."""
    random = Random(seed)
    policy = made_up(random)
    space = make(policy)
    for _ in range(3):
        names = random.sample(list(policy.conditions), 3)
        try:
            circumstances = some_circumstances(policy, random)
            met = outcomes(policy.conditions, circumstances, names)
        except (BoundExceededError, OverflowError):
            continue
        request = circumstances.request
        asked = (circumstances.roles, request.action, circumstances.resource.type, request.purpose)
        question = asking(space, policy, asked, names)
        if not question.is_possible(*[question.has_outcome(policy, name, met[name]) for name in names]):
            return f"{asked}: {met} {[policy.conditions[name].text.en for name in names]}"
    return None


def imagined(seed: int, make: SpaceMaker = the_space) -> str | None:
    """Return a situation of the space that is not as the space says, None when there is none."""
    random = Random(seed)
    policy = made_up(random)
    space = make(policy)
    for _ in range(3):
        wrong = wrong_situation(space, policy, random)
        if wrong:
            return wrong
    return None


def wrong_situation(space: Space, policy: Conditioned, random: Random) -> str | None:
    """Ask for a random combination of outcomes: return the situation when it is not one of it, otherwise None."""
    names = random.sample(list(policy.conditions), min(len(policy.conditions), random.randint(1, 4)))
    asked = some_question(policy.vocabulary, random)
    wanted = {name: random.choice(list(Outcome)) for name in names}
    question = asking(space, policy, asked, names)
    request = question.situation(*[question.has_outcome(policy, name, wanted[name]) for name in names])
    if request is None or request.time is None:
        return None
    circumstances = Circumstances(request, (), request.time, policy.hierarchies, policy.granting)
    found = outcomes(policy.conditions, circumstances, names)
    if found == wanted and circumstances.roles == asked[0]:
        return None
    return f"{asked}: wanted {wanted}, found {found} for {circumstances.roles}: {request}"


def asking(space: Space, policy: Conditioned, asked: Asked, names: list[str]) -> Question:
    """Return a question that may speak of the conditions *names*."""
    question = space.question(asked)
    question.names(policy, names)
    return question


def some_question(vocabulary: Vocabulary, random: Random) -> Asked:
    """Return random roles, at most three, and a random action, category and purpose."""
    action, category, purpose = (
        random.choice(list(vocabulary.words(kind))) for kind in (WordKind.ACTION, WordKind.CATEGORY, WordKind.PURPOSE)
    )
    roles = random.sample(list(vocabulary.words(WordKind.ROLE)), random.randint(1, 3))
    return frozenset(roles), action, category, purpose


def outcomes(conditions: Mapping[str, Condition], circumstances: Circumstances, names: list[str]) -> dict[str, Outcome]:
    """Return what the interpreter says of the conditions *names*."""
    evaluator = Evaluator(conditions, circumstances)
    return {name: evaluator.named(name).outcome for name in names}
