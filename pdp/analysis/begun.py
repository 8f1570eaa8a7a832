"""A comparison in a process of its own that nobody waits for: it is looked at now and then."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Final

from pdp.analysis.apart import OWN_MODULE, Apart, Files

END_SECONDS: Final = 5.0
"""So long it is waited for a process that was killed to be gone."""


class Begun:
    """Compares the files *before* and *after* of *operator* from now on, as *apart* says; *now* tells seconds.

    What it is asked and what it says stand in files, so that neither of the two ever waits for the other.
    """

    def __init__(
        self, apart: Apart, operator: str, before: Files, after: Files, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._now = now
        self._until = now() + apart.seconds
        self._known: bool | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._held = ExitStack()
        # FAIL CLOSED (second person): what cannot be asked may allow anything.
        try:
            self._begin(apart, apart.question("allows-more", operator, before, after))
        except OSError:
            self._close(more=True)

    def _begin(self, apart: Apart, question: bytes) -> None:
        self._said = self._held.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # held until it is known
        # The process ends when the other end of this pipe does, however this one comes to its end.
        inside, outside = os.pipe()
        self._held.callback(os.close, outside)
        try:
            with tempfile.TemporaryFile() as asked:
                asked.write(question)
                asked.seek(0)
                self._process = subprocess.Popen(
                    [*OWN_MODULE, apart.module, str(inside)],
                    stdin=asked,
                    stdout=self._said,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(inside,),
                )
        finally:
            os.close(inside)

    def allows_more(self) -> bool | None:
        """Return whether more is allowed, None while that is not known. What is too slow or breaks off allows more."""
        if self._known is None and self._process is not None:
            if self._process.poll() is not None:
                self._close(more=self._says_more())
            elif self._now() >= self._until:
                self.end()
        return self._known

    def end(self) -> None:
        """Give it up: then it allows more."""
        if self._known is None:
            self._close(more=True)

    def _says_more(self) -> bool:
        self._said.seek(0)
        try:
            said = json.loads(self._said.read())
        except ValueError:
            return True
        # FAIL CLOSED (second person): nothing but a plain no is a no.
        return not (isinstance(said, dict) and said.get("allows_more") is False)

    def _close(self, *, more: bool) -> None:
        self._known = more
        self._held.close()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_SECONDS)
