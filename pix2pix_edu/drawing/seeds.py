"""Where a drawing's chance comes from, and which sizes can be drawn."""

import numpy as np

LAYOUT, APPEARANCE = 0, 1  # two streams of random numbers: neither can tell the other


SIZES = (32, 48, 64, 128, 144, 256)  # where every part of a drawing falls on whole pixels


def check_size(size: int) -> None:
    """Refuse a side that cannot be drawn."""
    if size not in SIZES:
        raise ValueError(f"drawings have a side of {', '.join(map(str, SIZES))} pixels, got {size}: draw a larger one and resize it")


def random_stream(seed: int, stream: int) -> np.random.Generator:
    """One of the independent streams of random numbers that a seed has."""
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, got {seed}")
    return np.random.default_rng([seed, stream])
