"""Makes random models, rows and requests from the whole of Casbin's language, with words so few that things meet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any, Final

from tests.comparison.oracle import World
from tests.comparison.values import FUNCTIONS

_EFFECTS: Final = (
    "some(where (p.eft == allow))",
    "!some(where (p.eft == deny))",
    "some(where (p.eft == allow)) && !some(where (p.eft == deny))",
    "priority(p.eft) || deny",
    "subjectPriority(p.eft) || deny",
)
_FAMILIES: Final = (
    "keyMatch", "keyMatch2", "keyMatch3", "keyMatch4", "keyMatch5", "regexMatch", "globMatch", "ipMatch",
)  # fmt: skip
_SUBJECTS: Final = ("alice", "bob", "admin", "staff", "root", "", "*")
_DOMAINS: Final = ("d1", "d2", "", "*")
_OBJECTS: Final = ("/a", "/a/b", "/a/b/c", "/x/1", "data", "/a\n", "", "/a?q=1", "a.b", "/é")
_PATTERNS: Final = (
    "/a", "/a/*", "/*", "*", "/:id", "/a/:id", "/{id}", "/a/{x}/*", "/{id}/{id}", "/x/:n", "data", ".*", "^/a", "/a/.*",
    "/a|data", "a.b", "/**", "/a/**", "/?", "[", "(?=x)/a", "/a/:id/*", "", "/é", r"\w+",
)  # fmt: skip
_ACTIONS: Final = ("read", "write", "", "GET", "read|write", "*")
_ADDRESSES: Final = ("10.0.0.1", "10.1.2.3", "::1", "bad", "")
_NETWORKS: Final = ("10.0.0.0/8", "10.0.0.1", "10.1.0.0/16", "::/0", "bad", "0.0.0.0/0")
_PRIORITIES: Final = ("1", "2", "3", "10", "1")
_ODD: Final[tuple[Any, ...]] = (
    0, 1, 1.5, None, True, [], ["read", "write"], {"$set": ["read"]}, {"$tuple": ["/a", "data"]}, {"name": "alice"},
    {"$object": {}}, {"$object": {"owner": "alice", "age": 20, "dept": "staff", "roles": ["admin", "staff"]}}, [1],
)  # fmt: skip
_PEOPLE: Final[tuple[Any, ...]] = (
    {"$object": {"name": "alice", "age": 20, "dept": "staff", "roles": ["admin"], "owner": "bob"}},
    {"$object": {"name": "bob", "age": 10, "dept": None, "roles": [], "owner": "alice"}},
    {"$object": {"name": "", "age": 30, "dept": "admin", "roles": ["staff", "*"]}},
    {"name": "alice", "age": 20, "dept": "admin", "roles": {"$tuple": ["staff"]}, "owner": "alice"},
    {"name": "bob"},
)


@dataclass(frozen=True)
class Shape:
    """The fields of a world: those of requests, those of rules, and the number of slots of each role definition."""

    requests: tuple[str, ...]
    rules: tuple[str, ...]
    roles: dict[str, int]


def world(seed: int, number: int, requests: int) -> World:
    """Return the world *number* of *seed*, with so many requests."""
    return _Grammar(Random(f"{seed}/{number}")).world(requests)


class _Grammar:
    """Makes one world."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._chained = random.random() < 0.06

    def world(self, requests: int) -> World:
        """Return a random world with so many requests."""
        random = self._random
        shape = self._shape()
        objects = random.random() < 0.25
        matcher = self._matcher(shape, objects)
        model = self._model(shape, matcher)
        rows = self._rows(shape)
        asked = [self._request(shape, rows, objects) for _ in range(requests)]
        functions = [name for name in FUNCTIONS if name in matcher]
        if random.random() < 0.05:
            model, rows, asked = self._second_definitions(shape, model, rows, asked, objects)
            functions = [name for name in FUNCTIONS if name in model]
        return World(model, rows, sorted(functions), asked, as_text=random.random() < 0.3)

    def _second_definitions(
        self, shape: Shape, model: str, rows: list[list[str]], asked: list[list[Any]], objects: bool
    ) -> tuple[str, list[list[str]], list[list[Any]]]:
        """Return a world in which some requests go by definitions of their own, and some by a mixture of both."""
        random = self._random
        second = re.sub(r"\b([rp])\.", r"\g<1>2.", self._matcher(shape, objects))
        model = model.replace("\np = ", f"\np2 = {', '.join(shape.rules)}\np = ")
        model = model.replace("\nr = ", f"\nr2 = {', '.join(shape.requests)}\nr = ") + f"m2 = {second}\n"
        moved = [["p2", *row[1:]] if row[0] == "p" and random.random() < 0.5 else row for row in rows]
        own, mixed = ["r2", "p2", "e", "m2"], ["r", "p2", "e", "m2"]
        contexts = [random.choice((None, own, own, mixed)) for _ in asked]
        return (
            model,
            moved,
            [
                [{"$enforce_context": keys}, *request] if keys else request
                for keys, request in zip(contexts, asked, strict=True)
            ],
        )

    # --- Models -------------------------------------------------------------------------------------------------------

    def _shape(self) -> Shape:
        random = self._random
        domain = ["dom"] if random.random() < 0.4 else []
        fields = ["sub", *domain, "obj", "act"]
        if random.random() < 0.15:
            fields.remove(random.choice(fields))
        requests = [*fields, *(["ip"] if random.random() < 0.1 else [])]
        rules = [*fields, *(["ip"] if "ip" in requests else [])]
        for name, chance in (("eft", 0.6), ("rule", 0.2), ("extra", 0.1)):
            if random.random() < chance:
                rules.append(name)
        if random.random() < 0.25:
            rules.insert(random.choice((0, len(rules))), "priority")
        roles: dict[str, int] = {}
        if self._chained or random.random() < 0.7:
            roles["g"] = 3 if domain and random.random() < 0.8 else 2
            if random.random() < 0.3:
                roles["g2"] = random.choice((2, 3))
        return Shape(tuple(requests), tuple(rules), roles)

    def _model(self, shape: Shape, matcher: str) -> str:
        lines = ["[request_definition]", f"r = {', '.join(shape.requests)}"]
        lines += ["[policy_definition]", f"p = {', '.join(shape.rules)}"]
        if shape.roles:
            lines.append("[role_definition]")
            lines += [f"{name} = {', '.join('_' * slots)}" for name, slots in shape.roles.items()]
        effects = _EFFECTS if shape.roles.get("g") else _EFFECTS[:4]
        lines += ["[policy_effect]", f"e = {self._random.choice(effects)}", "[matchers]", f"m = {matcher}"]
        return "\n".join(lines) + "\n"

    def _matcher(self, shape: Shape, objects: bool) -> str:
        random = self._random
        if self._chained:
            return " && ".join(self._usual(shape))
        if random.random() < 0.6:
            parts = self._usual(shape)
            parts += [self._part(shape, objects) for _ in range(random.choice((0, 0, 1, 1, 2)))]
            if random.random() < 0.4:
                random.shuffle(parts)
            text = " && ".join(parts)
            return f"{text} || {self._part(shape, objects)}" if random.random() < 0.15 else text
        return self._expression(shape, objects, depth=3)

    def _usual(self, shape: Shape) -> list[str]:
        """Return the parts of the matchers that one finds everywhere."""
        random, parts = self._random, []
        for name in shape.requests:
            if name not in shape.rules:
                continue
            if name == "sub" and "g" in shape.roles:
                parts.append(self._role("g", "sub", shape))
            elif name == "obj" and "g2" in shape.roles:
                parts.append(self._role("g2", "obj", shape))
            elif name == "obj" and random.random() < 0.3:
                parts.append(f"{random.choice(_FAMILIES[:7])}(r.obj, p.obj)")
            elif name == "ip":
                parts.append("ipMatch(r.ip, p.ip)")
            else:
                parts.append(random.choice((f"r.{name} == p.{name}", f"p.{name} == r.{name}")))
        if "rule" in shape.rules and random.random() < 0.7:
            parts.insert(random.randint(0, len(parts)), "eval(p.rule)")
        return parts

    def _role(self, name: str, column: str, shape: Shape) -> str:
        random = self._random
        domain = ""
        if shape.roles[name] == 3 and random.random() < 0.9:
            choices = ['"d1"', f"r.{column}"]
            choices += ["r.dom"] * 6 if "dom" in shape.requests else []
            choices += ["p.dom"] * 2 if "dom" in shape.rules else []
            domain = f", {random.choice(choices)}"
        elif random.random() < 0.03:
            domain = ', "d1"'
        left, right = f"r.{column}", f"p.{column}"
        if random.random() < 0.1:
            left, right = right, left
        if random.random() < 0.08:
            right = random.choice(('"admin"', '"staff"'))
        return f"{name}({left}, {right}{domain})"

    def _expression(self, shape: Shape, objects: bool, depth: int) -> str:
        random = self._random
        if depth == 0 or random.random() < 0.25:
            return self._part(shape, objects)
        form = random.random()
        if form < 0.45:
            count = random.choice((2, 2, 3))
            return " && ".join(f"({self._expression(shape, objects, depth - 1)})" for _ in range(count))
        if form < 0.8:
            count = random.choice((2, 2, 3))
            return " || ".join(f"({self._expression(shape, objects, depth - 1)})" for _ in range(count))
        if form < 0.93:
            return f"!({self._expression(shape, objects, depth - 1)})"
        inner = [self._expression(shape, objects, depth - 1) for _ in range(3)]
        return f"({inner[0]}) if ({inner[1]}) else ({inner[2]})"

    def _part(self, shape: Shape, objects: bool) -> str:
        """Return one condition."""
        random = self._random
        request, rule = f"r.{random.choice(shape.requests)}", f"p.{random.choice(shape.rules)}"
        shared = random.choice([name for name in shape.requests if name in shape.rules])
        subject = f"r.{shape.requests[0]}"
        usual = [
            f"r.{shared} == p.{shared}",
            f"p.{shared} == r.{shared}",
            f"{request} == {rule}",
            f"{request} != {rule}",
            f"{request} == {self._literal()}",
            f"{rule} == {self._literal()}",
            f'(r.{shared} == p.{shared} || p.{shared} == "*")',
            f"{request} in ({self._literal()}, {self._literal()})",
            f"{rule} in [{self._literal()}, {self._literal()}]",
            f"{request} in {rule}",
            f"{rule} in {request}",
            f"{random.choice(_FAMILIES)}({request}, {rule})",
            f"{random.choice(_FAMILIES)}(r.{shared}, p.{shared})",
            f"keyMatch({rule}, {request})",
            f'{random.choice(_FAMILIES[:7])}({request}, "{random.choice(("/a/*", "/:id", "a.*", "/{id}"))}")',
        ]
        for name in shape.roles:
            column = "sub" if name == "g" else "obj"
            if column in shape.requests and column in shape.rules:
                usual += [self._role(name, column, shape)] * 3
                usual.append(f"!{self._role(name, column, shape)}")
                usual.append(f'({self._role(name, column, shape)} || p.{column} == "*")')
        rare = [
            f'"a" < {request} < "z"', f"{request} < {rule}", f"{request} + {rule} == {self._literal()}",
            f"{request}[0] == {rule}", f"{request}[1:] == {rule}", f"{request}.startswith({rule})",
            f"same({request}, {rule})", f"starts({request}, {rule})", f"short({request})", f"short({rule})",
            f"raises({rule})", f"keyMatchCustom({request}, {rule})",
            "True", "False", "1", "1.5", "0.0", '"x"', request, rule, "None", f"{request} || {rule}",
            "r.nope == p.nope", f"nope({request})", f"keyMatch({request})", f"keyMatch2({rule}, {request})",
            f"{request} == True", f"len({request}) > 1", f"{{{rule}: 1}} == {{}}", f"[{request}] == [{rule}]",
            f"{request} is {rule}", f"{request} not in {rule}", f"1 + 1 == 2 && {request} == {rule}",
            f"{request} * 2 == {rule}", f"({request} if {rule} else {rule}) == {request}", f"-1 < {self._literal()}",
            f"list({request}) == []", f"{request}.__class__ == {rule}", 'timeMatch("_", "_")',
            f"timeMatch({rule}, {rule})",
            f"[x for x in {request}] == []", f'f"{{{request}}}" == {rule}', f"~1 == {rule}", f"{request} @ {rule}",
            f"{request} & {rule}", "(lambda: 1)()", f"tuple({request}) == ({rule},)",
            f"{request} == {rule} == {request}",
            f"g({request}, {rule})", f"g({request})", f"{request} > 1", f"set([{rule}]) == {{{request}}}",
        ]  # fmt: skip
        people = [
            f"{subject}.name == {rule}", f"{subject}.age > 18", f"{subject}.dept == p.{shared}",
            f"{subject}.owner == {subject}.name", f"{rule} in {subject}.roles",
            f"{subject}.age + 1 >= 18 && {subject}.age < 25", f"{subject}.missing == {rule}", f"{subject}.age",
            f"{subject}.name", f"{subject}.age * 1.0", f"{subject}.roles == []", f"{subject}.items == {rule}",
            f'{subject}.dept in ("staff", "admin")', f"keyMatch({subject}.name, {rule})",
            f"same({subject}.name, {rule})", f"{rule} == {subject}.dept",
        ]  # fmt: skip
        if "g" in shape.roles and "sub" in shape.rules:
            people.append(f"g({subject}.name, p.sub)")
        draw = random.random()
        if objects and draw < 0.5:
            return random.choice(people)
        return random.choice(rare if draw > 0.88 else usual)

    def _literal(self) -> str:
        return f'"{self._random.choice(("alice", "admin", "read", "/a", "d1", "*", ""))}"'

    # --- Rows ---------------------------------------------------------------------------------------------------------

    def _rows(self, shape: Shape) -> list[list[str]]:
        random = self._random
        count = random.choice((12, 20, 40) if self._chained else (0, 1, 2, 3, 5, 8, 8, 12, 20, 40))
        patterned = random.random() < 0.6
        sound = random.random() < 0.75
        rows = [["p", *(self._field(name, patterned, sound) for name in shape.rules)] for _ in range(count)]
        if count and random.random() < 0.05:
            row = random.choice(rows)
            row.append("more") if random.random() < 0.5 else row.pop()
        for name, slots in shape.roles.items():
            rows += [self._link(name, slots) for _ in range(random.choice((0, 1, 2, 4, 8)))]
            if self._chained:
                chain = [f"c{at}" for at in range(12)]
                domain = random.choice(_DOMAINS[:2])
                rows += [[name, low, high, domain][: slots + 1] for low, high in pairwise(chain)]
        if random.random() < 0.02:
            rows.append(["p9", "x"])
        random.shuffle(rows)
        return rows

    def _field(self, name: str, patterned: bool, sound: bool) -> str:
        random = self._random
        match name:
            case "sub" if self._chained:
                return random.choice(("c1", "c8", "c9", "c9", "c10", "c10", "alice"))
            case "sub":
                return random.choice(("alice", "bob", "admin", "staff") if sound else _SUBJECTS)
            case "dom":
                return random.choice(_DOMAINS)
            case "obj":
                return random.choice(_PATTERNS if patterned else _OBJECTS[:5])
            case "act":
                return random.choice(_ACTIONS)
            case "ip":
                return random.choice(_NETWORKS)
            case "eft":
                return random.choice(("allow", "allow", "deny") if sound else ("allow", "deny", "Deny", ""))
            case "priority":
                return random.choice(_PRIORITIES) if sound or random.random() < 0.97 else random.choice(("x", "-1", ""))
            case "rule":
                return self._rule(sound)
            case _:
                return random.choice(("x", "read", ""))

    def _rule(self, sound: bool) -> str:
        usual = (
            'r.act == "read"', 'r.act != "write"', "True", "False", 'r.sub == "alice"', 'keyMatch(r.obj, "/a/*")',
            'r.obj in ("/a", "data")', 'r.act == "read" && r.sub == "alice"',
        )  # fmt: skip
        odd = (
            "r.sub.age > 18",
            "p.act == r.act",
            "",
            "1",
            "True) or (True",
            "r.nope",
            "same(r.sub, p.sub)",
            "(",
            '"x"',
            "x y",
        )
        return self._random.choice(usual if sound else (*usual, *odd))

    def _link(self, name: str, slots: int) -> list[str]:
        random = self._random
        names = ("alice", "bob", "admin", "staff", "root", "c0", "c1", "*") if name == "g" else (*_OBJECTS[:5], "files")
        link = [random.choice(names), random.choice(names)]
        if slots > 2:
            link.append(random.choice(_DOMAINS))
        if random.random() < 0.02:
            link.append("more")
        return [name, *link]

    # --- Requests -----------------------------------------------------------------------------------------------------

    def _request(self, shape: Shape, rows: Sequence[Sequence[str]], objects: bool) -> list[Any]:
        random = self._random
        rules = [row for row in rows if row[0] == "p" and len(row) == len(shape.rules) + 1]
        near = random.choice(rules) if rules and random.random() < 0.6 else None
        request: list[Any] = []
        for name in shape.requests:
            own = self._chained and name == "sub"
            if near is not None and name in shape.rules and not own and random.random() < 0.7:
                request.append(near[shape.rules.index(name) + 1])
            else:
                request.append(self._asked(name))
        if objects and random.random() < 0.85:
            request[0] = random.choice(_PEOPLE)
        if random.random() < 0.06:
            request[random.randrange(len(request))] = random.choice(_ODD)
        if random.random() < 0.01:
            request.append("more") if random.random() < 0.5 else request.pop()
        if random.random() < 0.01:
            request.insert(0, {"$enforce_context": ["r", "p", "e", "m"]})
        if random.random() < 0.003:
            request[-1:] = [[{"$module": ""}]]
        return request

    def _asked(self, name: str) -> str:
        random = self._random
        match name:
            case "sub":
                return random.choice(("c0", "c1")) if self._chained else random.choice((*_SUBJECTS, "c0", "nobody"))
            case "dom":
                return random.choice((*_DOMAINS, "d9"))
            case "obj":
                return random.choice((*_OBJECTS, "/a/*", "files"))
            case "ip":
                return random.choice(_ADDRESSES)
            case _:
                return random.choice((*_ACTIONS, "delete"))
