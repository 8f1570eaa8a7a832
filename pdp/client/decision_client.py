"""A client of DecisionService."""

import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import grpc
from grpc_status import rpc_status

from pdp.api.v1 import decision_pb2, decision_pb2_grpc
from pdp.client.connection import Connected
from pdp.core.decision import Decision
from pdp.core.entity import Entity
from pdp.core.errors import InvalidRequestError, PdpError, RequestError
from pdp.core.explanation import Explanation
from pdp.core.lookup import Found, Match
from pdp.core.request import Request, Resource
from pdp.wire.errors import errors_from_status
from pdp.wire.lookups import actions_to_wire, match_from_wire, resources_to_wire, subjects_to_wire
from pdp.wire.outgoing import request_to_wire
from pdp.wire.responses import decision_from_wire, explanation_from_wire
from pdp.wire.words import Words

DEADLINE_SECONDS: Final = 2.0
ATTEMPTS: Final = 3
_FIRST_PAUSE: Final = 0.1

Question = Request | decision_pb2.CheckRequest


class ServerError(PdpError):
    """The server gave no decision, which its caller has to take for a denial.

    *code* is the name of the gRPC status (`UNAVAILABLE`), *details* what the server said, *errors* what it said about
    single fields.
    """

    def __init__(self, code: str, details: str, errors: tuple[RequestError, ...] = ()) -> None:
        self.code = code
        self.details = details
        self.errors = errors
        super().__init__(f"{code}: {details}" if details else code)


class DecisionClient(Connected):
    """Asks the server at *address*, HOST:PORT, for decisions; any thread may use it.

    An answer that does not come within *deadline_seconds*, retries included, is none.
    """

    def __init__(self, address: str, words: Words, *, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._words = words
        self._deadline_seconds = deadline_seconds
        super().__init__(address)
        self._stub = decision_pb2_grpc.DecisionServiceStub(self._channel)

    def check(self, question: Question) -> Decision:
        """Return the answer to *question*.

        Raises InvalidRequestError for one that cannot be right, and ServerError when there is no answer.
        """
        answer: decision_pb2.CheckResponse = self._call(self._stub.Check, _message(question))
        return decision_from_wire(answer)

    def explain(self, question: Question, *, level: str = "", as_of: datetime | None = None) -> Explanation:
        """Return the answer to *question* with what led to it, as much as *level* shows ("caller" or "admin").

        With *as_of* it is the answer from the facts of that instant. Raises what check raises.
        """
        request = decision_pb2.ExplainRequest(request=_message(question), level=level)
        if as_of is not None:
            request.as_of.FromDatetime(as_of)
        answer: decision_pb2.ExplainResponse = self._call(self._stub.Explain, request)
        return explanation_from_wire(answer, self._words)

    def explain_past(self, decision_id: str, *, level: str = "") -> tuple[str, Explanation]:
        """Return how the answer of an earlier decision came about, and the operator that its facts are of.

        Without a fact the operator is empty. Raises what check raises.
        """
        request = decision_pb2.ExplainRequest(decision_id=decision_id, level=level)
        answer: decision_pb2.ExplainResponse = self._call(self._stub.Explain, request)
        operator = next((use.fact.operator for use in answer.facts), "")
        return operator, explanation_from_wire(answer, self._words)

    def lookup_subjects(self, request: Request, as_of: datetime | None = None) -> Found:
        """Return everybody of the type of the subject of *request* who may, over all pages.

        Raises what check raises, and ServerError for a list that is not complete.
        """
        return self._found(self._stub.LookupSubjects, subjects_to_wire(request, as_of))

    def lookup_resources(
        self,
        request: Request,
        candidates: tuple[Resource, ...] = (),
        within: Entity | None = None,
        as_of: datetime | None = None,
    ) -> Found:
        """Return those of *candidates*, or of all that the facts know of, for which *request* is allowed.

        Raises what lookup_subjects raises.
        """
        return self._found(self._stub.LookupResources, resources_to_wire(request, candidates, within, as_of))

    def lookup_actions(self, request: Request, as_of: datetime | None = None) -> tuple[tuple[str, Decision], ...]:
        """Return the answer to *request* for every action that the policy speaks of; raises what check raises."""
        answer: decision_pb2.LookupActionsResponse = self._call(
            self._stub.LookupActions, actions_to_wire(request, as_of)
        )
        return tuple((each.action, decision_from_wire(each.response)) for each in answer.actions)

    def _found(self, method: Callable[..., Any], message: Any) -> Found:
        matches: list[Match] = []
        while True:
            parts = self._call(lambda asked, timeout: list(method(asked, timeout=timeout)), message)
            if not parts or parts[-1].WhichOneof("of") != "end":
                raise ServerError("DATA_LOSS", "the look-up has no end")
            for part in parts[:-1]:
                matches.append(match_from_wire(part.match, f"matches[{len(matches)}]"))
            end = parts[-1].end
            if end.complete:
                return Found(tuple(matches), end.checked_at, end.revision)
            # FAIL CLOSED (part of a list): whoever reads it would take it for everything.
            if not end.next_page_token:
                raise ServerError("DATA_LOSS", "the look-up is not complete")
            message.page_token = end.next_page_token

    def _call(self, method: Callable[..., Any], message: object) -> Any:
        """Return the answer of *method*, asking again when the server cannot be reached and there is time left."""
        end = time.monotonic() + self._deadline_seconds
        pause = _FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return method(message, timeout=max(end - time.monotonic(), 0))
            except grpc.RpcError as error:
                # Nothing else is asked twice: a refusal stays one, and a late answer comes no sooner.
                retriable = error.code() is grpc.StatusCode.UNAVAILABLE and attempt < ATTEMPTS
                wait = pause * random.uniform(0.5, 1.0)
                if not retriable or time.monotonic() + wait >= end:
                    raise as_error(error) from None
            time.sleep(wait)
            pause *= 2
        raise AssertionError("the last attempt returns or raises")


def _message(question: Question) -> decision_pb2.CheckRequest:
    return request_to_wire(question) if isinstance(question, Request) else question


def as_error(error: grpc.RpcError) -> InvalidRequestError | ServerError:
    """Return what *error* says, rebuilt from the details of its status where it is about the request."""
    if error.code() is grpc.StatusCode.INVALID_ARGUMENT:
        invalid = told_in(error)
        if invalid is not None:
            return invalid
    if error.code() is grpc.StatusCode.PERMISSION_DENIED:
        refused = told_in(error)
        return ServerError(error.code().name, error.details() or "", refused.errors if refused is not None else ())
    return ServerError(error.code().name, error.details() or "")


def told_in(error: grpc.RpcError) -> InvalidRequestError | None:
    """Return the mistakes that the details of *error* hold, None where they hold none that can be read."""
    try:
        status = rpc_status.from_call(error)  # type: ignore[arg-type]  # every RpcError of a call is one
    except ValueError:
        return None
    return errors_from_status(status) if status is not None else None
