"""How long a widget takes to answer: measured in the processor's time, shown in the report of the test run."""

import time
from collections.abc import Callable

from matplotlib.figure import Figure

from pix2pix_edu.classroom.display import as_html

Draw = Callable[[int], tuple[Figure, str]]


def measure(record_property: Callable[[str, object], None], draws: dict[str, Draw]) -> None:
    """Draw each widget twelve times with different values; the words must follow the values."""
    for name, draw in draws.items():
        times, words = [], set()
        for i in range(12):
            start = time.process_time()  # what other processes on the machine do does not count
            figure, alt = draw(i)
            as_html(figure, alt)
            times.append(1000 * (time.process_time() - start))
            words.add(alt)
        assert len(words) > 1, f"{name} says the same whatever its controls say"
        record_property("reaction", f"{name:14} p50 {sorted(times)[5]:4.0f} ms   p95 {sorted(times)[10]:4.0f} ms")
