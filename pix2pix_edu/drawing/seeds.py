"""Seeded random generators, one each for layout, appearance and paint; and which sizes can be drawn."""

import numpy as np

LAYOUT, APPEARANCE, PAINT = 0, 1, 2  # independent streams of random numbers
SIZES = (32, 48, 64, 128, 144, 256)  # at these, every part of a drawing is at whole pixels


def check_size(size: int) -> None:
    if size not in SIZES:
        raise ValueError(f"drawings have a side of {', '.join(map(str, SIZES))} pixels, got {size}: choose one of these")


def random_stream(seed: int, stream: int) -> np.random.Generator:
    """The random generator of a seed for one stream: LAYOUT, APPEARANCE or PAINT."""
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, got {seed}")
    return np.random.default_rng([seed, stream])
