import pytest
import torch
from torch.distributions import Normal

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.objective import Objective
from pix2pix_edu.successors.latent import NUMBERS, LatentGenerator, latent_step
from pix2pix_edu.training import Pix2Pix, linear_decay, train


def small():
    torch.manual_seed(0)
    return Pix2Pix(LatentGenerator(depth=3, width=8), PatchDiscriminator(16, width=4), lr=2e-3)


def test_the_fake_depends_on_z_and_on_nothing_else_that_is_random():
    G, x = small().generator, torch.randn(1, 3, 32, 32)
    z = torch.randn(1, NUMBERS)
    with torch.no_grad():
        assert torch.equal(G(x, z), G(x, z))
        assert not torch.equal(G(x, z), G(x, -z))


def test_the_encoder_gives_a_distribution_of_z_for_each_pair():
    G = small().generator
    of_y = G.encode(torch.randn(2, 3, 32, 32), torch.randn(2, 3, 32, 32))
    assert isinstance(of_y, Normal)
    assert of_y.loc.shape == of_y.scale.shape == (2, NUMBERS)
    assert (of_y.scale > 0).all()


def test_a_step_updates_the_unet_the_encoder_and_d():
    model = small()
    x, y = torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32)
    before = {name: weight.clone() for name, weight in model.generator.named_parameters()}
    judge = model.discriminator.layers[0].weight.clone()
    losses = latent_step(model, x, y, Objective())
    assert model.step == 1
    assert all(loss.isfinite() for loss in losses)
    changed = {name.split(".")[0] for name, weight in model.generator.named_parameters() if not torch.equal(weight, before[name])}
    assert changed == {"unet", "encoder"}
    assert not torch.equal(model.discriminator.layers[0].weight, judge)


class TwoPhotographs:
    """Batches of one x, with a dark or a light photograph."""

    def __init__(self):
        self.order = torch.Generator().manual_seed(0)
        self.x = torch.randn(1, 3, 16, 16, generator=self.order)

    def __getitem__(self, step):
        sign = float(torch.randint(0, 2, (1,), generator=self.order)) * 2 - 1
        return self.x, torch.full_like(self.x, 0.7 * sign)


def test_z_comes_to_say_what_x_leaves_open():
    """Dark or light photographs of one x: after a short training, random z give both, and the z of y gives y."""
    model, batches, steps = small(), TwoPhotographs(), 400
    x = batches.x
    for _ in train(model, batches, steps, Objective(l1_weight=100.0), linear_decay(steps // 2, steps), latent_step):
        pass
    with torch.no_grad():
        for sign in (-1, 1):
            y = torch.full_like(x, 0.7 * sign)
            assert model.generator(x, model.generator.encode(x, y).loc).mean().item() == pytest.approx(0.7 * sign, abs=0.15)
        means = torch.stack([model.generator(x, torch.randn(1, NUMBERS)).mean() for _ in range(40)])
    assert means.std() > 0.1
