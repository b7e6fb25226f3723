"""Train the network whose features measure pictures, and bundle it: python data/make_features.py. Four minutes on one core."""

import torch
import torch.nn.functional as F

from pix2pix_edu.drawing.classes import CLASS_COLOURS, label_ids
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.measures.features import FEATURES, SIDE, Features
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.training import Pairs, stack_pairs
from pix2pix_edu.weights.bundled import save_network

SETTINGS = {"classes": len(CLASS_COLOURS), "depth": 5, "width": 24}


def train_features(pairs: Pairs, steps: int = 800, seed: int = 0, batch_size: int = 8, lr: float = 3e-3) -> Features:
    """Train on real photographs y and their painted label maps x."""
    with own_random_numbers(seed):
        network = Features(**SETTINGS)
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    for _ in range(steps):
        chosen = torch.randint(len(pairs), (batch_size,), generator=order).tolist()
        xs, ys = stack_pairs(pairs[i] for i in chosen)
        labels = label_ids(xs, CLASS_COLOURS).flatten(1)
        shares = torch.stack([row.bincount(minlength=len(CLASS_COLOURS)) for row in labels]) / labels.shape[1]
        loss = F.cross_entropy(network(ys), shares)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


if __name__ == "__main__":
    torch.set_num_threads(1)
    network = train_features(SyntheticPairs(800, SIDE, seed=5))
    save_network(network.state_dict(), SETTINGS, SIDE, FEATURES, "painted")
