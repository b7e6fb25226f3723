"""Save the whole state of a training in one file, and load it again."""

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from pix2pix_edu.files import read_weights, set_aside, sync_folder, whole_file
from pix2pix_edu.speed.fast_step import lay_out_state
from pix2pix_edu.training import Pix2Pix
from pix2pix_edu.weights.fitting import is_plain

FORMAT = "pix2pix-edu training 2"
NAME, PREVIOUS = "checkpoint.pt", "checkpoint.previous.pt"  # in the folder of a run
KINDS = {"step": int, "about": dict, "generator": dict, "discriminator": dict, "random": Tensor, "cuda_random": list} | {
    "generator_optimizer": dict,
    "discriminator_optimizer": dict,
}


def save(model: Pix2Pix, path: str | Path, about: Mapping[str, object] | None = None) -> None:
    """Write the training to `path`. At any moment `path` holds the earlier file or the new one, never a part of one.

    `about` is what the training was started with: plain values that the reader may compare.
    """
    write(state_of(model, about or {}), Path(path))


def write(state: dict, path: Path) -> None:
    """Write a state as `save` does."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            torch.save(state, file)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        raise OSError(
            f"could not write {path} ({error}): free some space or choose another folder; an earlier file is untouched"
        ) from error


def snapshot(model: Pix2Pix, about: Mapping[str, object]) -> dict:
    """The state of a training, copied: the training may go on while it is written. From a GPU all parts are copied at once."""
    copied = _copied(state_of(model, about))
    if model.device.type == "cuda":
        torch.cuda.synchronize()
    return copied


def _copied(value: object) -> object:
    if isinstance(value, Tensor):
        return torch.empty_like(value, device="cpu", pin_memory=value.is_cuda).copy_(value, non_blocking=True)
    if isinstance(value, Mapping):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def write_and_keep_previous(state: dict, folder: Path) -> None:
    """Write a state to the folder of its run. The checkpoint before this one is kept, in case that this one is damaged later."""
    new = folder / f".{NAME}.new"
    write(state, new)
    if (folder / NAME).exists():
        os.replace(folder / NAME, folder / PREVIOUS)
    os.replace(new, folder / NAME)
    sync_folder(folder)


def newest(folder: Path, repair: bool = True) -> dict | None:
    """The newest whole checkpoint of a run, None if it has none. With `repair`, a damaged newer one is renamed and that is printed.

    If there are only damaged ones they stay as they are, so that the run is not begun again before the user has decided that.
    """
    damaged: list[Path] = []
    for path in present(folder):
        try:
            state = read(path)
        except ValueError:
            damaged.append(path)
            continue
        for file in damaged if repair else ():
            print(f"{file} is damaged: it is now {set_aside(file).name}, and the run continues from the checkpoint before it")
        if not damaged:
            _announce_older(path)
        return state
    if damaged:
        raise _only_damaged(folder, damaged)
    return None


def _announce_older(path: Path) -> None:
    if path.name == PREVIOUS and not os.path.lexists(path.with_name(NAME)):
        print(f"{path.parent} has no {NAME}: the checkpoint before it is used, {PREVIOUS}")


def _only_damaged(folder: Path, damaged: list[Path]) -> ValueError:
    names = " and ".join(file.name for file in damaged)
    return ValueError(
        f"{folder} has no whole checkpoint, so its trained networks are lost ({names} cannot be read), but its settings, losses and "
        f"pictures are still there: to begin again at step 0, move {names} out of the folder, or name another folder"
    )


def present(folder: Path) -> list[Path]:
    """The checkpoints in the folder of a run, damaged or not, the newest first."""
    return [folder / name for name in (NAME, PREVIOUS) if os.path.lexists(folder / name)]


def read_latest(folder: Path) -> dict:
    """The newest checkpoint of a run, for those who only read it: nothing is renamed."""
    # After a kill between two renamings there is only the one before it.
    path = next(iter(present(folder)), folder / NAME)
    if not path.exists():
        raise ValueError(f"{folder} has no checkpoint yet: train it until its first one is saved")
    _announce_older(path)
    try:
        return read(path)
    except ValueError as error:
        repair = "repeat the command of its training, which uses the one before it, or says that there is none"
        raise ValueError(f"{path} is damaged: {repair}") from error


def load(model: Pix2Pix, path: str | Path) -> None:
    """Restore the weights, both optimizers, the step and the random numbers that `save` wrote."""
    restore(model, read(path), str(path))


def restore(model: Pix2Pix, state: dict, name: str) -> None:
    """Give a model the state that `read` returned. A state that does not fit leaves the model as it is. `name` is for the error."""
    for part in ("generator", "discriminator"):
        network, optimizer = getattr(model, part), getattr(model, f"{part}_optimizer")
        if _shapes(network.state_dict()) != _shapes(state[part]):
            raise ValueError(f"{name} was saved from other networks than these: build them with the settings of that run")
        if not _fits(state[f"{part}_optimizer"], optimizer, state["step"]):
            raise ValueError(f"{name} has no complete state of the optimizer of its {part}: use another checkpoint")
    for part in ("generator", "discriminator"):
        getattr(model, part).load_state_dict(state[part])
        _load_optimizer(getattr(model, f"{part}_optimizer"), state[f"{part}_optimizer"])
    model.step = state["step"]
    torch.set_rng_state(state["random"])
    if torch.cuda.is_available() and state["cuda_random"]:
        torch.cuda.set_rng_state(state["cuda_random"][0])


def _shapes(weights: Mapping[str, object]) -> dict[str, object]:
    return {name: (value.shape, value.dtype) if is_plain(value) else None for name, value in weights.items()}


def _fits(saved: dict, optimizer: torch.optim.Optimizer, step: int) -> bool:
    """Whether this is Adam's state of the optimizer's weights. Before the first step it is empty."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    states = saved.get("state")
    if not isinstance(states, dict) or (step > 0 and len(states) != len(weights)):
        return False
    return all(
        isinstance(number, int)
        and 0 <= number < len(weights)
        and isinstance(state, dict)
        and state.keys() == {"step", "exp_avg", "exp_avg_sq"}
        and all(is_plain(value) and value.is_floating_point() for value in state.values())
        and state["step"].numel() == 1
        and state["exp_avg"].shape == state["exp_avg_sq"].shape == weights[number].shape
        for number, state in states.items()
    )


def _load_optimizer(optimizer: torch.optim.Optimizer, saved: dict) -> None:
    # Only Adam's state of each weight. Its learning rate and kernel stay: the run may continue on another device than it began on.
    optimizer.load_state_dict({"state": saved["state"], "param_groups": optimizer.state_dict()["param_groups"]})
    lay_out_state(optimizer)


def read(path: str | Path) -> dict:
    """Read a checkpoint as plain tensors and numbers."""
    state = read_weights(path)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError(f"{path} is not a checkpoint of this version of the library: use a file that checkpoint.save wrote")
    wrong = [key for key, kind in KINDS.items() if not isinstance(state.get(key), kind) or state[key] is True]
    wrong = wrong or ["about"] * (not _is_about(state["about"]))
    wrong = wrong or ["cuda_random"] * any(not is_plain(each) or each.dtype != torch.uint8 for each in state["cuda_random"])
    if wrong or not 0 <= state["step"] < 2**62 or not _is_random_state(state["random"]):
        parts = ", ".join(wrong) or "step or random numbers"
        raise ValueError(f"{path} is damaged (wrong values of {parts}): use another checkpoint")
    return state


def _is_about(about: dict) -> bool:
    """Whether this is what a run was started with: plain values under a few names. An older checkpoint has fewer."""
    parts = [about.get(name, {}) for name in ("settings", "data")]
    plain = [isinstance(part, dict) and all(isinstance(value, (str, int, float)) for value in part.values()) for part in parts]
    return all(plain) and isinstance(about.get("losses", ""), str)


def _is_random_state(state: Tensor) -> bool:
    try:
        torch.Generator().set_state(state)
    except (RuntimeError, TypeError):
        return False
    return True


def refuse_older(folder: Path, step: int) -> None:
    """Raise an error if the run in this folder is already further than `step`: what it has learned since would be overwritten."""
    saved, _ = read_header(folder)
    if saved > step:
        raise ValueError(
            f"{folder} holds step {saved:,} of the run, and this training would go on from step {step:,}: another process has trained "
            "there meanwhile, so repeat the command"
        )


def read_header(folder: Path) -> tuple[int, dict]:
    """The step of a run's newest checkpoint and what it was started with, without reading the weights; (0, {}) if there is none."""
    damaged: list[Path] = []
    for path in present(folder):
        try:
            if not path.is_file():
                raise ValueError("it is no file")  # to open a pipe would wait for a writer
            with zipfile.ZipFile(path) as parts:  # torch does not compare the checksum of this part
                parts.read(next(name for name in parts.namelist() if name.endswith("/data.pkl")))
            in_utf8 = str(path).encode(errors="replace").decode() == str(path)  # torch can map no other names into memory
            state = torch.load(path, map_location="cpu", weights_only=True, mmap=in_utf8)
            if not _is_about(state["about"]):
                raise ValueError("it was started with values of another kind")
            return int(state["step"]), state["about"]
        except PermissionError:
            raise
        except Exception:  # a damaged file can raise almost any kind of error
            damaged.append(path)
    if damaged:
        raise _only_damaged(folder, damaged)
    return 0, {}


def state_of(model: Pix2Pix, about: Mapping[str, object]) -> dict:
    """The state of a training, whose tensors are the training's own."""
    # The order of the data is not saved: a batch depends only on its seed and step (training.Batches).
    return {
        "format": FORMAT,
        "step": model.step,
        "about": dict(about),
        "generator": model.generator.state_dict(),
        "discriminator": model.discriminator.state_dict(),
        "generator_optimizer": model.generator_optimizer.state_dict(),
        "discriminator_optimizer": model.discriminator_optimizer.state_dict(),
        "random": torch.get_rng_state(),
        "cuda_random": [torch.cuda.get_rng_state()] if model.device.type == "cuda" else [],
    }
