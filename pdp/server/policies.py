"""PolicyService: what is in force, what is wrong with files, and reading them again."""

from collections.abc import Mapping, Sequence
from typing import Final

import grpc

from pdp.activation.candidate import File
from pdp.api.v1 import policies_pb2
from pdp.core.caches import NOT_KEPT, NOTHING_KEPT, Cache
from pdp.core.errors import NoPolicyError
from pdp.core.finding import Finding
from pdp.core.vocabulary import WordKind
from pdp.policy_set import check_folder
from pdp.server.beside_answers import beside_answers
from pdp.server.following import Following
from pdp.server.gate import caller_of
from pdp.server.methods import Serve
from pdp.wire import phrases
from pdp.wire.codes import Code
from pdp.wire.entities import word
from pdp.wire.findings import finding_to_wire
from pdp.wire.policies import active_to_wire
from pdp.wire.reading import Reading
from pdp.wire.words import Words

_SERVICE: Final = policies_pb2.DESCRIPTOR.services_by_name["PolicyService"].full_name
_RELOAD_SECONDS: Final = 120.0
_SHARED: Final = "shared"
_HOUSE: Final = "house/"


class PoliciesInForce:
    """Serves the methods of PolicyService that this version knows, for the policies that *following* knows of."""

    def __init__(self, following: Following, words: Words, cache: Cache = NOTHING_KEPT) -> None:
        self._following = following
        self._cache = cache
        self._words = words

    @property
    def served(self) -> Mapping[str, Serve]:
        """Return the methods by full name."""
        return {
            f"{_SERVICE}.GetPolicySet": self.get_policy_set,
            f"{_SERVICE}.Validate": self.validate,
            f"{_SERVICE}.Reload": self.reload,
        }

    def get_policy_set(
        self, message: policies_pb2.GetPolicySetRequest, _context: grpc.ServicerContext
    ) -> policies_pb2.GetPolicySetResponse:
        """Return what is in force, and what was refused: of one operator, or of all.

        Raises InvalidRequestError for an unknown operator and NoPolicyError for one without a valid set.
        """
        self._check(message, required=False)
        following = self._following
        active, told = following.standing.active, following.told
        if message.operator and message.operator not in active:
            raise NoPolicyError(message.operator)
        asked = [message.operator] if message.operator else sorted(active)
        return policies_pb2.GetPolicySetResponse(
            policies=[active_to_wire(active[one]) for one in asked],
            refused=[refused for refused in told.refused if message.operator in {"", refused.operator}],
            workers=told.workers,
            cache=_use_of(self._cache),
        )

    def validate(
        self, message: policies_pb2.ValidateRequest, _context: grpc.ServicerContext
    ) -> policies_pb2.ValidateResponse:
        """Return every finding in files that are put in force nowhere.

        Raises InvalidRequestError when a file is in no operator's folder.
        """
        reading = Reading(self._words, self._words.of(""))
        reading.check_known_fields(message, "")
        if not message.files:
            reading.refuse(Code.REQUIRED, "files", "", phrases.REQUIRED)
        folders: dict[str, list[File]] = {}
        for at, file in enumerate(message.files):
            folder, _, name = file.path.rpartition("/")
            operator = folder.removeprefix(_HOUSE)
            if operator != _SHARED:
                word(reading, WordKind.OPERATOR, operator, f"files[{at}].path")
            if not name:
                reading.refuse(Code.REQUIRED, f"files[{at}].path", file.path, phrases.REQUIRED)
            folders.setdefault(operator, []).append((file.path, file.content))
        reading.finish()
        shared = folders.pop(_SHARED, [])
        findings: Sequence[Finding] = ()
        with beside_answers():
            for operator, files in sorted(folders.items()):
                found = check_folder(operator, [*files, *shared], self._words.vocabulary, self._words.schema)
                findings = [*findings, *found]
        return policies_pb2.ValidateResponse(findings=[finding_to_wire(finding) for finding in findings])

    def reload(self, message: policies_pb2.ReloadRequest, context: grpc.ServicerContext) -> policies_pb2.ReloadResponse:
        """Read an operator's files again and return what became of it, once every process follows.

        Raises InvalidRequestError for an unknown operator, and UnavailableError when it takes too long.
        """
        self._check(message, required=True)
        seconds = min(context.time_remaining(), _RELOAD_SECONDS)
        return self._following.reload(message.operator, caller_of(context).name, seconds)

    def _check(self, message: policies_pb2.GetPolicySetRequest | policies_pb2.ReloadRequest, *, required: bool) -> None:
        reading = Reading(self._words, self._words.of(message.operator))
        reading.check_known_fields(message, "")
        if message.operator or required:
            word(reading, WordKind.OPERATOR, message.operator, "operator")
        reading.finish()


def _use_of(cache: Cache) -> policies_pb2.CacheUse:
    return policies_pb2.CacheUse(
        keeps=cache.keeps,
        shared=cache.shared,
        counted=cache.counted(),
        not_kept=[policies_pb2.NotKept(what=what, message={"vi": why.vi, "en": why.en}) for what, why in NOT_KEPT]
        if cache.keeps
        else [],
    )
