"""The strict loader: every problem with its place, code and both languages, and nothing that PyCasbin misreads."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from pdp.engine import Engine, Finding, InvalidPolicyError

_PAGE: Final = Path(__file__).parents[3] / "docs" / "reference" / "engine-findings.md"
_ROW: Final = re.compile(r"^\| `([a-z-]+)` \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
_READING: Final = Path(__file__).parents[3] / "pdp" / "engine"

_MODEL: Final = """[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act, eft
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
"""
_POLICY: Final = "p, alice, data1, read, allow\ng, bob, alice\n"


@dataclass(frozen=True)
class Broken:
    """A model and a policy with one problem."""

    code: str
    place: str
    model: str = _MODEL
    policy: str = _POLICY
    functions: dict[str, Callable[..., Any]] = field(default_factory=dict)


def _model(old: str, new: str) -> str:
    assert old in _MODEL
    return _MODEL.replace(old, new)


def _matcher(matcher: str, rule: str = "") -> str:
    return _MODEL.replace("act, eft", f"act, eft{rule}").replace(
        "m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act", f"m = {matcher}"
    )


def _links(count: int) -> str:
    return "".join(f"g, c{at}, c{at + 1}\n" for at in range(count))


_SUBJECT: Final = _model("e = some(where (p.eft == allow))", "e = subjectPriority(p.eft) || deny")

BROKEN: Final = (
    # the model
    Broken("model-line", "model:2:1", _model("r = sub, obj, act", "sub, obj, act")),
    Broken("model-section", "model:5:1", _model("[role_definition]", "[role_definitions]")),
    Broken("model-section", "model:1:1", "x = 1\n" + _MODEL),
    Broken("model-missing", "model:1:1", _model("e = some(where (p.eft == allow))", "")),
    Broken("model-key", "model:3:1", _model("[policy_definition]", "r3 = sub\n[policy_definition]")),
    Broken("model-key", "model:3:1", _model("[policy_definition]", "x = sub\n[policy_definition]")),
    Broken("model-repeated", "model:3:1", _model("[policy_definition]", "r = sub, obj, act\n[policy_definition]")),
    Broken("model-field", "model:2:5", _model("r = sub, obj, act", "r = sub, obj, act # who")),
    Broken("model-field", "model:4:5", _model("act, eft", "act, eft, act"), "p, a, b, c, allow, c\n"),
    Broken("model-roles", "model:6:5", _model("g = _, _", "g = _, _, (_, _)"), "p, alice, data1, read, allow\n"),
    Broken("model-effect", "model:8:5", _model("p.eft == allow))", "p.eft==allow))")),
    Broken("model-effect", "model:9:6", _model("[matchers]", "e2 = priority(p.eft) || deny\n[matchers]")),
    # the matcher
    Broken("matcher-syntax", "model:10:5", _matcher("r.sub == ")),
    Broken("matcher-syntax", "model:10:5", _matcher("r.sub == p.sub; True")),
    Broken("matcher-name", "model:10:5", _matcher("r.subject == p.sub")),
    Broken("matcher-name", "model:10:5", _matcher("r.sub == p.sub && r.obj == true")),
    Broken("matcher-name", "model:10:5", _matcher("r.sub == p.sub&&r.obj == p.obj")),
    Broken("matcher-function", "model:10:5", _matcher("keymatch(r.obj, p.obj)")),
    Broken("matcher-literal", "model:10:14", _matcher('r.sub == "a&&b" || r.sub == p.sub')),
    Broken("matcher-literal", "model:10:32", _matcher('r.sub == p.sub && r.obj != "top.p.secret"')),
    Broken("matcher-comment", "model:10:20", _matcher("r.sub == p.sub # && r.obj == p.obj")),
    Broken("matcher-form", "model:10:5", _matcher("r.sub == p.sub && r.obj._x == 1")),
    Broken("matcher-result", "model:10:5", _matcher("r.sub == p.sub && r.obj")),
    Broken("matcher-result", "model:10:5", _matcher("r.sub == p.sub || 1")),
    Broken("matcher-eval", "model:10:5", _matcher("eval(r.sub) && r.obj == p.obj")),
    Broken("matcher-eval", "model:10:5", _matcher("eval( p.sub ) && r.obj == p.obj")),
    Broken("matcher-pattern", "model:10:5", _matcher("r.sub == p.sub && regexMatch(p.obj, r.obj)")),
    Broken("matcher-pattern", "model:10:5", _matcher("r.sub == p.sub && regexMatch(r.obj, p.obj, 1)")),
    Broken("function-forbidden", "functions:1:1", functions={"run": eval}),
    # the policy
    Broken("text-mark", "policy:1:1", policy="\ufeff" + _POLICY),
    Broken("row-type", "policy:3:1", policy=_POLICY + "P, bob, data1, read, deny\n"),
    Broken("row-size", "policy:3:16", policy=_POLICY + "p, bob, data1, read\n"),
    Broken("row-size", "policy:3:10", policy=_POLICY + "g, a, b, c\n"),
    Broken("row-bracket", "policy:3:12", policy=_POLICY + "p, bob, dat[a1, read, deny\n"),
    Broken("row-bracket", "policy:3:12", policy=_POLICY + "p, bob, dat)a1, read, deny\n"),
    Broken("row-quote", "policy:3:9", policy=_POLICY + 'p, bob, "data1", read, deny\n'),
    Broken("row-comment", "policy:3:22", policy=_POLICY + "p, bob, data1, read, deny # gone\n"),
    Broken("row-break", "policy:3:26", policy=_POLICY + "p, bob, data1, read, deny\rp, eve, data1, read, allow\n"),
    Broken("row-effect", "policy:3:22", policy=_POLICY + "p, bob, data1, read, Deny\n"),
    Broken(
        "row-priority",
        "policy:2:4",
        _model("p = sub", "p = priority, sub"),
        "p, 1, alice, data1, read, allow\np, first, bob, data1, read, deny\n",
    ),
    Broken(
        "row-priority",
        "policy:1:4",
        _model("p = sub", "p = priority, sub"),
        "p, -1, alice, data1, read, allow\n",
    ),
    Broken("link-depth", "policy:3:1", policy=_POLICY + _links(10)),
    Broken("link-cycle", "policy:1:1", _SUBJECT, "g, a, b\ng, b, a\n" + _POLICY),
    Broken("policy-empty", "policy:1:1", policy="# nothing\n"),
    # patterns and rule texts
    Broken("pattern", "policy:1:11", _matcher("regexMatch(r.obj, p.obj)"), "p, alice, (?=x)y, read, allow\n"),
    Broken("pattern", "policy:1:11", _matcher("keyMatch2(r.obj, p.obj)"), "p, alice, +/a, read, allow\n"),
    Broken("pattern", "model:10:5", _matcher('r.sub == p.sub && regexMatch(r.obj, "(?=a)")')),
    Broken("matcher-name", "policy:1:23", _matcher("eval(p.rule)", ", rule"), "p, a, b, read, allow, r.age > 1\n"),
    Broken(
        "matcher-syntax", "policy:1:23", _matcher("eval(p.rule)", ", rule"), "p, a, b, read, allow, True) or (True\n"
    ),
)


def _findings(broken: Broken) -> tuple[Finding, ...]:
    with pytest.raises(InvalidPolicyError) as raised:
        Engine.from_text(broken.model, broken.policy, functions=broken.functions)
    return raised.value.findings


@pytest.mark.parametrize("broken", BROKEN, ids=[f"{at}-{broken.code}" for at, broken in enumerate(BROKEN)])
def test_a_problem_is_told_with_its_place(broken: Broken) -> None:
    """Each problem is told at its line and column."""
    findings = _findings(broken)

    told = [(finding.code, f"{finding.file}:{finding.line}:{finding.column}") for finding in findings]
    assert (broken.code, broken.place) in told, "\n".join(map(str, findings))


def test_the_unbroken_model_is_served() -> None:
    """Without a problem there is no finding: what the broken ones have in common is sound."""
    assert Engine.from_text(_MODEL, _POLICY).enforce("bob", "data1", "read")


def test_every_code_has_an_example_and_is_documented() -> None:
    """The page, the examples here and the code that reports know the same codes."""
    reported = set()
    for module in [*(_READING / "reading").glob("*.py"), _READING / "finding.py"]:
        reported |= set(
            re.findall(
                r'^\s+"((?:model|matcher|row|link|policy|text|function)-[a-z]+|pattern)",$|'
                r'1, 1, "([a-z-]+)"',
                module.read_text("utf-8"),
                re.MULTILINE,
            )
        )
    codes = {code or other for code, other in reported}
    loading, _, doubtful = _PAGE.read_text("utf-8").partition("## What loads and is doubtful")
    documented = [code for code, *_ in _ROW.findall(loading)]

    assert {code for code, *_ in _ROW.findall(doubtful)} == _codes_of_doubts()
    assert codes == set(documented)
    assert len(documented) == len(codes)
    assert codes - {broken.code for broken in BROKEN} == {"text-encoding", "load-failed"}


def _codes_of_doubts() -> set[str]:
    found: set[str] = set()
    for module in (_READING / "linting").glob("*.py"):
        found |= set(re.findall(r'^\s+"([a-z]+(?:-[a-z]+)+)",$', module.read_text("utf-8"), re.MULTILINE))
    return found


def test_findings_speak_both_languages() -> None:
    """Each message is there in Vietnamese and English, starts in lower case and ends without a stop."""
    for broken in BROKEN:
        for finding in _findings(broken):
            for locale in ("vi", "en"):
                message = finding.message[locale]
                assert message
                assert not message.endswith(".")
                assert message.startswith(("Casbin", "PyCasbin")) or message[0] == message[0].lower()
            assert finding.message["vi"] != finding.message["en"]


def test_every_problem_is_told_at_once_in_order_of_its_place() -> None:
    """Problems of the model and of several rows come together, sorted by file, line and column."""
    with pytest.raises(InvalidPolicyError) as raised:
        Engine.from_text(_model("r.act == p.act", "r.act == p.acts"), "p, a, b\np, alice, data1, read, Deny\nq, x\n")

    assert [finding.code for finding in raised.value.findings] == ["matcher-name", "row-size", "row-effect", "row-type"]
    assert "policy:2:24: the effect `Deny` has no effect [row-effect]\n  hint: deny" in str(raised.value)


def test_a_file_that_is_no_text_is_a_finding(tmp_path: Path) -> None:
    """A file in another encoding is told by its name."""
    (tmp_path / "model.conf").write_text(_MODEL, "utf-8")
    (tmp_path / "policy.csv").write_bytes("p, trẻ, data1, read, allow".encode("utf-16"))

    with pytest.raises(InvalidPolicyError) as raised:
        Engine.from_files(tmp_path / "model.conf", tmp_path / "policy.csv")

    assert [(finding.file, finding.code) for finding in raised.value.findings] == [
        (str(tmp_path / "policy.csv"), "text-encoding")
    ]


def test_lenient_tells_what_pycasbin_said() -> None:
    """What PyCasbin itself refuses raises with its exception as the cause."""
    with pytest.raises(InvalidPolicyError) as raised:
        Engine.from_text(_model("p.eft == allow))", "p.eft==allow))"), _POLICY, lenient=True)

    assert [finding.code for finding in raised.value.findings] == ["load-failed"]
    assert isinstance(raised.value.__cause__, RuntimeError)


def test_lenient_misreads_as_pycasbin_does() -> None:
    """A misspelt deny is served when lenient: the twin of the strict loader that would let it through."""
    policy = "p, bob, data1, read, Deny\n" + _POLICY

    assert Engine.from_text(_MODEL, policy, lenient=True).enforce("bob", "data1", "read")
