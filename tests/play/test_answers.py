import base64
import io

import numpy as np
import torch
from PIL import Image

from pix2pix_edu.drawing.classes import UNPAINTED_COLOURS
from pix2pix_edu.drawing.unpainted import draw_unpainted_pair
from pix2pix_edu.images import to_tensor
from pix2pix_edu.play import data
from pix2pix_edu.play.answers import HOUSES, PICTURES, SEED, open_flow, walk
from pix2pix_edu.play.normals import normals


def tiles(url, side):
    """The pictures of a sheet of one row."""
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB"))
    return pixels.reshape(side, -1, side, 3).swapaxes(0, 1)


def test_normal_numbers_have_mean_0_and_deviation_1_and_a_seed_repeats_them():
    one = normals(5, 100_000)
    assert abs(one.mean()) < 0.01
    assert abs(one.std() - 1) < 0.01
    assert (one[:10] == normals(5, 10)).all()
    assert (one[:10] != normals(6, 10)).all()


def test_the_answers_that_come_with_the_figure_are_those_of_the_flow_network():
    content = data.flow()
    begun = content["begun"]
    x = to_tensor(draw_unpainted_pair(SEED + HOUSES[begun["sample"]], content["size"])[0])
    shown = torch.from_numpy(tiles(begun["guesses"], content["size"]).copy()).permute(0, 3, 1, 2).float() / 127.5 - 1
    made = walk(open_flow(), x, begun["seed"], begun["steps"]).clamp(-1, 1)
    assert len(shown) == PICTURES
    assert (shown - made).abs().mean() < 0.05  # lossy compression
    assert (shown - made.flip(0)).abs().mean() > 0.1  # and each in its place


def test_the_photographs_of_a_house_vary_and_the_answers_of_the_gan_hardly():
    content = data.flow()
    assert list(content["spreads"]) == list(HOUSES)
    assert all(0.15 < spread < 0.4 for spread in content["spreads"].values())
    for url in content["one_answer"].values():
        pictures = tiles(url, content["size"]).astype(float)
        assert abs(pictures[0] - pictures[1]).mean() < 40


def test_the_wall_is_the_class_facade():
    content = data.flow()
    assert content["classes"][content["wall"]]["name"] == "facade"
    assert list(UNPAINTED_COLOURS)[content["wall"]] == "facade"
