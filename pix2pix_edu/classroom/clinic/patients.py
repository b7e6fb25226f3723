"""The patients of the clinic: healthy and faulty runs on 64-pixel facades, with their logs and pictures."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pix2pix_edu.classroom.clinic.conditions import CONDITIONS, Condition
from pix2pix_edu.classroom.clinic.signs import Log, averaged
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.files import DATA, write_text
from pix2pix_edu.images import open_image, to_image, to_tensor
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.run.machine_log import describe
from pix2pix_edu.run.record import CURVE_POINTS
from pix2pix_edu.run.settings import Settings, build, choose_objective, open_pairs
from pix2pix_edu.training import Batches, Losses, Pix2Pix, stack_pairs, train

CLINIC = DATA / "clinic"
HEALTHY = Settings(depth=5, width=24, l1_weight=10.0, lr=1e-3, discriminator_lr=5e-4, batch_size=2, steps=400)
SHOWN, UNSEEN_SEED = 4, 1002  # pairs that no run trains on
ORDER_SEED = 767


class Patient(NamedTuple):
    """A run, named by its diagnosis and its seed."""

    diagnosis: str
    seed: int

    @property
    def file(self) -> str:
        words = "".join(letter if letter.isalnum() else " " for letter in self.diagnosis).split()
        return f"{'_'.join(words)}-{self.seed}"


class Examination(NamedTuple):
    """The settings and the log of a run, and G(x) for a few inputs that it never trained on."""

    settings: Settings
    log: Log
    fakes: Tensor


PATIENTS = [*(Patient(diagnosis, 0) for diagnosis in CONDITIONS), Patient("healthy", 1), Patient("healthy", 2)]


def examine(diagnosis: str, settings: Settings = HEALTHY) -> Examination:
    """Train with the fault that the diagnosis names, and log the training."""
    if diagnosis not in CONDITIONS:
        raise ValueError(f"there is no diagnosis {diagnosis!r}: choose from {', '.join(CONDITIONS)}")
    condition = CONDITIONS[diagnosis]
    settings = condition.settings(settings)
    model = build(settings)
    condition.model(model)
    batches = Batches(open_pairs(settings, "train"), settings.batch_size, settings.seed)

    def step(model: Pix2Pix, x: Tensor, y: Tensor, objective: object) -> Losses:
        return condition.step(model, *condition.pair(x, y), objective)

    rows, parts = [], (model.generator, model.discriminator, model.generator.down[-1][0])
    with recorded_probabilities(model.discriminator) as probabilities:
        for losses in train(model, batches, settings.steps, choose_objective(settings), step=step):
            rows.append([*(value.item() for value in losses), *probabilities[:2], *map(gradient_length, parts)])
            probabilities.clear()
    return Examination(settings, Log(*torch.tensor(rows).T), translate_unseen(model, condition, settings.size))


@contextmanager
def recorded_probabilities(discriminator: nn.Module) -> Iterator[list[float]]:
    """Append D's mean probability of "real" to the list at each forward pass; in every step here, y comes first, then the fake."""
    probabilities: list[float] = []

    def record(_: nn.Module, inputs: tuple, logits: Tensor) -> None:
        probabilities.append(logits.detach().sigmoid().mean().item())

    handle = discriminator.register_forward_hook(record)
    try:
        yield probabilities
    finally:
        handle.remove()


def gradient_length(network: nn.Module) -> float:
    """Return the length of all gradients of a network, taken as one vector; 0 if it has none."""
    parts = [weight.grad.norm() for weight in network.parameters() if weight.grad is not None]
    return torch.stack(parts).norm().item() if parts else 0.0


@cache
def unseen_pairs(size: int) -> tuple[Tensor, Tensor]:
    """Return the pairs whose inputs every patient translates."""
    return stack_pairs(SyntheticPairs(SHOWN, size, UNSEEN_SEED))


def translate_unseen(model: Pix2Pix, condition: Condition, size: int) -> Tensor:
    """Return G(x) for the unseen inputs, altered in the same way as the inputs that the run trains on."""
    x, _ = condition.pair(*unseen_pairs(size))
    with torch.no_grad(), own_random_numbers(0):
        return model.generator(x.to(model.device)).cpu()


def admit(patient: Patient, folder: Path, settings: Settings = HEALTHY) -> None:
    """Examine a patient, and save its log and its pictures in a folder."""
    started = time.perf_counter()
    found = examine(patient.diagnosis, replace(settings, seed=patient.seed))
    curves = averaged(found.log, CURVE_POINTS)._asdict()
    entry = {
        "diagnosis": patient.diagnosis,
        "settings": asdict(found.settings),
        "seconds": round(time.perf_counter() - started, 1),
        **describe(torch.device("cuda" if torch.cuda.is_available() else "cpu")),
        "log": {name: [float(f"{value:.4g}") for value in curve.tolist()] for name, curve in curves.items()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    to_image(torch.cat(list(found.fakes), dim=-1)).save(folder / f"{patient.file}.jpg", quality=90, subsampling=0)
    write_text(folder / f"{patient.file}.json", json.dumps(entry, allow_nan=False) + "\n")


@cache
def consult(patient: Patient, folder: Path = CLINIC) -> Examination:
    """Read a patient's settings, log and pictures."""
    file = folder / f"{patient.file}.json"
    try:
        entry = json.loads(file.read_text())
        settings, log = Settings(**entry["settings"]), Log(**{name: torch.tensor(curve) for name, curve in entry["log"].items()})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is not a patient's log: make it again with python -m pix2pix_edu.classroom.clinic {folder}") from error
    return Examination(settings, log, torch.stack(to_tensor(open_image(file.with_suffix(".jpg"))).split(settings.size, dim=-1)))


@cache
def waiting_room(seed: int = ORDER_SEED) -> list[Patient]:
    """Return all patients in an order that does not reveal their diagnoses."""
    return [PATIENTS[place] for place in torch.randperm(len(PATIENTS), generator=torch.Generator().manual_seed(seed)).tolist()]
