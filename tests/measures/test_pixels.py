"""The measures, compared with their definitions and with pictures whose result is known."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from pix2pix_edu.measures.pixels import LAB_RANGES, colour_overlap, grid_power, high_frequency_power, l1, lab, psnr, ssim, wall_blotchiness


def noise(count=3, size=32, seed=0):
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def flat(*rgb, count=1, size=16):
    return (torch.tensor(rgb) / 127.5 - 1).view(1, 3, 1, 1).expand(count, 3, size, size)


def waves(cycles, size=32):
    """A grey wave with `cycles` periods from left to right."""
    return torch.cos(2 * math.pi * cycles * torch.arange(size) / size).expand(1, 3, size, size)


# The pixels


def test_the_l1_of_black_and_white_is_two():
    assert l1(flat(0, 0, 0), flat(255, 255, 255)) == 2.0


def test_psnr_equals_its_definition():
    fake, y = noise(), noise(seed=1)
    expected = [10 * math.log10(4 / ((a - b).double() ** 2).mean().item()) for a, b in zip(fake, y, strict=True)]
    assert psnr(fake, y) == pytest.approx(sum(expected) / 3, rel=1e-9)


def test_a_copy_has_infinite_psnr_and_an_ssim_of_one():
    assert psnr(noise(), noise()) == math.inf
    assert ssim(noise(), noise()) == 1.0


def test_ssim_equals_its_definition():
    fake, y = noise(2).double(), noise(2, seed=1).double() * 0.5 + 0.5 * noise(2).double()
    line = torch.exp(-(torch.arange(-5.0, 6.0, dtype=torch.float64) ** 2) / (2 * 1.5**2))
    window = (line[:, None] * line / line.sum() ** 2).expand(3, 1, 11, 11)

    def mean(values):
        return F.conv2d(values, window, groups=3)

    covariance = mean(fake * y) - mean(fake) * mean(y)
    variances = mean(fake**2) - mean(fake) ** 2 + mean(y**2) - mean(y) ** 2
    c1, c2 = 0.02**2, 0.06**2
    expected = (2 * mean(fake) * mean(y) + c1) * (2 * covariance + c2) / ((mean(fake) ** 2 + mean(y) ** 2 + c1) * (variances + c2))
    assert ssim(fake, y) == pytest.approx(expected.mean().item(), abs=1e-9)


@pytest.mark.parametrize("measure", [l1, psnr, ssim, high_frequency_power])
@pytest.mark.parametrize("shape", [(2, 3, 32, 32), (3, 3, 32, 16), (3, 32, 32), (3, 1, 32, 32)])
def test_unequal_shapes_are_refused_and_both_are_named(measure, shape):
    with pytest.raises(ValueError, match=r"\(batch, 3, height, width\), got .*\(3, 3, 32, 32\)"):
        measure(torch.zeros(shape), noise())


# The sharpness


def test_only_waves_above_half_the_nyquist_frequency_count():
    below, above = waves(14, size=64), waves(18, size=64)  # half the Nyquist frequency is 16 of 64
    assert high_frequency_power(below, above) < 1e-3
    assert high_frequency_power(above, waves(26, size=64)) == pytest.approx(1, rel=1e-3)
    assert high_frequency_power(below + 0.5 * above, above) == pytest.approx(0.25, rel=1e-2)


def test_half_the_contrast_is_a_quarter_of_the_power_a_blur_has_less_and_a_checkerboard_more():
    y = noise()
    assert high_frequency_power(y / 2, y) == pytest.approx(0.25)
    checkerboard = (torch.arange(32)[:, None] + torch.arange(32)) % 2 * 1.0
    assert high_frequency_power(F.avg_pool2d(y, 3, 1, 1), y) < 0.2
    assert high_frequency_power(y + checkerboard, y) > 1.5


def test_a_jump_from_the_right_border_to_the_left_does_not_count_as_sharpness():
    slope = torch.linspace(-1, 1, 32).expand(1, 3, 32, 32)
    assert high_frequency_power(slope, waves(13)) < 1e-3


def test_a_flat_y_is_refused():
    with pytest.raises(ValueError, match="no high frequencies"):
        high_frequency_power(noise(1), flat(51, 101, 153, size=32))


# The colours


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [((255, 255, 255), (100, 0, 0)), ((255, 0, 0), (53.24, 80.09, 67.20)), ((0, 0, 255), (32.30, 79.19, -107.86))],
)
def test_lab_gives_the_published_values(rgb, expected):
    assert lab(flat(*rgb))[0, :, 0, 0].tolist() == pytest.approx(expected, abs=0.05)


def test_the_ranges_of_the_histograms_include_every_rgb_colour():
    levels = torch.linspace(-1, 1, 18)
    cube = torch.stack(torch.meshgrid(levels, levels, levels, indexing="ij")).reshape(1, 3, 54, 108)
    for values, (low, high) in zip(lab(cube)[0], LAB_RANGES.values(), strict=True):
        assert low - 1e-3 <= values.min() <= values.max() <= high + 1e-3


def test_the_overlap_is_the_share_of_colours_in_common():
    red, green = flat(255, 0, 0), flat(0, 255, 0, count=3)
    assert colour_overlap(red, green) == (0, 0, 0)
    assert colour_overlap(red, torch.cat([red, green])) == (0.25, 0.25, 0.25)
    y = noise(4)
    assert colour_overlap(y.flip(-1).flip(0), y) == pytest.approx((1, 1, 1), abs=1e-12)  # the order of the pixels does not matter


def test_the_overlap_is_symmetric_and_agrees_with_the_histograms_of_numpy():
    fakes, ys = noise(2) * 0.5 - 0.5, noise(3, seed=1)
    there, back = colour_overlap(fakes, ys), colour_overlap(ys, fakes)
    assert there == back
    for i, (low, high) in enumerate(LAB_RANGES.values()):
        bins = np.linspace(low, high, round((high - low) / 2) + 1)
        shares = [np.histogram(lab(side)[:, i].numpy(), bins)[0] / side[:, 0].numel() for side in (fakes, ys)]
        assert there[i] == pytest.approx(np.minimum(*shares).sum(), abs=1e-3)  # a value on the edge of a bin may be counted in either


def test_only_blotches_on_walls_count():
    blocks, y = F.interpolate(noise(2, 16), scale_factor=4), noise(2, 64) * 0.2
    wall = torch.ones(2, 64, 64, dtype=torch.bool)
    wall[:, :30] = False  # the blocks of rows 28 to 31 are partly wall and do not count
    blotchy_above, blotchy_below = y.clone(), y.clone()
    blotchy_above[:, :, :30], blotchy_below[:, :, 30:] = blocks[:, :, :30], blocks[:, :, 30:]
    assert wall_blotchiness(blotchy_above, y, wall) == 1.0
    assert wall_blotchiness(blotchy_below, y, wall) > 4


def test_light_and_dark_blocks_of_the_same_chroma_are_not_blotches():
    grey_blocks = F.interpolate(noise(2, 16)[:, :1].expand(-1, 3, -1, -1), scale_factor=4)
    assert wall_blotchiness(grey_blocks, noise(2, 64), torch.ones(2, 64, 64, dtype=torch.bool)) < 0.01


def test_pictures_without_walls_are_refused():
    with pytest.raises(ValueError, match="no walls"):
        wall_blotchiness(noise(), noise(), torch.zeros(3, 32, 32, dtype=torch.bool))


def test_a_checkerboard_is_power_on_the_grid_and_noise_is_not():
    y = noise(2, 64)
    board = ((torch.arange(64)[:, None] + torch.arange(64)) % 2 * 2.0 - 1.0).expand(2, 3, 64, 64)
    assert grid_power(y, y) == 1.0
    assert grid_power(y + 0.2 * board, y) > 5
    assert 0.5 < grid_power(noise(2, 64, seed=1), y) < 2
    with pytest.raises(ValueError, match="must divide"):
        grid_power(y, y, period=48)
    with pytest.raises(ValueError, match="one flat colour"):
        grid_power(y, torch.zeros_like(y))


def test_pictures_below_the_window_of_ssim_are_refused_in_one_sentence():
    small = torch.zeros(1, 3, 8, 8)
    with pytest.raises(ValueError, match="SSIM has a window of 11 pixels, and the pictures have 8 x 8: use larger ones"):
        ssim(small, small)
    assert ssim(*[torch.rand(1, 3, 11, 11)] * 2) == pytest.approx(1.0)
