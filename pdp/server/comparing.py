"""PolicyService.Diff: which decisions would change if other files were in force."""

import time
from collections.abc import Iterator, Mapping
from typing import Final

import grpc

from pdp.activation.candidate import File
from pdp.analysis.apart import Apart, Differences, NotComparedError, has_solver
from pdp.api.v1 import policies_pb2
from pdp.core.errors import (
    InvalidPolicyError,
    InvalidRequestError,
    NoPolicyError,
    NotImplementedYetError,
    TooMuchToCompareError,
)
from pdp.core.finding import Severity
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.server.access import DIFF_METHOD
from pdp.server.following import Following
from pdp.server.methods import Serve
from pdp.server.status import CallOverError
from pdp.wire import phrases
from pdp.wire.codes import Code
from pdp.wire.entities import word
from pdp.wire.findings import finding_as_mistake
from pdp.wire.policies import difference_to_wire
from pdp.wire.reading import Reading
from pdp.wire.words import Words

COMPARISON_SECONDS: Final = 60.0
"""So long a comparison may take, or as long as the caller waits."""

MOST_GROUPS: Final = 1000
"""So many groups are told at most, also where the caller leaves it to the server."""

LEFT_OUT: Final = "pdp-groups-left-out"
"""Key of the trailing metadata that says how many groups are not told."""

_SHARED: Final = "shared/"
_OUTSIDE: Final = Text("tệp không nằm trong thư mục của nhà cung cấp này", "the file is in no folder of this operator")
_NO_SOLVER: Final = "PolicyService.Diff needs the solver Z3 on the server: pip install 'promise-pdp[analysis]'"
_NO_FILES: Final = "PolicyService.Diff is served where the server knows the files of its policies, and here it does not"


class PoliciesCompared:
    """Serves Diff against the policies that *following* knows of; the comparing is done in another process."""

    apart_type: type[Apart] = Apart

    def __init__(self, following: Following, words: Words) -> None:
        self._following = following
        self._words = words

    @property
    def served(self) -> Mapping[str, Serve]:
        """Return the methods by full name."""
        return {DIFF_METHOD: self.diff}

    def diff(
        self, message: policies_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> Iterator[policies_pb2.DiffGroup]:
        """Stream the groups of decisions that would change, what would be newly allowed first.

        Files of the shared folder that the request does not bring are those in force. Raises InvalidRequestError for an
        unknown operator and for files that are no valid policy, NoPolicyError for an operator without one,
        NotImplementedYetError where there is no solver, and TooMuchToCompareError.
        """
        self._check(message)
        if not has_solver():
            raise NotImplementedYetError(_NO_SOLVER)
        active = self._following.standing.active.get(message.operator)
        if active is None:
            raise NoPolicyError(message.operator)
        if not active.files:
            raise NotImplementedYetError(_NO_FILES)
        found = self._compared(message, active.files, context)
        if found.left_out:
            context.set_trailing_metadata(((LEFT_OUT, str(found.left_out)),))
        return (difference_to_wire(each.change, each.message, each.decisions, each.witness) for each in found.told)

    def _check(self, message: policies_pb2.DiffRequest) -> None:
        reading = Reading(self._words, self._words.of(message.operator))
        reading.check_known_fields(message, "")
        word(reading, WordKind.OPERATOR, message.operator, "operator")
        if not message.files:
            reading.refuse(Code.REQUIRED, "files", "", phrases.REQUIRED)
        if message.max_groups < 0:
            reading.refuse(Code.OUT_OF_RANGE, "max_groups", str(message.max_groups), phrases.OUT_OF_RANGE)
        folders = (f"{message.operator}/", f"house/{message.operator}/", _SHARED)
        for at, file in enumerate(message.files):
            # FAIL CLOSED (files of another): what is not looked at must not look as if it changed nothing.
            if not file.path.startswith(folders):
                reading.refuse(Code.UNKNOWN_WORD, f"files[{at}].path", file.path, _OUTSIDE, folders[0])
        reading.finish()

    def _compared(
        self, message: policies_pb2.DiffRequest, before: tuple[File, ...], context: grpc.ServicerContext
    ) -> Differences:
        after = [(file.path, file.content) for file in message.files]
        if not any(path.startswith(_SHARED) for path, _ in after):
            after += [(path, content) for path, content in before if f"/{path}".rpartition("/")[0].endswith("/shared")]
        seconds = min(context.time_remaining(), COMPARISON_SECONDS)
        end = time.monotonic() + context.time_remaining()
        apart = self.apart_type(seconds, context.is_active)
        most = min(message.max_groups or MOST_GROUPS, MOST_GROUPS)
        try:
            return apart.differences(message.operator, before, after, most)
        except InvalidPolicyError as error:
            errors = [finding for finding in error.findings if finding.severity is Severity.ERROR]
            raise InvalidRequestError(map(finding_as_mistake, errors)) from None
        except NotComparedError as error:
            if not context.is_active() or time.monotonic() >= end:
                raise CallOverError from None
            raise TooMuchToCompareError(str(error)) from None
