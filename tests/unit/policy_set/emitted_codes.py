"""Which codes the reader of policy folders can give, taken from its source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pdp
from pdp.core.vocabulary import WordKind

_PACKAGE: Final = Path(pdp.__file__).parent
_CODE: Final = re.compile(r"[a-z]+(-[a-z]+)+")

# Written like a code and none.
_NO_CODES: Final = frozenset({"utf-8"})

# `unknown-{...}`: one code for each kind of word that a row has a column for, and for the names that it cites.
_COMPOSED: Final = frozenset(
    {
        *(f"unknown-{kind.singular}" for kind in WordKind if kind is not WordKind.OPERATOR),
        "unknown-condition",
        "unknown-obligation",
    }
)

_OWN: Final = "only in vocabulary.yaml and facts.yaml of the package: tests/unit/words"

NOT_OF_FOLDERS: Final = {
    "word-broader-cycle": _OWN,
    "word-broader-unknown": _OWN,
    "word-clause": _OWN,
    "word-dpv": _OWN,
    "word-operator-outside": _OWN,
    "word-requires": _OWN,
    "word-scope-type": _OWN,
    "word-section-missing": _OWN,
    "word-section-unknown": _OWN,
}
"""Codes that no policy folder can give, and why."""


def emitted_codes() -> frozenset[str]:
    """Return every code in the source of the packages that read policy folders."""
    found: set[str] = set()
    for package in ("policy_set", "words"):
        for path in sorted((_PACKAGE / package).glob("*.py")):
            found |= set(_codes(ast.parse(path.read_text("utf-8"))))
    return frozenset(found - _NO_CODES)


def reviewed_codes() -> frozenset[str]:
    """Return every code that the review of a folder without an error can give."""
    found: set[str] = set()
    for path in sorted((_PACKAGE / "review").glob("*.py")):
        if path.name != "mending.py":
            found |= set(_codes(ast.parse(path.read_text("utf-8"))))
    return frozenset(found)


def codes_of_folders() -> frozenset[str]:
    """Return every code that a policy folder can give."""
    return emitted_codes() - NOT_OF_FOLDERS.keys()


def _codes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if _CODE.fullmatch(text):
                yield text
            case ast.JoinedStr(values=[ast.Constant(value="unknown-"), *_]):
                yield from _COMPOSED
