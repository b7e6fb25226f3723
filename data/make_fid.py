"""Record the FID and KID of real houses from other real houses, for lesson 07: python data/make_fid.py. Seven minutes of one core."""

import json
import time
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.files import write_text
from pix2pix_edu.measures.distances import frechet_distance, kernel_distance
from pix2pix_edu.measures.features import open_features
from pix2pix_edu.run.machine_log import describe

RECORD = Path(__file__).parent / "measurements" / "fid_of_real_houses.json"
NUMBERS = (50, 100, 200, 400, 1000, 2000, 5000, 10_000)
SEEDS = ((21, 22), (23, 24), (25, 26))  # of the two sets of drawings; lesson 07 draws the first pictures of the first two


@torch.no_grad()
def rows(seed: int) -> Tensor:
    """The features of the most houses that are needed."""
    houses, network = SyntheticPairs(NUMBERS[-1], 128, seed), open_features()
    described = (network.describe(network.levels(y[None])) for _, y in houses)
    return torch.cat(list(tqdm(described, total=len(houses), mininterval=10)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    place, started = describe(torch.device("cpu")), time.process_time()
    found: dict[str, dict[str, list[float]]] = {"fid": {str(n): [] for n in NUMBERS}, "kid": {str(n): [] for n in NUMBERS}}
    for pair in SEEDS:
        one, other = (rows(seed) for seed in pair)
        for n in NUMBERS:
            found["fid"][str(n)].append(frechet_distance(one[:n], other[:n]))
            found["kid"][str(n)].append(kernel_distance(one[:n], other[:n]))
    about = {"size": 128, "seeds": SEEDS, "processor_seconds": round(time.process_time() - started), **place}
    write_text(RECORD, json.dumps(about | found, indent=1))
