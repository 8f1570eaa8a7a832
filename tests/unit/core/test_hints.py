"""Hints of findings in both languages: no sentence of English stands in a Vietnamese answer."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pdp
from pdp.core.finding import Finding, Severity
from pdp.core.hints import hint_in
from pdp.core.text import Text

_TOLD_WITH_HINTS = ("activation", "policy_set", "review", "words")
_REPORTS = {"error", "warning", "note", "_error", "_finding", "Finding", "YamlFinding"}
_ENGLISH = {"a", "an", "it", "keep", "let", "of", "on", "or", "put", "remove", "save", "see", "sign", "the", "write"}


def _hints() -> Iterator[str]:
    """Yield what is given last to whatever reports a finding, as far as it is written out there."""
    for folder in _TOLD_WITH_HINTS:
        for file in (Path(pdp.__file__).parent / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if not isinstance(node, ast.Call) or len(node.args) < 4:
                    continue
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                last = node.args[-1]
                if not ast.unparse(node.args[-2]).isascii():
                    continue  # Vietnamese stands before it: it is the message in English, without a hint
                if name in _REPORTS and isinstance(last, ast.Constant) and isinstance(last.value, str):
                    yield last.value
                elif name in _REPORTS and isinstance(last, ast.JoinedStr):
                    yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in last.values)


def _is_english(hint: str) -> bool:
    return len(_ENGLISH & set(hint.replace(",", " ").lower().split())) >= 2


HINTS = sorted({hint for hint in _hints() if _is_english(hint)})


def test_the_hints_are_found() -> None:
    """Otherwise the test below would look at nothing."""
    assert len(HINTS) > 15


@pytest.mark.parametrize("hint", HINTS)
def test_a_sentence_is_said_in_both_languages(hint: str) -> None:
    """Each has its Vietnamese words, and English stays what it is."""
    assert not _is_english(hint_in("vi", hint))
    assert hint_in("en", hint) == hint


@pytest.mark.parametrize("hint", ["deny", "child_photo", "p, id, eft, role", ""])
def test_a_word_is_the_same_in_both_languages(hint: str) -> None:
    """The nearest right word stays a word of the files."""
    assert hint_in("vi", hint) == hint


def test_a_finding_says_its_hint_in_the_language_asked_for() -> None:
    """The number of a line is kept."""
    finding = Finding("policy.csv", 3, 1, Severity.NOTE, "row-twice", Text("hai lần", "twice"), "see line 12")
    assert finding.in_locale("vi").endswith("\n  gợi ý: xem dòng 12")
    assert finding.in_locale("en").endswith("\n  hint: see line 12")
