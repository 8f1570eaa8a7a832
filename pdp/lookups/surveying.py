"""From a question whose subject is not known to the stored facts that could matter to anybody who asks it."""

from collections.abc import Iterator

from pdp.conditions import parts_of, rests_on
from pdp.conditions.expression import All, Compare, Expression, Relation, Root, SomeGround, Term
from pdp.core.entity import Entity
from pdp.core.fact_identity import fact_id
from pdp.core.request import Request
from pdp.core.survey import GroundsSurveyed, Named, Survey
from pdp.core.vocabulary import WordKind
from pdp.lookups.naming import entities_in, named_by_question
from pdp.policy_set import PolicySet


def survey_of(policy: PolicySet, request: Request) -> Survey:
    """Return what could matter to *request*, whoever asks it.

    More than is needed does no harm. The subject of *request* is not looked at.
    """
    pictured = request.resource.properties.get("pictured", ())
    people = frozenset(entities_in((request.resource.data_subject, pictured)))
    tied: dict[str, bool] = {}
    for ground in _grounds(policy, request):
        tied[ground.kind] = tied.get(ground.kind, True) and _is_about_the_person(ground.where)
    # Where the data is about nobody, a comparison with its data subject is unknown and not false.
    about_them: Named | None = frozenset[Entity | None](people) | {None} if request.resource.data_subject else None
    grounds = tuple(GroundsSurveyed(kind, about_them if is_tied else None) for kind, is_tied in sorted(tied.items()))
    ids = frozenset(fact_id(request.operator, fact.kind) for fact in request.facts)
    return Survey(named_by_question(request), people, grounds, ids)


def _grounds(policy: PolicySet, request: Request) -> Iterator[SomeGround]:
    """Yield every statement about grounds on which a rule for this action and purpose rests, whatever the category."""
    covers = policy.hierarchies.covers
    for rule in policy.rules.values():
        if not covers(WordKind.ACTION, rule.region.action, request.action):
            continue
        if not covers(WordKind.PURPOSE, rule.region.purpose, request.purpose):
            continue
        for condition in rule.conditions:
            for inner in rests_on(condition, policy.conditions):
                for part in parts_of(policy.conditions[inner].expression):
                    if isinstance(part, SomeGround):
                        yield part


def _is_about_the_person(where: Expression | None) -> bool:
    """Say whether *where* is false of every ground about somebody else.

    A ground about nobody is another matter: for it the comparison is false in a way whose negation is unknown.
    """
    parts = where.parts if isinstance(where, All) else (where,)
    return any(_names_the_person(part) for part in parts)


def _names_the_person(part: Expression | None) -> bool:
    match part:
        case Compare(
            left=Term(root=Root.FACT, name="data_subject"),
            relation=Relation.IS,
            right=Term(root=root, name=name),
        ):
            return (root, name) in {(Root.PERSON, ""), (Root.RESOURCE, "data_subject")}
        case _:
            return False
