"""FactService: writes, deletions, readings and watches of stored facts."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import grpc

from pdp.api.v1 import facts_pb2
from pdp.core.errors import NoPolicyError
from pdp.core.fact_change import FactChangeRequest
from pdp.core.stores import Change, FactStore, Page, Token, Written
from pdp.core.wanted import NOTHING_WANTED
from pdp.decision_point import DecisionPoint
from pdp.fact_keeping import FactKeeper
from pdp.server.gate import caller_of
from pdp.server.methods import Serve
from pdp.server.status import TooManyCallsError
from pdp.wire.context import Declared
from pdp.wire.fact_requests import ReadRequest, delete_from_wire, read_from_wire, watch_from_wire, write_from_wire
from pdp.wire.instants import timestamp_from_instant
from pdp.wire.outgoing import fact_to_wire
from pdp.wire.page_tokens import page_from_token, token_of_page
from pdp.wire.words import Words

HEARTBEAT_SECONDS: Final = 5.0
WATCHERS: Final = 16
"""So many watches one process serves; each holds a thread."""

NEXT_PAGE: Final = "next-page-token"
"""Key of the trailing metadata in which ReadFacts says where the next page begins, when there is one."""

_LOOK_SECONDS: Final = 0.2
_STEP: Final = 500
FACT_SERVICE: Final = facts_pb2.DESCRIPTOR.services_by_name["FactService"].full_name
WATCHES: Final = f"{FACT_SERVICE}/WatchFacts"
"""The path of the method whose calls last until somebody ends them."""


class Facts:
    """Serves FactService over *store*; who may change something is asked of what *point* returns, anew each time."""

    def __init__(self, store: FactStore, point: Callable[[], DecisionPoint], words: Words) -> None:
        self._store = store
        self._point = point
        self._words = words
        self._ending = threading.Event()
        self._changed = threading.Condition()
        self._watchers = threading.Semaphore(WATCHERS)

    @property
    def served(self) -> Mapping[str, Serve]:
        """Return the methods by full name."""
        methods: Mapping[str, Serve] = {
            "WriteFacts": self.write_facts,
            "DeleteFacts": self.delete_facts,
            "ReadFacts": self.read_facts,
            "WatchFacts": self.watch_facts,
        }
        return {f"{FACT_SERVICE}.{name}": serve for name, serve in methods.items()}

    def end(self) -> None:
        """End every watch."""
        self._ending.set()
        self._wake()

    def write_facts(
        self, message: facts_pb2.WriteFactsRequest, context: grpc.ServicerContext
    ) -> facts_pb2.WriteFactsResponse:
        """Write and delete facts in one transaction."""
        point = self._point()
        change = write_from_wire(message, self._words, declared=_declared(point), caller=caller_of(context).name)
        written = self._change(point, change)
        self._wake()
        return facts_pb2.WriteFactsResponse(
            token=str(written.token), ids=written.ids, decision_ids=written.decision_ids
        )

    def delete_facts(
        self, message: facts_pb2.DeleteFactsRequest, context: grpc.ServicerContext
    ) -> facts_pb2.DeleteFactsResponse:
        """Delete facts by id or by filter."""
        point = self._point()
        change = delete_from_wire(message, self._words, declared=_declared(point), caller=caller_of(context).name)
        written = self._change(point, change)
        self._wake()
        return facts_pb2.DeleteFactsResponse(token=str(written.token), deleted=written.deleted)

    def read_facts(
        self, message: facts_pb2.ReadFactsRequest, context: grpc.ServicerContext
    ) -> Iterator[facts_pb2.Fact]:
        """Stream the facts that a filter selects, all of one state; with a page size, as many as that."""
        asked = read_from_wire(message, self._words)
        # Gathering nothing is how a store says whether it is as fresh as is asked for.
        self._store.gather(asked.operator, NOTHING_WANTED, asked.consistency)
        after, revision = page_from_token(asked.page_token, message)
        return self._read(asked, message, after, revision, context)

    def _read(
        self,
        asked: ReadRequest,
        message: facts_pb2.ReadFactsRequest,
        after: str,
        revision: int | None,
        context: grpc.ServicerContext,
    ) -> Iterator[facts_pb2.Fact]:
        left = asked.page_size or None
        while True:
            size = _STEP if left is None else min(_STEP, left)
            page = self._store.read(asked.operator, asked.selection, Page(size, after, revision))
            for fact in page.facts:
                yield fact_to_wire(fact, asked.operator)
            if page.is_last:
                return
            after, revision = page.facts[-1].id, page.token.revision
            left = None if left is None else left - len(page.facts)
            if left == 0:
                context.set_trailing_metadata(((NEXT_PAGE, token_of_page(after, revision, message)),))
                return

    def watch_facts(
        self, message: facts_pb2.WatchFactsRequest, context: grpc.ServicerContext
    ) -> Iterator[facts_pb2.FactChange]:
        """Stream every change after a token; a heartbeat once all that was there is told, and every five seconds."""
        operator, after = watch_from_wire(message, self._words)
        if not self._watchers.acquire(blocking=False):
            raise TooManyCallsError
        try:
            context.add_callback(self._wake)
            after = after if after is not None else self._store.state().token
            # What is too old is told before the stream begins.
            self._store.changes(operator, after, 1)
        except BaseException:
            self._watchers.release()
            raise
        return self._watch(operator, after, context)

    def _watch(self, operator: str, after: Token, context: grpc.ServicerContext) -> Iterator[facts_pb2.FactChange]:
        try:
            beat = -math.inf
            while context.is_active() and not self._ending.is_set():
                found = self._store.changes(operator, after, _STEP)
                for change in found.changes:
                    yield _change_to_wire(change, operator)
                after = found.token
                if found.changes:
                    continue
                now = time.monotonic()
                # The first one comes as soon as all that was there has been told: whoever reads up to now waits for it.
                if now - beat >= HEARTBEAT_SECONDS:
                    yield facts_pb2.FactChange(token=str(after), heartbeat=True)
                    beat = now
                    continue
                with self._changed:
                    self._changed.wait(_LOOK_SECONDS)
        finally:
            self._watchers.release()

    def _change(self, point: DecisionPoint, change: FactChangeRequest) -> Written:
        """Make *change* as far as *point* allows it: the policy by which the request was read decides about it too."""
        if change.operator not in point.policies:
            raise NoPolicyError(change.operator)
        return FactKeeper(self._store, point, self._words.vocabulary, point.clock).change(change)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


def _declared(point: DecisionPoint) -> Declared:
    return {operator: policy.declared for operator, policy in point.policies.items()}


def _change_to_wire(change: Change, operator: str) -> facts_pb2.FactChange:
    message = facts_pb2.FactChange(
        token=str(change.token),
        at=timestamp_from_instant(change.at),
        actor=change.actor,
        decision_id=change.decision_id,
    )
    if change.written is None:
        message.deleted_id = change.id
    else:
        message.written.CopyFrom(fact_to_wire(change.written, operator))
    return message
