"""Measure how long widgets take to answer, in processor time; the test run's report shows it."""

import time
from collections.abc import Callable

from matplotlib.figure import Figure

from pix2pix_edu.classroom.display import as_html

Draw = Callable[[int], tuple[Figure, str]]


def measure(record_property: Callable[[str, object], None], draws: dict[str, Draw]) -> None:
    """Draw each widget twelve times with different values; its caption must follow the values."""
    for name, draw in draws.items():
        times, captions = [], set()
        for i in range(12):
            start = time.process_time()  # other processes on the machine do not count
            figure, alt = draw(i)
            as_html(figure, alt)
            times.append(1000 * (time.process_time() - start))
            captions.add(alt)
        assert len(captions) > 1, f"{name}: the caption does not follow the controls"
        record_property("reaction", f"{name:14} p50 {sorted(times)[5]:4.0f} ms   p95 {sorted(times)[10]:4.0f} ms")
