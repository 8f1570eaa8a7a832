"""A model of leases: instances that renew and writers that wait, in a random order, over one table.

Every step takes a random time: a renewal its way to the database, its statement and its way back; a commit, a look at
the table. Processes stand still for a while and go on. The clocks of the machines begin anywhere.
"""

import heapq
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from pdp_adapters.lease_rules import LEASE, Row, SilentRows, lease_until

MILLISECOND: Final = 1_000_000


class Rules:
    """The rules as they are; a twin breaks one of them."""

    def silent_rows(self) -> SilentRows:
        """Return what a writer remembers of the table."""
        return SilentRows()

    def until(self, sent: int, answered: int, sent_before: int | None, *, is_new: bool) -> int | None:
        """Return until when a renewal gives a lease."""
        return lease_until(sent, sent_before, is_new=is_new)

    def has_waited(self, now: int, committed: int) -> bool:
        """Say whether a writer has waited for as long as any lease runs."""
        return now >= committed + LEASE

    def learns_before_reading(self) -> bool:
        """Say whether a renewal confirms what its instance knows already, and not what its snapshot brings."""
        return True


@dataclass
class Instance:
    """A process that checks, and what it knows."""

    name: str
    clock: int
    known: int = 0
    until: int | None = None
    sent_before: int | None = None
    frozen_until: int = 0
    silent: SilentRows = field(default_factory=SilentRows)


@dataclass
class World:
    """Everything, and the time; *stale* counts the checks that rested on less than was acknowledged before them."""

    rules: Rules
    random: random.Random
    now: int = 0
    revision: int = 0
    acknowledged: int = 0
    rows: dict[str, tuple[int, int]] = field(default_factory=dict)
    events: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    number: int = 0
    stale: int = 0
    checks: int = 0
    leased: int = 0
    waits: list[int] = field(default_factory=list)

    def after(self, nanoseconds: float, then: Callable[[], None]) -> None:
        """Let *then* happen later."""
        self.number += 1
        heapq.heappush(self.events, (self.now + int(nanoseconds), self.number, then))

    def delay(self) -> float:
        """Return how long a step takes: mostly little, now and then longer than a lease."""
        slow = self.random.random() < 0.06
        return self.random.expovariate(1 / ((90 if slow else 3) * MILLISECOND))

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + int(seconds * 1000 * MILLISECOND)
        while self.events and self.events[0][0] <= end:
            self.now, _, then = heapq.heappop(self.events)
            then()

    # --- Instances ----------------------------------------------------------------------------------------------------

    def unless_frozen(self, instance: Instance, then: Callable[[], None]) -> None:
        """Let *then* happen now, or when *instance* goes on."""
        if self.now < instance.frozen_until:
            self.after(instance.frozen_until - self.now, lambda: self.unless_frozen(instance, then))
        else:
            then()

    def renew(self, instance: Instance) -> None:
        """Send a renewal: way there, snapshot, visible, way back."""
        sent, confirmed = self.now + instance.clock, instance.known

        def snapshot() -> None:
            seen = self.revision
            told = confirmed if self.rules.learns_before_reading() else seen
            self.after(self.delay(), lambda: visible(seen, told))

        def visible(seen: int, told: int) -> None:
            held = self.rows.get(instance.name)
            self.rows[instance.name] = ((held[0] + 1) if held else 1, told)
            self.after(self.delay(), lambda: self.unless_frozen(instance, lambda: answered(seen, is_new=held is None)))

        def answered(seen: int, *, is_new: bool) -> None:
            instance.known = max(instance.known, seen)
            now = self.now + instance.clock
            instance.until = self.rules.until(sent, now, instance.sent_before, is_new=is_new)
            instance.sent_before = sent
            self.after(self.random.uniform(0, 40) * MILLISECOND, next_one)

        def next_one() -> None:
            self.unless_frozen(instance, lambda: self.renew(instance))

        self.after(self.delay(), snapshot)

    def check(self, instance: Instance) -> None:
        """Rest a check on what *instance* knows, if it has a lease."""
        self.checks += 1
        begun = self.acknowledged
        if self.now >= instance.frozen_until and instance.until and self.now + instance.clock < instance.until:
            self.leased += 1
            self.stale += instance.known < begun
        self.after(self.random.uniform(0, 4) * MILLISECOND, lambda: self.check(instance))

    def freeze(self, instance: Instance) -> None:
        """Let *instance* stand still now and then, for longer than a lease."""
        if self.random.random() < 0.5:
            instance.frozen_until = self.now + int(self.random.uniform(20, 600) * MILLISECOND)
        self.after(self.random.uniform(50, 900) * MILLISECOND, lambda: self.freeze(instance))

    # --- Writers ------------------------------------------------------------------------------------------------------

    def write(self, instance: Instance) -> None:
        """Commit a change, look at the table until nobody is waited for, acknowledge."""
        self.revision += 1
        revision = self.revision
        begun = self.now
        state: dict[str, Any] = {}

        def committed() -> None:
            state["at"] = self.now + instance.clock
            look()

        def look() -> None:
            rows: Iterable[Row] = [(name, beat, confirmed) for name, (beat, confirmed) in self.rows.items()]
            now = self.now + instance.clock
            waiting = instance.silent.awaited(rows, revision, now)
            if not waiting or self.rules.has_waited(now, state["at"]):
                self.acknowledged = max(self.acknowledged, revision)
                self.waits.append(self.now - begun)
                self.after(self.random.expovariate(1 / (60 * MILLISECOND)), lambda: self.write(instance))
            else:
                self.after(self.delay(), look)

        # Others see the commit before its writer knows of it.
        self.after(self.delay(), committed)


def a_run(rules: Rules, seed: int, seconds: float = 20.0) -> World:
    """Let a world run."""
    chosen = random.Random(seed)
    world = World(rules, chosen)
    instances = [Instance(f"i{number}", chosen.randrange(1 << 50)) for number in range(3)]
    for instance in instances:
        instance.silent = rules.silent_rows()
        world.after(chosen.uniform(0, 500) * MILLISECOND, partial(world.renew, instance))
        world.check(instance)
        world.freeze(instance)
    for _ in range(2):
        writer = Instance("", chosen.randrange(1 << 50), silent=rules.silent_rows())
        world.after(chosen.uniform(0, 500) * MILLISECOND, partial(world.write, writer))
    world.run(seconds)
    return world
