"""What a server has to be told."""

from typing import Protocol


class ServingSettings(Protocol):
    """What a server has to be told."""

    @property
    def listen(self) -> str:
        """Return HOST:PORT; port 0 stands for any free one."""

    @property
    def threads(self) -> int:
        """Return how many requests are answered side by side."""

    @property
    def reflection(self) -> str:
        """Say whether the server describes its services to those who ask: `yes`, `no`, or on `loopback` only."""

    @property
    def default_deadline_ms(self) -> int:
        """Return how long a call without a deadline may wait."""

    @property
    def memory_mib(self) -> int:
        """Return the resident memory beyond which a process takes nothing more; 0 for no limit."""

    @property
    def connections(self) -> int:
        """Return how many connections a process keeps open."""

    @property
    def log_wait(self) -> bool:
        """Say whether an answer waits for its record."""

    @property
    def traces(self) -> str:
        """Return where spans are sent, `http://HOST:PORT` or `https://HOST:PORT`, "" for nowhere."""

    @property
    def trace_percent(self) -> float:
        """Return of how many calls in a hundred that belong to no trace there is a span."""

    @property
    def grace_seconds(self) -> int:
        """Return how long a stopping server goes on with what has begun."""


class SharingSettings(ServingSettings, Protocol):
    """What a server of several processes has to be told besides."""

    @property
    def workers(self) -> int:
        """Return how many processes answer."""

    @property
    def metrics(self) -> str:
        """Return HOST:PORT where metrics are shown, "" for nowhere."""

    @property
    def port_group(self) -> str:
        """Return the name under which servers with the same revision may share the port; "" for none."""

    @property
    def watch_seconds(self) -> int:
        """Return how often the policy folders are looked at; 0 for never."""
