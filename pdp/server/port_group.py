"""Who may answer on one address: the workers of one server, and servers of one group with one revision.

Sharing a port is what lets every core answer on it; it is also how a second server, started by mistake, would answer
half of the questions from another policy without anybody noticing. So each server puts its group and revision into the
name of a socket of this network namespace, which the kernel lists and takes away when the last of its processes ends,
and refuses to start beside a name that differs.
"""

import os
import secrets
import socket
from pathlib import Path
from typing import Final, Protocol

from pdp.core.errors import InvalidSettingsError
from pdp.server.listening import resolved

_LISTED: Final = Path("/proc/net/unix")
_PREFIX: Final = "promise-pdp"
_REVISION_SHOWN: Final = 16
"""Hexadecimal digits of a revision in a name: a name has 107 bytes at most."""


class Claim(Protocol):
    """A server's claim on its port, which follows its revision: the new one stands before the old one goes."""

    def begin(self, revision: str) -> None:
        """Claim the port for *revision* too."""

    def end(self) -> None:
        """Give up every claim but the newest."""


class SharedPort:
    """A port that several processes may listen on, held for as long as this object is open.

    *address* is HOST:PORT with the port that it got.
    """

    def __init__(self, listen: str, group: str, revision: str, *, anywhere: bool = False) -> None:
        """Claim *listen* for the servers of *group* ("" for this one alone) that answer from *revision*.

        *anywhere*: it may be an address that others than this machine reach.

        Raises InvalidSettingsError when somebody else is there.
        """
        host, port = resolved(listen, anywhere=anywhere)
        self._group = group
        self._holder = _bound(host, port)
        self.address = f"{host}:{self._holder.getsockname()[1]}"
        try:
            self._names = [_join(self.address, group, revision)]
        except InvalidSettingsError:
            self._holder.close()
            raise

    def begin(self, revision: str) -> None:
        """Claim the port for *revision* too; each process of a server does so for itself.

        Until `end`, whoever would join the group is refused whichever of the two revisions it has. Servers of the group
        that answer already are not asked: of several that read one folder, one has to be the first.
        """
        self._names.append(_named(_own(self.address, self._group, revision)))

    def end(self) -> None:
        """Give up every claim but the newest."""
        *old, newest = self._names
        for name in old:
            name.close()
        self._names = [newest]

    def close(self) -> None:
        """Give up the claim; a process forked meanwhile goes on holding its own."""
        for name in self._names:
            name.close()
        self._holder.close()


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that holds the port without listening, so that no connection goes to it."""
    bare = host.removeprefix("[").removesuffix("]")
    holder = socket.socket(socket.AF_INET6 if ":" in bare else socket.AF_INET, socket.SOCK_STREAM)
    try:
        # gRPC sets both on the sockets that will listen beside this one.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind((bare, port))
    except OSError as error:
        holder.close()
        raise InvalidSettingsError(
            [f"cannot listen on {host}:{port}: another program may be listening there, or the port may not be yours"]
        ) from error
    return holder


def _join(address: str, group: str, revision: str) -> socket.socket:
    place, own = _place(address), _own(address, group, revision)
    name = None
    try:
        # First the own name, then the others': of two that start at once, at least one sees the other.
        name = _named(own)
        others = [found for found in _names(place) if found != own]
    except OSError as error:
        if name is not None:
            name.close()
        raise InvalidSettingsError([f"cannot listen on {address}: who else is there cannot be known"]) from error
    for other in others:
        if not group or other.removeprefix(place).rpartition("/")[0] != f"{group}/{revision[:_REVISION_SHOWN]}":
            name.close()
            raise InvalidSettingsError([_refusal(address, group, other.removeprefix(place))])
    return name


def _place(address: str) -> str:
    return f"{_PREFIX}/{address}/"


def _own(address: str, group: str, revision: str) -> str:
    """Return a name that nobody else has."""
    return f"{_place(address)}{group}/{revision[:_REVISION_SHOWN]}/{secrets.token_hex(4)}"


def _named(own: str) -> socket.socket:
    """Return a socket with the name *own* in this network namespace."""
    name = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        name.bind(f"\0{own}")
    except OSError:
        name.close()
        raise
    return name


def _names(place: str) -> list[str]:
    """Return the names of this network namespace that begin with *place*."""
    last = (line.rpartition(" ")[2] for line in _LISTED.read_text("utf-8", "replace").splitlines())
    return [found[1:] for found in last if found.startswith(f"@{place}")]


def _refusal(address: str, group: str, other: str) -> str:
    their_group, revision, _ = other.split("/")
    if not group:
        return f"cannot listen on {address}: another program of this kind is listening there (hint: --port-group)"
    if their_group != group:
        named = f"`{their_group}`" if their_group else "none"
        return f"cannot listen on {address}: the server there is of another group ({named}) than `{group}`"
    return f"cannot listen on {address}: the server of group `{group}` there answers from another revision ({revision})"


def cores() -> tuple[int, ...]:
    """Return the cores that this process may use, in order."""
    return tuple(sorted(os.sched_getaffinity(0)))
