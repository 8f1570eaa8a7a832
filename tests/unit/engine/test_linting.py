"""What loads and can hardly be meant is told, and nothing is told of the same model without it."""

from dataclasses import dataclass

import pytest

from pdp.engine import Finding, check_files, check_text
from pdp.engine.linting import installed
from pdp.engine.linting.check import check_text as checked
from tests.docs.executed_examples import ROOT

_MODEL = """[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act, eft
[role_definition]
g = _, _
[policy_effect]
e = {effect}
[matchers]
m = {matcher}
"""
_BOTH = "some(where (p.eft == allow)) && !some(where (p.eft == deny))"
_ROLES = "g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act"
_KEYS = "r.sub == p.sub && keyMatch(r.obj, p.obj) && r.act == p.act"
_REGEX = "r.sub == p.sub && regexMatch(r.obj, p.obj) && r.act == p.act"
_TIME = "r.sub == p.sub && timeMatch(p.obj, p.act) && r.obj != r.act"


@dataclass(frozen=True)
class Doubtful:
    """A policy with one doubt, at *line*:*column* of *file*, and the same policy without it."""

    code: str
    severity: str
    place: str
    broken: str
    clean: str
    matcher: str = _ROLES
    effect: str = _BOTH
    clean_matcher: str = ""
    clean_effect: str = ""

    def found(self) -> tuple[Finding, ...]:
        """Return what is told of the doubtful one."""
        return check_text(_MODEL.format(matcher=self.matcher, effect=self.effect), self.broken)

    def found_without(self) -> tuple[Finding, ...]:
        """Return what is told of the clean one."""
        matcher, effect = self.clean_matcher or self.matcher, self.clean_effect or self.effect
        return check_text(_MODEL.format(matcher=matcher, effect=effect), self.clean)


_ROW = "p, alice, data1, read, allow\n"
_ALLOW = "some(where (p.eft == allow))"

DOUBTS = (
    Doubtful("rule-repeated", "warning", "policy:2:1", _ROW * 2, _ROW + _ROW.replace("data1", "data2")),
    Doubtful(
        "rule-shadowed",
        "warning",
        "policy:1:1",
        _ROW + "p, alice, data1, read, deny\n",
        _ROW + "p, alice, data1, write, deny\n",
    ),
    Doubtful(
        "rule-shadowed",
        "warning",
        "policy:2:1",
        "p, staff, data1, read, allow\np, boss, data1, read, allow\ng, boss, staff\n",
        "p, staff, data1, read, allow\np, boss, data2, read, allow\ng, boss, staff\n",
    ),
    Doubtful(
        "rule-shadowed",
        "warning",
        "policy:2:1",
        "p, alice, /a/*, read, allow\np, alice, /a/b, read, allow\n",
        "p, alice, /a/*, read, allow\np, alice, /b/b, read, allow\n",
        matcher=_KEYS,
    ),
    Doubtful(
        "rule-shadowed",
        "warning",
        "policy:2:1",
        "p, *, data1, read, allow\np, alice, data1, read, allow\n",
        "p, *, data1, read, allow\np, alice, data2, read, allow\n",
        matcher='(p.sub == "*" || r.sub == p.sub) && r.obj == p.obj && r.act == p.act',
    ),
    Doubtful(
        "rule-shadowed",
        "warning",
        "policy:2:1",
        _ROW + "p, alice, data1, read, deny\n",
        "p, alice, data1, read, deny\np, alice, data1, write, allow\n",
        effect="priority(p.eft) || deny",
    ),
    Doubtful(
        "effect-ignored",
        "warning",
        "policy:2:22",
        _ROW + "p, bob, data1, read, deny\n",
        _ROW + "p, bob, data1, read, deny\n",
        effect=_ALLOW,
        clean_effect=_BOTH,
    ),
    Doubtful(
        "effect-ignored",
        "warning",
        "policy:1:24",
        _ROW + "p, bob, data1, read, deny\n",
        "p, bob, data1, read, deny\n",
        effect="!some(where (p.eft == deny))",
    ),
    Doubtful(
        "field-unread",
        "warning",
        "model:2:5",
        _ROW,
        _ROW,
        matcher="g(r.sub, p.sub) && r.obj == p.obj && p.act == 'read'",
        clean_matcher=_ROLES,
    ),
    Doubtful(
        "column-unread",
        "note",
        "model:4:5",
        _ROW,
        _ROW,
        matcher="g(r.sub, p.sub) && r.obj == p.obj && r.act == 'read'",
        clean_matcher=_ROLES,
    ),
    Doubtful("link-circle", "warning", "policy:2:1", _ROW + "g, a, b\ng, b, a\n", _ROW + "g, a, b\ng, b, c\n"),
    Doubtful(
        "pattern-open",
        "warning",
        "policy:1:11",
        "p, alice, /data/[0-9]+, read, allow\n",
        "p, alice, /data/[0-9]+$, read, allow\n",
        matcher=_REGEX,
    ),
    Doubtful(
        "pattern-after-star",
        "warning",
        "policy:1:11",
        "p, alice, /x/*/safe, read, allow\n",
        "p, alice, /x/*, read, allow\n",
        matcher=_KEYS,
    ),
    Doubtful(
        "pattern-time",
        "warning",
        "policy:1:11",
        "p, alice, 0000-01-01 00:00:00, _, allow\n",
        "p, alice, 2026-01-01 00:00:00, _, allow\n",
        matcher=_TIME,
    ),
)


@pytest.mark.parametrize("doubt", DOUBTS, ids=[f"{at}-{doubt.code}" for at, doubt in enumerate(DOUBTS)])
def test_a_doubt_is_told_with_its_place_and_not_without_it(doubt: Doubtful) -> None:
    """The doubtful policy gives one finding of its code at its place; the clean twin gives none of that code."""
    told = [(f.code, f.severity, f"{f.file}:{f.line}:{f.column}") for f in doubt.found() if f.code == doubt.code]

    assert told == [(doubt.code, doubt.severity, doubt.place)]
    assert [finding for finding in doubt.found_without() if finding.code == doubt.code] == []
    assert all(finding.message["vi"] and finding.message["en"] and finding.suggestion for finding in doubt.found())


def test_a_shadow_is_where_no_answer_changes() -> None:
    """Each rule that is called shadowed or repeated can be taken out without changing an answer of PyCasbin's."""
    from casbin import Enforcer, Model
    from casbin.persist import load_policy_line

    def answers(text: str, doubt: Doubtful) -> list[bool]:
        model = Model()
        model.load_model_from_text(_MODEL.format(matcher=doubt.matcher, effect=doubt.effect))
        for line in text.splitlines():
            load_policy_line(line, model)
        enforcer = Enforcer(model)
        enforcer.build_role_links()
        asked = [(s, o, a) for s in names for o in things for a in ("read", "write")]
        return [enforcer.enforce(*each) for each in asked]

    names, things = ("alice", "bob", "boss", "staff"), ("data1", "data2", "/a/b", "/a/c", "/b/b")
    shadowed = [doubt for doubt in DOUBTS if doubt.code in {"rule-shadowed", "rule-repeated"}]
    for doubt in shadowed:
        line = next(finding.line for finding in doubt.found() if finding.code == doubt.code)
        rows = doubt.broken.splitlines()
        assert answers(doubt.broken, doubt) == answers("\n".join([*rows[: line - 1], *rows[line:]]), doubt)


def test_errors_come_alone() -> None:
    """Of a policy that does not load only the errors are told: doubts about half of it would mislead."""
    found = check_text(_MODEL.format(matcher=_ROLES, effect=_BOTH), _ROW * 2 + "p, bob, data1, read, Deny\n")

    assert [(finding.code, finding.severity) for finding in found] == [("row-effect", "error")]


def test_two_distributions_of_casbin_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both names installed at once: whichever came last is the one that runs."""
    model = _MODEL.format(matcher=_ROLES, effect=_BOTH)
    assert checked(model, _ROW) == ()

    monkeypatch.setattr(installed, "version", lambda name: "1.0")

    assert [finding.code for finding in checked(model, _ROW)] == ["casbin-twice"]


@pytest.mark.parametrize("operator", ["kidsonline", "homeid", "kiotviet", "onmeeting", "welearning"])
def test_our_own_policies_hold_nothing_doubtful(operator: str) -> None:
    """Checked as any Casbin model, without our vocabulary, an operator's files give notes alone."""
    folder = ROOT / "policies" / operator

    found = check_files(folder / "model.conf", folder / "policy.csv", ["satisfied"])

    assert {finding.code for finding in found} <= {"column-unread"}


def test_a_function_has_to_be_named() -> None:
    """A function that neither Casbin nor the caller names is an error."""
    folder = ROOT / "policies" / "kidsonline"

    assert {finding.code for finding in check_files(folder / "model.conf", folder / "policy.csv")} == {
        "matcher-function"
    }
