"""The decision alone, from codes: the same as PyCasbin's, for rules that make every kind of its code run."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, Final

import pytest

from pdp.engine import Engine
from pdp.engine.compiling import allowing, program
from pdp.engine.index import allowing as index
from tests.comparison.oracle import World, asked, reference

pytestmark = pytest.mark.filterwarnings("ignore")

_MODEL: Final = """[request_definition]
r = {request}
[policy_definition]
p = {request}, eft
[role_definition]
g = {slots}
[policy_effect]
e = {effect}
[matchers]
m = {matcher}
"""

_EFFECTS: Final = {
    "one allows": "some(where (p.eft == allow))",
    "none denies": "!some(where (p.eft == deny))",
    "one allows and none denies": "some(where (p.eft == allow)) && !some(where (p.eft == deny))",
    "the first decides": "priority(p.eft) || deny",
}
_SUBJECTS: Final = ("lan", "staff", "guest", "nobody")
_OBJECTS: Final = ("mark", "photo", "file", "nothing")
_ACTIONS: Final = ("read", "write", "erase")

_RULES: Final = (
    ("lan", "mark", "read", "allow"),
    ("staff", "mark", "read", "deny"),
    ("guest", "mark", "read", "allow"),
    ("staff", "mark", "write", "allow"),
    ("guest", "mark", "write", "allow"),
    ("guest", "photo", "read", "deny"),
    ("lan", "photo", "write", "maybe"),
    ("guest", "file", "read", "maybe"),
    ("lan", "file", "read", "deny"),
    ("guest", "file", "read", "allow"),
    *((f"role{number}", "file", "write", "allow") for number in range(20)),
    ("lan", "file", "write", "allow"),
)
_LINKS: Final = (("lan", "staff"), ("staff", "guest"))


def _worlds() -> Iterator[tuple[str, World]]:
    strange: list[list[Any]] = [["lan"], ["lan", "mark", "read", "more", "most"], [7, "mark", "read"], []]
    asked_for = [list(each) for each in product(_SUBJECTS, _OBJECTS, _ACTIONS)]
    for name, effect in _EFFECTS.items():
        for matcher in (
            "g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act",
            "(r.sub == p.sub || g(r.sub, p.sub)) && r.act == p.act && r.obj == p.obj",
            "r.sub == p.sub && r.obj == p.obj && r.act == p.act",
            "g(r.sub, p.sub) && r.obj == p.obj",
        ):
            model = _MODEL.format(request="sub, obj, act", slots="_, _", effect=effect, matcher=matcher)
            rows = [["p", *rule] for rule in _RULES] + [["g", *link] for link in _LINKS]
            yield f"{name}: {matcher}", World(model, rows, (), [*asked_for, *strange])
        in_domains = "g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj"
        model = _MODEL.format(request="sub, dom, obj", slots="_, _, _", effect=effect, matcher=in_domains)
        rows = [["p", sub, dom, obj, eft] for sub, obj, _, eft in _RULES[:5] for dom in ("here", "there")]
        rows += [["g", "lan", "staff", "here"], ["g", "staff", "guest", "there"], ["g", "lan", "guest", "nowhere"]]
        domains = [list(each) for each in product(_SUBJECTS, ("here", "there", "nowhere"), _OBJECTS)]
        yield f"{name}: {in_domains}", World(model, rows, (), [*domains, *strange])


_WORLDS: Final = dict(_worlds())


def _differs(world: World) -> bool:
    engine = Engine.from_rows(world.model, [tuple(row) for row in world.rows], lenient=True)
    return any(asked(engine, request) != reference(world, request) for request in world.requests)


@pytest.mark.parametrize("name", _WORLDS)
def test_the_decision_alone_is_that_of_pycasbin(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every effect, own names, roles in domains, many rules of one key, and requests of any size and kind."""
    made: list[Any] = []
    original = allowing._Written.function

    def noticed(self: Any, decide: Any) -> Any:
        made.append(original(self, decide))
        return made[-1]

    monkeypatch.setattr(allowing._Written, "function", noticed)

    assert not _differs(_WORLDS[name])
    assert made, "the function that is to be tested was not made"


def _denies_are_left_out(patch: pytest.MonkeyPatch) -> None:
    original = index._coded
    patch.setattr(index, "_coded", lambda allows, _, **named: original(allows, "", **named))


def _order_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    original = index._coded
    patch.setattr(index, "_coded", lambda *given, **_: original(*given, in_order=False))


def _all_roles_look_alike(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(index, "chr", lambda _: "a", raising=False)


def _an_own_name_is_no_role(patch: pytest.MonkeyPatch) -> None:
    original = index.Codes.string
    # The name comes before its roles, in a tuple.
    patch.setattr(
        index.Codes,
        "string",
        lambda self, texts: original(self, texts[1:] if isinstance(texts, tuple) else texts),
    )


def _the_wrong_table_is_searched(patch: pytest.MonkeyPatch) -> None:
    original = index.AllowingTable.__init__

    def broken(self: Any, *given: Any, **named: Any) -> None:
        original(self, *given, **named)
        if self.outer:
            self.outer, self.inner = (self.inner, *self.outer[1:]), self.outer[0]

    patch.setattr(index.AllowingTable, "__init__", broken)


def _domains_are_mixed(patch: pytest.MonkeyPatch) -> None:
    _rewritten(patch, "_held(r1, _nothing)", "_held('here', _nothing)")


def _what_is_too_much_is_overlooked(patch: pytest.MonkeyPatch) -> None:
    _rewritten(patch, "if more or", "if")


def _what_is_too_little_is_filled_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(allowing, "_given", lambda request: tuple("" if type(v) is object else v for v in request))


def _rewritten(patch: pytest.MonkeyPatch, before: str, after: str) -> None:
    original = program.Program.function

    def broken(self: Any, name: str, lines: Any, **named: Any) -> Any:
        return original(self, name, [line.replace(before, after) for line in lines], **named)

    patch.setattr(program.Program, "function", broken)


@pytest.mark.parametrize(
    "twin",
    [
        _denies_are_left_out,
        _order_is_forgotten,
        _all_roles_look_alike,
        _an_own_name_is_no_role,
        _the_wrong_table_is_searched,
        _domains_are_mixed,
        _what_is_too_much_is_overlooked,
        _what_is_too_little_is_filled_up,
    ],
    ids=lambda twin: twin.__name__,
)
def test_a_broken_short_way_is_noticed(
    twin: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same comparison finds a difference for each deliberately broken twin."""
    twin(monkeypatch)

    assert any(_differs(world) for world in _WORLDS.values())
