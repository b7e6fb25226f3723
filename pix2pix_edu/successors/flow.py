"""Flow matching: from noise to one of the possible photographs, in steps (Lipman et al., 2023; Liu et al., 2023)."""

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pix2pix_edu.generator import Generator
from pix2pix_edu.layers import group_norm, replace_norms
from pix2pix_edu.training import Batches, set_learning_rate


class FlowNetwork(nn.Module):
    """The course's U-Net. It guesses the photograph from x, the photograph mixed with noise, and the photograph's share t in that mixture.

    It differs from G in its seven input channels and its norm: group norm makes no picture depend on the others of its batch.
    """

    def __init__(self, depth: int = 4, width: int = 24):
        super().__init__()
        self.unet = Generator(in_channels=7, depth=depth, width=width, dropout=0.0)
        replace_norms(self.unet, group_norm)

    def forward(self, x: Tensor, mixture: Tensor, t: Tensor) -> Tensor:
        """Guess y (batch, 3, height, width). t holds a number from 0, only noise, to 1 for each picture."""
        share = t.view(-1, 1, 1, 1).expand(-1, 1, *x.shape[-2:])
        return self.unet(torch.cat([x, mixture, share], dim=1))


def flow_loss(network: FlowNetwork, x: Tensor, y: Tensor, random: torch.Generator) -> Tensor:
    """The squared error of the guess for a random mixture of y and noise."""
    noise = torch.randn(y.shape, generator=random).to(y.device)
    t = torch.rand(len(y), generator=random).to(y.device)
    share = t.view(-1, 1, 1, 1)
    guess = network(x, (1 - share) * noise + share * y, t).float()
    return F.mse_loss(guess, y)


def train_flow(
    network: FlowNetwork, batches: Batches | Sequence[tuple[Tensor, Tensor]], steps: int, lr: float = 2e-3, seed: int = 0
) -> Iterator[float]:
    """Train a new network for `steps` steps, and yield the loss of each. The rate rises for 100 steps, and falls in the second half."""
    device = next(network.parameters()).device
    optimizer = torch.optim.Adam(network.parameters(), lr=lr, fused=True)
    random = torch.Generator().manual_seed(seed)
    for step in range(steps):
        x, y = (side.to(device) for side in batches[step])
        set_learning_rate(optimizer, lr * min(1.0, (step + 1) / 100, 2 * (1 - step / steps)))
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cpu"):
            loss = flow_loss(network, x, y, random)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()


@torch.no_grad()
def sample(network: FlowNetwork, x: Tensor, mixture: Tensor, steps: int, first: int = 0) -> Tensor:
    """Walk from a mixture, at first noise alone, to a photograph of x, both (batch, 3, height, width).

    The whole walk has `steps` steps of equal length; `first` is the number of the first one that is taken.
    """
    for step in range(first, steps):
        guess = network(x, mixture, torch.full((len(x),), step / steps, device=x.device))
        mixture = mixture + (guess - mixture) / (steps - step)  # at the last step, the guess itself
    return mixture
