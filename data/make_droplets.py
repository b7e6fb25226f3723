"""Train one variant of lesson 03's bright spots and record it: python data/make_droplets.py VARIANT SEED. A few minutes on one core."""

import json
import sys
import time

import torch
from tqdm import tqdm

from pix2pix_edu.experiments.droplets import PLACES, RECORDS, STEPS, VARIANTS, file_name, spot, train_variant, unseen_places
from pix2pix_edu.files import write_text
from pix2pix_edu.images import to_image
from pix2pix_edu.measures.pixels import high_frequency_power
from pix2pix_edu.run.machine_log import describe

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
    RECORDS.mkdir(exist_ok=True)
    write_text(RECORDS / f"{file_name(name)}-{seed}.json", json.dumps(about | {"scores": scores, "spot_of_photographs": spot(y)}, indent=1))
    if seed == 0:
        strip = torch.cat([fake[number] for number in PLACES], dim=-1)
        to_image(strip).save(RECORDS / f"{file_name(name)}.webp", lossless=True)
