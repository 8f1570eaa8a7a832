"""Writes the bill of materials: what a server is made of, and what it was made and tested with (CycloneDX 1.6, JSON).

`python -m scripts.sbom [FOLDER]` writes `promise-pdp.cdx.json` and `promise-pdp-dev.cdx.json`, into `build` unless it
is told otherwise. They come from the lock files and from `pyproject.toml` alone, so the same files make the same bytes.
"""

import json
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any, Final

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from scripts.lock_file import DEVELOPMENT, ROOT, RUNTIME, Pin, read_lock

NAMESPACE: Final = uuid.UUID("5c6f3b0e-5d0f-5c5e-9a53-4b1f8f7d0c11")
"""Of the serial numbers: each is made from what its bill says."""


def bill(pins: tuple[Pin, ...], project: dict[str, Any]) -> str:
    """Return the bill of *pins*, which *project* (the table of pyproject.toml) is made of, as JSON."""
    own = Component(
        name=project["name"],
        version=project["version"],
        type=ComponentType.APPLICATION,
        bom_ref=project["name"],
        purl=PackageURL("pypi", name=project["name"], version=project["version"]),
        licenses=[LicenseExpression(project["license"])],
    )
    bom = Bom(components=[_component(pin) for pin in pins])
    bom.metadata.component = own
    needs: dict[str, list[Dependency]] = {}
    for pin in pins:
        for asking in pin.asked_by:
            needs.setdefault(asking, []).append(Dependency(_ref(pin)))
    by_name = {pin.name: _ref(pin) for pin in pins}
    bom.dependencies = (
        Dependency(own.bom_ref if name == project["name"] else by_name[name], needs.get(name, ()))
        for name in (project["name"], *by_name)
    )
    written: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    # When it was made is no part of what it says, and would make other bytes of the same locks.
    del written["metadata"]["timestamp"]
    written.pop("serialNumber")
    said = json.dumps(written, sort_keys=True)
    return json.dumps({**written, "serialNumber": uuid.uuid5(NAMESPACE, said).urn}, indent=2, sort_keys=True) + "\n"


def mistakes(text: str) -> str | None:
    """Return what the schema of CycloneDX finds wrong with *text*, None when it is right."""
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return None if error is None else str(error)


def _component(pin: Pin) -> Component:
    return Component(
        name=pin.name,
        version=pin.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(_ref(pin)),
        purl=PackageURL("pypi", name=pin.name, version=pin.version),
        # A package has several files, for one machine or another; a component has one hash of a kind. All are kept.
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=pin.hashes[0])] if len(pin.hashes) == 1 else [],
        properties=[
            *(Property(name="promise-pdp:sha256", value=digest) for digest in pin.hashes),
            *([Property(name="promise-pdp:marker", value=pin.marker)] if pin.marker else []),
        ],
    )


def _ref(pin: Pin) -> Any:
    return Component(name=pin.name, bom_ref=f"{pin.name}=={pin.version}").bom_ref


def main(folder: Path) -> int:
    """Write both bills; return the exit code: 1 when the schema finds something wrong."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    folder.mkdir(parents=True, exist_ok=True)
    for name, lock in (("promise-pdp", RUNTIME), ("promise-pdp-dev", DEVELOPMENT)):
        pins = read_lock(lock.read_text("utf-8"))
        text = bill(pins, project)
        if wrong := mistakes(text):
            sys.stderr.write(f"sbom: {lock.name}: {wrong}\n")
            return 1
        path = folder / f"{name}.cdx.json"
        path.write_text(text, "utf-8")
        sys.stdout.write(f"{path}: {len(pins)} packages\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build"))
