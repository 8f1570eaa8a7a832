"""Compiled conditions come to what the interpreter says, and the comparison notices it when one does not."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import Final

import pytest

from pdp.conditions import Condition, ConditionTable, Evaluation, InterpretedEvaluation, compile_conditions, parts_of
from pdp.conditions.expression import Named, Not
from pdp.core.circumstances import Circumstances
from pdp.core.facts import Consent, Fact, Ground, Properties
from pdp.core.request import Request
from pdp.policy_set import PolicySet
from tests.builders import NOON, POLICIES, the_cases, the_policy_set
from tests.properties import condition_worlds
from tests.properties.laws import REPEATABLE

SERVED: Final = sorted(path.parent.name for path in POLICIES.glob("*/policy.csv"))
Compile = Callable[[Mapping[str, Condition]], ConditionTable]
Trial = tuple[Mapping[str, Condition], tuple[Circumstances, ...]]


# --- The law ----------------------------------------------------------------------------------------------------------


def assert_alike(conditions: Mapping[str, Condition], compiled: ConditionTable, given: Circumstances) -> None:
    """Assert that each condition has the same value, or raises the same, and notes the same instants, both ways."""
    interpreted, quick = InterpretedEvaluation(conditions, given), Evaluation(compiled, given)
    for name, number in compiled.numbers.items():
        assert _came_to(quick, number) == _came_to(interpreted, number), f"{name}: {conditions[name].text.en}"
        assert quick.instants == interpreted.instants, f"{name}: {conditions[name].text.en}"


def assert_all_alike(trials: Iterable[Trial], compile_: Compile) -> None:
    """Assert it of every condition in all circumstances of each trial."""
    for conditions, circumstances in trials:
        compiled = compile_(conditions)
        for given in circumstances:
            assert_alike(conditions, compiled, given)


def _came_to(evaluation: Evaluation, number: int) -> int | str:
    try:
        return evaluation.code(number)
    except Exception as error:  # noqa: BLE001  # whatever it is, it must be the same
        return f"{type(error).__name__}: {error}"


# --- What it is tried on ----------------------------------------------------------------------------------------------


def of_cases(operator: str, worlds: int) -> Iterator[Trial]:
    """Yield the conditions of *operator* with each case's circumstances, and with *worlds* that differ from them."""
    policy, random = the_policy_set(operator), Random(REPEATABLE)
    for case in the_cases(operator):
        given = [_circumstances(policy, case.request, case.request.time or NOON)]
        given += [_altered(policy, case.request, random) for _ in range(worlds)]
        yield policy.conditions, tuple(given)


def made_up(rounds: int, seed: int = REPEATABLE) -> Iterator[Trial]:
    """Yield made-up conditions of each operator with made-up circumstances, *rounds* times."""
    random = Random(seed)
    for _ in range(rounds):
        for operator in condition_worlds.OPERATORS:
            world = condition_worlds.the_world(operator)
            circumstances = tuple(condition_worlds.circumstances(world, random) for _ in range(6))
            yield condition_worlds.conditions(world, random), circumstances


def _circumstances(policy: PolicySet, request: Request, at: datetime) -> Circumstances:
    return Circumstances(request, (), at, policy.hierarchies, policy.granting)


def _altered(policy: PolicySet, request: Request, random: Random) -> Circumstances:
    """Return circumstances in which some properties, facts and terms are gone, or others."""
    resource = replace(
        request.resource,
        properties=_fewer(request.resource.properties, random),
        data_subject=random.choice((request.resource.data_subject, request.resource.data_subject, None)),
        scopes=tuple(scope for scope in request.resource.scopes if random.random() < 0.8),
    )
    altered = replace(
        request,
        resource=resource,
        subject=random.choice((request.subject, request.resource.data_subject or request.subject)),
        subject_properties=_fewer(request.subject_properties, random),
        context=_fewer(request.context, random),
        extra=_fewer(request.extra, random),
        facts=tuple(_altered_fact(fact, random) for fact in request.facts if random.random() < 0.85),
    )
    at = (request.time or NOON) + timedelta(days=random.choice((0, 0, 1, 40, 400, -400)))
    return _circumstances(policy, altered, at)


def _fewer(properties: Properties, random: Random) -> Properties:
    return MappingProxyType({key: value for key, value in properties.items() if random.random() < 0.8})


def _altered_fact(fact: Fact, random: Random) -> Fact:
    kind = fact.kind
    if isinstance(kind, Ground):
        kind = replace(
            kind,
            beneficiary=random.choice((kind.beneficiary, kind.beneficiary, None)),
            data_subject=random.choice((kind.data_subject, kind.data_subject, None)),
            properties=_fewer(kind.properties, random),
        )
    elif isinstance(kind, Consent):
        status = random.choice((kind.status, kind.status, "refused"))
        kind = replace(kind, status=status, properties=_fewer(kind.properties, random))
    return replace(fact, kind=kind)


# --- It holds ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", SERVED)
def test_the_conditions_of_every_operator_are_compiled_alike(operator: str) -> None:
    """In the circumstances of every case, and in three altered worlds of each, every condition comes to the same."""
    policy = the_policy_set(operator)

    assert_all_alike(of_cases(operator, worlds=3), lambda _: policy.compiled)


def test_made_up_conditions_are_compiled_alike() -> None:
    """Conditions of every form come to the same in circumstances of every kind: values, instants and errors."""
    assert_all_alike(made_up(60), compile_conditions)


def test_what_is_made_up_is_of_every_kind() -> None:
    """The made-up conditions come out true, false, empty and unknown, fail, note instants, and have every form."""
    seen: set[int | str] = set()
    instants, forms = 0, set[str]()
    for conditions, circumstances in made_up(20):
        compiled = compile_conditions(conditions)
        forms |= {type(part).__name__ for condition in conditions.values() for part in parts_of(condition.expression)}
        for given in circumstances:
            for number in compiled.numbers.values():
                evaluation = Evaluation(compiled, given)
                found = _came_to(evaluation, number)
                seen.add(found if isinstance(found, int) else found.partition(":")[0])
                instants += bool(evaluation.instants)

    assert {0, 1, 2, 3, "OverflowError"} <= seen
    assert instants > 100
    assert {"All", "AnyOf", "Not", "EachPerson", "SomeGround", "SomeConsent", "SomeRefusal", "Named"} <= forms
    assert {"Compare", "Stated", "HasType", "Holds", "CoversCategory"} <= forms


def test_a_condition_that_names_none_fails_both_ways() -> None:
    """A reference to a condition that does not exist raises the same error, compiled or interpreted."""
    missing = condition_worlds.conditions(condition_worlds.the_world("kidsonline"), Random(1), 2)
    for expression in (Named("no_such_condition", 0), Not(Named("no_such_condition", 0))):
        conditions = {**missing, "asked": replace(missing["condition_0"], name="asked", expression=expression)}
        given = condition_worlds.circumstances(condition_worlds.the_world("kidsonline"), Random(2))

        assert_alike(conditions, compile_conditions(conditions), given)
        with pytest.raises(KeyError):
            Evaluation(compile_conditions(conditions), given).code(2)


def test_no_text_of_a_policy_becomes_program_text() -> None:
    """What conditions say, literals and names of properties among them, reaches the functions as constants alone."""
    for operator in SERVED:
        policy = the_policy_set(operator)
        words = {word for line in policy.compiled.source.splitlines() for word in re.findall(r"[a-z_]+\d*", line)}

        assert policy.compiled.source.isascii()
        assert not words & {*policy.conditions, operator}
        assert not re.search(r"['\"]", policy.compiled.source)


# --- It can fail ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Twin:
    """A compiler with one fault: where it would write *right*, a pattern, it writes *wrong*."""

    fault: str
    right: str
    wrong: str

    def compile(self, conditions: Mapping[str, Condition]) -> ConditionTable:
        """Return the functions of *conditions*, with the fault."""
        table = compile_conditions(conditions)
        space = dict(table.functions[0].__globals__)  # all constants are there
        source = re.sub(self.right, self.wrong, table.source, flags=re.MULTILINE)
        exec(source, space)  # noqa: S102
        functions = [space[f"condition_{number}"] for number in table.numbers.values()]
        return ConditionTable(table.numbers, functions, source)


TWINS: Final = (
    Twin("takes unknown for true in `and`", r"found = found or 1", "pass"),
    Twin("forgets an empty value in `and`", r"found = 2$", "pass"),
    Twin("takes unknown for false in `or`", r": found = 1$", ": pass"),
    Twin("takes unknown for true of a fact", r"fits = fits or 1", "pass"),
    Twin("takes an empty beneficiary for the right one", r"fits = 2$", "pass"),
    Twin(
        "takes what is false for want of a value for plainly false",
        r"if fits < found: found = fits",
        "if fits == 1: found = 1",
    ),
    Twin("takes a missing value for a false one", r"left is None: return 1$", "left is None: return 3"),
    Twin("looks at the first fact alone", r"continue$", "break"),
    Twin("takes each of nobody for true", r"if not people: return 1", "if not people: return 0"),
    Twin("asks the first person alone", r"for person in people:", "for person in people[:1]:"),
    Twin("takes nobody's consent for refused", r"if person is None: return 1", "if person is None: return 3"),
    Twin("compares ids without their types", r" and left\.type == \w+(\.type)?", ""),
    Twin("asks a named condition about the data subject", r"e\.named\((\d+), person\)", r"e.code(\1)"),
    Twin(
        "forgets who may consent", r"e\.circumstances\.consents\(person, \w+\)", "e.circumstances.consents(person, ())"
    ),
    Twin("lets an instant pass a moment too late", r"left >= right", "left > right"),
    Twin("leaves a term out of account", r"right = later\(right, \w+\)", "pass"),
    Twin("notes no instant of a term that runs", r"turns_at\(e, \w+\)", "pass"),
    Twin("notes no instant of a term that begins now", r"turns_before\(e, \w+, \w+\)", "pass"),
    Twin("takes nothing for within anything", r"left and set\(left\)", "set(left)"),
    Twin("knows no value that absence stands for", r"if left is None: left = \w+$", "pass"),
    Twin("takes blanks for a statement", r"is_blank\(left\)", "(left == ())"),
    Twin(
        "holds roles in any scope", r"holds_one_of\((\w+), (\w+), \w+, person\)", r"holds_one_of(\1, \2, None, person)"
    ),
)


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.fault)
def test_a_fault_of_the_compiler_is_noticed(twin: Twin) -> None:
    """A compiler with one fault is not alike, on what is made up."""
    with pytest.raises(AssertionError):
        assert_all_alike(made_up(60), twin.compile)


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.fault)
def test_nothing_but_the_fault_is_noticed(twin: Twin) -> None:
    """The way in which twins are made is alike by itself."""
    assert_all_alike(made_up(2), replace(twin, wrong=r"\g<0>").compile)
