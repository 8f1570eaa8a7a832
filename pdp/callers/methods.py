"""The methods that can be granted to a caller, and the short words for them in the file of callers."""

from collections.abc import Iterable
from typing import Final

PACKAGE: Final = "pdp.api.v1"

GRANTED: Final[dict[str, tuple[str, ...]]] = {
    "DecisionService": (
        "Check",
        "CheckBatch",
        "CheckStream",
        "Explain",
        "LookupSubjects",
        "LookupResources",
        "LookupActions",
    ),
    "FactService": ("WriteFacts", "DeleteFacts", "ReadFacts", "WatchFacts"),
    "PolicyService": ("GetPolicySet", "Validate", "Diff", "Reload"),
}
"""The services of the contract and their methods. A method that is not here can be granted to nobody."""

WORDS: Final = frozenset(GRANTED) | {f"{service}.{name}" for service, names in GRANTED.items() for name in names}
"""What can be written under `methods`: a service for all of its methods, or one method of it."""

EVERY_METHOD: Final = frozenset(f"{PACKAGE}.{service}.{name}" for service, names in GRANTED.items() for name in names)
"""The full names of all that can be granted."""


def methods_of(words: Iterable[str]) -> frozenset[str]:
    """Return the full names of the methods that *words* stand for; a word that is none stands for nothing."""
    found: set[str] = set()
    for word in words:
        service, dot, name = word.partition(".")
        for known in GRANTED.get(service, ()):
            if not dot or known == name:
                found.add(f"{PACKAGE}.{service}.{known}")
    return frozenset(found)
