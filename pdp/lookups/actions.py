"""Which actions a policy speaks of."""

from pdp.core.vocabulary import WordKind
from pdp.policy_set import PolicySet


def actions_spoken_of(policy: PolicySet) -> tuple[str, ...]:
    """Return every action of the vocabulary that some rule of *policy* covers, in the order of the vocabulary."""
    covers = policy.hierarchies.covers
    named = {rule.region.action for rule in policy.rules.values()}
    words = policy.vocabulary.words(WordKind.ACTION)
    return tuple(word for word in words if any(covers(WordKind.ACTION, action, word) for action in named))
