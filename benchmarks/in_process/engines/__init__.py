"""The engines that are compared, one a module: `load` takes a policy and returns what answers questions about it.

Each is imported in a process of its own, in the environment that has its packages.
"""

import importlib
from collections.abc import Callable
from enum import Enum

from benchmarks.access import Access

Ask = Callable[[str, str, str], bool]
"""May this user do to this data this action? In the order user, data, action."""


class EngineName(Enum):
    """An engine; the value is the module that knows it."""

    OURS = "ours"
    PYCASBIN = "pycasbin"
    CEDAR = "cedar"
    SPICEDB = "spicedb"


def load(name: EngineName, access: Access) -> Ask:
    """Return *access* in the engine of this name; raises ImportError where its packages are missing."""
    module = importlib.import_module(f"benchmarks.in_process.engines.{name.value}")
    ask: Ask = module.load(access)
    return ask
