"""Decision logs in a folder, as tests make them: writers that answer cases, and what verifies."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from pdp.core.log_ports import LogHeads
from pdp.core.request import Request
from pdp.decision_log import Chain, ChainedDecisionLog, Keeping, Recording
from pdp.decision_log.verifying import Verified, Verifier
from pdp.decision_point import DecisionPoint
from pdp_adapters import ed25519
from pdp_adapters.log_folder import FileLogFolder
from pdp_adapters.log_key_folder import log_keys, public_key
from pdp_adapters.memory_log_heads import MemoryLogHeads
from pdp_adapters.no_stored_facts import NoStoredFacts
from pdp_adapters.system_clock import SystemClock
from tests.builders import KIDSONLINE, POLICIES, the_policy_set, the_words

PART_BYTES: Final = 1 << 20


@cache
def the_requests(operator: str = KIDSONLINE) -> Sequence[Request]:
    """Return the requests of the cases of *operator*."""
    from benchmarks.deciding import requests_of

    return tuple(requests_of(POLICIES, the_policy_set(operator), the_words()))


class Log:
    """A log in *folder* whose heads lie in *second* too."""

    def __init__(self, folder: Path, second: LogHeads | None = None, *, part_bytes: int = PART_BYTES) -> None:
        self.path = folder
        self.second: LogHeads = MemoryLogHeads() if second is None else second
        self.folder = FileLogFolder(folder, part_bytes)
        self.keys = log_keys(folder)
        self.warnings: list[str] = []

    def chain(self, *, limit_bytes: int = 0, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Chain:
        """Return a chain of its own writer."""
        keys, warn = self.keys, self.warnings.append
        keeping = Keeping(self.folder, keys.persons, keys.signs, ed25519.verifies, self.second, limit_bytes, warn, now)
        return Chain(keeping)

    def written_by(self, chain: Chain) -> ChainedDecisionLog:
        """Return the log that writes into *chain*."""
        return ChainedDecisionLog(chain, Recording(self.keys.persons, self.keys.digest_key))

    def point(self, chain: Chain, operator: str = KIDSONLINE) -> DecisionPoint:
        """Return a decision point whose records are kept."""
        policies = {operator: the_policy_set(operator)}
        return DecisionPoint(policies, NoStoredFacts(), SystemClock(), self.written_by(chain))

    def write(self, count: int, *, ends: bool = True, heads_every: int = 0) -> Chain:
        """Answer so many requests as one writer, signing after each of *heads_every*."""
        chain = self.chain()
        point = self.point(chain)
        requests = the_requests()
        for number in range(count):
            point.check(replace(requests[number % len(requests)], request_id=f"r-{number}"))
            if heads_every and number % heads_every == 0:
                chain.sign()
        chain.sign()
        if ends:
            chain.end()
        return chain

    def verified(self, verifier: type[Verifier] = Verifier) -> Verified:
        """Return what verifying comes to."""
        key = public_key(self.path)
        return verifier(self.folder, key, ed25519.verifies, self.second.heads()).verify()

    def lines(self) -> list[bytes]:
        """Return the lines of all records."""
        return [
            line
            for writer in self.folder.writers()
            for part in self.folder.parts(writer)
            for line in part.read().splitlines()
        ]
