"""Train one variant of lesson 03's bright spots and record it: python data/make_droplets.py VARIANT SEED. A few minutes on one core."""

import json
import sys
import time
from pathlib import Path

import torch
from tqdm import tqdm

from pix2pix_edu.experiments.droplets import STEPS, VARIANTS, spot, train_variant, unseen_places
from pix2pix_edu.files import write_text
from pix2pix_edu.images import to_image
from pix2pix_edu.measures.pixels import high_frequency_power
from pix2pix_edu.run.machine_log import describe

FOLDER = Path(__file__).parent / "droplets"
SHOWN = (2, 40, 75, 110)  # places whose pictures are kept

if __name__ == "__main__":
    torch.set_num_threads(1)
    name, seed = sys.argv[1], int(sys.argv[2])
    generator, losses = train_variant(name, seed)
    place, started = describe(torch.device("cpu")), time.process_time()
    for _ in tqdm(losses, total=STEPS, unit="step", mininterval=10):
        pass
    seconds = round(time.process_time() - started)
    x, fake, y = unseen_places(generator)
    scores = {"spot": spot(fake), "l1": (fake - y).abs().mean().item(), "sharpness": high_frequency_power(fake, y)}
    about = {"variant": name, **VARIANTS[name]._asdict(), "seed": seed, "steps": STEPS, "processor_seconds": seconds, **place}
    FOLDER.mkdir(exist_ok=True)
    stem = name.replace(",", "").replace(" ", "_")
    write_text(FOLDER / f"{stem}-{seed}.json", json.dumps(about | {"scores": scores, "spot_of_photographs": spot(y)}, indent=1))
    if seed == 0:
        strip = torch.cat([fake[number] for number in SHOWN], dim=-1)
        to_image(strip).save(FOLDER / f"{stem}.webp", lossless=True)
