"""The recorded trainings with bright spots at fixed places."""

import torch
from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.classroom.display import draw_pictures
from pix2pix_edu.experiments.cells import SEEDS
from pix2pix_edu.experiments.droplets import PLACES, RECORDS, SIZE, VARIANTS, file_name, spot, unseen_places
from pix2pix_edu.files import read_object
from pix2pix_edu.images import open_image, to_tensor
from pix2pix_edu.photos.bundled import open_photographs
from pix2pix_edu.training import stack_pairs
from pix2pix_edu.weights.bundled import load_pretrained, trained_on

# The columns of the figure are narrow.
SHORT = {"batch norm, batch of 4": "batch of 4", "no norm at the end": "no last norm", "resize-convolutions": "resize"}


def recorded() -> dict[str, list[float]]:
    """How strong the spots are: for each variant, one value for each seed; and for the photographs."""
    records = {name: [read_object(RECORDS / f"{file_name(name)}-{seed}.json") for seed in SEEDS] for name in VARIANTS}
    of_photographs = next(iter(records.values()))[0]["spot_of_photographs"]
    return {name: [each["scores"]["spot"] for each in found] for name, found in records.items()} | {"photographs": [of_photographs]}


def draw() -> tuple[Figure, str]:
    """Draw the outputs of each variant (seed 0) for some unseen places, and the places. Returns (figure, alt)."""
    pairs = open_photographs("earth_relief", "val", SIZE)
    x, y = stack_pairs(pairs[place] for place in PLACES)
    shown = {SHORT.get(name, name): _pictures(name) for name in VARIANTS}
    columns = {"relief x": x, **shown, "photo y": y}
    told = "; ".join(f"{name} {', '.join(f'{value:.1f}' for value in values)}" for name, values in recorded().items())
    return draw_pictures(columns), f"Four places on which nothing was trained. How strong the spots are, for three seeds: {told}."


def _pictures(name: str) -> Tensor:
    """The kept outputs of a variant, (places, 3, side, side)."""
    strip = to_tensor(open_image(RECORDS / f"{file_name(name)}.webp"))
    return torch.stack(strip.split(SIZE, dim=-1))


def of_longer_training() -> tuple[float, float]:
    """How strong the spots are in the fakes of the bundled earth_128, and in the photographs of the same places."""
    size, name = trained_on("earth_128")
    _, fake, y = unseen_places(load_pretrained("earth_128")[0], name, size)
    return spot(fake), spot(y)
