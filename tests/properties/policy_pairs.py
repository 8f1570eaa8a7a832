"""Random pairs of small policies, compared over the space and by asking every request of a grid.

The long run:  python -m tests.properties.policy_pairs --seed 1 --pairs 1000
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from math import prod
from random import Random
from typing import Final

from pdp.analysis.changes import Comparison
from pdp.analysis.kinds import Kind, kind_of
from pdp.core.entity import Entity
from pdp.core.errors import InvalidPolicyError
from pdp.core.facts import Consent, Fact, Ground, RoleAssignment, Value
from pdp.core.request import Request, Resource
from pdp.deciding import decide
from pdp.policy_set import PolicySet
from tests.builders import NOON, the_words
from tests.unit.policy_set import small_folder

ROLES: Final = ("primary_guardian", "teacher", "support_staff", "authority", "data_subject", "third_party")
ACTIONS: Final = ("read", "share", "publish")
CATEGORIES: Final = ("child_data", "child_photo", "child_video")
PURPOSES: Final = ("education", "media")
MOST_VALUES: Final = 40
CLAUSES: Final = ("KIDS-1.7", "KIDS-1.9", "KIDS-1.13")

CONDITIONS: Final[Mapping[str, str]] = {
    "known": "context.authenticated is yes",
    "on_web": "context.channel is web",
    "off_web": "not on_web",
    "in_writing": "context.channel is one of [web, email]",
    "of_the_school": "subject holds school_staff",
    "agreed": "consent from primary_guardian where (its form is written)",
    "not_agreed": "not agreed",
    "not_refused": "no refusal from primary_guardian",
    "has_ticket": "some support_ticket where (its beneficiary is subject and its status is open)",
    "no_old_ticket": "no support_ticket where (its status is closed)",
    "somebody_else": "subject is not resource.data_subject",
    "known_or_web": "known or on_web",
    "unreadable": "resource.encrypted is yes",
}
_LOOKS_AT: Final[Mapping[str, tuple[str, ...]]] = {
    "known": ("authenticated",),
    "on_web": ("channel",),
    "off_web": ("channel",),
    "in_writing": ("channel",),
    "of_the_school": (),
    "agreed": ("consent", "person"),
    "not_agreed": ("consent", "person"),
    "not_refused": ("consent", "person"),
    "has_ticket": ("ticket",),
    "no_old_ticket": ("ticket",),
    "somebody_else": ("person",),
    "known_or_web": ("authenticated", "channel"),
    "unreadable": ("encrypted",),
}

Point = tuple[frozenset[str], str, str, str, Kind]
Row = tuple[str, str, str, str, str, tuple[str, ...], str, str]
"""Effect, role, action, category, purpose, conditions, clause, what is owed."""

_SUBJECT: Final = Entity("user", "asker")
_CHILD: Final = Entity("child", "minh")
_MOTHER: Final = Entity("user", "mother")
_OTHER: Final = Entity("user", "other")
_OPERATOR: Final = Entity("operator", small_folder.OPERATOR)
_CLASS: Final = Entity("class", "a1")


# --- Random pairs -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Grid:
    """What is asked of a pair: a part of the space that is small enough to be asked whole."""

    roles: frozenset[frozenset[str]]
    actions: tuple[str, ...]
    conditions: tuple[str, ...]


def a_grid(random: Random) -> Grid:
    """Return every role alone and some sets of two and three, two actions, and conditions that look at few values."""
    sets = [frozenset(chosen) for size in (2, 3) for chosen in combinations(ROLES, size)]
    chosen: list[str] = []
    for name in random.sample(list(CONDITIONS), len(CONDITIONS)):
        if prod(len(_VALUES[dimension]) for dimension in _dimensions((*chosen, name))) <= MOST_VALUES:
            chosen.append(name)
    roles = frozenset({*[frozenset({role}) for role in ROLES], *random.sample(sets, 10)})
    return Grid(roles, tuple(random.sample(ACTIONS, 2)), tuple(chosen))


def a_pair(random: Random, names: Sequence[str]) -> tuple[PolicySet, PolicySet]:
    """Return a random policy and the same after one or two edits of its rows, both of them valid."""
    while True:
        rows = [_a_row(random, names) for _ in range(random.randint(2, 6))]
        edited = list(rows)
        for _ in range(random.randint(1, 2)):
            _edit(edited, random, names)
        try:
            return _policy(rows), _policy(edited)
        except InvalidPolicyError:
            continue


def _a_row(random: Random, conditions: Sequence[str]) -> Row:
    def one_of(words: Sequence[str]) -> str:
        return random.choice((*words, *words, "any"))

    names = tuple(random.sample(conditions, min(len(conditions), random.choice((0, 1, 1, 2, 2, 3)))))
    effect = random.choice(("allow", "allow", "deny"))
    owed = random.choice(("nothing", "nothing", "record_grant"))
    roles, categories = (*ROLES, "guardian", "school_staff"), (*CATEGORIES, "child_data")
    region = one_of(roles), one_of(ACTIONS), random.choice(categories), one_of(PURPOSES)
    return (effect, *region, names, random.choice(CLAUSES), owed)


def _edit(rows: list[Row], random: Random, conditions: Sequence[str]) -> None:
    at = random.randrange(len(rows))
    effect, role, action, category, purpose, names, clause, owed = rows[at]
    match random.randrange(7):
        case 0 if len(rows) > 1:
            del rows[at]
        case 1:
            rows.append(_a_row(random, conditions))
        case 2 if names:
            rows[at] = (effect, role, action, category, purpose, names[1:], clause, owed)
        case 3:
            rows[at] = (effect, role, "any", category, purpose, names, clause, owed)
        case 4:
            rows[at] = (effect, role, action, category, random.choice(PURPOSES), names, clause, owed)
        case 5:
            rows[at] = ("deny" if effect == "allow" else "allow", role, action, category, purpose, names, clause, owed)
        case _:
            rows[at] = (effect, role, action, category, purpose, names, random.choice(CLAUSES), owed)


def _policy(rows: Sequence[Row], also: Mapping[str, str] | None = None) -> PolicySet:
    lines = []
    for at, (effect, role, action, category, purpose, names, clause, owed) in enumerate(rows):
        when = " and ".join(names) or "always"
        lines.append(f"p, row-{at}, {effect}, {role}, {action}, {category}, {purpose}, {when}, {clause}, {owed}\n")
    conditions = "".join(
        f"{name}:\n  vi: {name}\n  en: {name}\n  clause: KIDS-1.7\n  when: {when}\n"
        for name, when in {**CONDITIONS, **(also or {})}.items()
    )
    files = {
        **small_folder.the_files(),
        "kidsonline/policy.csv": ("".join(lines) + small_folder.family_tree()).encode(),
        "kidsonline/conditions.yaml": conditions.encode(),
        "kidsonline/groups.yaml": b"",
        "kidsonline/granting.yaml": b"",
        "kidsonline/obligations.yaml": b"record_grant:\n  clause: KIDS-1.9\n  before: no\n",
    }
    return small_folder.build(files)


def a_policy(*rows: Row, also: Mapping[str, str] | None = None) -> PolicySet:
    """Return the policy of *rows*, which may ask for the conditions in *also* too."""
    return _policy(rows, also)


# --- Both ways of comparing -------------------------------------------------------------------------------------------


def by_the_space(comparison: Comparison, grid: Grid) -> frozenset[Point]:
    """Return the differences that the space finds, as far as the grid reaches."""
    return frozenset(chain.from_iterable(_points(comparison, grid)))


def _points(comparison: Comparison, grid: Grid) -> Iterator[Iterator[Point]]:
    for difference in comparison.differences():
        cell = difference.cell
        words = list(
            product(
                set(cell.actions.words) & set(grid.actions),
                set(cell.categories.words) & set(CATEGORIES),
                set(cell.purposes.words) & set(PURPOSES),
            )
        )
        sets = {
            frozenset(chosen)
            for chosen in product(*[set(kind.roles) & set(ROLES) for kind in difference.roles.kinds])
            if len(set(chosen)) == len(difference.roles.kinds) and frozenset(chosen) in grid.roles
        }
        yield ((roles, *triple, difference.kind) for roles in sets for triple in words)


def by_asking(before: PolicySet, after: PolicySet, grid: Grid) -> frozenset[Point]:
    """Return the differences that asking every request of the grid shows."""
    named = {name for policy in (before, after) for rule in policy.rules.values() for name in rule.conditions}
    found = set()
    for roles, request in requests(grid.roles, grid.actions, named):
        kind = kind_of(decide(before, request, (), NOON), decide(after, request, (), NOON))
        if kind is not None:
            found.add((roles, request.action, request.resource.type, request.purpose, kind))
    return frozenset(found)


def requests(
    role_sets: Iterable[frozenset[str]],
    actions: Iterable[str],
    conditions: Iterable[str],
    categories: Iterable[str] = CATEGORIES,
    purposes: Iterable[str] = PURPOSES,
) -> Iterator[tuple[frozenset[str], Request]]:
    """Yield the roles held and the request, for each set of roles and whatever *conditions* can tell apart."""
    triples = list(product(actions, categories, purposes))
    dimensions = _dimensions(conditions)
    for roles in role_sets:
        for values in product(*[_VALUES[dimension] for dimension in dimensions]):
            chosen = dict(zip(dimensions, values, strict=True))
            for action, category, purpose in triples:
                yield roles, _request(roles, action, category, purpose, chosen)


def _dimensions(names: Iterable[str]) -> list[str]:
    return sorted({dimension for name in names for dimension in _LOOKS_AT[name]})


_GIVEN: Final = [
    Fact(Consent(_CHILD, _MOTHER, PURPOSES, (category,), "given", None, "written"))
    for category in ("child_data", "child_photo")
]
_UNRECORDED: Final = [
    Fact(Consent(_CHILD, _MOTHER, PURPOSES, (category,), "given")) for category in ("child_data", "child_photo")
]
"""Of no known form: whether what covers one category alone was written is unknown of that one."""
_REFUSED: Final = [
    Fact(Consent(_CHILD, _MOTHER, (), categories, "refused")) for categories in ((), ("child_photo",), ("child_video",))
]
_TICKETS: Final = [
    Fact(Ground("support_ticket", Entity("ticket", str(at)), status, beneficiary, _CHILD))
    for at, (status, beneficiary) in enumerate((("open", _SUBJECT), ("open", _OTHER), ("closed", _OTHER)))
]
_NAMED: Final = [
    Fact(Consent(_CHILD, _MOTHER, PURPOSES, ("child_data",), "given", _OTHER, "written")),
    Fact(Consent(_CHILD, _MOTHER, (), (), "refused", _OTHER)),
]
_VALUES: Final[Mapping[str, Sequence[object]]] = {
    "authenticated": (None, True, False),
    "channel": (None, "web", "email", "letter"),
    "encrypted": (None, True, False),
    "person": (True, False),
    "ticket": [(), *[(one,) for one in _TICKETS], (_TICKETS[0], _TICKETS[2])],
    "consent": [
        (),
        *[(one,) for one in (*_GIVEN, *_REFUSED, *_NAMED, *_UNRECORDED)],
        *product(_GIVEN, _REFUSED),
    ],
}


def _request(roles: frozenset[str], action: str, category: str, purpose: str, chosen: Mapping[str, object]) -> Request:
    person = _SUBJECT if "data_subject" in roles else _CHILD if chosen.get("person", True) else None
    facts = [*_facts(chosen.get("consent")), *_facts(chosen.get("ticket"))]
    if person == _SUBJECT:
        facts = [_about(fact, _SUBJECT) for fact in facts]
    for role in sorted(roles - {"data_subject"}):
        if roles != {"third_party"}:
            facts.append(Fact(RoleAssignment(_SUBJECT, role, _SCOPES.get(role, _OPERATOR))))
    for child in (_CHILD, _SUBJECT):
        facts.append(Fact(RoleAssignment(_MOTHER, "primary_guardian", child)))
    context: dict[str, Value] = {
        key: value for key in ("authenticated", "channel") if isinstance(value := chosen.get(key), bool | str)
    }
    encrypted = chosen.get("encrypted")
    properties: dict[str, Value] = {"encrypted": encrypted} if isinstance(encrypted, bool) else {}
    resource = Resource(category, "r-1", person, (_CLASS, Entity("child", "another")), properties)
    return Request("", small_folder.OPERATOR, _SUBJECT, action, resource, purpose, context=context, facts=tuple(facts))


_SCOPES: Final = {"primary_guardian": Entity("child", "another"), "teacher": _CLASS}


def _facts(chosen: object) -> list[Fact]:
    return [fact for fact in chosen if isinstance(fact, Fact)] if isinstance(chosen, tuple) else []


def _about(fact: Fact, person: Entity) -> Fact:
    kind = fact.kind
    if not isinstance(kind, Consent):
        return fact
    return Fact(Consent(person, kind.given_by, kind.purposes, kind.categories, kind.status, kind.recipient, kind.form))


ComparisonMaker = Callable[[PolicySet, PolicySet], Comparison]


def the_comparison(before: PolicySet, after: PolicySet) -> Comparison:
    """Return the comparison of two policies."""
    return Comparison(before, after, the_words().schema)


def disagreement(seed: int, make: ComparisonMaker = the_comparison) -> str | None:
    """Return what the space and the grid say differently of one random pair, None when they agree."""
    random = Random(seed)
    grid = a_grid(random)
    before, after = a_pair(random, grid.conditions)
    found = disagreement_about(before, after, grid, make)
    return f"seed {seed}: {found}" if found else None


def disagreement_about(before: PolicySet, after: PolicySet, grid: Grid, make: ComparisonMaker) -> str | None:
    """Return what the space and the grid say differently of two policies, None when they agree."""
    imagined, met = by_the_space(make(before, after), grid), by_asking(before, after, grid)
    if imagined == met:
        return None
    rows = [
        [f"{r.effect} {r.region} {r.conditions} {r.clause} {r.owes}" for r in policy.rules.values()]
        for policy in (before, after)
    ]
    only = [sorted(map(_said, one - other))[:3] for one, other in ((imagined, met), (met, imagined))]
    return f"only in the space {only[0]}, only in the grid {only[1]}, rows {rows}"


def _said(point: Point) -> str:
    return f"{sorted(point[0])} {point[1:]}"


def long_run(of_one: Callable[[int], str | None], what: str, told: str) -> int:
    """Try *of_one*, which says what is wrong of the pair of a seed, on as many as the command asks; 1 if any is."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=1000)
    asked = parser.parse_args()
    begun, wrong = time.monotonic(), 0
    for at in range(asked.pairs):
        found = of_one(asked.seed * 1_000_000 + at)
        if found:
            wrong += 1
            sys.stdout.write(found + "\n")
        if (at + 1) % 50 == 0:
            spent = time.monotonic() - begun
            sys.stderr.write(f"{at + 1} / {asked.pairs} pairs, {wrong} {told}, {spent:.0f} s\n")
    spent = time.monotonic() - begun
    sys.stdout.write(f"{asked.pairs} pairs from seed {asked.seed}: {wrong} {told}, {spent:.0f} s\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(long_run(disagreement, "Compare random pairs with asking every request of a grid.", "disagreements"))
