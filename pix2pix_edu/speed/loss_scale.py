"""Notice a GPU that gives NaN in 16 bits, as the GTX 16 series does: the loss scaler then skips every update without a word."""

import torch
from torch import Tensor

from pix2pix_edu.objective import Objective
from pix2pix_edu.training import Losses, Pix2Pix, Step

LOOK_AFTER = 100  # steps: reading the scale makes Python wait for the GPU, so it is read once
FEWEST_SKIPPED = 50  # of the 200 updates in as many steps; a sound training skips a few, until the scale fits


def refuse_endless_overflow(step: Step, scaler: torch.amp.GradScaler) -> Step:
    """The step; after its first 100 calls it raises an error if a quarter of the updates were skipped."""
    first, calls = scaler.get_scale(), 0

    def take(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        nonlocal calls
        losses = step(model, x, y, objective)
        calls += 1
        if calls == LOOK_AFTER and scaler.get_scale() <= first * 0.5**FEWEST_SKIPPED:  # each skipped update halves the scale
            name = torch.cuda.get_device_name(model.device) if model.device.type == "cuda" else "this processor"
            raise ValueError(f"16-bit arithmetic gives NaN or overflows on {name}, so nothing is learned: train without --fast")
        return losses

    return take
