"""The gallery that comes along: whole, true to its cells, and what it shows of the paper's orderings."""

import hashlib
import json
from itertools import product

import numpy as np
import pytest
import torch
from PIL import Image

from pix2pix_edu.experiments import gallery
from pix2pix_edu.experiments.cells import BASE, CELLS, SEEDS, SHOWN, cell_settings
from pix2pix_edu.images import to_tensor

SEEDED = list(product(CELLS, SEEDS))


def last_scores(name):
    return [list(gallery.record(name, seed)["scores"].values())[-1] for seed in SEEDS]


def read_scores(name, measure="per_class"):
    return [scores["reading"][measure] for scores in last_scores(name)]


def apart(low, high):
    return max(low) < min(high)


@pytest.fixture
def hung(tmp_path):
    cell, target = tmp_path / "cell", tmp_path / "gallery"
    cell.mkdir()
    record = gallery.GALLERY / "L1-0.json"
    (cell / "record.json").write_text(record.read_text())
    for number, step in enumerate(json.loads(record.read_text())["scores"]):
        row = np.full((64, 64 * SHOWN, 3), 40 * number, dtype=np.uint8)
        row[:, 64:128] = (200, 30, 90)
        Image.fromarray(row).save(cell / f"fakes_{int(step):06d}.png")
    gallery.hang(cell, "L1", 7, target)
    return target


def test_what_is_hung_is_what_the_cell_drew(hung):
    steps = gallery.moments("L1", 7, hung)
    for number, step in enumerate(steps):
        fakes = gallery.fakes("L1", 7, step, hung)
        assert fakes.shape == (SHOWN, 3, 64, 64)
        assert (fakes[5] - to_tensor(Image.new("RGB", (64, 64), (40 * number,) * 3))).abs().max() < 3 / 127.5
        assert (fakes[1] - to_tensor(Image.new("RGB", (64, 64), (200, 30, 90)))).abs()[:, 8:-8, 8:-8].max() < 6 / 127.5


def test_a_moment_that_was_not_kept_is_answered_with_those_that_were(hung):
    with pytest.raises(ValueError, match="were kept after 100, 200, 400, 800, 1500 steps, not after 7"):
        gallery.fakes("L1", 7, 7, hung)


@pytest.mark.parametrize(("name", "seed"), SEEDED)
def test_every_cell_comes_along_as_it_is_declared(name, seed):
    settings = gallery.record(name, seed)["settings"]
    assert settings == {**cell_settings(name, seed).__dict__}
    assert gallery.moments(name, seed)[-1] == BASE.steps
    assert gallery.fakes(name, seed, BASE.steps).shape == (SHOWN, 3, 64, 64)


@pytest.mark.parametrize(("name", "seed"), SEEDED)
def test_every_cell_names_its_commit_and_its_machine(name, seed):
    sittings = gallery.record(name, seed)["sittings"]
    assert all(not sitting["code"].endswith("dirty") and sitting["device"] for sitting in sittings)


def test_the_pictures_of_a_cell_are_the_ones_that_it_was_scored_by():
    x, y = gallery.shown_pairs("L1")
    assert x.shape == y.shape == (SHOWN, 3, 64, 64)
    fakes = gallery.fakes("L1", 0, BASE.steps)
    errors = torch.stack([(fakes - y.roll(shift, 0)).abs().mean() for shift in range(SHOWN)])
    assert errors.argmin() == 0  # nearer to their own targets than to those of any neighbour


def test_the_gallery_is_small_and_its_checksums_hold():
    lines = (gallery.GALLERY / "MANIFEST.sha256").read_text().splitlines()
    checksums = {name: checksum for checksum, name in (line.split("  ") for line in lines)}
    files = {path.name: path.read_bytes() for path in gallery.GALLERY.iterdir() if path.name != "MANIFEST.sha256"}
    assert {name: hashlib.sha256(content).hexdigest() for name, content in files.items()} == checksums
    assert len(files) == 2 * len(SEEDED) + 1
    assert sum(map(len, files.values())) < 12e6


def test_an_unconditional_gan_ignores_its_input():
    """It is read no better than photographs of other buildings; told its input, the same loss is."""
    floor = gallery.yardsticks()["labels_of_another"]["per_class"]
    assert max(read_scores("GAN")) < floor < min(read_scores("cGAN"))


def test_l1_alone_is_blurrier_than_with_the_adversary():
    assert apart(*([scores["sharpness"] for scores in last_scores(name)] for name in ("L1", "L1+cGAN")))


def test_l1_alone_is_read_worse_than_with_the_adversary():
    assert apart(read_scores("L1"), read_scores("L1+cGAN"))


@pytest.mark.parametrize("loss", ["L1", "L1+cGAN"])
def test_a_u_net_is_read_better_than_an_encoder_decoder(loss):
    assert apart(read_scores(f"encoder_decoder_{loss}"), read_scores(loss))
