"""What was kept long ago is let go of, used or not."""

import time

from pdp.caching.forgetting import GONE_SECONDS, MOST_SECONDS, Forgetting
from pdp.caching.memory import Memory
from pdp.core.caches import Content
from pdp_adapters.redis_readings import KEPT_SECONDS

OPERATOR = "kidsonline"
A_WEIGHT = 700
OLD: Content = ("old",)
NEW: Content = ("new",)


class Clock:
    """Shows the seconds that it is set to."""

    seconds = 0.0

    def __call__(self) -> float:
        """Return them."""
        return self.seconds


def two_kept(clock: Clock, memory_type: type[Memory[str]] = Memory) -> Memory[str]:
    """Return a memory with an entry of the beginning, which is asked for all the time, and one put later."""
    memory = memory_type([OPERATOR], 1 << 20, clock)
    memory.put(OPERATOR, OLD, "of an erased person", A_WEIGHT)
    clock.seconds = 200.0
    memory.put(OPERATOR, NEW, "of somebody else", A_WEIGHT)
    assert memory.get(OPERATOR, OLD)
    return memory


def is_forgotten(memory_type: type[Memory[str]]) -> bool:
    """Say whether the old entry is let go of in time, and the new one is not."""
    clock = Clock()
    memory = two_kept(clock, memory_type)
    clock.seconds = 301.0
    memory.forget(300)
    return memory.get(OPERATOR, OLD) is None and memory.get(OPERATOR, NEW) is not None and memory.weight == A_WEIGHT


class KeepsWhatIsUsed(Memory[str]):
    """The twin: whoever was asked for since stays."""

    def get(self, operator: str, content: Content) -> str | None:
        """Return it, as if it had been put now."""
        value = super().get(operator, content)
        if value is not None:
            self.put(operator, content, value, A_WEIGHT)
        return value


def test_an_entry_is_let_go_of_after_its_time_however_often_it_is_used() -> None:
    """Its weight goes with it; the twin, which prolongs what is used, is caught."""
    assert is_forgotten(Memory)
    assert not is_forgotten(KeepsWhatIsUsed)


def test_a_thread_lets_go_of_it_without_being_asked() -> None:
    """Nobody has to ask the process anything; once ended, it lets go of nothing more."""
    clock = Clock()
    memory = two_kept(clock)
    forgetting = Forgetting((memory,), seconds=300, every_seconds=0.01)
    clock.seconds = 301.0
    forgetting.begin()
    end = time.monotonic() + 30
    while memory.get(OPERATOR, OLD) is not None:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert memory.get(OPERATOR, NEW)
    forgetting.end()


def test_a_receipt_promises_no_more_than_is_kept() -> None:
    """Both caches are empty of the person by then: Redis at the latest of its spread times, processes at a look."""
    assert KEPT_SECONDS * 1.2 <= GONE_SECONDS
    assert MOST_SECONDS + 30 <= GONE_SECONDS
