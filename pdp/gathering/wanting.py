"""From a request to the facts that could matter to it."""

from collections.abc import Iterable, Iterator, Mapping

from pdp.core.entity import Entity
from pdp.core.fact_identity import fact_id, named_by
from pdp.core.facts import Consent, Containment, Ground, RoleAssignment
from pdp.core.request import Request
from pdp.core.wanted import GroundsWanted, Keys, Wanted
from pdp.gathering.footprint import Demand, Footprint
from pdp.gathering.ties import From, Source, Tie
from pdp.policy_set import PolicySet


class Wanting:
    """Says what requests to the operators of *policies* want of a store."""

    def __init__(self, policies: Mapping[str, PolicySet]) -> None:
        self._footprints = {operator: Footprint(policy) for operator, policy in policies.items()}

    def of(self, request: Request) -> Wanted:
        """Return what could matter to *request*, whose operator has a policy set."""
        demands = self._footprints[request.operator].of(request.action, request.resource.type, request.purpose)
        named = _Named(request)
        return Wanted(
            start=named.start,
            holders=named.holders,
            people=named.people,
            grounds=_groups(demands.grounds, named),
            naming=demands.naming,
            ids=frozenset(fact_id(request.operator, fact.kind) for fact in request.facts),
            subjects=frozenset({request.subject}),
        )


class _Named:
    """Everybody and everything that a request names, by the part that they have in it."""

    def __init__(self, request: Request) -> None:
        self.request = request
        resource = request.resource
        about = () if resource.data_subject is None else (resource.data_subject,)
        pictured = resource.properties.get("pictured", ())
        self.people = frozenset((*about, *_entities((pictured,))))
        circumstances = frozenset(
            (
                request.subject,
                *_entities(request.subject_properties.values()),
                *_entities(resource.properties.values()),
                *_entities(request.context.values()),
                *_entities(request.extra.values()),
            )
        )
        inside, holders = _of_facts(request)
        operator = Entity("operator", request.operator)
        scopes = (resource.entity, *resource.scopes, operator)
        self.start = frozenset((*scopes, *self.people, *circumstances, *inside))
        self.holders = frozenset((*self.people, *circumstances, resource.entity, *holders))

    def values(self, source: Source, *, strict: bool) -> tuple[Entity, ...] | None:
        """Return the entities of *source* that the request names, None when it names none."""
        request = self.request
        match source.origin:
            case From.SUBJECT:
                return (request.subject,)
            case From.RECIPIENT:
                named = request.context.get("recipient")
                return (named if isinstance(named, Entity) else request.subject,)
            case From.PERSON:
                # Within `each person` each is looked at in turn; elsewhere there is nobody if the data is about nobody.
                is_known = request.resource.data_subject is not None or not strict
                return tuple(self.people) if is_known else None
            case From.DATA_SUBJECT:
                return None if request.resource.data_subject is None else (request.resource.data_subject,)
            case From.RESOURCE:
                return (request.resource.entity,)
            case From.SCOPES:
                # The person whom the data is about is no scope of it, also where it is claimed as one.
                about = request.resource.data_subject
                return tuple(scope for scope in request.resource.scopes if scope != about) or None
            case From.CONTEXT:
                return tuple(_entities((request.context.get(source.name),))) or None
            case From.PROPERTY:
                return tuple(_entities((request.resource.properties.get(source.name),))) or None
            case From.WRITTEN:
                return source.entities


def _of_facts(request: Request) -> tuple[set[Entity], set[Entity]]:
    """Return what contextual facts lead to: things whose containers matter, and people whose roles do."""
    inside: set[Entity] = set()
    holders: set[Entity] = set()
    for fact in request.facts:
        match fact.kind:
            case Containment(entity=entity, container=container):
                inside |= {entity, container}
            case RoleAssignment(granted_by=granter) if granter is not None:
                holders.add(granter)
            case Consent(given_by=giver, recipient=recipient):
                holders.add(giver)
                inside |= set() if recipient is None else {recipient}
            case Ground() as ground:
                holders |= set(named_by(ground))
            case _:
                pass
    return inside, holders


def _entities(values: Iterable[object]) -> Iterator[Entity]:
    for value in values:
        if isinstance(value, Entity):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Entity))


def _groups(demands: Iterable[Demand], named: _Named) -> tuple[GroundsWanted, ...]:
    """Return the groups of grounds that *demands* come to, kinds that are looked up alike in one of them."""
    by_keys: dict[tuple[object, ...], tuple[GroundsWanted, set[str]]] = {}
    for demand in demands:
        group = _group(demand, named)
        if group is not None:
            keys = (group.beneficiaries, group.data_subjects, group.concerns, group.within)
            by_keys.setdefault(keys, (group, set()))[1].add(demand.kind)
    return tuple(
        GroundsWanted(frozenset(kinds), group.beneficiaries, group.data_subjects, group.concerns, group.within)
        for group, kinds in by_keys.values()
    )


def _group(demand: Demand, named: _Named) -> GroundsWanted | None:
    """Return the grounds that *demand* comes to; None when there is none that could matter."""
    keys: dict[str, Keys] = {}
    within = False
    for tie in demand.alternative:
        found = _keys(tie, named, strict=demand.strict)
        if found is None:
            continue
        held, scopes = found
        if not held and not scopes:
            return None
        if scopes and tie.field != "concerns":
            # Only a concern is looked for in all that contains the question; any other field is then left untied.
            continue
        keys[tie.field] = held
        within = within or scopes
    return GroundsWanted(
        frozenset({demand.kind}), keys.get("beneficiary"), keys.get("data_subject"), keys.get("concerns"), within
    )


def _keys(tie: Tie, named: _Named, *, strict: bool) -> tuple[Keys, bool] | None:
    """Return what the field may hold, and whether also anything that contains the question; None: whatever it is."""
    held: set[Entity | None] = set()
    scopes = False
    for source in tie.sources:
        values = named.values(source, strict=strict)
        if source.origin is From.SCOPES:
            # FAIL CLOSED (no scope named): containers may be stored, so there may be scopes although none is claimed.
            if strict and values is None:
                return None
            scopes = True
        elif values is not None:
            held |= set(values)
        elif strict:
            return None
    if strict or tie.or_empty:
        held.add(None)
    return frozenset(held), scopes
