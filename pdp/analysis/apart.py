"""Asks for a comparison of two policies in a process of its own, which is ended when it takes too much.

The solver cannot be stopped from within, and holds as much memory as it likes. So whoever answers other questions
meanwhile lets another process compare: at low priority, with bounds on time and memory, and gone when its parent is.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, ClassVar, Final

from pdp.activation import Candidate
from pdp.core.errors import InvalidPolicyError
from pdp.core.finding import Finding, Severity
from pdp.core.text import Text

Files = Sequence[tuple[str, bytes]]
"""Paths and contents."""

MEMORY_MEGABYTES: Final = 2048
"""So much address space the process may have."""

OWN_MODULE: Final = (sys.executable, "-P", "-m")
"""Runs a module of ours. FAIL CLOSED (`-P`): none that lies in the working directory takes the place of one."""

_LOOK_SECONDS: Final = 0.1


class NotComparedError(Exception):
    """The comparison was not made: it took too long or too much, or nobody waits for it; the text says which."""


@dataclass(frozen=True, slots=True)
class Told:
    """One group of differences, or what changes beside decisions: then nothing was asked and *witness* is None.

    *witness* is a request as protobuf JSON.
    """

    change: str
    message: Text
    decisions: int
    witness: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Differences:
    """What was *told*, and how many groups were *left_out*, those that count least."""

    told: tuple[Told, ...]
    left_out: int


def has_solver() -> bool:
    """Say whether the solver is installed, without which nothing is compared."""
    return importlib.util.find_spec("z3") is not None


@dataclass(frozen=True, slots=True)
class Apart:
    """Compares in a process of its own for at most *seconds*; given up at once when *is_wanted* says no.

    What that process runs may be another *module* in a subclass.
    """

    seconds: float
    is_wanted: Callable[[], bool] = lambda: True
    module: ClassVar[str] = "pdp.analysis.apart_process"

    def differences(self, operator: str, before: Files, after: Files, most_groups: int) -> Differences:
        """Return how decisions change when the files *after* take the place of those *before*.

        Raises InvalidPolicyError for files that are no valid policy, and NotComparedError.
        """
        said = self._said("differences", operator, before, after, most_groups=most_groups)
        told = tuple(
            Told(each["change"], Text(**each["message"]), each["decisions"], each["witness"]) for each in said["groups"]
        )
        return Differences(told, said["left_out"])

    def allows_more(self, operator: str, before: Files, after: Files) -> bool:
        """Say whether something is allowed that was not, or allowed without a duty that it came with.

        Raises InvalidPolicyError for files that are no valid policy, and NotComparedError.
        """
        answer = self._said("allows-more", operator, before, after)["allows_more"]
        # FAIL CLOSED (second person): nothing but a plain no is a no.
        return answer is not False

    def question(self, question: str, operator: str, before: Files, after: Files, **more: int) -> bytes:
        """Return what the process is asked."""
        asked = json.dumps(
            {
                "question": question,
                "operator": operator,
                "before": _written(operator, before),
                "after": _written(operator, after),
                "cpu_seconds": int(self.seconds) + 1,
                "memory_bytes": MEMORY_MEGABYTES << 20,
                **more,
            }
        )
        return asked.encode()

    def _said(self, question: str, operator: str, before: Files, after: Files, **more: int) -> dict[str, Any]:
        said = self._run(self.question(question, operator, before, after, **more))
        if "findings" in said:
            raise InvalidPolicyError(_finding(**each) for each in said["findings"])
        if "not_compared" in said:
            raise NotComparedError(said["not_compared"])
        return said

    def _run(self, asked: bytes) -> dict[str, Any]:
        # The process ends when the other end of this pipe does, however this one comes to its end.
        inside, outside = os.pipe()
        try:
            # A file and no pipe: once it has timed out, `communicate` does not go on writing what a pipe did not take.
            with tempfile.TemporaryFile() as question:
                question.write(asked)
                question.seek(0)
                with self._started(inside, question) as process:
                    try:
                        answer = self._answer(process)
                    finally:
                        process.kill()
        except OSError as error:
            raise NotComparedError(f"the comparison could not begin: {error.strerror}") from None
        finally:
            os.close(inside)
            os.close(outside)
        try:
            said: dict[str, Any] = json.loads(answer)
        except ValueError:
            raise NotComparedError(f"the comparison broke off with {process.returncode}") from None
        return said

    def _started(self, inside: int, question: IO[bytes]) -> "subprocess.Popen[bytes]":
        """Return our own module, run by our own interpreter, which reads *question*."""
        return subprocess.Popen(
            [*OWN_MODULE, self.module, str(inside)],
            stdin=question,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(inside,),
        )

    def _answer(self, process: "subprocess.Popen[bytes]") -> bytes:
        end = time.monotonic() + self.seconds
        while True:
            try:
                return process.communicate(timeout=_LOOK_SECONDS)[0]
            except subprocess.TimeoutExpired:
                if not self.is_wanted():
                    raise NotComparedError("nobody waits for the comparison any more") from None
                if time.monotonic() >= end:
                    raise NotComparedError(f"the comparison took longer than {self.seconds:.0f} s") from None


def _written(operator: str, files: Files) -> list[tuple[str, str]]:
    return [(path, b64encode(content).decode()) for path, content in Candidate.of(operator, files).files]


def _finding(severity: str, message: Mapping[str, str], **places: Any) -> Finding:
    return Finding(severity=Severity(severity), message=Text(**message), **places)
