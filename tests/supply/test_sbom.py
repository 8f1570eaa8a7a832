"""The bill of materials holds what the locks hold, is the same each time, and is right by its schema."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from scripts.lock_file import DEVELOPMENT, ROOT, RUNTIME, Pin, read_lock
from scripts.sbom import bill, main, mistakes

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def is_of(pins: tuple[Pin, ...], text: str) -> None:
    """The bill has every pin with its version and hashes, and the graph of who needs whom, and nothing else."""
    said: dict[str, Any] = json.loads(text)
    found = {
        (each["name"], each["version"]): {
            entry["value"] for entry in each["properties"] if entry["name"] == "promise-pdp:sha256"
        }
        for each in said["components"]
    }
    assert found == {(pin.name, pin.version): set(pin.hashes) for pin in pins}
    needs = {each["ref"]: set(each.get("dependsOn", ())) for each in said["dependencies"]}
    for pin in pins:
        for asking in pin.asked_by:
            assert any(f"{pin.name}=={pin.version}" in needs[ref] for ref in needs if ref.partition("==")[0] == asking)
    assert mistakes(text) is None


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT], ids=lambda lock: str(lock.name))
def test_a_bill_is_of_its_lock(lock: Path) -> None:
    """Each of the two."""
    pins = read_lock(lock.read_text("utf-8"))
    assert len(pins) >= 25
    is_of(pins, bill(pins, PROJECT))


def test_what_a_server_is_made_of_hangs_together() -> None:
    """Every package is needed by this project, or by one that is."""
    said = json.loads(bill(read_lock(RUNTIME.read_text("utf-8")), PROJECT))
    needs = {each["ref"]: each.get("dependsOn", []) for each in said["dependencies"]}
    reached, left = set(), ["promise-pdp"]
    while left:
        ref = left.pop()
        if ref not in reached:
            reached.add(ref)
            left += needs[ref]
    assert reached == needs.keys()


def test_the_same_locks_make_the_same_bytes(tmp_path: Path) -> None:
    """Today and tomorrow, in one folder and in another."""
    for folder in ("one", "two"):
        assert main(tmp_path / folder) == 0
    files = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert files == ["promise-pdp-dev.cdx.json", "promise-pdp.cdx.json"]
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_version_makes_another_bill() -> None:
    """Under another serial number."""
    pins = read_lock(RUNTIME.read_text("utf-8"))
    other = (Pin(pins[0].name, "0.0.1", pins[0].hashes, pins[0].asked_by, pins[0].marker), *pins[1:])
    one, two = json.loads(bill(pins, PROJECT)), json.loads(bill(other, PROJECT))
    assert one["serialNumber"] != two["serialNumber"]


def test_twins_that_leave_something_out_are_caught() -> None:
    """A package, a hash or a need that is missing, and what the schema does not know."""
    pins = read_lock(RUNTIME.read_text("utf-8"))
    said = json.loads(bill(pins, PROJECT))
    twins = [json.loads(json.dumps(said)) for _ in range(4)]
    twins[0]["components"].pop()
    twins[1]["components"][0]["properties"].pop()
    twins[2]["dependencies"] = [{"ref": each["ref"]} for each in said["dependencies"]]
    twins[3]["components"][0]["kind"] = "library"
    for twin in twins:
        with pytest.raises(AssertionError):
            is_of(pins, json.dumps(twin))
