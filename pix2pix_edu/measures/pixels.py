"""How good a fake is by its pixels, its colours and its sharpness."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pix2pix_edu.drawing.classes import CLASSES

# skimage is imported where it is used: it takes longer than all the rest of this package.

LAB_RANGES = {"L": (0.0, 100.0), "a": (-110.0, 110.0), "b": (-110.0, 110.0)}  # every RGB colour lies within
LAB_BIN = 2.0  # about the smallest difference that the eye sees


class ColourOverlap(NamedTuple):
    """Overlap of two histograms in each channel of Lab: 1 = the same colours equally often, 0 = none in common."""

    L: float
    a: float
    b: float


def l1(fake: Tensor, y: Tensor) -> float:
    """Mean absolute difference in units of [-1, 1]: black against white is 2."""
    _check_shapes(fake, y)
    return F.l1_loss(fake, y).item()


def psnr(fake: Tensor, y: Tensor) -> float:
    """Peak signal-to-noise ratio in dB, averaged over the pictures; one exact copy makes it infinite."""
    from skimage.metrics import peak_signal_noise_ratio

    with np.errstate(divide="ignore"):
        return float(np.mean([peak_signal_noise_ratio(real, picture, data_range=2.0) for picture, real in _as_arrays(fake, y)]))


def ssim(fake: Tensor, y: Tensor) -> float:
    """Structural similarity under its inventors' Gaussian window, averaged over the pictures; 1 = equal."""
    from skimage.metrics import structural_similarity

    settings = {"channel_axis": 0, "data_range": 2.0, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(np.mean([structural_similarity(real, picture, **settings) for picture, real in _as_arrays(fake, y)]))


def high_frequency_power(fake: Tensor, y: Tensor) -> float:
    """Power of fake above half the Nyquist frequency, relative to that of y: 1 = as sharp as real, 0 = all blur."""
    _check_shapes(fake, y)
    height, width = y.shape[-2:]
    high = (torch.fft.fftfreq(height)[:, None] ** 2 + torch.fft.fftfreq(width) ** 2).sqrt() > 0.25  # cycles a pixel; Nyquist is 0.5
    # The window fades the borders out: where left does not meet right, the transform would see an edge that is not there.
    window = torch.hann_window(height, periodic=False)[:, None] * torch.hann_window(width, periodic=False)
    contrasts = (side.cpu().double() - side.cpu().double().mean(dim=(2, 3), keepdim=True) for side in (fake, y))
    fake_power, real_power = ((torch.fft.fft2(contrast * window).abs() ** 2)[..., high].sum().item() for contrast in contrasts)
    if real_power < 1e-9:  # what rounding leaves of nothing
        raise ValueError("y has no high frequencies to compare with: it is one flat colour")
    return fake_power / real_power


def lab(pictures: Tensor) -> Tensor:
    """Pictures (batch, 3, height, width) in [-1, 1] as lightness L and the colour axes a (green-red), b (blue-yellow)."""
    from skimage.color import rgb2lab

    rgb = (pictures.detach().float().cpu().clamp(-1.0, 1.0) + 1.0) / 2.0
    return torch.from_numpy(rgb2lab(rgb.numpy(), channel_axis=1))


def colour_overlap(fakes: Tensor, ys: Tensor) -> ColourOverlap:
    """The paper's histogram intersection: how alike the colours of all fakes together are to those of all ys."""
    histograms = zip(_lab_histograms(fakes), _lab_histograms(ys), strict=True)
    return ColourOverlap(*(torch.minimum(of_fakes, of_ys).sum().item() for of_fakes, of_ys in histograms))


def _lab_histograms(pictures: Tensor) -> list[Tensor]:
    channels = zip(lab(pictures).unbind(1), LAB_RANGES.values(), strict=True)
    counts = [torch.histc(values.clamp(low, high), round((high - low) / LAB_BIN), low, high) for values, (low, high) in channels]
    return [count.double() / count.sum() for count in counts]


def wall_blotchiness(fake: Tensor, y: Tensor, labels: Tensor) -> float:
    """How much the chroma of a wall wanders from block to block, relative to y: 1 = as even as real, more = blotchy."""
    _check_shapes(fake, y)
    block = y.shape[-1] // 16
    walls = F.avg_pool2d((labels.cpu() == CLASSES.index("facade")).float(), block) == 1  # blocks with nothing but wall
    fake_chroma, real_chroma = (F.avg_pool2d(lab(side)[:, 1:], block) for side in (fake, y))  # (batch, 2, rows, columns)
    pictures = [i for i, wall in enumerate(walls) if wall.sum() > 1]
    fake_spread, real_spread = (
        sum(chroma[i][:, walls[i]].var(dim=1).sum().item() for i in pictures) for chroma in (fake_chroma, real_chroma)
    )
    if real_spread == 0:
        raise ValueError("y has no walls whose chroma varies: there is nothing to compare with")
    return (fake_spread / real_spread) ** 0.5


def _as_arrays(fake: Tensor, y: Tensor) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    _check_shapes(fake, y)
    return zip(*(side.detach().double().cpu().numpy() for side in (fake, y)), strict=True)


def _check_shapes(fake: Tensor, y: Tensor) -> None:
    if fake.shape != y.shape or fake.dim() != 4 or fake.shape[1] != 3:
        raise ValueError(f"fake and y must both be (batch, 3, height, width), got {tuple(fake.shape)} and {tuple(y.shape)}")
