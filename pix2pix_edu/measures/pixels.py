"""How good a fake is, measured on its pixels, colours and sharpness."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

# skimage is imported inside the functions, because it is slow to import.

LAB_RANGES = {"L": (0.0, 100.0), "a": (-110.0, 110.0), "b": (-110.0, 110.0)}  # they include every RGB colour
LAB_BIN = 2.0  # about the smallest difference that the eye sees
SSIM_WINDOW = 11  # pixels


class ColourOverlap(NamedTuple):
    """Overlap of two histograms in each Lab channel: 1 if the same colours are equally frequent, 0 if none are shared."""

    L: float
    a: float
    b: float


def l1(fake: Tensor, y: Tensor) -> float:
    """Mean absolute difference of images in [-1, 1]; black and white differ by 2."""
    _check_shapes(fake, y)
    return F.l1_loss(fake, y).item()


def psnr(fake: Tensor, y: Tensor) -> float:
    """Peak signal-to-noise ratio in dB, averaged over the pictures. It is infinite if one of them is exact."""
    from skimage.metrics import peak_signal_noise_ratio

    with np.errstate(divide="ignore"):
        return float(np.mean([peak_signal_noise_ratio(real, picture, data_range=2.0) for picture, real in _as_arrays(fake, y)]))


def ssim(fake: Tensor, y: Tensor) -> float:
    """Structural similarity with the Gaussian window of its authors, averaged over the pictures; 1 for equal pictures."""
    from skimage.metrics import structural_similarity

    if min(y.shape[-2:]) < SSIM_WINDOW:
        raise ValueError(f"SSIM has a window of {SSIM_WINDOW} pixels, and the pictures have {y.shape[-2]} x {y.shape[-1]}: use larger ones")
    settings = {"channel_axis": 0, "data_range": 2.0, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(np.mean([structural_similarity(real, picture, **settings) for picture, real in _as_arrays(fake, y)]))


def high_frequency_power(fake: Tensor, y: Tensor) -> float:
    """Power above half the Nyquist frequency, relative to y: 1 is as sharp as y, below 1 is blur, above 1 is noise."""
    _check_shapes(fake, y)
    height, width = y.shape[-2:]
    high = (torch.fft.fftfreq(height)[:, None] ** 2 + torch.fft.fftfreq(width) ** 2).sqrt() > 0.25  # cycles a pixel; Nyquist is 0.5
    # The transform treats the picture as periodic; the window hides the jump from its right border to its left.
    window = torch.hann_window(height, periodic=False)[:, None] * torch.hann_window(width, periodic=False)
    contrasts = (side.cpu().double() - side.cpu().double().mean(dim=(2, 3), keepdim=True) for side in (fake, y))
    fake_power, real_power = ((torch.fft.fft2(contrast * window).abs() ** 2)[..., high].sum().item() for contrast in contrasts)
    if real_power < 1e-9:  # zero, up to rounding
        raise ValueError("y has no high frequencies to compare with: it is one flat colour")
    return fake_power / real_power


def grid_power(fake: Tensor, y: Tensor, period: int = 8) -> float:
    """Power of patterns that repeat every 2, 4, ... `period` pixels along rows and columns, relative to y: far above 1 is a grid.

    Transposed convolutions with stride 2 leave such grids. The period must divide the side of the pictures.
    """
    _check_shapes(fake, y)
    height, width = y.shape[-2:]
    if height % period or width % period:
        raise ValueError(f"a period of {period} must divide the side of the pictures, got {height} x {width}")
    powers = []
    for side in (fake, y):
        power = torch.fft.fft2(side.detach().cpu().double()).abs().square()
        on_grid = power[..., :: height // period, :: width // period]
        powers.append(on_grid.sum().item() - on_grid[..., 0, 0].sum().item())  # without the mean brightness
    if powers[1] < 1e-9:
        raise ValueError("y has no pattern of this period to compare with: it is one flat colour")
    return powers[0] / powers[1]


def lab(pictures: Tensor) -> Tensor:
    """Convert pictures (batch, 3, height, width) in [-1, 1] to Lab: lightness L, colour axes a (green-red) and b (blue-yellow)."""
    from skimage.color import rgb2lab

    rgb = (pictures.detach().float().cpu().clamp(-1.0, 1.0) + 1.0) / 2.0
    return torch.from_numpy(rgb2lab(rgb.numpy(), channel_axis=1))


def colour_overlap(fakes: Tensor, ys: Tensor) -> ColourOverlap:
    """The paper's histogram intersection, between the colours of all fakes together and those of all ys."""
    histograms = zip(_lab_histograms(fakes), _lab_histograms(ys), strict=True)
    return ColourOverlap(*(torch.minimum(of_fakes, of_ys).sum().item() for of_fakes, of_ys in histograms))


def _lab_histograms(pictures: Tensor) -> list[Tensor]:
    channels = zip(lab(pictures).unbind(1), LAB_RANGES.values(), strict=True)
    counts = [torch.histc(values.clamp(low, high), round((high - low) / LAB_BIN), low, high) for values, (low, high) in channels]
    return [count.double() / count.sum() for count in counts]


def wall_blotchiness(fake: Tensor, y: Tensor, wall: Tensor) -> float:
    """How much the chroma of a wall varies from block to block, relative to y: 1 is as even as y, more is blotchy.

    `wall` (batch, height, width) is true where there is wall.
    """
    _check_shapes(fake, y)
    block = y.shape[-1] // 16
    walls = F.avg_pool2d(wall.cpu().float(), block) == 1  # blocks that are wall only
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
