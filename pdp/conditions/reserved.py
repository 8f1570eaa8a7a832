"""The words of the language of conditions."""

from typing import Final

_GRAMMAR: Final = (
    "and or not some no where consent refusal from each person is stated has type holds in one of within its yes"
)
_COMPARING: Final = (
    "includes cover the category at least most more than less before after subject recipient resource context extra now"
)
_ROWS: Final = "always any nothing"
_DURATIONS: Final = "minute minutes hour hours day days year years"
RESERVED: Final = frozenset(f"{_GRAMMAR} {_COMPARING} {_ROWS} {_DURATIONS}".split())
"""Words that no condition may be called by."""
