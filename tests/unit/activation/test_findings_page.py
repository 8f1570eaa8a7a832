"""The page of a server's own findings, and the code that gives them, know the same codes."""

import ast
import re
from pathlib import Path

import pdp

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "activation-findings.md"
PACKAGE = Path(pdp.__file__).parent
SOURCES = [*(PACKAGE / "activation").glob("*.py"), PACKAGE / "server" / "leading.py"]
CODE = re.compile(r"[a-z]+(-[a-z0-9]+)*")


def given_codes() -> set[str]:
    """Return what is written where a finding is made, and looks like its code."""
    found: set[str] = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Finding", "wrong"}:
                texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
                found |= {text for text in texts if isinstance(text, str) and CODE.fullmatch(text)}
    return found


def test_every_code_of_a_server_is_explained() -> None:
    """A code without an explanation, or an explanation without a code, fails."""
    documented = set(re.findall(r"^\| `([a-z0-9-]+)` \| .+ \| .+ \|$", PAGE.read_text("utf-8"), re.MULTILINE))

    assert documented == given_codes()
    assert len(documented) >= 3
