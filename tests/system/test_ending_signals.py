"""A signal that ends a server is heard, on whatever thread it comes and however little before the wait begins."""

import subprocess
import sys
from textwrap import dedent

import pytest

_WAIT = """
    import os, queue, signal, threading

    def waits_for_a_queue(seconds):
        caught = queue.SimpleQueue()
        signal.signal(signal.SIGTERM, lambda number, _frame: caught.put(number))
        come()
        try:
            return caught.get(timeout=seconds)
        except queue.Empty:
            return None

    def waits_for_ending_signals(seconds):
        from pdp.server.ending_signals import ending_signals
        with ending_signals() as signals:
            come()
            return signals.wait(seconds)

    def come():
        # It comes to another thread, as it may: the main one is not woken by it.
        begun, blocked = threading.Event(), threading.Event()
        def other():
            begun.set()
            blocked.wait()
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
            threading.Event().wait()
        threading.Thread(target=other, daemon=True).start()
        begun.wait()
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        blocked.set()

"""


def _heard(way: str, seconds: float) -> str:
    script = dedent(_WAIT) + f"\nprint({way}({seconds}))\n"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60).stdout.strip()


@pytest.mark.timeout(60)
def test_a_signal_that_another_thread_gets_ends_the_wait() -> None:
    """The main thread sleeps, and is woken."""
    assert _heard("waits_for_ending_signals", 50.0) == "15"


def test_a_wait_for_what_a_handler_does_is_found_out() -> None:
    """The twin: the handler would run once the wait is over."""
    assert _heard("waits_for_a_queue", 2.0) == "None"


def test_it_is_woken_without_a_signal_too() -> None:
    """As when everything has ended; and it waits no longer than it is told."""
    script = dedent(
        """
        from pdp.server.ending_signals import ending_signals
        with ending_signals() as signals:
            print(signals.wait(0.01))
            signals.wake()
            print(signals.wait(50))
            for _ in range(10_000):
                signals.wake()
            print(signals.wait(50))
        """
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert run.stdout.split() == ["None", "0", "0"], run.stderr


def test_another_signal_ends_nothing() -> None:
    """One that somebody else has a handler for is written there too, and passed over."""
    script = dedent(
        """
        import os, signal
        from pdp.server.ending_signals import ending_signals
        signal.signal(signal.SIGUSR1, lambda *_: None)
        with ending_signals() as signals:
            os.kill(os.getpid(), signal.SIGUSR1)
            print(signals.wait(0.2))
            os.kill(os.getpid(), signal.SIGUSR1)
            os.kill(os.getpid(), signal.SIGINT)
            print(signals.wait(50))
        """
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert run.stdout.split() == ["None", "2"], run.stderr
