"""Every error has its place in the table, and only there."""

from collections.abc import Iterator

import grpc
import pytest
import structlog

from pdp.core.errors import (
    InvalidRequestError,
    NotAllowedError,
    NotImplementedYetError,
    NotPermittedError,
    OverloadedError,
    PdpError,
    UnavailableError,
)
from pdp.server.status import REFUSALS, CallOverError, refusal_of, status_of

LOG = structlog.get_logger()


def subclasses(type_: type[Exception]) -> Iterator[type[Exception]]:
    """Yield every subclass of *type_*, however deep."""
    for subclass in type_.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def test_every_error_of_the_package_is_in_the_table() -> None:
    """A new error needs a decision about what its caller is told; those of the client and of cases never come here."""
    of_server = {
        type_
        for type_ in subclasses(PdpError)
        if not type_.__module__.startswith(("pdp.client", "pdp.cases", "pdp.cli"))
    }
    assert {type_ for type_ in of_server if type_.__module__.startswith("pdp.")} <= REFUSALS.keys()
    assert len(of_server) >= 7


def test_no_refusal_is_an_answer() -> None:
    """OK is for decisions alone."""
    assert all(refusal.code is not grpc.StatusCode.OK for refusal in REFUSALS.values())


@pytest.mark.parametrize("error", [RuntimeError("x"), PdpError("x"), KeyError("x"), GeneratorExit(), SystemExit(0)])
def test_what_is_not_in_the_table_is_an_error_of_ours(error: BaseException) -> None:
    """Unknown things are never taken for something harmless."""
    assert refusal_of(error).code is grpc.StatusCode.INTERNAL


def test_a_subclass_is_told_as_its_base() -> None:
    """An adapter may say more precisely what it lacks."""

    class StoreAwayError(UnavailableError):
        """The store is away."""

    assert refusal_of(StoreAwayError("x")) is REFUSALS[UnavailableError]


def test_only_what_was_written_for_callers_is_told() -> None:
    """Of all texts of exceptions only the one that names an unserved part of the contract leaves."""
    with structlog.testing.capture_logs():
        for type_ in REFUSALS:
            if type_ in {InvalidRequestError, NotPermittedError, NotAllowedError}:
                continue  # what they hold is written for callers
            error = OverloadedError("a secret", 1.0) if type_ is OverloadedError else type_.__new__(type_)
            error.args = ("a secret",)
            told = status_of(error, "/m", LOG)
            assert ("a secret" in str(told)) == (type_ is NotImplementedYetError)


def test_a_call_that_is_over_is_told_so_without_a_log_line() -> None:
    """It happens under load, when the log has other things to say."""
    with structlog.testing.capture_logs() as lines:
        status = status_of(CallOverError(), "/m", LOG)
    assert status.code == grpc.StatusCode.DEADLINE_EXCEEDED.value[0]
    assert lines == []
