"""The start of every notebook: choose sizes, device and seed."""

import os
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Profile:
    """The sizes that a notebook works with: the same code runs a quick test, a lesson or the paper's own training."""

    name: str
    image_size: int
    depth: int
    width: int
    patch: int
    batch_size: int
    steps: int
    lr: float  # of both networks


PROFILES = {
    profile.name: profile
    for profile in (
        # a test that every cell runs, in seconds; a laptop, in minutes; a GPU
        Profile("smoke", image_size=32, depth=4, width=8, patch=16, batch_size=2, steps=8, lr=1e-3),
        Profile("class", image_size=64, depth=5, width=24, patch=16, batch_size=1, steps=1600, lr=1e-3),
        Profile("paper", image_size=256, depth=8, width=64, patch=70, batch_size=1, steps=80_000, lr=2e-4),
    )
}


@dataclass(frozen=True)
class Session:
    """The settings of one notebook, from its first cell to its last."""

    notebook: str
    seed: int
    profile: Profile
    device: torch.device

    @property
    def full(self) -> bool:
        """Whether trainings are long enough for claims about what a network has learned."""
        return self.profile.name != "smoke"


def start(notebook: str, seed: int = 0, profile: str | None = None) -> Session:
    """Choose the profile (PIX2PIX_PROFILE overrides the argument) and the device, seed torch, and print all of it in one line."""
    name = os.environ.get("PIX2PIX_PROFILE") or profile or "class"
    if name not in PROFILES:
        raise ValueError(f"the profile must be one of {', '.join(PROFILES)}, got {name!r}: change it in start(...) or in PIX2PIX_PROFILE")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(seed)
    where = torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    chosen = PROFILES[name]
    print(f"Ready: {notebook} on {where}, profile '{name}' ({chosen.image_size} px), seed {seed}.")
    return Session(notebook, seed, chosen, device)
