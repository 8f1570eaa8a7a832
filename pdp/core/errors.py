"""The exceptions of the package; a denial is never one of them.

PdpError
├── InvalidRequestError     the caller is wrong: holds every error of the request
├── InvalidPolicyError      the policy files are wrong: holds every finding
├── InvalidSettingsError    the settings are wrong: holds every mistake
├── NoPolicyError           this operator has no valid policy set
├── ForeignTokenError       a freshness token belongs to another store
├── KeptNoLongerError       the past that is asked about is older than what is kept
├── NotRecordedError        no record of that decision from which it could be made again
├── CycleError              a containment would make something lie in itself
├── ConflictError           what a write rests on has changed, or its request id stands for another write
├── NotAllowedError         the policy does not let the actor make this change: holds a reason for each
├── NotImplementedYetError  a part of the contract that this version does not serve
├── TooMuchToLookUpError    a look-up that could only be answered in part
├── UnavailableError        facts, or their freshness, cannot be had now
│   └── NotThereError       nobody answers where the store should be; it may be there later
├── UnknownCallerError      nobody whom we know asks: without a credential, or with one that is not good
├── NotPermittedError       the caller is known and may not do that
├── OverloadedError         more is asked than can be answered, or than this caller may ask
├── UnsettledError          policy files are being changed while they are read
└── ServerError             in the client: the server gave no decision, which is to be taken for a denial
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pdp.core.finding import Finding
from pdp.core.text import Text


@dataclass(frozen=True, slots=True)
class RequestError:
    """One mistake in a request.

    *field* is the path as written in the wire message (`facts[2].role.scope`), *value* what stood there,
    *suggestion* the nearest right value or the accepted form ("" when there is none).
    """

    code: str
    field: str
    value: str
    suggestion: str
    message: Text


class PdpError(Exception):
    """Base of every exception that this package raises on purpose."""


class InvalidRequestError(PdpError):
    """A request that cannot be right; *errors* holds all of its mistakes in order of their place."""

    def __init__(self, errors: Iterable[RequestError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{error.field}: {error.message.en}" for error in self.errors))


class InvalidPolicyError(PdpError):
    """Policy files that may not be served; *findings* holds every problem found."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class InvalidSettingsError(PdpError):
    """Settings that cannot be right; *mistakes* holds one sentence for each."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


class NoPolicyError(PdpError):
    """The operator is known and has no valid policy set."""

    def __init__(self, operator: str) -> None:
        self.operator = operator
        super().__init__(f"operator `{operator}` has no valid policy set")


class ForeignTokenError(PdpError):
    """A freshness token that this store did not issue."""


class KeptNoLongerError(PdpError):
    """The history does not reach back so far."""


class NotRecordedError(PdpError):
    """There is no record of a decision from which it could be made again: none, erased, or of another policy."""


class CycleError(PdpError):
    """A containment would make something lie in itself; *position* says which of the facts written."""

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__("a containment would make something lie in itself")


class OtherRowsError(Exception):
    """Casbin's table has rows that somebody else wrote: *count* of them. No request ever meets it."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"casbin_rule has {count} rows of somebody else")


class ConflictError(PdpError):
    """Something that a write rests on has changed, or its request id stands for another write; the text says which."""


class NotAllowedError(PdpError):
    """The policy does not let the actor make a change; *errors* holds the reason for each part of it."""

    def __init__(self, errors: Iterable[RequestError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{error.field}: {error.message.en}" for error in self.errors))


class NotImplementedYetError(PdpError):
    """A part of the contract that this version does not serve; the text says which."""


class TooMuchToLookUpError(PdpError):
    """A look-up that would take too much work, and is refused whole; the text says why."""


class TooMuchToCompareError(PdpError):
    """A comparison of policies that could not be made within its bounds, and is refused whole; the text says why."""


class UnavailableError(PdpError):
    """The facts, or the knowledge of how fresh they are, cannot be had now."""


class NotThereError(UnavailableError):
    """Nobody answers where the store should be, and it may be there later; nothing is known to be wrong with it."""


class UnknownCallerError(PdpError):
    """Nobody whom we know asks.

    *reason* is a stable word for the log. The caller is told nothing but that it is unknown: whoever has no good
    credential need not learn what was wrong with the one that it tried.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class NotPermittedError(PdpError):
    """A known caller asks for what it may not; *error* says what, with the field that asked for it."""

    def __init__(self, error: RequestError) -> None:
        self.error = error
        super().__init__(error.message.en)


class OverloadedError(PdpError):
    """More is asked than is borne; it may be asked again in *retry_seconds*. *caller* asks, where that is known."""

    def __init__(self, sentence: str, retry_seconds: float) -> None:
        self.retry_seconds = retry_seconds
        self.caller = ""
        super().__init__(sentence)


class UnsettledError(PdpError):
    """Policy files that somebody is writing or replacing just now; *path* is one of them."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"`{path}` is being changed")
