"""A client of FactService."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import grpc

from pdp.api.v1 import facts_pb2, facts_pb2_grpc
from pdp.client.connection import Connected
from pdp.client.decision_client import ATTEMPTS, ServerError, as_error, told_in
from pdp.core.errors import NotAllowedError, PdpError
from pdp.core.facts import Fact
from pdp.core.selecting import selects
from pdp.core.stores import Change, FactFilter, Token, Version, Written
from pdp.wire.facts import fact_from_wire
from pdp.wire.instants import instant_from_timestamp, timestamp_from_instant
from pdp.wire.json_form import fill_from_json
from pdp.wire.words import Words

CHANGE_SECONDS: Final = 10.0
"""A change waits for others, and for every instance to know of it."""

_PAUSE: Final = 0.2

READ_SECONDS: Final = 600.0
"""All facts of an operator, or all of their past, may be many."""


class FactClient(Connected):
    """Asks the server at *address*, HOST:PORT, about stored facts and for changes of them."""

    def __init__(self, address: str, words: Words) -> None:
        self._words = words
        super().__init__(address)
        self._stub = facts_pb2_grpc.FactServiceStub(self._channel)

    def write(self, request: Mapping[str, object]) -> Written:
        """Make the change that *request*, a WriteFactsRequest as parsed JSON, asks for.

        Raises InvalidRequestError, NotAllowedError where the policy does not let the actor, and ServerError.
        """
        message = facts_pb2.WriteFactsRequest()
        fill_from_json(message, request)
        with _told():
            answer = self._stub.WriteFacts(message, timeout=CHANGE_SECONDS)
        return Written(_token(answer.token), tuple(answer.ids), 0, tuple(answer.decision_ids))

    def delete(self, request: Mapping[str, object]) -> Written:
        """Delete what *request*, a DeleteFactsRequest as parsed JSON, asks for; raises what `write` raises."""
        message = facts_pb2.DeleteFactsRequest()
        fill_from_json(message, request)
        with _told():
            answer = self._stub.DeleteFacts(message, timeout=CHANGE_SECONDS)
        return Written(_token(answer.token), (), answer.deleted, ())

    def all_facts(self, operator: str, selection: FactFilter) -> Iterator[Fact]:
        """Yield all facts that *selection* selects, of one state; raises InvalidRequestError and ServerError."""
        asked = facts_pb2.FactFilter(operator=operator, kind=selection.kind)
        for name in ("subject", "scope", "data_subject"):
            setattr(asked, name, str(getattr(selection, name) or ""))
        if selection.as_of is not None:
            asked.as_of.CopyFrom(timestamp_from_instant(selection.as_of))
        with _told():
            for message in self._stub.ReadFacts(facts_pb2.ReadFactsRequest(filter=asked), timeout=READ_SECONDS):
                yield self._fact(message, operator)

    def has_facts(self, operator: str) -> bool:
        """Say whether anything is stored of *operator*; a server without a store has nothing. Raises as `all_facts`.

        A server that cannot be reached is asked again, as for a decision.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._has_facts(operator)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE or attempt == ATTEMPTS:
                    raise _as_error(error) from None
            time.sleep(_PAUSE)
        raise AssertionError("the last attempt returns or raises")

    def _has_facts(self, operator: str) -> bool:
        asked = facts_pb2.ReadFactsRequest(filter=facts_pb2.FactFilter(operator=operator))
        call = self._stub.ReadFacts(asked, timeout=CHANGE_SECONDS)
        try:
            return next(iter(call), None) is not None
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                return False
            raise
        finally:
            call.cancel()

    def history(self, operator: str, selection: FactFilter) -> tuple[Version, ...]:
        """Return every version that is kept of the facts that *selection* selects, oldest first.

        It is put together from all changes that the server can still tell of. Raises what `all_facts` raises.
        """
        with _told():
            now = _token(next(iter(self._watch(operator, ""))).token)
            begin = self._first_kept(operator, now)
            changes = self._changes(operator, begin, now)
            return tuple(version for version in versions_of(changes) if selects(selection, version.fact.kind))

    def _first_kept(self, operator: str, now: Token) -> Token:
        """Return the oldest state whose changes are all kept."""
        low, high = 0, now.revision
        if self._is_kept(operator, Token(now.history, low)):
            return Token(now.history, low)
        while high - low > 1:
            middle = (low + high) // 2
            if self._is_kept(operator, Token(now.history, middle)):
                high = middle
            else:
                low = middle
        return Token(now.history, high)

    def _is_kept(self, operator: str, token: Token) -> bool:
        try:
            next(iter(self._watch(operator, str(token))))
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.OUT_OF_RANGE:
                return False
            raise
        return True

    def _changes(self, operator: str, begin: Token, end: Token) -> Iterator[Change]:
        """Yield every change after *begin* up to *end*."""
        for message in self._watch(operator, str(begin)):
            token = _token(message.token)
            if message.WhichOneof("change") != "heartbeat" and token.revision <= end.revision:
                yield self._change(message, token, operator)
            elif token.revision >= end.revision:
                return
        raise ServerError("DATA_LOSS", "the history has no end")

    def _watch(self, operator: str, token: str) -> Iterator[Any]:
        call = self._stub.WatchFacts(
            facts_pb2.WatchFactsRequest(operator=operator, from_token=token), timeout=READ_SECONDS
        )
        try:
            yield from call
        finally:
            call.cancel()

    def _change(self, message: facts_pb2.FactChange, token: Token, operator: str) -> Change:
        at = instant_from_timestamp(message.at)
        if message.WhichOneof("change") == "deleted_id":
            return Change(token, message.deleted_id, None, at, message.actor, message.decision_id)
        fact = self._fact(message.written, operator)
        return Change(token, fact.id, fact, at, message.actor, message.decision_id)

    def _fact(self, message: facts_pb2.Fact, operator: str) -> Fact:
        return fact_from_wire(message, self._words, operator=operator, stored=True)


def versions_of(changes: Iterable[Change]) -> list[Version]:
    """Return what *changes*, in their order, made of each fact, oldest first and by id within one revision."""
    versions: list[Version] = []
    current: dict[str, int] = {}
    for change in changes:
        before = current.pop(change.id, None)
        if before is not None:
            old = versions[before]
            end = Change(change.token, change.id, None, change.at, change.actor, change.decision_id)
            versions[before] = Version(old.fact, old.begun, end, deleted=change.written is None)
        if change.written is not None:
            current[change.id] = len(versions)
            versions.append(Version(change.written, change, None, deleted=False))
    return sorted(versions, key=lambda version: (version.begun.token.revision, version.fact.id))


def _token(text: str) -> Token:
    token = Token.parse(text)
    if token is None:
        raise ServerError("DATA_LOSS", "the server names no state")
    return token


@contextmanager
def _told() -> Iterator[None]:
    """Let what the server refuses come out as an error of the package."""
    try:
        yield
    except grpc.RpcError as error:
        raise _as_error(error) from None


def _as_error(error: grpc.RpcError) -> PdpError:
    if error.code() is grpc.StatusCode.PERMISSION_DENIED:
        refused = told_in(error)
        if refused is not None:
            return NotAllowedError(refused.errors)
    return as_error(error)
