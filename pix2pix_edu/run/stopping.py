"""End a training after a whole step when Ctrl-C is pressed or the machine asks this process to end."""

import contextlib
import signal
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows has no SIGHUP
T = TypeVar("T")


class Stopped(KeyboardInterrupt):
    """A training has been stopped between two steps, and everything is saved."""


def until_stopped(steps: Generator[T, None, None]) -> Iterator[T]:
    """Pass on the steps of a training. After a signal, close it, which saves it, and raise Stopped. A second signal stops at once."""
    seen: list[int] = []
    with contextlib.closing(steps), _noted(seen):
        for step in steps:
            yield step
            if seen:
                break
    if seen:
        name = "Ctrl-C" if seen[0] == signal.SIGINT else signal.Signals(seen[0]).name
        raise Stopped(f"stopped by {name} after a whole step, which is saved")


@contextlib.contextmanager
def _noted(seen: list[int]) -> Iterator[None]:
    """Append the first of the signals to a list instead of obeying it."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread can handle signals
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(number: int, _: object) -> None:
        seen.append(number)
        restore()

    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # nohup has the process ignore SIGHUP
            signal.signal(number, note)
    try:
        yield
    finally:
        restore()
