"""Record what a training of a few minutes gives after 200 to 1600 steps: python data/make_class_steps.py. A quarter of an hour."""

import json
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from pix2pix_edu.classroom.session import PROFILES
from pix2pix_edu.experiments.cells import score, unseen_pairs
from pix2pix_edu.experiments.orders import measures
from pix2pix_edu.files import write_text
from pix2pix_edu.run.evaluation import draw_grid, translate_each
from pix2pix_edu.run.machine_log import describe
from pix2pix_edu.run.settings import Settings, build, choose_objective, open_pairs
from pix2pix_edu.speed.fast_step import fast_step
from pix2pix_edu.training import Batches, Pix2Pix, linear_decay, stack_pairs, train

HERE = Path(__file__).parent
CLASS = PROFILES["class"]
NETWORKS = {"size": CLASS.image_size, "depth": CLASS.depth, "width": CLASS.width, "patch": CLASS.patch}
BASE = Settings(**NETWORKS, lr=CLASS.lr, discriminator_lr=CLASS.lr, batch_size=CLASS.batch_size, l1_weight=30.0, count=400, fast=True)
BATCH_OF_4 = {"batch_size": 4, "lr": 5e-4, "discriminator_lr": 5e-4}
TRAININGS = {
    **{f"{steps} steps": replace(BASE, steps=steps) for steps in (200, 400, 800, 1600)},
    **{f"{steps} steps, batch of 4": replace(BASE, steps=steps, **BATCH_OF_4) for steps in (400, 800)},
    "400 steps, width 16": replace(BASE, steps=400, width=16),
    "400 steps after 4000": replace(BASE, steps=400),
}
EARLIER = replace(BASE, steps=4000, count=4000, seed=100)  # the half-trained networks that the last training starts from


def trained(settings: Settings, start: Pix2Pix | None = None) -> Pix2Pix:
    """Train as lesson 05 does; the weights can be those of another model."""
    model = build(settings)
    if start:
        model.generator.load_state_dict(start.generator.state_dict())
        model.discriminator.load_state_dict(start.discriminator.state_dict())
    batches = Batches(open_pairs(settings, "train"), settings.batch_size, settings.seed)
    steps = train(
        model, batches, settings.steps, choose_objective(settings), linear_decay(settings.steps // 2, settings.steps), fast_step(model)
    )
    for _ in tqdm(steps, total=settings.steps, mininterval=10):
        pass
    return model


def measure(model: Pix2Pix, settings: Settings) -> tuple[dict[str, float], Tensor]:
    """The scores of 100 unseen houses, and the fakes of the first four."""
    torch.manual_seed(0)
    fakes = translate_each(model.generator, stack_pairs(unseen_pairs(settings.drawn, settings.size))[0])
    found = measures(score(fakes, settings))
    return {name: found[name] for name in ("per_class", "l1", "sharpness", "blotchiness", "grid", "fid")}, fakes[:4]


if __name__ == "__main__":
    torch.set_num_threads(1)
    place, rows, pictures = describe(torch.device("cpu")), {}, []
    earlier = trained(EARLIER)
    for name, settings in TRAININGS.items():
        rows[name] = {
            "steps": settings.steps,
            "batch_size": settings.batch_size,
            "width": settings.width,
            "processor_seconds": [],
            "scores": [],
        }
        for seed in (0, 1, 2):
            started = time.process_time()
            model = trained(replace(settings, seed=seed), earlier if name.endswith("after 4000") else None)
            rows[name]["processor_seconds"].append(round(time.process_time() - started, 1))
            scores, fakes = measure(model, settings)
            rows[name]["scores"].append(scores)
            if seed == 0:
                pictures.append(fakes)
    x, y = stack_pairs(unseen_pairs(BASE.drawn, BASE.size)[:4])
    draw_grid(zip(x, *pictures, y, strict=True)).save(HERE / "pictures" / "class_steps.webp", lossless=True)
    write_text(HERE / "measurements" / "class_steps.json", json.dumps({**place, "trainings": rows}, indent=1))
