"""Looks at which Casbin is installed: two distributions bring the same import package."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from pdp.engine.reading.report import Place, Report

_DISTRIBUTIONS: Final = ("casbin", "pycasbin")


def installed_versions() -> dict[str, str]:
    """Return the version of each distribution of Casbin that is installed."""
    found = {}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def check_installed(file: str, report: Report) -> None:
    """Report that both are installed, whichever was unpacked last."""
    found = installed_versions()
    if len(found) > 1:
        named = ", ".join(f"{name} {number}" for name, number in found.items())
        report.warning(
            Place(file, 1),
            "casbin-twice",
            f"có hai gói cài cùng một thư viện, gói cài sau ghi đè gói trước: {named}",
            f"two packages bring the same library, and whichever was installed last has overwritten the other: {named}",
            "uninstall `casbin`, its dead older name, and install `pycasbin` again",
        )
