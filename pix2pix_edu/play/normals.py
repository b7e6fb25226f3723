"""Normal random numbers, the same as those of random.js: so a picture that is made here is the one that the browser makes."""

import numpy as np

ONE = np.uint64(1)
WORD = np.uint64(0xFFFFFFFF)  # numbers of 32 bits, kept in 64, where a product of two of them fits


def normals(seed: int, count: int) -> np.ndarray:
    """`count` numbers with mean 0 and deviation 1, as float64."""
    state = (np.uint64(seed) + np.arange(1, 2 * count + 1, dtype=np.uint64) * np.uint64(0x6D2B79F5)) & WORD
    t = _product(state ^ (state >> np.uint64(15)), state | ONE)
    t = ((t + _product(t ^ (t >> np.uint64(7)), t | np.uint64(61))) & WORD) ^ t
    uniform = (t ^ (t >> np.uint64(14))).astype(np.float64) / 2**32
    return np.sqrt(-2 * np.log(1 - uniform[::2])) * np.cos(2 * np.pi * uniform[1::2])


def _product(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one * other) & WORD
