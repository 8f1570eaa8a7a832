"""Conditions and the circumstances that they are held against, each said in one line."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Final

from pdp.conditions import Condition, Evaluator, Expression, Resolver, Result, lacking, parse_condition
from pdp.conditions.compiling import compile_conditions
from pdp.conditions.running import Evaluation, InterpretedEvaluation
from pdp.core.circumstances import Circumstances
from pdp.core.decision import Outcome
from pdp.core.entity import Entity
from pdp.core.fact_schema import FactSchema, PropertySpec
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment, Value
from pdp.core.policy import Granting, Hierarchies, hierarchies
from pdp.core.request import Request, Resource
from pdp.core.text import Text
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.words import load_fact_schema, load_vocabulary

NOW: Final = datetime(2026, 10, 6, 5, 0, tzinfo=UTC)
KIDSONLINE: Final = "kidsonline"
HOMEID: Final = "homeid"
ONMEETING: Final = "onmeeting"
WELEARNING: Final = "welearning"

LAN: Final = Entity("user", "lan")
MINH: Final = Entity("child", "minh")
AN: Final = Entity("child", "an")
CLASS: Final = Entity("class", "a1")
SCHOOL: Final = Entity("school", "hoa-sen")
NEWSPAPER: Final = Entity("org", "báo")
MOTHER: Final = Entity("user", "mẹ")
FATHER: Final = Entity("user", "bố")
"""Mother and father are primary guardians of Minh wherever `a_family` is among the facts."""

Groups = Mapping[WordKind, Mapping[str, Text]]


def vocabulary() -> Vocabulary:
    """Return the vocabulary of the package."""
    return load_vocabulary()


def schema() -> FactSchema:
    """Return the fact schema of the package."""
    return load_fact_schema(load_vocabulary())


@cache
def plain_hierarchies() -> Hierarchies:
    """Return the hierarchies of the vocabulary, without groups."""
    return hierarchies(vocabulary(), {})


def a_resolver(
    operator: str = KIDSONLINE, declared: Mapping[str, PropertySpec] | None = None, groups: Groups | None = None
) -> Resolver:
    """Return the words that a condition of *operator* may use."""
    return Resolver(operator, vocabulary(), schema(), declared or {}, groups or {})


def read(text: str, operator: str = KIDSONLINE) -> Expression:
    """Return the expression that *text* writes."""
    return parse_condition(text, a_resolver(operator))


def named(name: str, text: str, operator: str = KIDSONLINE) -> Condition:
    """Return the condition *name* of a folder."""
    said = Text(name.replace("_", " "), name.replace("_", " "))
    return Condition(name, said, "KIDS-1.1", None, read(text, operator), "conditions.yaml", 1)


# --- Facts ------------------------------------------------------------------------------------------------------------


def a_role(subject: Entity, role: str, scope: Entity, granted_by: Entity | None = None) -> Fact:
    """Return the fact that *subject* holds *role* in *scope*."""
    return Fact(RoleAssignment(subject, role, scope, granted_by))


def a_family() -> tuple[Fact, ...]:
    """Return the two primary guardians of Minh."""
    return (a_role(MOTHER, "primary_guardian", MINH), a_role(FATHER, "primary_guardian", MINH))


def inside(entity: Entity, container: Entity) -> Fact:
    """Return the fact that *entity* lies in *container*."""
    return Fact(Containment(entity, container))


def a_ground(
    kind: str = "support_ticket",
    id_: str = "support_ticket:t-1",
    status: str = "open",
    beneficiary: Entity | None = LAN,
    data_subject: Entity | None = MINH,
    **properties: Value,
) -> Fact:
    """Return a ground in force."""
    return Fact(Ground(kind, Entity.parse(id_), status, beneficiary, data_subject, MappingProxyType(properties)))


def a_consent(
    given_by: Entity = MOTHER,
    status: str = "given",
    purposes: Iterable[str] = ("media",),
    categories: Iterable[str] = ("child_photo",),
    recipient: Entity | None = None,
    *,
    data_subject: Entity = MINH,
    form: str = "written",
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    **properties: Value,
) -> Fact:
    """Return a consent about Minh."""
    said = Consent(data_subject, given_by, tuple(purposes), tuple(categories), status, recipient, form, properties)
    return Fact(said, valid_from, valid_until)


# --- Circumstances ----------------------------------------------------------------------------------------------------


def circumstances(
    *facts: Fact,
    operator: str = KIDSONLINE,
    subject: Entity = LAN,
    action: str = "read",
    category: str = "child_photo",
    purpose: str = "media",
    data_subject: Entity | None = MINH,
    scopes: tuple[Entity, ...] = (CLASS, SCHOOL),
    at: datetime = NOW,
    granting: Mapping[str, Granting] | None = None,
    words: Hierarchies | None = None,
    values: Mapping[str, Value] | None = None,
    **properties: Value,
) -> Circumstances:
    """Return a request with its facts; *properties* and *values* are written `context_channel`, `resource_fields`."""
    sections: dict[str, dict[str, Value]] = {"subject": {}, "resource": {}, "context": {}, "extra": {}}
    for name, value in {**(values or {}), **properties}.items():
        section, _, key = name.partition("_")
        sections[section][key] = value
    request = Request(
        request_id="",
        operator=operator,
        subject=subject,
        action=action,
        resource=Resource(category, "r-1", data_subject, scopes, sections["resource"]),
        purpose=purpose,
        subject_properties=sections["subject"],
        context=sections["context"],
        extra=sections["extra"],
    )
    return Circumstances(request, facts, at, words or plain_hierarchies(), granting or {})


def result(
    text: str,
    given: Circumstances | None = None,
    *others: Condition,
    declared: Mapping[str, PropertySpec] | None = None,
) -> Result:
    """Return what the condition *text* comes to; *others* are the conditions that it names."""
    given = given or circumstances()
    expression = parse_condition(text, a_resolver(given.request.operator, declared))
    asked = Condition("asked", Text("asked", "asked"), "KIDS-1.1", None, expression, "conditions.yaml", 1)
    conditions = {condition.name: condition for condition in (asked, *others)}
    evaluator = Evaluator(conditions, given)
    found = evaluator.evaluate(expression, evaluator.outermost)
    assert_compiled_alike(conditions, given)
    return found


def assert_compiled_alike(conditions: Mapping[str, Condition], given: Circumstances) -> None:
    """Assert that each compiled condition comes to what the interpreter says, notes its instants and fails alike."""
    table = compile_conditions(conditions)
    for name, number in table.numbers.items():
        interpreted, compiled = InterpretedEvaluation(conditions, given), Evaluation(table, given)
        assert came_to(compiled, number) == came_to(interpreted, number), f"{name}\n{table.source}"
        assert compiled.instants == interpreted.instants, f"{name}\n{table.source}"


def came_to(evaluation: Evaluation, number: int) -> int | str:
    """Return the value of a condition, or what evaluating it raised."""
    try:
        return evaluation.code(number)
    except Exception as error:  # noqa: BLE001  # whatever it is, it must be the same
        return f"{type(error).__name__}: {error}"


def outcome(text: str, given: Circumstances | None = None, *others: Condition) -> Outcome:
    """Return whether the condition *text* is true, false or unknown."""
    return result(text, given, *others).outcome


def turning_points(text: str, given: Circumstances) -> set[datetime]:
    """Return the instants at which the condition says that its comparisons may turn over."""
    conditions = {"asked": named("asked", text, given.request.operator)}
    evaluator = Evaluator(conditions, given)
    evaluator.named("asked")
    assert_compiled_alike(conditions, given)
    return evaluator.instants


def lacks(text: str, given: Circumstances | None = None, *others: Condition) -> tuple[Text, ...]:
    """Return what keeps the condition *text* from being true."""
    given = given or circumstances()
    evaluator = Evaluator({other.name: other for other in others}, given)
    return lacking(read(text, given.request.operator), evaluator, evaluator.outermost)
