"""Save the whole state of a training in one file, and load it again."""

from pathlib import Path

import torch

from pix2pix_edu.files import read_weights, whole_file
from pix2pix_edu.training import Pix2Pix

FORMAT = "pix2pix-edu training 1"


def save(model: Pix2Pix, path: str | Path) -> None:
    """Write the training to `path`. At any moment `path` holds the earlier file or the new one, never a part of one."""
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            torch.save(_state(model), file)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        raise OSError(
            f"could not write {path} ({error}): free some space or choose another folder; an earlier file is untouched"
        ) from error


def load(model: Pix2Pix, path: str | Path) -> None:
    """Restore the weights, both optimizers, the step and the random numbers that `save` wrote."""
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
    # Only Adam's state of each weight. Its learning rate and kernel stay: the run may continue on another device than it began on.
    optimizer.load_state_dict({"state": saved["state"], "param_groups": optimizer.state_dict()["param_groups"]})
    for weight, state in optimizer.state.items():  # in the memory layout of the weight, which fused Adam needs
        state.update({name: torch.empty_like(weight).copy_(state[name]) for name in ("exp_avg", "exp_avg_sq")})


def read(path: str | Path) -> dict:
    """Read a checkpoint as plain tensors and numbers."""
    state = read_weights(path)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError(f"{path} is not a checkpoint of this library: use a file that checkpoint.save wrote")
    return state


def _state(model: Pix2Pix) -> dict:
    # The order of the data is not saved: a batch depends only on its seed and step (training.Batches).
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
