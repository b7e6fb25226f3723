"""Translate pairs that a generator has not trained on, and score the fakes."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import Subset

from pix2pix_edu.drawing.classes import COLOURS_OF, wall_mask
from pix2pix_edu.drawing.facades import PAIRS_PER_SEED
from pix2pix_edu.images import to_image, to_tensor
from pix2pix_edu.measures.distances import Distances, frechet_distance, kernel_distance, perceptual_distance
from pix2pix_edu.measures.features import Features, open_features
from pix2pix_edu.measures.inception import Inception
from pix2pix_edu.measures.pixels import ColourOverlap, colour_overlap, grid_power, high_frequency_power, l1, psnr, ssim, wall_blotchiness
from pix2pix_edu.measures.reader import ReadingScores, Yardsticks, labels_and_photos, reading_scores, train_reader, yardsticks
from pix2pix_edu.run.settings import Settings, open_pairs
from pix2pix_edu.training import Pairs, stack_pairs

MOST = 6400  # pairs of the training of which the reading network learns: more would take minutes to draw


class Scores(NamedTuple):
    """Scores of fakes, all against the targets y."""

    l1: float
    psnr: float
    ssim: float
    colours: ColourOverlap
    sharpness: float


class FacadeScores(NamedTuple):
    """What only drawn facades can be asked, because their labels are known."""

    reading: ReadingScores  # of the fakes
    yardsticks: Yardsticks
    blotchiness: float
    grid: float
    distances: Distances  # of the fakes from the targets
    other_real: Distances  # of real photographs of other houses from the targets
    diversity: float  # how far two fakes of one x are apart (`diversity`)
    real_diversity: float  # likewise, two photographs of one x


def translate_each(generator: nn.Module, xs: Tensor) -> Tensor:
    """G(x), one image at a time and without eval(): the paper tests with dropout and with the batch statistics of each image."""
    device = next(generator.parameters()).device
    with torch.no_grad():
        return torch.cat([generator(x[None].to(device)).float().cpu() for x in xs])


def translate_pairs(generator: nn.Module, pairs: Pairs, count: int) -> tuple[Tensor, Tensor]:
    """The fakes and the targets of the first `count` pairs."""
    xs, ys = stack_pairs(pairs[i] for i in range(min(count, len(pairs))))
    return translate_each(generator, xs), ys


def draw_grid(rows: Iterable[Iterable[Tensor]]) -> Image.Image:
    """Rows of images, all of one size, as a single image."""
    return to_image(torch.cat([torch.cat([_visible(image) for image in row], dim=-1) for row in rows], dim=-2))


def _visible(image: Tensor) -> Tensor:
    """An image of any number of channels as one of 3: grey if it has 1 or 2, and else its first three."""
    return image[:3] if len(image) >= 3 else image[:1].expand(3, -1, -1)


def score(fakes: Tensor, ys: Tensor) -> Scores:
    """Every score that needs no labels. Of images without 3 channels, each channel is scored as a grey image."""
    if ys.shape[1] != 3:
        fakes, ys = (images.flatten(0, 1)[:, None].expand(-1, 3, -1, -1) for images in (fakes, ys))
    return Scores(l1(fakes, ys), psnr(fakes, ys), ssim(fakes, ys), colour_overlap(fakes, ys), high_frequency_power(fakes, ys))


def score_facades(fakes: Tensor, again: Tensor, ys: Tensor, settings: Settings, device: str | torch.device = "cpu") -> FacadeScores:
    """The scores of fakes of drawn facades that need their labels. A reading network is trained for them, on `device`.

    `again` are other fakes of the same x, with other noise.
    """
    colours, features = COLOURS_OF[settings.drawn], open_features().to(device)
    train_pairs, test_pairs = (open_pairs(settings, split) for split in ("train", "val"))
    train_pairs, test_pairs = Subset(train_pairs, range(min(len(train_pairs), MOST))), Subset(test_pairs, range(len(fakes)))
    reader = train_reader(train_pairs, colours=colours, device=device)
    labels, _ = labels_and_photos(test_pairs, colours)
    return FacadeScores(
        reading_scores(reader, fakes, labels),
        yardsticks(reader, train_pairs, test_pairs, colours),
        wall_blotchiness(fakes, ys, wall_mask(labels, colours)),
        grid_power(fakes, ys),
        distances(fakes, ys, features),
        distances(torch.stack([train_pairs[i % len(train_pairs)][1] for i in range(len(ys))]), ys, features),
        diversity(fakes, again, features),
        diversity(ys, other_photographs(settings, len(ys)), features),
    )


def other_photographs(settings: Settings, count: int) -> Tensor:
    """Another photograph of each of the first `count` label maps of the unseen pairs of a drawn task."""
    pairs = open_pairs(settings, "val")
    first = pairs.seed * PAIRS_PER_SEED
    return torch.stack([to_tensor(pairs.task(first + i, pairs.size, appearance=first + count + i)[1]) for i in range(count)])


@torch.no_grad()
def diversity(pictures: Tensor, others: Tensor, network: Features | Inception | None = None) -> float:
    """How far two answers to one x are apart: the mean perceptual distance of `pictures` from `others`, which answer the same x."""
    network = network or open_features()
    device = next(network.parameters()).device
    pairs = (tuple(network.levels(side[None].to(device)) for side in pair) for pair in zip(pictures, others, strict=True))
    return torch.cat([perceptual_distance(*levels) for levels in pairs]).mean().item()


@torch.no_grad()
def distances(pictures: Tensor, ys: Tensor, network: Features | Inception | None = None) -> Distances:
    """FID, KID and perceptual distance on the features of a network: by default the bundled one, which knows drawn facades only."""
    network, rows, real_rows, apart = network or open_features(), [], [], []
    device = next(network.parameters()).device
    for picture, y in zip(pictures, ys, strict=True):
        levels, real_levels = (network.levels(each[None].to(device)) for each in (picture, y))
        rows.append(network.describe(levels).cpu())
        real_rows.append(network.describe(real_levels).cpu())
        apart.append(perceptual_distance(levels, real_levels).cpu())
    fake, real = torch.cat(rows), torch.cat(real_rows)
    return Distances(frechet_distance(fake, real), kernel_distance(fake, real), torch.cat(apart).mean().item())


def as_dict(scores: NamedTuple) -> dict[str, object]:
    """A NamedTuple, and every NamedTuple in it, as a dictionary."""
    return {name: as_dict(value) if isinstance(value, tuple) else value for name, value in scores._asdict().items()}


def as_record(scores: Scores, facades: FacadeScores | None, pairs: int, inception: Mapping[str, float] | None = None) -> dict[str, object]:
    """The scores of this many pairs as names and numbers."""
    record = {"pairs": pairs, **as_dict(scores)} | ({"inception": dict(inception)} if inception else {})
    if not facades:
        return record
    reading = {"fakes": as_dict(facades.reading), **as_dict(facades.yardsticks)}
    apart = {"fakes": as_dict(facades.distances), "other_real": as_dict(facades.other_real)}
    apart_of_one_x = {"fakes": facades.diversity, "photographs": facades.real_diversity}
    return record | {
        "reading": reading,
        "blotchiness": facades.blotchiness,
        "grid": facades.grid,
        "distances": apart,
        "diversity": apart_of_one_x,
    }


def report(scores: Scores, facades: FacadeScores | None, inception: Mapping[str, float] | None = None) -> str:
    """The scores as text; `inception` are distances and diversity on its features."""
    colours = " / ".join(f"{share:.2f}" for share in scores.colours)
    lines = [
        f"L1 {scores.l1:.3f}   PSNR {scores.psnr:.1f} dB   SSIM {scores.ssim:.3f}",
        f"colours in common with the targets, L / a / b: {colours}   (1 = the same colours equally often)",
        f"power of fine detail, relative to the targets: {scores.sharpness:.2f}   (below 1: blur, above 1: noise)",
    ]
    if facades:
        fakes, (ceiling, floor, median) = facades.reading, facades.yardsticks
        lines += [f"walls, from block to block, relative to the targets: {facades.blotchiness:.2f}   (above 1: blotches)"]
        lines += [f"patterns that repeat every 2, 4 or 8 pixels, relative to the targets: {facades.grid:.2f}   (far above 1: a grid)"]
        how = "A network that learned on real photos to name the class of each pixel reads the fakes: real photos are the most to hope for."
        rows = {"these fakes": fakes, "real photos": ceiling, "labels of another": floor, "median colours": median}
        lines += ["", how, f"{'read by a network':20}{'per pixel':>10}{'per class':>10}{'IoU':>10}"]
        lines += [f"{name:20}" + "".join(f"{value:10.3f}" for value in row) for name, row in rows.items()]
        lines += _distance_lines(facades)
    if inception:
        how = "Distances from the targets, on the features of Inception. FID is too large for few pictures: compare equal numbers."
        lines += ["", how, "FID {fid:.1f}   KID {kid:.4f}   perceptual {perceptual:.3f}   diversity {diversity:.3f}".format(**inception)]
    return "\n".join(lines)


def _distance_lines(facades: FacadeScores) -> list[str]:
    rows = {"these fakes": facades.distances, "other real houses": facades.other_real}
    how = (
        "Distances from the targets, on the features of a network of our own. The fakes show the targets' own houses, the others do not: "
        "for that alone they are nearer, and KID may be below 0."
    )
    head = f"{'':20}{'FID':>10}{'KID':>10}{'perceptual':>12}"
    of_one_x = f"two fakes of one x are {facades.diversity:.3f} apart, two photographs of one x {facades.real_diversity:.3f}"
    lines = [f"{name:20}{row.fid:10.2f}{row.kid:10.3f}{row.perceptual:12.3f}" for name, row in rows.items()]
    return ["", how, head, *lines, f"diversity, as perceptual distance: {of_one_x}"]
