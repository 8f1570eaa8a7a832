"""Any valid request, drawn from the words of the package."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from pdp.core.entity import Entity, id_problem
from pdp.core.fact_schema import PropertySpec, ValueType
from pdp.core.facts import Consent, Containment, Fact, FactKind, Ground, Properties, RoleAssignment
from pdp.core.request import Consistency, Freshness, Request, Resource
from pdp.core.vocabulary import WordKind
from pdp.wire.words import Keys, OperatorWords
from tests.unit.wire.words import the_words

OPERATORS = tuple(the_words().vocabulary.words(WordKind.OPERATOR))
DECLARED = {
    operator: {
        f"declared_{type_.value}{'_list' * is_list}": PropertySpec(
            f"declared_{type_.value}{'_list' * is_list}",
            type_,
            is_list,
            ("day", "night"),
            frozenset({operator}),
            None,
            next(iter(the_words().schema.context_properties.values())).text,
        )
        for type_ in ValueType
        for is_list in (False, True)
    }
    for operator in OPERATORS
}

_ids = st.text(st.sampled_from("abcxyz019.-: /ễđ"), min_size=1, max_size=12).filter(lambda id_: id_problem(id_) is None)
_types = st.sampled_from(("user", "child", "class", "school", "org", "a_9"))
_entities = st.builds(Entity, _types, _ids)
_instants = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999), timezones=st.just(UTC))  # noqa: DTZ001
_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
_plain = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | _text,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=5,
)


def _word(kind: WordKind) -> st.SearchStrategy[str]:
    return st.sampled_from(tuple(the_words().vocabulary.words(kind)))


def _value(spec: PropertySpec) -> st.SearchStrategy[Any]:
    one: Mapping[ValueType, st.SearchStrategy[Any]] = {
        ValueType.BOOL: st.booleans(),
        ValueType.INT: st.integers(-(2**53), 2**53),
        ValueType.STRING: _text,
        ValueType.TIMESTAMP: _instants,
        ValueType.ENTITY: _entities,
        ValueType.CATEGORY: _word(WordKind.CATEGORY),
        ValueType.ROLE: _word(WordKind.ROLE),
        ValueType.ENUM: st.sampled_from(spec.values or ("",)),
    }
    if not spec.is_list:
        return one[spec.type]
    smallest = 1 if spec.key in {"fields", "notice_to"} else 0
    return st.lists(one[spec.type], min_size=smallest, max_size=3).map(tuple)


def _properties(keys: Keys, *, but: frozenset[str] = frozenset()) -> st.SearchStrategy[Properties]:
    specs = {key: spec for key, spec in keys.usable.items() if key not in but}
    return st.fixed_dictionaries({}, optional={key: _value(spec) for key, spec in specs.items()})


@st.composite
def _roles(draw: st.DrawFn, words: OperatorWords) -> RoleAssignment:
    roles = the_words().vocabulary.words(WordKind.ROLE)
    role = draw(st.sampled_from([id_ for id_, word in roles.items() if word.held_in]))
    scope_type = draw(st.sampled_from(roles[role].held_in))
    scope = Entity(scope_type, words.id if scope_type == "operator" else draw(_ids))
    return RoleAssignment(draw(_entities), role, scope, draw(st.none() | _entities))


@st.composite
def _consents(draw: st.DrawFn, words: OperatorWords) -> Consent:
    consent = the_words().schema.consent
    status = draw(st.sampled_from(consent.statuses))
    smallest = 1 if status == "given" else 0
    return Consent(
        data_subject=draw(_entities),
        given_by=draw(_entities),
        purposes=tuple(draw(st.lists(_word(WordKind.PURPOSE), min_size=smallest, max_size=3))),
        categories=tuple(draw(st.lists(_word(WordKind.CATEGORY), min_size=smallest, max_size=3))),
        status=status,
        recipient=draw(st.none() | _entities),
        form=draw(st.sampled_from(("", *consent.forms))),
        properties=draw(_properties(words.consent)),
    )


@st.composite
def _grounds(draw: st.DrawFn, words: OperatorWords) -> Ground:
    spec = draw(st.sampled_from(list(words.grounds.values())))
    keys = words.ground_keys[spec.kind]
    required = {key: _value(keys.usable[key]) for key in spec.requires if key in keys.usable}
    properties = {**draw(_properties(keys)), **draw(st.fixed_dictionaries(required))}
    return Ground(
        kind=spec.kind,
        id=draw(_entities),
        status=draw(st.sampled_from(spec.statuses)),
        beneficiary=draw(_entities if "beneficiary" in spec.requires else st.none() | _entities),
        data_subject=draw(_entities if "data_subject" in spec.requires else st.none() | _entities),
        properties=properties,
    )


@st.composite
def _facts(draw: st.DrawFn, words: OperatorWords) -> Fact:
    containments = st.builds(Containment, _entities, _entities).filter(lambda found: found.entity != found.container)
    kinds: st.SearchStrategy[FactKind] = st.one_of(_roles(words), _consents(words), _grounds(words), containments)
    begins = draw(st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    terms = st.timedeltas(timedelta(microseconds=1), timedelta(days=900))
    ends = draw(st.none() | (_instants if begins is None else terms.map(begins.__add__)))
    return Fact(draw(kinds), begins, ends)


def _identity(fact: Fact) -> object:
    return (fact.kind.kind, fact.kind.id) if isinstance(fact.kind, Ground) else object()


def _consistency() -> st.SearchStrategy[Consistency]:
    plain = st.sampled_from(
        [Consistency(), Consistency(Freshness.MINIMIZE_LATENCY), Consistency(Freshness.FULLY_CONSISTENT)]
    )
    return plain | st.builds(Consistency, st.just(Freshness.AT_LEAST_AS_FRESH), _text)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Draw a valid request to any operator."""
    words = the_words().of(draw(st.sampled_from(OPERATORS)))
    facts = tuple(draw(st.lists(_facts(words), max_size=4, unique_by=_identity)))
    places = ["subject.properties", "action.properties", "resource.properties", "context.extra"]
    places += [
        f"facts[{at}].{'consent' if isinstance(fact.kind, Consent) else 'ground'}.properties"
        for at, fact in enumerate(facts)
        if isinstance(fact.kind, Consent | Ground)
    ]
    paths = st.builds(lambda place, key: f"{place}.x_{key}", st.sampled_from(places), _text | st.just("a.b"))
    return Request(
        request_id=draw(st.just("") | _text),
        operator=words.id,
        subject=draw(_entities),
        action=draw(_word(WordKind.ACTION)),
        resource=Resource(
            type=draw(_word(WordKind.CATEGORY)),
            id=draw(_ids),
            data_subject=draw(st.none() | _entities),
            scopes=tuple(draw(st.lists(_entities, max_size=3))),
            properties=draw(_properties(words.resource)),
        ),
        purpose=draw(_word(WordKind.PURPOSE)),
        subject_properties=draw(_properties(words.subject)),
        context=draw(_properties(words.context, but=frozenset({"time"}))),
        extra=draw(_properties(Keys(DECLARED[words.id]))),
        time=draw(st.none() | _instants),
        facts=facts,
        consistency=draw(_consistency()),
        unread=draw(st.dictionaries(paths, _plain, max_size=4)),
    )
