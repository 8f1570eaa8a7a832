"""What an edit changes beside decisions: who may grant a role, what a sentence says, which circumstances there are."""

from collections.abc import Iterator, Mapping

from pdp.core.text import Text
from pdp.policy_set import PolicySet


def changed_beside(before: PolicySet, after: PolicySet) -> tuple[Text, ...]:
    """Return what differs that no set of roles, word or condition shows, each in words."""
    return tuple(_changed(before, after))


def _changed(before: PolicySet, after: PolicySet) -> Iterator[Text]:
    for role in _unlike(
        {role: (one.by, one.required) for role, one in before.granting.items()},
        {role: (one.by, one.required) for role, one in after.granting.items()},
    ):
        yield Text(
            f"ai được cấp vai trò `{role}`: vai trò đã lưu có thể bắt đầu hoặc thôi có hiệu lực",
            f"who may grant the role `{role}`: a role on record may begin or cease to count",
        )
    for clause in _unlike(
        {id_: (one.quote, one.lead_in, one.summary) for id_, one in before.clauses.items()},
        {id_: (one.quote, one.lead_in, one.summary) for id_, one in after.clauses.items()},
    ):
        yield Text(f"câu chữ của `{clause}`", f"the words of `{clause}`")
    for key in _unlike(before.declared, after.declared):
        yield Text(f"thuộc tính riêng `{key}`", f"the declared property `{key}`")


def _unlike(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
