"""The loss-curve clinic: runs on 64-pixel facades, healthy and sick, their logs, and pictures to be shown after the diagnosis."""

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
from pix2pix_edu.run.machine_log import describe
from pix2pix_edu.run.record import CURVE_POINTS
from pix2pix_edu.run.settings import Settings, build, choose_objective, open_pairs
from pix2pix_edu.training import Batches, Losses, Pix2Pix, stack_pairs, train

CLINIC = DATA / "clinic"
HEALTHY = Settings(depth=5, width=24, l1_weight=10.0, lr=5e-4, discriminator_lr=2e-4, steps=400)
SHOWN, UNSEEN_SEED = 4, 1002  # drawings that no run trains on
ORDER_SEED = 767


class Patient(NamedTuple):
    """A run by its diagnosis and its seed."""

    diagnosis: str
    seed: int

    @property
    def file(self) -> str:
        words = "".join(letter if letter.isalnum() else " " for letter in self.diagnosis).split()
        return f"{'_'.join(words)}-{self.seed}"


class Examination(NamedTuple):
    """What a run leaves: its settings, its log, and G(x) for a few inputs that it never trained on."""

    settings: Settings
    log: Log
    fakes: Tensor


PATIENTS = [*(Patient(diagnosis, 0) for diagnosis in CONDITIONS), Patient("healthy", 1), Patient("healthy", 2)]


def examine(diagnosis: str, settings: Settings = HEALTHY) -> Examination:
    """Train with what the diagnosis names, and write a log."""
    if diagnosis not in CONDITIONS:
        raise ValueError(f"there is no diagnosis {diagnosis!r}: choose from {', '.join(CONDITIONS)}")
    condition = CONDITIONS[diagnosis]
    settings = condition.settings(settings)
    model = build(settings)
    condition.model(model)
    batches = Batches(open_pairs(settings, "train"), settings.batch_size, settings.seed)

    def step(model: Pix2Pix, x: Tensor, y: Tensor, objective: object) -> Losses:
        return condition.step(model, *condition.pair(x, y), objective)

    rows = []
    with listening(model.discriminator) as said:
        for losses in train(model, batches, settings.steps, choose_objective(settings), step=step):
            rows.append([*(value.item() for value in losses), *said[:2], *gradients(model)])
            said.clear()
    return Examination(settings, Log(*torch.tensor(rows).T), translate_unseen(model, condition, settings.size))


@contextmanager
def listening(discriminator: nn.Module) -> Iterator[list[float]]:
    """The mean probability of "real" in each of D's answers; every step here asks about y first, then about the fake."""
    said: list[float] = []
    handle = discriminator.register_forward_hook(lambda module, inputs, logits: said.append(logits.detach().sigmoid().mean().item()))
    try:
        yield said
    finally:
        handle.remove()


def gradients(model: Pix2Pix) -> list[float]:
    """How long the last gradients were: in G, in D, and in the convolution that leads into G's bottleneck."""
    return [length(part) for part in (model.generator, model.discriminator, model.generator.down[-1][0])]


def length(network: nn.Module) -> float:
    """The length of all gradients of a network as one vector; 0 where none has arrived."""
    parts = [weight.grad.norm() for weight in network.parameters() if weight.grad is not None]
    return torch.stack(parts).norm().item() if parts else 0.0


@cache
def unseen_pairs(size: int) -> tuple[Tensor, Tensor]:
    """The pairs whose inputs every patient translates."""
    return stack_pairs(SyntheticPairs(SHOWN, size, UNSEEN_SEED))


def translate_unseen(model: Pix2Pix, condition: Condition, size: int) -> Tensor:
    """G(x) for the unseen inputs, treated as the run treats its own."""
    x, _ = condition.pair(*unseen_pairs(size))
    torch.manual_seed(0)
    with torch.no_grad():
        return model.generator(x.to(model.device)).cpu()


def admit(patient: Patient, folder: Path, settings: Settings = HEALTHY) -> None:
    """Examine a patient, and leave its log and its pictures in a folder."""
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
    """What lies in the folder about a patient."""
    file = folder / f"{patient.file}.json"
    try:
        entry = json.loads(file.read_text())
        settings, log = Settings(**entry["settings"]), Log(**{name: torch.tensor(curve) for name, curve in entry["log"].items()})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is not a patient's log: make it anew with python -m pix2pix_edu.classroom.clinic {folder}") from error
    return Examination(settings, log, torch.stack(to_tensor(open_image(file.with_suffix(".jpg"))).split(settings.size, dim=-1)))


@cache
def waiting_room(seed: int = ORDER_SEED) -> list[Patient]:
    """All patients in an order that gives nothing away."""
    return [PATIENTS[place] for place in torch.randperm(len(PATIENTS), generator=torch.Generator().manual_seed(seed)).tolist()]
