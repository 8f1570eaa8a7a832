"""The services over one decision point, and the one assignment that lets another decision point answer."""

from collections.abc import Mapping
from typing import Any, Final

import grpc

from pdp.core.caller import Caller
from pdp.decision_point import DecisionPoint
from pdp.server.decisions import Decisions
from pdp.server.inline_call import Answer, Later
from pdp.server.load import Load
from pdp.server.lookups import Lookups
from pdp.server.methods import Serve
from pdp.wire.words import Words


class Services:
    """What answers for *point*: the methods that take messages, and those that take bytes, by full name.

    Everything in it is of the same policy sets: the keys that requests may bring, the rules and the revision.
    """

    def __init__(self, point: DecisionPoint, words: Words, load: Load | None = None) -> None:
        self.load: Final = load or Load()
        decisions = Decisions(point, words, self.load)
        self.point: Final = point
        self.served: Final[Mapping[str, Serve]] = {**decisions.served, **Lookups(point, words).served}
        self.answered: Final[Mapping[str, Answer]] = decisions.answered


class ServicesInForce:
    """The methods of the services in force; a call goes on with those that were in force when it began."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.served: Final[Mapping[str, Serve]] = {name: self._serve(name) for name in services.served}
        self.answered: Final[Mapping[str, Answer]] = {name: self._answer(name) for name in services.answered}

    @property
    def load(self) -> Load:
        """Return what is borne; it stays the same whatever answers."""
        return self._services.load

    @property
    def point(self) -> DecisionPoint:
        """Return the decision point that answers now."""
        return self._services.point

    def put(self, services: Services) -> None:
        """Let *services* answer every call, and every message of a stream, that begins from now on."""
        # INVARIANT (one revision): this assignment is all that a change of policy is; no part of it can be seen alone.
        self._services = services

    def _serve(self, name: str) -> Serve:
        def serve(message: Any, context: grpc.ServicerContext) -> Any:
            return self._services.served[name](message, context)

        return serve

    def _answer(self, name: str) -> Answer:
        def answer(body: bytes, caller: Caller) -> bytes | Later:
            return self._services.answered[name](body, caller)

        return answer
