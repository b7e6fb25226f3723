"""Where a drawing's chance comes from, and which sizes can be drawn."""

import numpy as np

LAYOUT, APPEARANCE = 0, 1  # two streams of random numbers: neither can tell the other


def check_size(size: int) -> None:
    """Refuse a side that cannot be drawn."""
    if size < 32 or size % 16:
        raise ValueError(f"size must be a multiple of 16 from 32 up (32, 64, 128 and 256 are tried), got {size}")


def random_stream(seed: int, stream: int) -> np.random.Generator:
    """One of the independent streams of random numbers that a seed has."""
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, got {seed}")
    return np.random.default_rng([seed, stream])
