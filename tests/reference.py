"""The recorded numbers of the reference implementation, and the rule by which its weights and images are made."""

import json
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

RECORD = json.loads((Path(__file__).parent / "reference.json").read_text())


def rng(name: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


def picture(name: str, batch: int, channels: int, size: int) -> Tensor:
    return torch.from_numpy(rng(name).random((batch, channels, size, size), dtype=np.float32) * 2 - 1)


def weights(keys: dict[str, list[int]]) -> dict[str, Tensor]:
    return {key: weight(key, shape) for key, shape in keys.items()}


def weight(key: str, shape: list[int]) -> Tensor:
    if key.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if key.endswith("running_mean"):
        return torch.zeros(shape)
    if key.endswith("running_var"):
        return torch.ones(shape)
    values = torch.from_numpy(rng(key).standard_normal(shape).astype(np.float32)) * (0.02 if len(shape) == 1 else 0.08)
    return values + 1 if len(shape) == 1 and key.endswith("weight") else values


def deviation(output: Tensor, record: dict) -> float:
    """Largest difference between an output and the recorded values, its mean and its spread."""
    assert list(output.shape) == record["shape"]
    flat = output.detach().flatten()
    values = (flat[record["index"]] - torch.tensor(record["value"])).abs().max().item()
    return max(values, abs(flat.mean().item() - record["mean"]), abs(flat.std(correction=0).item() - record["std"]))


def without_dropout(network: torch.nn.Module) -> torch.nn.Module:
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return network
