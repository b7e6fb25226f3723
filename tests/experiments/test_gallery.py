"""The bundled gallery is complete and agrees with its cells, and some orders of the paper hold in it."""

import hashlib
import json
from itertools import product

import numpy as np
import pytest
import torch
from PIL import Image

from pix2pix_edu.experiments import gallery
from pix2pix_edu.experiments.cells import BASE, CELLS, SEEDS, SHOWN, cell_settings
from pix2pix_edu.experiments.orders import ordering, values
from pix2pix_edu.images import to_tensor
from pix2pix_edu.run.settings import Settings

SEEDED = list(product(CELLS, SEEDS))
SIDE = BASE.size


@pytest.fixture
def copied(tmp_path):
    """A gallery with one cell, whose pictures are grey, a lighter grey for each moment, except for the second."""
    cell, target = tmp_path / "cell", tmp_path / "gallery"
    cell.mkdir()
    record = gallery.GALLERY / "L1-0.json"
    (cell / "record.json").write_text(record.read_text())
    for number, step in enumerate(json.loads(record.read_text())["scores"]):
        row = np.full((SIDE, SIDE * SHOWN, 3), 40 * number, dtype=np.uint8)
        row[:, SIDE : 2 * SIDE] = (200, 30, 90)
        Image.fromarray(row).save(cell / f"fakes_{int(step):06d}.png")
    gallery.add_cell(cell, "L1", 7, target)
    return target


def test_the_gallery_holds_what_the_cell_drew(copied):
    for number, step in enumerate(gallery.moments("L1", 7, copied)):
        fakes = gallery.fakes("L1", 7, step, copied)
        assert fakes.shape == (SHOWN, 3, SIDE, SIDE)
        assert (fakes[5] - to_tensor(Image.new("RGB", (SIDE, SIDE), (40 * number,) * 3))).abs().max() < 3 / 127.5
        assert (fakes[1] - to_tensor(Image.new("RGB", (SIDE, SIDE), (200, 30, 90)))).abs()[:, 8:-8, 8:-8].max() < 6 / 127.5


def test_a_moment_that_was_not_saved_is_refused_with_those_that_were(copied):
    with pytest.raises(ValueError, match="were saved after 150, 400, 1200, 3000 steps, not after 7"):
        gallery.fakes("L1", 7, 7, copied)


@pytest.mark.parametrize(("name", "seed"), SEEDED)
def test_every_cell_is_in_the_gallery_with_its_settings_its_commit_and_its_machine(name, seed):
    record = gallery.record(name, seed)
    assert Settings(**record["settings"]) == cell_settings(name, seed)
    assert gallery.moments(name, seed)[-1] == BASE.steps
    assert gallery.fakes(name, seed, BASE.steps).shape == (SHOWN, 3, SIDE, SIDE)
    assert all(not session["code"].endswith("dirty") and session["device"] for session in record["sittings"])


def test_the_shown_pairs_are_those_of_the_fakes():
    x, y = gallery.shown_pairs("L1")
    assert x.shape == y.shape == (SHOWN, 3, SIDE, SIDE)
    fakes = gallery.fakes("L1", 0, BASE.steps)
    errors = torch.stack([(fakes - y.roll(shift, 0)).abs().mean() for shift in range(SHOWN)])
    assert errors.argmin() == 0  # nearer to their own targets than to shifted ones


def test_the_gallery_is_small_and_its_checksums_hold():
    lines = (gallery.GALLERY / "MANIFEST.sha256").read_text().splitlines()
    checksums = {name: checksum for checksum, name in (line.split("  ") for line in lines)}
    files = {path.name: path.read_bytes() for path in gallery.GALLERY.iterdir() if path.name != "MANIFEST.sha256"}
    assert {name: hashlib.sha256(content).hexdigest() for name, content in files.items()} == checksums
    assert len(files) == 2 * len(SEEDED) + 1
    assert sum(map(len, files.values())) < 18e6


def test_a_gan_whose_d_does_not_see_x_is_read_worse_than_one_whose_d_does():
    assert ordering(values("GAN", "per_class"), values("cGAN", "per_class")) == "holds"
    assert gallery.yardsticks()["labels_of_another"]["per_class"] < min(values("cGAN", "per_class"))


@pytest.mark.parametrize("measure", ["sharpness", "per_class"])
def test_l1_alone_is_blurrier_and_read_worse_than_with_the_adversary(measure):
    assert ordering(values("L1", measure), values("L1+cGAN", measure)) == "holds"


@pytest.mark.parametrize("loss", ["L1", "L1+cGAN"])
def test_a_u_net_is_read_better_than_an_encoder_decoder(loss):
    assert ordering(values(f"encoder_decoder_{loss}", "per_class"), values(loss, "per_class")) == "holds"
