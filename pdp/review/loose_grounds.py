"""Lists conditions that rest on a ground without saying whose it is, or what it is about."""

from collections.abc import Iterable
from enum import Flag, auto
from typing import Final

from pdp.conditions import Condition, Expression
from pdp.conditions.expression import All, AnyOf, Compare, Holds, Not, Relation, Root, SomeGround, Term
from pdp.conditions.traversal import children_of
from pdp.core.fact_schema import FactSchema, ValueType
from pdp.policy_set import FolderReport, PolicySet


class Tie(Flag):
    """What ties a ground to the request."""

    NOTHING = 0
    SOMETHING = auto()
    """One or the other of those below."""
    WHO = auto()
    """Something in it is the subject or the recipient, or is held against them."""
    WHAT = auto()
    """Something in it is the person, the resource or one of its scopes."""


_TIES: Final = {
    Root.SUBJECT: Tie.SOMETHING | Tie.WHO,
    Root.RECIPIENT: Tie.SOMETHING | Tie.WHO,
    Root.PERSON: Tie.SOMETHING | Tie.WHAT,
    Root.RESOURCE: Tie.SOMETHING | Tie.WHAT,
    Root.CONTEXT: Tie.SOMETHING | Tie.WHO,
}
_NAMING: Final = frozenset({"beneficiary", "data_subject"})
"""What a ground of a kind that is somebody's has to name."""

_EQUATING: Final = frozenset({Relation.IS, Relation.IN, Relation.ONE_OF, Relation.INCLUDES, Relation.WITHIN})


def report_loose_grounds(policy: PolicySet, schema: FactSchema, report: FolderReport) -> None:
    """Report each condition with a ground that is tied to nothing of the request, or only half.

    A ground that must not be there ties nothing. One of a kind that need not name anybody, such as an incident, is
    everybody's, and is only noted.
    """
    for condition in policy.conditions.values():
        for ground in _grounds(condition.expression):
            personal = not _NAMING.isdisjoint(schema.grounds[ground.kind].requires)
            _report(condition, ground.kind, tie_of(ground), report, personal=personal)


def _grounds(expression: Expression) -> Iterable[SomeGround]:
    if isinstance(expression, Not):
        return
    if isinstance(expression, SomeGround):
        yield expression
    for part in children_of(expression):
        yield from _grounds(part)


def tie_of(ground: SomeGround) -> Tie:
    """Return what ties *ground* to the request in every case in which the statement holds."""
    return _tie(ground.where) if ground.where is not None else Tie.NOTHING


def _tie(expression: Expression) -> Tie:
    match expression:
        case All(parts=parts):
            return _union(_tie(part) for part in parts)
        case AnyOf(parts=parts):
            ties = [_tie(part) for part in parts]
            shared = ties[0]
            for tie in ties[1:]:
                shared &= tie
            return shared
        case Compare(left=left, relation=relation, right=Term() as right) if relation in _EQUATING:
            return _between(left, right)
        case Holds(term=Term(root=Root.FACT)):
            return Tie.SOMETHING | Tie.WHAT  # a role counts towards the person and the resource
    return Tie.NOTHING


def _between(left: Term, right: Term) -> Tie:
    """Return the tie of an equation of two terms: one has to be of the fact, and both to name somebody or something."""
    if ValueType.ENTITY not in {left.type, right.type}:
        return Tie.NOTHING
    if left.root is Root.FACT:
        return _TIES.get(right.root, Tie.NOTHING)
    return _TIES.get(left.root, Tie.NOTHING) if right.root is Root.FACT else Tie.NOTHING


def _union(ties: Iterable[Tie]) -> Tie:
    found = Tie.NOTHING
    for tie in ties:
        found |= tie
    return found


def _report(condition: Condition, kind: str, tie: Tie, report: FolderReport, *, personal: bool) -> None:
    place, name = (condition.line, 1), condition.name
    if not tie:
        told = report.warning if personal else report.note
        told(
            condition.file,
            place,
            "ground-of-anybody",
            f"trong `{name}`, căn cứ `{kind}` của bất kỳ ai, về bất kỳ điều gì, cũng được tính",
            f"in `{name}` a ground `{kind}` counts whosever it is and whatever it is about",
            "its beneficiary is subject and its data_subject is resource.data_subject",
        )
    elif Tie.WHO not in tie and Tie.WHAT in tie:
        report.note(
            condition.file,
            place,
            "ground-for-whoever-asks",
            f"trong `{name}`, căn cứ `{kind}` được tính cho bất kỳ ai hỏi",
            f"in `{name}` a ground `{kind}` counts for whoever asks",
            "its beneficiary is subject",
        )
    elif Tie.WHAT not in tie and Tie.WHO in tie:
        report.note(
            condition.file,
            place,
            "ground-about-anything",
            f"trong `{name}`, căn cứ `{kind}` được tính cho dữ liệu của bất kỳ ai",
            f"in `{name}` a ground `{kind}` counts for the data of anybody",
            "its data_subject is resource.data_subject",
        )
