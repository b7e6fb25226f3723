import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from pix2pix_edu.discriminator import PATCHES, PatchDiscriminator
from pix2pix_edu.drawing.classes import CLASSES, PALETTE, label_ids
from pix2pix_edu.drawing.facades import SyntheticPairs, draw_pair
from pix2pix_edu.images import to_image, to_tensor
from pix2pix_edu.play import data
from pix2pix_edu.play.subjects import sample_sketches
from pix2pix_edu.receptive_field import Conv, receptive_field
from pix2pix_edu.weights.bundled import load_pretrained
from pix2pix_edu.weights.onnx_graph import without_dropout


def opened(url):
    """The pixels of a picture in a data URL."""
    kind, text = url.split(",", 1)
    assert kind == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB"))


def tiles(url, side):
    """The pictures of a sheet, row by row."""
    pixels = opened(url)
    rows, columns = pixels.shape[0] // side, pixels.shape[1] // side
    return pixels.reshape(rows, side, columns, side, 3).swapaxes(1, 2).reshape(rows * columns, side, side, 3)


@pytest.mark.parametrize("name", [*data.FIGURES, "draw"])
def test_what_a_figure_shows_is_json_and_small(name):
    content = data.draw("houses_64") if name == "draw" else getattr(data, name)()
    assert len(json.dumps(content)) < 400_000


def test_the_stacks_are_those_of_the_discriminators_and_so_are_their_parameters():
    content = data.patch()
    assert list(content["stacks"]) == list(PATCHES)
    for patch, stack in content["stacks"].items():
        assert receptive_field([Conv(*conv) for conv in stack]) == patch
    assert content["parameters"][70] == sum(weight.numel() for weight in PatchDiscriminator(70).parameters())


def test_the_house_has_every_size_that_is_offered():
    for size, url in data.patch()["pictures"].items():
        assert opened(url).shape == (size, size, 3)
    real = np.asarray(draw_pair(data.HOUSE, 128)[1], dtype=int)
    assert abs(opened(data.patch()["pictures"][128]) - real).mean() < 6


def test_the_pairs_of_the_training_are_drawn_houses_and_no_test_is_among_them():
    content = data.learning()
    xs, ys = (tiles(content[side], data.TINY)[: content["tests"] + content["pairs"]] for side in ("x", "y"))
    tests = SyntheticPairs(content["tests"], data.TINY, data.UNSEEN)
    for number, (x, y) in enumerate([*tests, *SyntheticPairs(3, data.TINY, 0)]):
        assert np.array_equal(xs[number], np.asarray(to_image(x)))
        assert abs(ys[number].astype(int) - np.asarray(to_image(y))).max() <= 4
    assert {tuple(colour) for colour in xs.reshape(-1, 3)} <= {tuple(colour) for colour in PALETTE}
    assert not {x.tobytes() for x in xs[: content["tests"]]} & {x.tobytes() for x in xs[content["tests"] :]}


def test_the_probabilities_are_those_of_the_networks():
    content = data.verdict()
    judge = content["judges"][34]
    G, D = load_pretrained(data.JUDGES[34])
    x, y = SyntheticPairs(data.JUDGED, data.LIVE, data.UNSEEN)[1]
    with torch.no_grad():
        real = D(x[None], y[None]).sigmoid()
    assert judge["side"] == real.shape[-1]
    assert [value / 1000 for value in judge["houses"][1]["p_real"]] == pytest.approx(real.flatten().tolist(), abs=1.1e-3)
    assert judge["convs"] == [[conv.kernel, conv.stride, conv.padding] for conv in D.convs]
    fakes = opened(judge["houses"][1]["fake"])
    assert 0.01 < abs(fakes / 127.5 - 1 - y.permute(1, 2, 0).numpy()).mean() < 0.5


def test_a_sample_is_text_with_one_character_for_each_pixel():
    content = data.board(64)
    labels = torch.tensor([int(digit, 36) for digit in content["samples"][0]["labels"]]).view(64, 64)
    assert torch.equal(labels, label_ids(sample_sketches(64)["plain house"]))
    assert len(content["classes"]) == len(CLASSES)


def test_the_pictures_that_come_with_a_figure_are_what_its_networks_make_of_the_sample():
    name, label_map = list(sample_sketches(data.LIVE).items())[-1]
    x = to_tensor(label_map)[None]
    content = data.variants()
    names = list(dict.fromkeys(network["name"] for row in content["rows"] for network in row["networks"]))
    assert len(names) == 8
    for number in (0, 7):
        with torch.no_grad():
            fake = without_dropout(load_pretrained(names[number])[0])(x)[0]
        assert np.array_equal(tiles(content["fakes"], data.LIVE)[number], np.asarray(to_image(fake)))
    content = data.skips()
    G = without_dropout(load_pretrained(content["network"])[0])
    with torch.no_grad():
        levels = G.encode(x)
        second = G.decode([level if number == 1 else torch.zeros_like(level) for number, level in enumerate(levels)])[0]
    whole, *single = tiles(content["fakes"][name], data.LIVE)
    assert len(single) == G.depth == len(content["channels"])
    assert np.array_equal(single[1], np.asarray(to_image(second)))
    assert not np.array_equal(whole, single[1])
