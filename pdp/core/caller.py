"""Who asks, and what it may do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Claim(StrEnum):
    """What a caller may be trusted to assert in a request: a kind of fact, or the time."""

    ROLE = "role"
    CONSENT = "consent"
    GROUND = "ground"
    CONTAINMENT = "containment"
    TIME = "time"


FACT_KINDS: Final = frozenset(Claim) - {Claim.TIME}
"""The kinds of facts that can be written."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that may ask.

    *operators* are those about which it may ask; *methods* the full names of those that it may call; *asserts* what it
    may bring in a request that the store does not hold; *writes* the kinds of facts that it may store; *actors* on
    whose behalf it may do so: a bare type (`user`) for anybody of it, or one entity (`service:nightly-import`).
    *calls_per_second* is what it may ask of one process at most, 0 for no such bound; *weight* what it gets of a
    process that is asked more than it can answer, beside the others.
    *may_everything* makes all of this meaningless but the name: whoever it is may do whatever there is.
    """

    name: str
    operators: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    asserts: frozenset[Claim] = frozenset()
    writes: frozenset[Claim] = frozenset()
    actors: frozenset[str] = frozenset()
    explains_as_admin: bool = False
    calls_per_second: int = 0
    weight: int = 1
    may_everything: bool = False

    def may_call(self, method: str) -> bool:
        """Say whether it may call the method with this full name at all."""
        return self.may_everything or method in self.methods

    def may_ask_about(self, operator: str) -> bool:
        """Say whether it may ask about *operator*."""
        return self.may_everything or operator in self.operators

    def may_assert(self, claim: str) -> bool:
        """Say whether it may bring a *claim* of this kind in a request."""
        return self.may_everything or claim in self.asserts

    def may_write(self, kind: str) -> bool:
        """Say whether it may store, replace or delete facts of this kind."""
        return self.may_everything or kind in self.writes

    def may_vouch_for(self, type_: str, id_: str) -> bool:
        """Say whether it may act on behalf of the actor with this type and id."""
        return self.may_everything or type_ in self.actors or f"{type_}:{id_}" in self.actors


LOCAL: Final = Caller("local", may_everything=True)
"""Whoever connects while no callers are configured; the server then listens on loopback only."""
