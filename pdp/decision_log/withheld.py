"""Which properties stand in a record as a digest alone: texts that no rule of the policy set can read."""

from collections.abc import Iterable, Iterator

from pdp.conditions.traversal import terms_of
from pdp.core.fact_schema import PropertySpec, ValueType
from pdp.policy_set import PolicySet


def withheld_keys(policy: PolicySet) -> frozenset[str]:
    """Return the keys of known texts that no condition and no duty of *policy* looks at, wherever it might."""
    read = {
        term.name for condition in policy.conditions.values() for term in terms_of(condition.expression) if term.name
    }
    # What a duty takes from the request stands in the obligation.
    read |= {path.rpartition(".")[2] for duty in policy.duties.values() for path in duty.taken_from.values()}
    return frozenset(spec.key for spec in _specs(policy) if spec.type is ValueType.STRING) - read


def _specs(policy: PolicySet) -> Iterator[PropertySpec]:
    schema = policy.schema
    sections: Iterable[Iterable[PropertySpec]] = (
        schema.subject_properties.values(),
        schema.resource_properties.values(),
        schema.context_properties.values(),
        policy.declared.values(),
    )
    for section in sections:
        yield from section
