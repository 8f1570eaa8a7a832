"""A house of callers, the words, and a decision point that allows whatever it is asked."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from pdp.core.decision import Cause, Decision
from pdp.core.request import Request
from pdp.wire.words import Words
from pdp.wiring.words import load_words
from tests.system.guarded import House
from tests.system.running import StubPoint, running


def allowing(request: Request) -> Decision:
    """Allow: where something is denied in these tests, it is not for want of a rule."""
    return Decision("d-1", request.request_id, True, Cause.RULE, (), (), "r", "t", None, ())


@pytest.fixture(scope="session")
def words() -> Words:
    """Return the words of the package."""
    return load_words()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return a house with all its files."""
    return House(tmp_path_factory.mktemp("house"))


@pytest.fixture
def log() -> io.StringIO:
    """Return where the server writes."""
    return io.StringIO()


@pytest.fixture
def address(house: House, words: Words, log: io.StringIO) -> Iterator[str]:
    """Serve those who show tokens and keys."""
    with house.serving(StubPoint(allowing, at_once=True), words, log, certificates=False) as server:
        yield server.address


@pytest.fixture
def open_address(words: Words, log: io.StringIO) -> Iterator[str]:
    """Serve whoever connects, without TLS."""
    with running(StubPoint(allowing, at_once=True), words, log) as server:
        yield server.address


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the folder of this project."""
    return Path(__file__).parents[2]
