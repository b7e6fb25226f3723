"""Watch a training while its cell runs, and stop it after a whole step: with its button, or by interrupting the kernel."""

import contextlib
import signal
import threading
import time
from collections.abc import Iterable, Iterator

import ipywidgets as widgets
import torch
from IPython import get_ipython
from IPython.display import display
from torch import Tensor

from pix2pix_edu.classroom.curves import draw_training
from pix2pix_edu.classroom.display import with_caption
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.training import Losses, Pairs, Pix2Pix, stack_pairs

SHOWN = 3  # pairs
SHARE_OF_TIME = 0.1  # that drawing may take from training
POLL_IN = 1  # zmq.POLLIN


def monitor(steps: Iterable[Losses], model: Pix2Pix, pairs: Pairs, until: int, seconds: float = 1.0) -> Iterator[Losses]:
    """Hand on each step's losses, and meanwhile show curves, samples and progress; run the cell again to go on after a stop."""
    view, history, first = View(model, pairs, until), [], model.step + 1
    display(view.box)
    try:
        with interrupt_sets(view.stop):
            due = time.perf_counter() + seconds
            for losses in steps:
                history.append(losses)
                yield losses
                deliver_clicks()
                if view.stop.is_set():
                    break
                if time.perf_counter() > due:
                    due = time.perf_counter() + max(seconds, view.draw(history, first) / SHARE_OF_TIME)
    finally:
        view.close(history, first)


class View:
    """The monitor's widgets. Only the main loop draws; the button does no more than set `stop`."""

    def __init__(self, model: Pix2Pix, pairs: Pairs, until: int):
        self.model, self.until, self.stop, self.started = model, until, threading.Event(), time.perf_counter()
        self.x, self.y = stack_pairs(pairs[i] for i in range(min(SHOWN, len(pairs))))
        self.button = widgets.Button(description="Stop after this step", layout=widgets.Layout(width="auto"))
        self.button.on_click(lambda _: self.stop.set())
        self.progress, self.picture = widgets.HTML(self._bar("the first step is under way")), widgets.HTML()
        self.box = widgets.VBox([widgets.HBox([self.button, self.progress]), self.picture])

    def draw(self, history: list[Losses], first: int) -> float:
        """Show where the training stands; returns the seconds that this took."""
        start = time.perf_counter()
        figure, alt = draw_training(history, first, self.x, self.fake(), self.y)
        self.picture.value = with_caption(figure, alt, live=False)
        rate = len(history) / (start - self.started)
        self.progress.value = self._bar(f"{rate:.1f} steps a second, about {(self.until - self.model.step) / rate:.0f} s to go")
        return time.perf_counter() - start

    def close(self, history: list[Losses], first: int) -> None:
        """Leave the last state standing, and say how to go on."""
        if history:
            self.draw(history, first)
        missing = self.until - self.model.step
        self.progress.value = self._bar("stopped after a whole step; run this cell again to go on" if missing > 0 else "done")
        self.button.disabled = True

    def fake(self) -> Tensor:
        """G(x) for the pairs shown, leaving the training's random numbers as they are."""
        device = self.model.device
        with torch.no_grad(), own_random_numbers():
            return torch.cat([self.model.generator(one[None].to(device)).cpu() for one in self.x])  # as a translation would: one by one

    def _bar(self, text: str) -> str:
        step = f"step {self.model.step} of {self.until}"
        return f'<progress aria-label="{step}" max="{self.until}" value="{self.model.step}"></progress> {step}: {text}'


@contextlib.contextmanager
def interrupt_sets(stop: threading.Event) -> Iterator[None]:
    """Let the first interrupt set `stop`, so that the step under way is finished; the second interrupts at once."""
    if threading.current_thread() is not threading.main_thread():  # only there may signals be handled
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def on_interrupt(*_: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def deliver_clicks() -> None:
    """Have the kernel handle the widgets' messages that wait for the running cell to end; all others keep their order."""
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None or threading.current_thread() is not threading.main_thread():
        return
    # No kernel has a public way to do this. Where one differs, clicks wait for the cell, and the interrupt still stops it.
    with contextlib.suppress(AttributeError):
        shell_thread = getattr(kernel, "shell_channel_thread", None)  # from ipykernel 7 on, a thread reads the socket and passes on
        stream = shell_thread.manager._shell_channel_to_main.to_stream if shell_thread else kernel.shell_stream
        usual = stream._recv_callback
        stream.on_recv(lambda message: _handle_click(kernel, message) or usual(message), copy=False)
        try:
            stream.flush(POLL_IN)
        finally:
            stream.on_recv(usual, copy=False)


def _handle_click(kernel: object, frames: list) -> bool:
    """Handle the message if it comes from a widget, and tell the browser so; else leave it alone."""
    idents, parts = kernel.session.feed_identities(frames, copy=False)
    if kernel.session.unpack(parts[1].bytes)["msg_type"] != "comm_msg":
        return False
    message = kernel.session.deserialize(parts, content=True, copy=False)
    kernel._publish_status("busy", "shell", message)
    kernel.shell_handlers["comm_msg"](kernel.shell_stream, idents, message)
    kernel._publish_status("idle", "shell", message)  # a widget sends nothing more before it has heard this
    kernel._publish_status("busy", "shell")  # for the cell is still running
    return True
