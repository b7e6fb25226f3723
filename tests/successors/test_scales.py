import torch

from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import Objective
from pix2pix_edu.receptive_field import receptive_field
from pix2pix_edu.successors.scales import TwoScales, matching_loss, two_scale_step
from pix2pix_edu.training import Pix2Pix


def test_the_second_scale_judges_the_pictures_at_half_their_size():
    torch.manual_seed(0)
    D = TwoScales(16, width=4)
    x, y = torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64, requires_grad=True)
    first, second = D(x, y)
    torch.testing.assert_close(first[-1], D.scales[0](x, y))
    assert second[-1].shape[-1] < first[-1].shape[-1]
    sides = []
    for values in (first, second):
        row, column = (side // 2 for side in values[-1].shape[-2:])
        (gradient,) = torch.autograd.grad(values[-1][0, 0, row, column], y, retain_graph=True)
        sides.append(int(gradient.abs().sum(dim=(0, 1, 2)).ne(0).sum()))
    patch = receptive_field(D.scales[0].convs)
    assert sides[0] >= patch  # batch statistics reach further, but only the layers below the norm see the patch
    assert all(not isinstance(scale, torch.nn.BatchNorm2d) for scale in D.scales)


def test_matching_is_zero_for_y_itself_and_gives_d_no_gradient():
    torch.manual_seed(0)
    D = TwoScales(16, width=4)
    x, y, fake = (torch.rand(1, 3, 32, 32) for _ in range(3))
    assert matching_loss(D(x, y), D(x, y)).item() == 0
    fake.requires_grad_()
    loss = matching_loss(D(x, fake), D(x, y))
    assert loss > 0
    (gradient,) = torch.autograd.grad(loss, fake)
    assert gradient.abs().sum() > 0


def test_a_step_updates_g_and_both_discriminators():
    torch.manual_seed(0)
    model = Pix2Pix(Generator(depth=3, width=4), TwoScales(16, width=4))
    networks = {"G": model.generator, "D 1": model.discriminator.scales[0], "D 2": model.discriminator.scales[1]}
    before = {name: [weight.clone() for weight in network.parameters()] for name, network in networks.items()}
    losses = two_scale_step(model, torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32), Objective())
    assert model.step == 1
    assert all(loss.isfinite() for loss in losses)
    for name, network in networks.items():
        assert any(not torch.equal(one, other) for one, other in zip(network.parameters(), before[name], strict=True)), name
