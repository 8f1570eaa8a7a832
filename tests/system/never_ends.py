"""A process in the place of the one that compares: it writes its number into a file, and never answers."""

import os
import sys
import threading
import time
from pathlib import Path


def main() -> None:
    """Hear the question, and stay until the parent ends."""
    Path(os.environ["PDP_TEST_PROCESS"]).write_text(str(os.getpid()), "ascii")
    from pdp.analysis.apart_process import end_with_parent

    threading.Thread(target=end_with_parent, args=(int(sys.argv[1]),), daemon=True).start()
    sys.stdin.read()
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
