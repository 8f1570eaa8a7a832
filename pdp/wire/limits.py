"""How much a request may hold (contract, section 1, "Limits")."""

from typing import Final

BATCH: Final = 100
FACTS: Final = 64
SCOPES: Final = 16
WRITTEN: Final = 1000
KEYS: Final = 64
DEPTH: Final = 8
LIST: Final = 256
TEXT_BYTES: Final = 4096

WHOLE_NUMBER: Final = 1 << 53
"""Up to here, and down to its negative, a double holds every whole number exactly."""

LARGEST_SHOWN: Final = 10**40
"""No whole number beyond this is written out."""

ERRORS: Final = 256
"""So many mistakes are listed; whoever makes more learns that there are more."""

SUGGESTIONS: Final = 32
"""For so many words of one request the nearest known one is sought: the search is slow, and mistakes cost nothing."""

_MOST_BYTES_OF_A_CHARACTER: Final = 4


def is_too_long(text: str) -> bool:
    """Say whether *text* is longer than is accepted."""
    if len(text) * _MOST_BYTES_OF_A_CHARACTER <= TEXT_BYTES:
        return False
    return len(text) > TEXT_BYTES or len(text.encode("utf-8", "surrogatepass")) > TEXT_BYTES
