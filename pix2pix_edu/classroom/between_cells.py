"""Let a widget's answer wait until no cell runs."""

import asyncio
import threading
from collections.abc import Callable


def between_cells(action: Callable[..., None]) -> Callable[..., None]:
    """Return a function that does the same between two cells. To be called in a cell; without a notebook, it returns `action` itself.

    New kernels answer widgets in a second thread, while a cell runs. Torch's random numbers belong to both threads: a training in the
    cell would come out differently if a widget drew a dropout meanwhile.
    """
    try:
        loop, home = asyncio.get_running_loop(), threading.current_thread()
    except RuntimeError:
        return action

    def later(*arguments: object) -> None:
        if threading.current_thread() is home:
            action(*arguments)
        else:
            loop.call_soon_threadsafe(action, *arguments)

    return later
