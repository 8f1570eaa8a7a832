"""A server process of a storm that records the stages of revocations beside its keys: as `tests.storm.instance`."""

import os
import sys
from pathlib import Path

from benchmarks.revoking.stages import record
from tests.storm.instance import main

if __name__ == "__main__":
    record(Path(sys.argv[3]).with_name(f"stages-{os.getpid()}"))
    sys.exit(main(*sys.argv[1:]))
