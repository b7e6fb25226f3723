"""Train one variant of the grids in data/README.md and record it: python data/make_grids.py VARIANT SEED. A few minutes on one core."""

import json
import sys
import time

import torch
from tqdm import tqdm

from pix2pix_edu.drawing.classes import label_ids
from pix2pix_edu.experiments.cells import BASE, score, unseen_pairs
from pix2pix_edu.experiments.grids import RECORDS, VARIANTS, sky_grid, train_variant
from pix2pix_edu.experiments.orders import measures
from pix2pix_edu.files import write_text
from pix2pix_edu.run.evaluation import translate_each
from pix2pix_edu.run.machine_log import describe
from pix2pix_edu.training import stack_pairs

if __name__ == "__main__":
    torch.set_num_threads(1)
    name, seed = sys.argv[1], int(sys.argv[2])
    variant = VARIANTS[name]
    generator, losses = train_variant(name, seed)
    place, started = describe(torch.device("cpu")), time.process_time()
    for _ in tqdm(losses, total=BASE.steps, unit="step", mininterval=10):
        pass
    seconds = round(time.process_time() - started)
    x, y = stack_pairs(unseen_pairs(BASE.drawn, BASE.size))
    torch.manual_seed(0)
    fakes = translate_each(generator, x)
    scores = measures(score(fakes, BASE)) | {"sky_grid": sky_grid(fakes, y, label_ids(x))}
    about = {"variant": name, **variant._asdict(), "seed": seed, "processor_seconds": seconds, **place}
    RECORDS.mkdir(exist_ok=True)
    write_text(RECORDS / f"{name.replace(' ', '_')}-{seed}.json", json.dumps(about | {"scores": scores}, indent=1))
