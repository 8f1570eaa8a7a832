"""Reads survivors.json: changes that no case can notice, each with the reason why that is right."""

import json
from typing import Final

from pdp.cases.case import CaseFileError
from pdp.cases.mutation import Survivor
from pdp.core.text import Text

FILE: Final = "survivors.json"
_KEYS: Final = {"rule", "change", "reason"}


def read_survivors(file: str, text: str) -> tuple[Survivor, ...]:
    """Return the survivors that *text* lists; raises CaseFileError."""
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise CaseFileError(f"{file}: {error}") from error
    if not isinstance(entries, list) or not all(_is_survivor(entry) for entry in entries):
        raise CaseFileError(f"{file}: must be a JSON list of `rule`, `change` and `reason` in `vi` and `en`")
    return tuple(
        Survivor(entry["rule"], entry["change"], Text(entry["reason"]["vi"], entry["reason"]["en"]))
        for entry in entries
    )


def _is_survivor(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and entry.keys() == _KEYS
        and isinstance(entry["reason"], dict)
        and all(isinstance(entry["reason"].get(locale), str) and entry["reason"][locale] for locale in ("vi", "en"))
    )
