"""Let a widget's answer wait until no cell runs."""

import asyncio
import threading
from collections.abc import Callable


def between_cells(action: Callable[..., None]) -> Callable[..., None]:
    """Return a function that does the same between two cells. To be called in a cell; without a notebook, it returns `action` itself.

    New kernels answer widgets in a second thread, while a cell runs. Torch's random numbers belong to both threads: a training in the
    cell would come out differently if a widget drew a dropout meanwhile. The stop button does not stop an action that has waited, so
    it should be short.
    """
    if threading.current_thread() is not threading.main_thread():  # a console of its own beside the notebook's cells
        return action
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return action

    def later(*arguments: object) -> None:
        if threading.current_thread() is threading.main_thread() or loop.is_closed():
            action(*arguments)
        else:
            loop.call_soon_threadsafe(action, *arguments)

    return later
