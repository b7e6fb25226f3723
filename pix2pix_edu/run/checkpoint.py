"""Save a training and take it up again: whole or not at all, and exactly where it stood."""

import contextlib
import os
from pathlib import Path

import torch

from pix2pix_edu.files import read_weights
from pix2pix_edu.training import Pix2Pix

FORMAT = "pix2pix-edu training 1"


def save(model: Pix2Pix, path: str | Path) -> None:
    """Write the training to `path`. Whatever happens on the way, `path` holds the old file or the new one, never a part."""
    path = Path(path)
    unfinished = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(unfinished, "wb") as file:
            torch.save(_state(model), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise OSError(
            f"could not write {path} ({error}): free some space or choose another folder; an earlier file is untouched"
        ) from error


def load(model: Pix2Pix, path: str | Path) -> None:
    """Bring `model` to the state that was saved: weights, both optimizers, step and random numbers."""
    state = read(path)
    try:
        model.generator.load_state_dict(state["generator"])
        model.discriminator.load_state_dict(state["discriminator"])
    except RuntimeError as error:
        raise ValueError(f"{path} was saved from other networks than these: build them with the settings of that run") from error
    _load_optimizer(model.generator_optimizer, state["generator_optimizer"])
    _load_optimizer(model.discriminator_optimizer, state["discriminator_optimizer"])
    model.step = state["step"]
    torch.set_rng_state(state["random"])
    if torch.cuda.is_available() and state["cuda_random"]:
        torch.cuda.set_rng_state(state["cuda_random"][0])


def _load_optimizer(optimizer: torch.optim.Optimizer, saved: dict) -> None:
    # Its memory alone: rate and kernels belong to the run that goes on, perhaps on another device than it began on.
    optimizer.load_state_dict({"state": saved["state"], "param_groups": optimizer.state_dict()["param_groups"]})
    for weight, memory in optimizer.state.items():  # laid out as the weights are: fused Adam walks through both side by side
        memory.update({name: torch.empty_like(weight).copy_(memory[name]) for name in ("exp_avg", "exp_avg_sq")})


def read(path: str | Path) -> dict:
    """The saved state as plain tensors and numbers."""
    state = read_weights(path)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError(f"{path} is not a checkpoint of this library: use a file that checkpoint.save wrote")
    return state


def _state(model: Pix2Pix) -> dict:
    # The order of the data needs no place here: a batch depends on its seed and the step alone (training.Batches).
    return {
        "format": FORMAT,
        "step": model.step,
        "generator": model.generator.state_dict(),
        "discriminator": model.discriminator.state_dict(),
        "generator_optimizer": model.generator_optimizer.state_dict(),
        "discriminator_optimizer": model.discriminator_optimizer.state_dict(),
        "random": torch.get_rng_state(),
        "cuda_random": [torch.cuda.get_rng_state()] if model.device.type == "cuda" else [],
    }
