"""Forks a server over one store for each line on stdin: `forking_server TWIN --policies DIR --store URL`.

`Twin` is a store without fault; the others are what a storm of kills has to notice.
"""

import argparse
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pdp.core.stores import FactStore, Token, Write, Written
from pdp.decision_log import late
from pdp.server import serve
from pdp.settings import Settings
from pdp.wiring.deciding import decision_point
from pdp.wiring.folders import load_policies
from pdp.wiring.stores import fact_store
from pdp.wiring.words import load_words
from tests.stores.twins import LosesDeletions, Twin, TwinWriting, WritesInParts


class AcknowledgesBeforeCommit(Twin):
    """A change is answered at once and made durable a moment later."""

    def __init__(self, real: FactStore) -> None:
        super().__init__(real)
        self._left: queue.Queue[tuple[str, Write]] = queue.Queue()
        threading.Thread(target=self._make, daemon=True).start()

    def _make(self) -> None:
        while True:
            operator, write = self._left.get()
            time.sleep(0.02)
            with self.real.writing(operator) as writing:
                writing.apply(write)

    @contextmanager
    def writing(self, operator: str, *, first: bool = False) -> Iterator[TwinWriting]:
        outer = self

        class Later(TwinWriting):
            def apply(self, write: Write) -> Written:
                outer._left.put((operator, write))
                ids = tuple(each.fact.id for each in write.facts)
                return Written(Token("later", 1), ids, len(write.deletions), ())

        with self.real.writing(operator) as writing:
            yield Later(writing, self)


class WritesHalf(Twin):
    """Of a change with several facts the last one is left out."""

    def asked(self, write: Write) -> Write:
        self.ids = tuple(each.fact.id for each in write.facts)
        return replace(write, facts=write.facts[:-1])

    def answered(self, written: Written) -> Written:
        return replace(written, ids=self.ids)


TWINS = {twin.__name__: twin for twin in (AcknowledgesBeforeCommit, WritesInParts, WritesHalf, LosesDeletions, Twin)}


def main() -> int:
    """Read the policies, and fork a server for each line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("twin", choices=sorted(TWINS))
    parser.add_argument("--policies", type=Path)
    parser.add_argument("--store")
    parser.add_argument("--decision-log", default="none")
    parser.add_argument("--log-wait", default="on")
    chosen = parser.parse_args()
    if chosen.log_wait == "late":  # a twin: records are held for so long that an end in between takes them along
        late.MOMENT_SECONDS = 2.0  # type: ignore[misc]
    words = load_words()
    policies = load_policies(chosen.policies, words)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        if os.fork():
            continue
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        settings = Settings(
            listen="127.0.0.1:0",
            store=chosen.store,
            decision_log=chosen.decision_log,
            log_wait=chosen.log_wait == "on",
        )
        store = TWINS[chosen.twin](fact_store(chosen.store))
        return serve(decision_point(settings, policies, store), words, settings, facts=store)
    return 0


if __name__ == "__main__":
    sys.exit(main())
