"""What each figure of this folder shows, as JSON: computed by the library, not typed in by hand."""

import torch
from PIL import Image
from torch import Tensor

from pix2pix_edu.discriminator import PATCHES, PatchDiscriminator, patch_convs
from pix2pix_edu.drawing.classes import label_ids
from pix2pix_edu.drawing.facades import SyntheticPairs, draw_pair
from pix2pix_edu.images import to_image, to_tensor
from pix2pix_edu.play.answers import flow_answers
from pix2pix_edu.play.pictures import sheet, webp
from pix2pix_edu.play.recorded import recorded_runs
from pix2pix_edu.play.subjects import SUBJECTS, Samples, paints, sample_sketches
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.training import stack_pairs
from pix2pix_edu.weights.bundled import load_pretrained, trained_on
from pix2pix_edu.weights.onnx_graph import without_dropout

# Each is a function here, a module and a style sheet.
FIGURES = ("patch", "verdict", "objective", "variants", "skips", "learning", "runs", "flow", "game")
SIZES = (64, 128, 256)
HOUSE = 7
TINY, COLUMNS, TESTS, PAIRS = 32, 20, 6, 200  # of the training in the browser
LIVE = 64  # the side of the pictures of the networks to experiment with
LAMBDAS = {0: "houses_64_lambda_0", 1: "houses_64_lambda_1", 10: "houses_64_lambda_10", 100: "houses_64", 1000: "houses_64_lambda_1000"}
JUDGES = {1: "houses_64_patch_1", 16: "houses_64", 34: "houses_64_patch_34", 70: "houses_64_patch_70"}
JUDGED = 3  # houses
PLAYED = 16  # houses of the game
UNSEEN = 1000  # the seed of drawings on which no network was trained
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"  # a label map is text, one character for each pixel


def patch() -> dict:
    """A drawn house at several sizes, and for each patch its convolutions and the parameters of the paper's D."""
    with torch.device("meta"):  # allocates no memory
        parameters = {patch: sum(weight.numel() for weight in PatchDiscriminator(patch).parameters()) for patch in PATCHES}
    photos = {size: draw_pair(HOUSE, size)[1] for size in SIZES}
    enlarged = photos[256].resize((512, 512), Image.Resampling.NEAREST)  # nothing is drawn larger
    return {
        "pictures": {size: webp(photo) for size, photo in {**photos, 512: enlarged}.items()},
        "stacks": {patch: [[conv.kernel, conv.stride, conv.padding] for conv in patch_convs(patch)] for patch in PATCHES},
        "parameters": parameters,
    }


def objective() -> dict:
    """Nothing: this figure computes all that it shows."""
    return {}


def learning() -> dict:
    """The pairs of the training in the browser, as two sheets of pictures, the test pairs first."""
    pairs = [*SyntheticPairs(TESTS, TINY, UNSEEN), *SyntheticPairs(PAIRS, TINY, 0)]
    x, y = (sheet([to_image(pair[side]) for pair in pairs], COLUMNS) for side in (0, 1))
    y = y.point(lambda value: value // 8 * 8 + 4)  # 32 values a channel: smaller by a third, and sharper than lossy compression
    return {"size": TINY, "columns": COLUMNS, "x": webp(x, lossless=True), "y": webp(y, lossless=True), "pairs": PAIRS, "tests": TESTS}


def board(size: int, drawn: str = "painted") -> dict:
    """What a drawing board needs: the classes, and label maps to begin with."""
    return {"size": size, "classes": paints(drawn), "samples": in_words(sample_sketches(size, drawn), drawn)}


def in_words(maps: Samples, drawn: str) -> list[dict]:
    """Label maps by title, each as text."""
    colours = SUBJECTS[drawn].colours
    return [{"name": name, "labels": as_text(label_ids(map_, colours))} for name, map_ in maps.items()]


def draw(network: str) -> dict:
    """The board of a bundled network, with what the network makes of the last sample."""
    size, drawn = trained_on(network)
    (fake,) = translations(network, to_tensor(list(sample_sketches(size, drawn).values())[-1])[None])
    return board(size, drawn) | {"network": network, "fake": webp(fake, lossless=True)}


def variants() -> dict:
    """The board, and the networks that differ in lambda alone or in the patch alone."""
    rows = {"λ, with patch 16": ("λ", LAMBDAS), "patch, with λ 100": ("patch", JUDGES)}
    titled = [
        {"title": title, "networks": [{"name": name, "title": f"{word} {value}"} for value, name in networks.items()]}
        for title, (word, networks) in rows.items()
    ]
    x = to_tensor(list(sample_sketches(LIVE).values())[-1])[None]
    fakes = [translations(name, x)[0] for name in dict.fromkeys(network["name"] for row in titled for network in row["networks"])]
    return board(LIVE) | {"rows": titled, "fakes": webp(sheet(fakes, len(fakes)), lossless=True)}


def skips(name: str = LAMBDAS[100]) -> dict:
    """A trained U-Net of painted facades, by name, with the channels of its levels."""
    size, _ = trained_on(name)
    channels = [down[0].out_channels for down in load_pretrained(name)[0].down]
    kept = torch.cat([torch.ones(1, len(channels)), torch.eye(len(channels))])  # all levels, then each alone
    fakes = {}
    for title, label_map in sample_sketches(size).items():
        pictures = translations(name, to_tensor(label_map)[None], kept)
        fakes[title] = webp(sheet(pictures, len(pictures)), lossless=True)
    return board(size) | {"network": name, "channels": channels, "fakes": fakes}


def runs() -> dict:
    """The recorded trainings that differ in lambda and in the patch."""
    return recorded_runs()


def flow() -> dict:
    """A flow network's answers to label maps that say neither paint nor sky."""
    content = flow_answers()
    return content | {"classes": paints("unpainted"), "samples": in_words(content.pop("maps"), "unpainted")}


def verdict() -> dict:
    """What each D says of the patches of real houses and of its own G's, as probabilities of "real"."""
    x, y = stack_pairs(SyntheticPairs(JUDGED, LIVE, UNSEEN))
    judges = {}
    for patch, name in JUDGES.items():
        G, D = load_pretrained(name)
        with torch.no_grad(), own_random_numbers(0):
            fakes = torch.cat([G(each[None]) for each in x])
            real, fake = (torch.cat([D(*pair) for pair in zip(x.split(1), side.split(1), strict=True)]) for side in (y, fakes))
        houses = [
            {"fake": webp(to_image(fakes[i])), "p_real": probabilities(real[i]), "p_fake": probabilities(fake[i])} for i in range(JUDGED)
        ]
        convs = [[conv.kernel, conv.stride, conv.padding] for conv in D.convs]
        judges[patch] = {"convs": convs, "side": real.shape[-1], "houses": houses}
    return {"size": LIVE, "houses": [webp(to_image(each)) for each in y], "judges": judges}


def game() -> dict:
    """Drawn houses and what the largest network makes of their label maps, compressed alike."""
    name = "houses_128"
    size, _ = trained_on(name)
    pairs = list(SyntheticPairs(PLAYED, size, UNSEEN))
    fakes = [picture for x, _ in pairs for picture in translations(name, x[None])]
    sheets = {"real": [to_image(y) for _, y in pairs], "fake": fakes}
    return {"size": size, "houses": PLAYED} | {side: webp(sheet(pictures, PLAYED), 85) for side, pictures in sheets.items()}


def translations(name: str, x: Tensor, kept: Tensor | None = None) -> list[Image.Image]:
    """What a bundled network without dropout makes of x, once for each row of factors of its levels."""
    G = without_dropout(load_pretrained(name)[0])
    kept = torch.ones(1, G.depth) if kept is None else kept
    with torch.no_grad():
        levels = G.encode(x)
        return [to_image(G.decode([level * factor for level, factor in zip(levels, row, strict=True)])[0]) for row in kept]


def probabilities(logits: Tensor) -> list[int]:
    """The probability of "real" of each patch in thousandths, row by row, never quite 0 or 1."""
    return [round(1000 * value) for value in logits.sigmoid().clamp(0.001, 0.999).flatten().tolist()]


def as_text(labels: Tensor) -> str:
    """Class numbers, row by row, one character each."""
    return "".join(DIGITS[label] for label in labels.flatten().tolist())
