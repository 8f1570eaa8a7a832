"""Every event has one meaning in both languages, and nothing is logged that is no event."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pdp.server.event_meanings import MEANINGS
from pdp.server.events import Event

ROOT = Path(__file__).parents[3]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def logged(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, what is logged) of every call of a log in a module's *text*."""
    if "FilteringBoundLogger" not in text and "json_log" not in text:
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
            owner = ast.unparse(node.func.value)
            if owner.split(".")[-1] in {"log", "_log", "report"}:
                yield node.lineno, ast.unparse(node.args[0])


def strangers(text: str) -> list[str]:
    """Return what a module logs that is no member of Event."""
    known = {f"Event.{event.name}.value" for event in Event} | {"event.value", "refusal.event.value"}
    return [f"{line}: {what}" for line, what in logged(text) if what not in known]


def test_every_event_has_a_meaning_in_both_languages() -> None:
    """The table is whole, and no two events mean the same."""
    assert set(MEANINGS) == set(Event)
    for language in ("vi", "en"):
        told = [getattr(says, language) for says in MEANINGS.values()]
        assert all(told)
        assert len(set(told)) == len(told)


def test_the_code_logs_events_of_the_table_alone() -> None:
    """Every call of a log in the package names a member of Event, and every member is logged somewhere."""
    modules = [*(ROOT / "pdp").rglob("*.py"), *(ROOT / "adapters").rglob("*.py")]
    texts = {module: module.read_text("utf-8") for module in modules}
    calls = [what for text in texts.values() for _, what in logged(text)]
    everything = "".join(texts[module] for module in modules if module.name not in {"events.py", "event_meanings.py"})
    found = {module: strangers(text) for module, text in texts.items()}

    assert len(calls) > 20
    assert {module: names for module, names in found.items() if names} == {}
    # What libraries say is given its event as it passes.
    assert [e.name for e in Event if f"Event.{e.name}" not in everything and e is not Event.LIBRARY] == []


@pytest.mark.parametrize("call", ["log.info('made-up')", "self._log.error(f'{what}')", "log.warning(Event.NEW.value)"])
def test_an_event_without_an_entry_is_found(call: str) -> None:
    """The walk can fail: what is logged under a name of its own is told with its line."""
    assert len(strangers(f"log = json_log()\ndef go():\n    {call}\n")) == 1
