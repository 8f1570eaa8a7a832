"""Answers with the bytes it was sent, made as long as a real answer: what this way of serving can do at most.

It stands on the same server as decisions do (`pdp.server.inline_calls`), and nothing is read, decided or written down.
Usage: python -m benchmarks.served.echo [--public] NAME=BYTES ...
Each NAME is a method /echo.Echo/NAME with answers so long. With `--public` gRPC's public server answers, from its pool
of threads: what decision 0012 compares.
"""

import gc
import signal
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc
from google.rpc import code_pb2, status_pb2

from pdp.core.caller import LOCAL, Caller
from pdp.server.core_operations import can_serve_inline
from pdp.server.inline_call import Answer
from pdp.server.inline_calls import InlineCalls
from pdp.server.listening import listen_on, options
from pdp.server.load import Load
from pdp.server.serving import CALLS_PER_THREAD

SERVICE: Final = "echo.Echo"
_THREADS: Final = 8


def echo(length: int) -> Answer:
    """Return what answers with the bytes of a request, filled up or cut to *length*."""
    return lambda body, _caller: body[:length].ljust(length, b"\0")


class _Visit:
    """A call by whoever it may be."""

    caller = LOCAL

    def still(self) -> Caller:
        """Return who it is taken for."""
        return LOCAL

    def again(self) -> Caller:
        """Return who it is taken for."""
        return LOCAL


def _from_the_pool(methods: Mapping[str, Answer]) -> grpc.GenericRpcHandler:
    def handler(answer: Answer) -> "grpc.RpcMethodHandler[bytes, bytes]":
        return grpc.unary_unary_rpc_method_handler(lambda body, _context: answer(body, LOCAL))

    return grpc.method_handlers_generic_handler(SERVICE, {name: handler(answer) for name, answer in methods.items()})


def main() -> None:
    """Serve what the arguments name."""
    lengths = dict(argument.split("=") for argument in sys.argv[1:] if argument != "--public")
    serve({name: echo(int(length)) for name, length in lengths.items()}, is_public="--public" in sys.argv)


def serve(methods: Mapping[str, Answer], *, is_public: bool) -> None:
    """Serve *methods*, by name, until SIGTERM; print the address once they answer."""
    maximum_calls = _THREADS * CALLS_PER_THREAD
    pool = ThreadPoolExecutor(_THREADS)
    server = grpc.server(pool, options=options(maximum_calls), maximum_concurrent_rpcs=maximum_calls)
    assert can_serve_inline(server), "this release of gRPC cannot answer inline: there is no limit to measure"
    address = listen_on(server, "127.0.0.1:0")
    visit = _Visit()
    calls = InlineCalls(
        server,
        maximum_calls,
        lambda error, _: status_pb2.Status(code=code_pb2.INTERNAL),
        lambda _path, _metadata, _call: visit,
        pool,
        Load(),
    )
    if is_public:
        server.add_generic_rpc_handlers((_from_the_pool(methods),))
    else:
        for name, answer in methods.items():
            calls.add(f"/{SERVICE}/{name}", answer)
    server.start()
    calls.begin()
    gc.collect()
    gc.freeze()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    print(address, flush=True)
    signal.sigwait({signal.SIGTERM})
    server.stop(None).wait()


if __name__ == "__main__":
    main()
