"""A process that is to answer knows the callers as their files are now, not as they were before it was forked."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pdp.callers import LiveCallers, Presented
from pdp.callers.key_store import KeyStore
from pdp.core.errors import InvalidSettingsError, UnknownCallerError
from pdp.server import serving
from pdp.server.events import Event, json_log
from pdp.server.security import Security
from pdp_adapters.file_document import FileDocument
from tests.credentials import write

GOOD = """
keys: {file: keys.json, pepper: keys.pepper}
callers:
  app: {api_keys: yes, operators: [homeid], methods: [DecisionService]}
"""


class Begun:
    """What a server knew when it began, whose only key was revoked afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = write(folder, callers__yaml=GOOD)
        store = KeyStore(folder / "keys.json", folder / "keys.pepper")
        clear, kept = store.issue("app", 30, "", datetime.now(UTC))
        self.presented = Presented((f"ApiKey {clear}",))
        self.callers = LiveCallers("callers.yaml", lambda name: FileDocument(folder / name), ["homeid"])
        store.revoke(kept.id, datetime.now(UTC))
        self.log = io.StringIO()

    def is_good(self) -> bool:
        """Say whether the revoked key is."""
        try:
            self.callers.identify(self.presented)
        except UnknownCallerError:
            return False
        return True

    def events(self) -> list[str]:
        """Return what was logged."""
        return [json.loads(line)["event"] for line in self.log.getvalue().splitlines()]


@pytest.fixture
def begun(tmp_path: Path) -> Begun:
    """Return what a server knew."""
    return Begun(tmp_path)


def test_a_key_that_was_revoked_before_the_fork_is_not_good_after_it(begun: Begun) -> None:
    """Without the look it would be: what was loaded before the fork is all that a new worker has."""
    assert begun.is_good()
    assert Security(begun.callers).is_renewed(json_log(begun.log), lambda _seconds: True)
    assert not begun.is_good()
    assert begun.events() == [Event.CALLERS_IN_FORCE]


def test_a_worker_waits_until_the_files_can_be_right(begun: Begun) -> None:
    """What the server knew when it began may have been taken back in what cannot be read now."""
    write(begun.folder, callers__yaml="callers: {}")
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        if len(waited) == 2:
            write(begun.folder, callers__yaml=GOOD + "# mended\n")
        return False

    assert Security(begun.callers).is_renewed(json_log(begun.log), wait)
    assert not begun.is_good()
    assert len(waited) == 2
    assert begun.events() == [Event.CALLERS_KEPT, Event.CALLERS_AWAITED, Event.CALLERS_IN_FORCE]


def test_a_worker_that_waits_can_be_ended(begun: Begun) -> None:
    """A server that is told to end does."""
    write(begun.folder, callers__yaml="callers: {}")
    assert not Security(begun.callers).is_renewed(json_log(begun.log), lambda _seconds: True)


def test_without_callers_nothing_is_waited_for() -> None:
    """There are no files."""
    assert Security().is_renewed(json_log(io.StringIO()), lambda _seconds: True)


class AsForked(Security):
    """The twin: it begins with what it was forked with, and looks at the files later."""

    def is_renewed(self, log: Any, has_to_end: Any) -> bool:
        """Look at nothing."""
        return True


@pytest.mark.parametrize(("make", "is_good"), [(Security, False), (AsForked, True)])
def test_nobody_is_answered_before(
    begun: Begun, make: type[Security], is_good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a server begins to answer, the revoked key is good no longer; with the twin it is."""
    seen: list[bool] = []

    def begins(*_: Any, **__: Any) -> None:
        seen.append(begun.is_good())
        raise InvalidSettingsError(["enough was seen"])

    monkeypatch.setattr(serving, "start", begins)
    settings: Any = SimpleNamespace(traces="")
    nothing: Any = None
    serving._answer(nothing, nothing, settings, json_log(begun.log), nothing, make(begun.callers))
    assert seen == [is_good]
