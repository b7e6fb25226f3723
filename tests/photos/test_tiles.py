"""Large pictures tile by tile: what the seams may change, and what they may not."""

import numpy as np
import pytest
import torch
from command_line import call, refusal
from PIL import Image
from torch import nn

from pix2pix_edu.generator import Generator
from pix2pix_edu.images import open_image, to_tensor
from pix2pix_edu.photos import tiles as module
from pix2pix_edu.photos.tiles import Tiles, tile_shares, tile_starts, translate_tiles, with_whole_statistics
from pix2pix_edu.translation import translate
from pix2pix_edu.weights.bundled import load_pretrained
from pix2pix_edu.weights.onnx_graph import without_dropout
from pix2pix_edu.weights.reference import generator_state

FIELD = 3 * (2**3 - 1)  # how far a value in the output of a U-Net of depth 3 sees to each side, at most
CLOSE = {"rtol": 0.0, "atol": 1e-4}


def generator(norm=True, in_channels=3, out_channels=3):
    """A U-Net of depth 3 without dropout, with weights large enough to tell places apart."""
    torch.manual_seed(0)
    network = Generator(in_channels, out_channels, depth=3, width=6, dropout=0.0)
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(4.0) if weight.dim() == 4 else None
    if not norm:
        for block in [*network.down, *network.up]:
            for name, layer in list(block.named_children()):
                if isinstance(layer, nn.BatchNorm2d):
                    block[int(name)] = nn.Identity()
    return network


def picture(height, width, channels=3):
    """A picture whose brightness goes from dark to light, with noise on it."""
    noise = torch.rand(channels, height, width, generator=torch.Generator().manual_seed(1))
    return (torch.linspace(-1.0, 0.4, width).expand(channels, height, width) + 0.6 * noise).clamp(-1.0, 1.0)


@pytest.mark.parametrize("length", [1, 7, 64, 65, 100, 128, 131, 500])
@pytest.mark.parametrize("tiles", [Tiles(64, 0), Tiles(64, 8), Tiles(64, 33), Tiles(64, 56), Tiles(8, 0)], ids=str)
def test_the_weights_of_the_tiles_sum_to_1_at_each_pixel_and_none_is_negative(length, tiles):
    starts = tile_starts(length, tiles, 3)
    shares = tile_shares(length, tiles.side, starts)
    torch.testing.assert_close(shares.sum(dim=0), torch.ones(length))
    assert shares.min() >= 0
    assert all(start % 8 == 0 for start in starts)
    for start, share in zip(starts, shares, strict=True):
        assert not share[:start].any()
        assert not share[start + tiles.side :].any()


def test_neighbours_have_at_least_the_overlap_in_common_and_the_last_tile_reaches_the_end():
    for length in range(65, 400, 7):
        starts = tile_starts(length, Tiles(64, 20), 3)
        assert all(one + 64 - other >= 20 for one, other in zip(starts, starts[1:], strict=False))
        assert length <= starts[-1] + 64 < length + 8


@pytest.mark.parametrize(("height", "width"), [(200, 176), (161, 243), (64, 300)])
def test_without_norms_the_tiles_give_the_whole_picture_if_the_outer_quarters_of_the_overlap_exceed_the_field(height, width):
    network, x = generator(norm=False), picture(height, width)
    whole = translate(network, x)
    assert whole.std() > 0.05
    torch.testing.assert_close(translate_tiles(network, x, Tiles(128, 4 * FIELD + 4)), whole, **CLOSE)


def test_without_an_overlap_there_are_seams():
    network, x = generator(norm=False), picture(200, 176)
    assert abs(translate_tiles(network, x, Tiles(64, 0)) - translate(network, x)).max() > 0.02


def test_norms_make_the_tiles_differ_and_the_statistics_of_the_whole_picture_mend_it():
    network, x = generator(), picture(200, 243)
    whole = translate(network, x)
    own, held = (abs(translate_tiles(network, x, Tiles(128, 4 * FIELD + 4, each)) - whole).max() for each in (False, True))
    assert own > 0.1
    assert held < 1e-3


def test_the_statistics_of_the_whole_picture_are_those_that_the_norms_have_for_it():
    network, x = generator(), picture(200, 243)
    held = with_whole_statistics(network, x, Tiles(128, 4 * FIELD + 4))
    inputs = {}
    for name, layer in network.named_modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.register_forward_pre_hook(lambda _, given, name=name: inputs.update({name: given[0]}))
    translate(network, x)
    assert len(inputs) == 3
    for name, h in inputs.items():
        norm = held.get_submodule(name)
        torch.testing.assert_close(norm.running_mean, h.mean(dim=(0, 2, 3)), rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(norm.running_var, h.var(dim=(0, 2, 3), unbiased=False), rtol=1e-3, atol=1e-4)


def test_the_bundled_network_with_whole_statistics_is_near_the_whole_picture_and_without_them_is_not():
    network = without_dropout(load_pretrained("houses_64")[0])
    x = picture(192, 256)
    whole = translate(network, x)
    own, held = ((translate_tiles(network, x, Tiles(128, 64, each)) - whole).abs().mean() for each in (False, True))
    assert held < 0.2 * own


def test_the_generator_and_its_random_numbers_stay_as_they_were():
    network, x = Generator(depth=3, width=4), picture(80, 80)
    before = torch.get_rng_state()
    with_whole_statistics(network, x, Tiles(64, 16))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(norm.running_mean is None for norm in network.modules() if isinstance(norm, nn.BatchNorm2d))


def test_the_network_never_sees_more_than_a_tile(monkeypatch):
    seen = []
    monkeypatch.setattr(module, "translate", lambda network, x: seen.append(tuple(x.shape[1:])) or translate(network, x))
    for whole in (False, True):
        translate_tiles(generator(), picture(300, 210), Tiles(64, 16, whole))
    assert len(seen) > 100
    assert max(max(sides) for sides in seen) == 64


@pytest.mark.parametrize("sides", [(1, 1), (5, 70), (64, 64), (65, 131)])
def test_a_picture_of_any_size_and_any_channels_keeps_its_size(sides):
    network = generator(in_channels=5, out_channels=2)
    for whole in (False, True):
        assert translate_tiles(network, picture(*sides, channels=5), Tiles(64, 16, whole)).shape == (2, *sides)


def test_a_picture_that_fits_into_one_tile_is_translated_as_without_tiles():
    network, x = generator(), picture(60, 64)
    assert torch.equal(translate_tiles(network, x, Tiles(64, 16)), translate(network, x))


@pytest.fixture
def folders(tmp_path):
    """A weight file of depth 5, and a folder with one picture of 150 x 100 pixels."""
    torch.manual_seed(0)
    torch.save(generator_state(Generator(depth=5, width=4, dropout=0.0)), tmp_path / "G.pth")
    (tmp_path / "in").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (100, 150, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in" / "a.png")
    return tmp_path


@pytest.mark.parametrize("more", [[], ["--statistics", "whole"], ["--overlap", "32", "--statistics", "tile"], ["--fast"]], ids=" ".join)
def test_the_command_translates_tile_by_tile(monkeypatch, folders, more):
    call(monkeypatch, "translate", folders / "G.pth", folders / "in", folders / "out", "--tile", "64", *more)
    assert open_image(folders / "out" / "a.png").size == (150, 100)


def test_the_command_gives_what_the_library_gives(monkeypatch, folders):
    words = ["--tile", "64", "--overlap", "32", "--statistics", "whole"]
    call(monkeypatch, "translate", folders / "G.pth", folders / "in", folders / "out", *words)
    network = Generator(depth=5, width=4, dropout=0.0)
    torch.manual_seed(0)
    network = Generator(depth=5, width=4, dropout=0.0)
    expected = translate_tiles(network, to_tensor(open_image(folders / "in" / "a.png")), Tiles(64, 32, True))
    assert abs(to_tensor(open_image(folders / "out" / "a.png")) - expected).max() < 1.1 / 127.5


@pytest.mark.fault
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--tile", "100"], "a generator of depth 5 needs tiles whose side is a multiple of 32, got 100: use --tile 96"),
        (["--tile", "8"], "a multiple of 32, got 8: use --tile 32"),
        (["--tile", "64", "--overlap", "33"], "tiles of 64 pixels can overlap by 0 to 32 pixels with this generator, got 33"),
        (
            ["--tile", "32"],
            "tiles of 32 pixels cannot overlap with a generator of depth 5: use --tile 64 or another multiple of 32, or",
        ),
        (["--overlap", "8"], "--overlap has no effect without --tile: add that, or leave it out"),
        (["--statistics", "whole"], "--statistics has no effect without --tile"),
        (["--tile", "0"], "must be a whole number from 1 to 8,192, got '0'"),
        (["--tile", "64", "--statistics", "mean"], "invalid choice: 'mean'"),
    ],
    ids=str,
)
def test_tiles_that_do_not_fit_get_one_sentence_and_nothing_is_written(monkeypatch, folders, words, sentence):
    message = refusal(monkeypatch, "translate", folders / "G.pth", folders / "in", folders / "out", *words)
    assert sentence in message
    assert "\n" not in message.strip()
    assert not (folders / "out").exists()
