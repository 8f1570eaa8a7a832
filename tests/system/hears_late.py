"""A process in the place of the one that compares: it begins to read its question late, and says how long that is."""

import json
import sys
import time


def main() -> None:
    """Read only when whoever asks has looked several times."""
    time.sleep(0.5)
    length = len(sys.stdin.read())
    json.dump({"groups": [], "left_out": length}, sys.stdout)


if __name__ == "__main__":
    main()
