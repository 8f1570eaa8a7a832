"""A call that comes while the server begins to end is answered, and the thread that takes events lives on."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from google.rpc import status_pb2

from pdp.core.caller import LOCAL
from pdp.server.inline_calls import AWAITED, InlineCalls


class _Core:
    """In place of gRPC's core: once it ends it says so to whoever asks for more."""

    def __init__(self) -> None:
        self.ends = False

    def register_method(self, path: str) -> None:
        """Do nothing."""

    def request_registered_call(self, *_: object) -> None:
        """Raise as gRPC's core does once it has begun to end."""
        if self.ends:
            raise ValueError("server must be started and not shutting down")


def _calls() -> tuple[InlineCalls, _Core, ThreadPoolExecutor]:
    core, pool = _Core(), ThreadPoolExecutor(1)
    state = SimpleNamespace(server=core, completion_queue=None, rpc_states=set(), lock=threading.Lock())
    visit: Any = SimpleNamespace(caller=LOCAL, still=lambda: LOCAL)
    calls = InlineCalls(
        SimpleNamespace(_state=state),  # type: ignore[arg-type]
        8,
        lambda _error, _path: status_pb2.Status(code=13),
        lambda *_: visit,
        pool,
        SimpleNamespace(waiting=0),
    )
    calls.add("/a.Service/Method", lambda body, _caller: body)
    calls.begin()
    core.ends = True
    return calls, core, pool


def _come(calls: InlineCalls) -> list[Any]:
    """Let one call come, and return what was begun for it."""
    begun: list[Any] = []
    of_core = SimpleNamespace(start_server_batch=lambda operations, tag: begun.append((operations, tag)))
    event = SimpleNamespace(
        success=True,
        call=of_core,
        call_details=SimpleNamespace(deadline=time.time() + 10),
        invocation_metadata=(),
    )
    (method,) = calls._methods
    method(event)
    return begun


def test_a_call_that_comes_as_the_server_ends_is_answered() -> None:
    """What the core takes no more is not awaited any more, and the call that has come goes on."""
    calls, _, pool = _calls()
    begun = _come(calls)

    assert len(begun) == 1
    assert calls._awaited == AWAITED - 1
    _, call = begun[0]
    body = SimpleNamespace(message=lambda: b"asked")
    call(SimpleNamespace(success=True, batch_operations=(body,)))
    assert len(begun) == 2, "it was not answered"
    pool.shutdown()


def test_the_twin_that_asks_on_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the guard the error comes out, and the thread that serves everybody ends with it."""
    calls, core, pool = _calls()
    real: Callable[..., None] = InlineCalls._ask_for

    def ask_on(self: InlineCalls, method: Any) -> None:
        try:
            real(self, method)
        except ValueError as error:
            raise RuntimeError from error

    monkeypatch.setattr(InlineCalls, "_ask_for", ask_on)
    with pytest.raises(RuntimeError):
        _come(calls)
    assert core.ends
    pool.shutdown()
