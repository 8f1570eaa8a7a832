"""A connection to a server, closed when it is done with."""

import os
from types import TracebackType
from typing import Final, Self

from pdp.client.credentials import credentials_of

OPTIONS: Final = (
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 500),
)


class Connected:
    """Speaks to the server at *address*, HOST:PORT; any thread may use it, until it is closed.

    What is shown to the server, and whether over TLS, is what the environment names (pdp.client.credentials). Raises
    InvalidSettingsError where that cannot be.
    """

    def __init__(self, address: str) -> None:
        self._channel = credentials_of(os.environ).channel(address, OPTIONS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()
