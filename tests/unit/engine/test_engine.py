"""The engine as a library: what it answers, why not, and that it neither changes nor grows."""

import gc
import threading
import tracemalloc
from pathlib import Path
from typing import Any, Final

import pytest
from casbin.core_enforcer import EnforceContext

from pdp.engine import Engine, EngineMatches, MatchedRule
from pdp.policy_set.model_check import default_model
from tests.builders import POLICIES, policy_lines

MODEL: Final = """[request_definition]
r = sub, dom, obj, act
[policy_definition]
p = sub, dom, obj, act, eft
[role_definition]
g = _, _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj && r.act == p.act
"""
POLICY: Final = """
p, teacher, school, marks, read, allow
p, teacher, school, marks, write, allow
p, intern, school, marks, write, deny
p, teacher, camp, photos, read, allow
g, lan, teacher, school
g, minh, teacher, school
g, minh, intern, school
"""


def _engine() -> Engine:
    return Engine.from_text(MODEL, POLICY)


# --- Answers ----------------------------------------------------------------------------------------------------------


def test_a_decision_names_the_rule_that_settles_it() -> None:
    """An allow names an allow rule, a deny the rule that denied, and a denial without a rule names none."""
    engine = _engine()

    assert engine.enforce("lan", "school", "marks", "write")
    assert engine.enforce_ex("lan", "school", "marks", "read") == (
        True,
        ["teacher", "school", "marks", "read", "allow"],
    )
    assert engine.enforce_ex("minh", "school", "marks", "write") == (
        False,
        ["intern", "school", "marks", "write", "deny"],
    )
    assert engine.enforce_ex("lan", "camp", "photos", "read") == (False, [])


def test_all_matching_rules_are_told() -> None:
    """`matches` goes on where a decision stops."""
    assert _engine().matches("minh", "school", "marks", "write") == EngineMatches(
        rules=(
            MatchedRule(1, ("teacher", "school", "marks", "write", "allow"), "allow"),
            MatchedRule(2, ("intern", "school", "marks", "write", "deny"), "deny"),
        ),
        errors=(),
    )


def test_an_error_is_raised_by_a_decision_and_told_by_matches() -> None:
    """What a rule raises reaches the caller; `matches` tells every rule that raises beside those that match."""
    model = MODEL.replace("r.act == p.act", "same(r.act, p.act)")

    def same(left: str, right: str) -> bool:
        if right == "write":
            raise LookupError(right)
        return left == right

    engine = Engine.from_text(model, POLICY, functions={"same": same})

    with pytest.raises(LookupError):
        engine.enforce("lan", "school", "marks", "read")
    found = engine.matches("lan", "school", "marks", "read")
    assert [rule.number for rule in found.rules] == [0]
    assert [(failed.number, str(failed.error)) for failed in found.errors] == [(1, "write")]


def test_files_and_rows_come_to_the_same(tmp_path: Path) -> None:
    """A policy is the same from files, text and rows; in rows a comma is a part of its field."""
    (tmp_path / "model.conf").write_text(MODEL, "utf-8")
    (tmp_path / "policy.csv").write_bytes(POLICY.replace("\n", "\r\n").encode())
    rows = [[field.strip() for field in line.split(",")] for line in POLICY.split("\n") if line]
    engines = [
        _engine(),
        Engine.from_files(tmp_path / "model.conf", tmp_path / "policy.csv"),
        Engine.from_rows(MODEL, rows),
    ]

    assert {engine.enforce_ex("minh", "school", "marks", "write")[1][0] for engine in engines} == {"intern"}
    comma = Engine.from_rows(MODEL, [("p", "lan, teacher", "school", "a[1", "read", "allow")])
    assert comma.enforce("lan, teacher", "school", "a[1", "read")


def test_a_context_chooses_the_definitions() -> None:
    """A request may name the request, rule and matcher definitions that it goes by, as with PyCasbin."""
    model = (
        MODEL.replace("[policy_definition]", "r2 = who\n[policy_definition]")
        .replace("[role_definition]", "p2 = who, eft\n[role_definition]")
        .replace("[matchers]", "[matchers]")
        + "m2 = r2.who == p2.who\n"
    )
    engine = Engine.from_text(model, POLICY + "p2, lan, allow\n")
    context = EnforceContext("r2", "p2", "e", "m2")

    assert engine.enforce_ex(context, "lan") == (True, ["lan", "allow"])
    assert engine.enforce_ex(context, "minh") == (False, [])
    assert engine.matches(context, "lan").rules[0].fields == ("lan", "allow")
    assert engine.why_not(context, "minh").nearest[0].condition == "r2.who == p2.who"
    with pytest.raises(RuntimeError, match="invalid request size"):
        engine.enforce(context, "lan", "lan")


# --- Tiers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("matcher", "tier"),
    [
        ("r.sub == p.sub && r.obj == p.obj", "indexed"),
        ("g(r.sub, p.sub, p.dom) && r.dom == p.dom", "indexed"),
        ('r.sub == "root" || r.sub == p.sub', "indexed"),
        ("r.obj.owner == r.sub.name", "indexed"),
        ("eval(p.act) && r.sub == p.sub", "indexed"),
        ("keyMatch2(r.obj, p.obj) && regexMatch(r.act, p.act)", "indexed"),
        ("r.sub != p.sub", "scan"),
        ("r.obj.owner != p.sub && r.act == p.act", "scan"),
        ("[x for x in r.sub] == [p.sub]", "pycasbin"),
    ],
)
def test_the_tier_says_how_a_model_is_evaluated(matcher: str, tier: str) -> None:
    """Equalities, roles, patterns and rule texts are looked up; what only a test can tell is scanned."""
    model = MODEL.replace("g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj && r.act == p.act", matcher)

    assert Engine.from_rows(model, [("p", "a", "b", "c", "True", "allow")]).tier == tier


@pytest.mark.parametrize("operator", sorted(path.parent.name for path in POLICIES.glob("*/policy.csv")))
def test_the_policy_of_every_operator_is_wholly_indexed(operator: str) -> None:
    """The library reads each operator's rows without a finding, and looks them up."""
    rows = [[field.strip() for field in line.split(",")] for line in policy_lines(operator)]

    engine = Engine.from_rows(default_model(), rows, functions={"satisfied": lambda *_: True})

    assert engine.tier == "indexed"


# --- Why not ----------------------------------------------------------------------------------------------------------


def test_a_denial_is_told_by_the_one_condition_that_fails() -> None:
    """Rules that meet every condition but one are named with it and with the values it compares."""
    why = _engine().why_not("lan", "school", "marks", "delete")

    assert why.decision is False
    assert {near.condition for near in why.nearest} == {"r.act == p.act"}
    assert [near.values for near in why.nearest] == [
        {"r.act": "delete", "p.act": "read"},
        {"r.act": "delete", "p.act": "write"},
    ]
    assert why.unheard == ("r.act",)


def test_a_missing_role_is_told_as_the_condition_on_roles() -> None:
    """Someone who holds no role is told the role condition, with the roles that would do."""
    why = _engine().why_not("hoa", "school", "marks", "read")

    assert [(near.condition, near.values["p.sub"]) for near in why.nearest] == [("g(r.sub, p.sub, r.dom)", "teacher")]


def test_a_deny_rule_is_told_before_anything_else() -> None:
    """Where a deny rule matches, it is the reason; an allowed request has none."""
    engine = _engine()

    assert [rule.fields[0] for rule in engine.why_not("minh", "school", "marks", "write").denying] == ["intern"]
    assert engine.why_not("lan", "school", "marks", "write").decision is True


@pytest.mark.parametrize("size", [1, 40, 3000])
def test_near_rules_are_those_that_a_scan_finds(size: int) -> None:
    """The leave-one-out look-ups find what testing every condition of every rule finds, in small and large buckets."""
    rows: list[tuple[str, ...]] = [
        ("p", f"role{at % 7}", f"d{at % 3}", f"o{at % 5}", f"a{at // 60}", "allow") for at in range(size)
    ]
    rows += [("g", "lan", f"role{at}", f"d{at % 3}") for at in range(4)]
    engine = Engine.from_rows(MODEL, rows)
    denied = 0
    holds = {"d0": {"lan", "role0", "role3"}, "d1": {"lan", "role1"}, "d2": {"lan", "role2"}}
    for request in (
        ("lan", "d0", "o0", "a0"),
        ("lan", "d1", "o4", "a9"),
        ("eve", "d0", "o0", "a0"),
        ("lan", "d9", "o1", "a0"),
    ):
        _, dom, obj, act = request
        held = holds.get(dom, {"lan"}) if request[0] == "lan" else {"eve"}
        wanted = set()
        for number, row in enumerate(row for row in rows if row[0] == "p"):
            met = (row[1] in held, row[2] == dom, row[3] == obj, row[4] == act)
            if sum(met) == 3:
                wanted.add((number, met.index(False)))
        conditions = ["g(r.sub, p.sub, r.dom)", "r.dom == p.dom", "r.obj == p.obj", "r.act == p.act"]
        why = engine.why_not(*request, limit=10_000)
        found = {(near.number, conditions.index(near.condition)) for near in why.nearest}
        denied += not why.decision
        assert why.decision or found == wanted
    assert denied >= 2


def test_near_rules_of_the_other_tiers() -> None:
    """A scan, and PyCasbin itself, tell the one condition that fails as well."""
    rows = [("p", "alice", "data1", "read"), ("p", "bob", "data2", "read")]
    head = MODEL.replace("sub, dom, obj, act, eft", "sub, obj, act").replace("sub, dom, obj", "sub, obj")
    head = head.split("[role_definition]")[0] + "[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\nm = "
    scanned = Engine.from_rows(head + "r.sub >= p.sub && r.obj != p.obj", rows).why_not("alice", "data1", "x")
    assert [(near.fields[0], near.condition) for near in scanned.nearest] == [
        ("alice", "r.obj != p.obj"),
        ("bob", "r.sub >= p.sub"),
    ]
    asked = Engine.from_rows(head + "r.obj == p.obj && [r.sub] == [x for x in [p.sub]]", rows).why_not(
        "eve", "data1", "x"
    )
    assert asked.decision is False
    assert [(near.fields[0], near.condition) for near in asked.nearest] == [
        ("alice", "[r.sub] == [x for x in [p.sub]]")
    ]


# --- Neither changes nor grows ----------------------------------------------------------------------------------------


def _many(count: int) -> list[tuple[str, ...]]:
    rules = [("p", f"role{at % 50}", f"d{at % 9}", f"obj{at}", "read", "allow") for at in range(count // 2)]
    return [*rules, *(("g", f"user{at}", f"role{at % 50}", f"d{at % 9}") for at in range(count // 2))]


def test_a_rule_takes_less_than_a_kibibyte() -> None:
    """Rows, indexes and roles together take at most 1 KiB a row, the look-ups of near rules included."""
    tracemalloc.start()
    try:
        rows = [tuple("".join(list(field)) for field in row) for row in _many(4000)]
        engine = Engine.from_rows(MODEL, rows)
        engine.why_not("user1", "d1", "obj1", "write")
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert taken < 1024 * len(rows)


def test_unknown_names_leave_nothing_behind() -> None:
    """Thousands of subjects, domains and objects that no row names take no memory."""
    engine = Engine.from_rows(MODEL, _many(200))

    def ask(numbers: range) -> None:
        for number in numbers:
            engine.enforce(f"nobody{number}", f"nowhere{number}", f"nothing{number}", "read")
            engine.enforce_ex(f"nobody{number}", "d1", "obj1", "read")
            engine.matches(f"nobody{number}", "d1", "obj1", "read")

    ask(range(100))
    tracemalloc.start()
    try:
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        ask(range(1000, 4000))
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert after - before < 20_000


def test_what_is_asked_never_changes_an_answer() -> None:
    """A pattern asked about as a name gives nobody a role, whereas PyCasbin's enforcer would remember it."""
    model = (
        MODEL.replace("_, _, _", "_, _")
        .replace("g(r.sub, p.sub, r.dom)", "g(r.obj, p.obj)")
        .replace("&& r.obj == p.obj", "&& r.sub == p.sub")
    )
    rows = [("p", "bob", "d", "pens", "get", "allow"), ("g", "/pen/:id", "pens")]

    def configure(enforcer: Any) -> None:
        enforcer.add_named_matching_func("g", lambda value, pattern: value.startswith(pattern.rstrip("*")))

    engine = Engine.from_rows(model, rows, configure=configure)
    before = engine.enforce("bob", "d", "/pen/1/secret", "get")
    engine.enforce("bob", "d", "/pen/*", "get")

    assert engine.tier == "pycasbin"
    assert engine.enforce("bob", "d", "/pen/1/secret", "get") is before


def test_eight_threads_get_the_answers_of_one() -> None:
    """Engines of every tier answer many threads as they answer one."""
    rows = _many(400)
    requests: list[tuple[str, ...]] = [
        (f"user{at}", f"d{at % 9}", f"obj{at % 60}", ("read", "write")[at % 2]) for at in range(120)
    ]
    scanned = MODEL.replace("r.act == p.act", "r.act == p.act && (r.sub == p.sub || True)").replace(
        "r.obj == p.obj && ", ""
    )
    engines = [
        Engine.from_rows(MODEL, rows),
        Engine.from_rows(scanned.replace("r.dom == p.dom", "r.dom <= p.dom"), rows),
        Engine.from_rows(MODEL, rows[:40], configure=lambda _: None),
    ]
    for engine, asked in zip(engines, (requests, requests, requests[:4]), strict=True):
        expected = [(engine.enforce_ex(*request), engine.why_not(*request)) for request in asked]
        wrong: list[object] = []

        def ask(
            number: int,
            engine: Engine = engine,
            asked: list[tuple[str, ...]] = asked,
            expected: list[Any] = expected,
            wrong: list[object] = wrong,
        ) -> None:
            for at in range(len(asked)):
                place = (at * 7 + number) % len(asked)
                if (engine.enforce_ex(*asked[place]), engine.why_not(*asked[place])) != expected[place]:
                    wrong.append(place)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
