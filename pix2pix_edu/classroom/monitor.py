"""Watch a training while its cell runs. An interrupt of the kernel stops it after a whole step."""

import contextlib
import signal
import threading
import time
from collections.abc import Generator, Iterator, Sequence

import ipywidgets as widgets
import torch
from IPython.display import display
from torch import Tensor

from pix2pix_edu.classroom.curves import draw_training
from pix2pix_edu.classroom.display import with_caption
from pix2pix_edu.language.words import say
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.training import Losses, Pairs, Pix2Pix, stack_pairs

SHOWN = 3  # pairs
SHARE_OF_TIME = 0.1  # drawing may take at most this share of the time between two pictures
HOW_TO_STOP = "interrupt the kernel (the stop button) to stop after this step; run the cell again to continue"


def monitor(
    steps: Generator[Losses, None, None], model: Pix2Pix, pairs: Pairs, until: int, earlier: Sequence[Losses] = (), seconds: float = 1.0
) -> Iterator[Losses]:
    """Yield each step's losses. Meanwhile show curves, samples and progress, redrawn at most every `seconds` seconds.

    The curves begin with the losses of the `earlier` steps, so they go on when a stopped training does. However the cell ends, `steps`
    is closed: a run that is saved on the way then saves its last step.
    """
    view, stop = View(model, pairs, until, earlier), threading.Event()
    display(view.box)
    try:
        with interrupt_sets(stop):
            due = time.perf_counter() + seconds
            for losses in steps:
                view.history.append(losses)
                yield losses
                if stop.is_set():
                    break
                if time.perf_counter() > due:
                    due = time.perf_counter() + max(seconds, view.update() / SHARE_OF_TIME)
    finally:
        steps.close()
        view.close()


class View:
    """The monitor's widgets, and the losses that it shows."""

    def __init__(self, model: Pix2Pix, pairs: Pairs, until: int, earlier: Sequence[Losses]):
        self.model, self.until, self.started = model, until, time.perf_counter()
        self.history = list(earlier) if len(earlier) <= model.step else []  # more losses than steps are of another training
        self.earlier, self.first = len(self.history), model.step - len(self.history) + 1
        self.x, self.y = stack_pairs(pairs[i] for i in range(min(SHOWN, len(pairs))))
        self.progress, self.picture = widgets.HTML(), widgets.HTML()
        self.box = widgets.VBox([self.progress, self.picture])
        self.report("the first step is running", HOW_TO_STOP)

    def update(self) -> float:
        """Show the present state of the training. Return the seconds that this took."""
        start = time.perf_counter()
        self.draw()
        rate = (len(self.history) - self.earlier) / (start - self.started)
        left = (self.until - self.model.step) / rate
        self.report(f"{rate:.1f} steps a second, about {left:.0f} s left", HOW_TO_STOP)
        return time.perf_counter() - start

    def draw(self) -> None:
        """Draw the curves and the samples. If the training has diverged nothing is drawn: its error says so."""
        fake = self.fake()
        if fake.isfinite().all():
            figure, alt = draw_training(self.history, self.first, self.x, fake, self.y)
            self.picture.value = with_caption(figure, alt, live=False)

    def close(self) -> None:
        """Show the final state, and how to continue."""
        if self.history:
            self.draw()
        unfinished = self.model.step < self.until
        self.report("stopped after a whole step; run this cell again to continue" if unfinished else "done")

    def fake(self) -> Tensor:
        """Return G(x) for the pairs shown. The random numbers of the training are not affected."""
        device = self.model.device
        with torch.no_grad(), own_random_numbers():  # one by one, as in translation: batch norm uses the statistics of its batch
            return torch.cat([self.model.generator(one[None].to(device)).cpu() for one in self.x])

    def report(self, *texts: str) -> None:
        """Show the progress bar with a line of text."""
        step = say(f"step {self.model.step} of {self.until}")
        bar = f'<progress aria-label="{step}" max="{self.until}" value="{self.model.step}"></progress>'
        self.progress.value = f"{bar} {step}: {'; '.join(map(say, texts))}"


@contextlib.contextmanager
def interrupt_sets(stop: threading.Event) -> Iterator[None]:
    """Let the first interrupt only set `stop`, so that the current step can finish. The second one interrupts at once."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread can handle signals
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
