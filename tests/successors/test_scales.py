import pytest
import torch

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator
from pix2pix_edu.held_norms import with_norms_of
from pix2pix_edu.objective import Objective
from pix2pix_edu.successors.scales import SCALES, ScalesDiscriminator, feature_matching, scales_step
from pix2pix_edu.training import Pix2Pix, linear_decay, train, train_step


def test_the_first_scale_is_a_patchgan():
    torch.manual_seed(0)
    D = ScalesDiscriminator(16, width=4)
    x, y = torch.randn(2, 3, 64, 64), torch.randn(2, 3, 64, 64)
    assert torch.equal(D(x, y)[0][-1], D.scales[0](x, y))
    assert isinstance(D.scales[0], PatchDiscriminator)


def test_each_further_scale_sees_twice_as_much_of_the_picture():
    torch.manual_seed(0)
    x, y = torch.randn(1, 3, 128, 128), torch.randn(1, 3, 128, 128, requires_grad=True)
    D = with_norms_of(ScalesDiscriminator(16, width=4), x, y)  # otherwise a logit depends on every pixel, through the statistics
    logits = [values[-1][0, 0, values[-1].shape[-2] // 2, values[-1].shape[-1] // 2] for values in D(x, y)]
    for scale, logit in enumerate(logits):
        (seen,) = torch.autograd.grad(logit, y, retain_graph=True)
        assert (seen.abs().sum(dim=(0, 1, 3)) > 0).sum() == 16 * 2**scale


def test_features_of_the_same_picture_match():
    torch.manual_seed(0)
    D = ScalesDiscriminator(16, width=4)
    x, y = torch.randn(1, 3, 64, 64), torch.randn(1, 3, 64, 64)
    assert feature_matching(D(x, y), D(x, y)) == 0
    assert feature_matching(D(x, y), D(x, -y)) > 0.01


def test_logits_do_not_count_for_the_matching():
    one = [[torch.zeros(1, 2, 4, 4), torch.zeros(1, 1, 3, 3)]]
    other = [[torch.full((1, 2, 4, 4), 0.5), torch.ones(1, 1, 3, 3)]]
    assert feature_matching(one, other) == pytest.approx(0.5)


def test_a_step_updates_g_and_every_scale():
    torch.manual_seed(0)
    model = Pix2Pix(Generator(depth=3, width=4), ScalesDiscriminator(16, width=4))
    before = [scale.layers[0].weight.clone() for scale in model.discriminator.scales]
    painted = {name: weight.clone() for name, weight in model.generator.state_dict().items()}
    losses = scales_step(model, torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64), Objective())
    assert model.step == 1
    assert all(loss.isfinite() for loss in losses)
    assert len(before) == SCALES
    assert all(not torch.equal(scale.layers[0].weight, old) for scale, old in zip(model.discriminator.scales, before, strict=True))
    assert any(not torch.equal(weight, painted[name]) for name, weight in model.generator.state_dict().items())


class Stripes:
    """Batches of one x, with vertical stripes that are shifted at random: only the adversarial terms can ask for stripes."""

    def __init__(self):
        self.order = torch.Generator().manual_seed(0)
        self.x = torch.randn(1, 3, 64, 64, generator=self.order)

    def __getitem__(self, step):
        shift = int(torch.randint(0, 8, (1,), generator=self.order))
        wave = torch.sign(torch.sin((torch.arange(64) + shift + 0.5) * torch.pi / 4))
        return self.x, 0.7 * wave.expand(1, 3, 64, 64).contiguous()


def test_g_learns_stripes_that_l1_alone_would_blur():
    contrast, steps = {}, 300
    for name, discriminator, step, weight in (
        ("L1", PatchDiscriminator, train_step, 0.0),
        ("scales", ScalesDiscriminator, scales_step, 1.0),
    ):
        torch.manual_seed(0)
        model, batches = Pix2Pix(Generator(depth=3, width=8), discriminator(16, width=8), lr=2e-3), Stripes()
        for _ in train(model, batches, steps, Objective(weight, l1_weight=1.0), linear_decay(steps // 2, steps), step):
            pass
        with torch.no_grad():
            contrast[name] = model.generator(batches.x).std().item()
    assert contrast["scales"] > 2 * contrast["L1"]
