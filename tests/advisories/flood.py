"""Many connections at once: `python -m tests.advisories.flood --connections 5000` opens as many as the advisory had."""

import io
import resource
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import click

from pdp.wiring.words import load_words
from tests.advisories.http2 import Connection, block, grpc_headers, resident_bytes, speaking
from tests.malformed_requests import a_request
from tests.system.running import CHECK, StubPoint, a_decision, ask, connected, running


@contextmanager
def opened(address: str, count: int) -> Iterator[list[Connection]]:
    """Open so many connections to *address*; those that are closed while they begin are left out."""
    with ExitStack() as stack:
        connections = []
        for _ in range(count):
            try:
                connections.append(stack.enter_context(speaking(address)))
            except OSError:
                continue
        yield connections


@click.command()
@click.option("--connections", default=5_000, show_default=True)
@click.option("--borne", default=1_024, show_default=True, help="How many the server keeps open.")
def main(connections: int, borne: int) -> None:
    """Open so many connections to a server of this process, and say what became of them and of its memory."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(3 * connections + 500, _most_files()), _most_files()))
    body = a_request().SerializeToString()
    with (
        running(StubPoint(a_decision, at_once=True), load_words(), io.StringIO(), connections=borne) as server,
        connected(server.address) as channel,
    ):
        before = resident_bytes()
        ask(channel, CHECK, body)
        with opened(server.address, connections) as open_ones:
            for connection in open_ones:
                connection.connected.settimeout(0.5)
            said = block(grpc_headers(CHECK.encode()))
            answered = sum(connection.call(said, body).status == 0 for connection in open_ones)
            grown = (resident_bytes() - before) >> 20
            other = ask(channel, CHECK, body).code.name
    click.echo(f"{connections} opened, {answered} answered (borne: {borne}), another caller: {other}, {grown} MiB more")
    sys.exit(0 if answered <= borne and other == "OK" else 1)


def _most_files() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


if __name__ == "__main__":
    main()
