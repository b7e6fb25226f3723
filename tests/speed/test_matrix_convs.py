import copy

import pytest
import torch
from torch import nn

from pix2pix_edu.generator import Generator
from pix2pix_edu.speed import matrix_convs
from pix2pix_edu.speed.matrix_convs import FEW, MANY, MatrixConv2d, MatrixConvTranspose2d, gather, scatter, use_matrices


def layer(kind, stride=2, bias=False):
    torch.manual_seed(0)
    return kind(6, 5, 4, stride=stride, padding=1, bias=bias).to(memory_format=torch.channels_last)


def outputs_and_gradients(conv, x):
    x = x.clone().requires_grad_()
    y = conv(x)
    weight = torch.randn(y.shape, generator=torch.Generator().manual_seed(1))
    return y, *torch.autograd.grad((y * weight).sum(), [x, *conv.parameters()])


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(
    ("kind", "height", "stride"), [(nn.Conv2d, 4, 2), (nn.Conv2d, 2, 2), (nn.Conv2d, 3, 1), (nn.ConvTranspose2d, 1, 2)]
)
def test_outputs_and_gradients_are_those_of_torch(kind, height, stride, batch, bias):
    plain = layer(kind, stride, bias)
    fast = copy.deepcopy(plain)
    use_matrices(fast)
    assert isinstance(fast, (MatrixConv2d, MatrixConvTranspose2d))
    x = torch.randn(batch, 6, height, 4)
    for one, other in zip(outputs_and_gradients(plain, x), outputs_and_gradients(fast, x), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("stride", [1, 2])
def test_scatter_is_the_reverse_of_gather(stride):
    """For every x and r, the dot products <gather(x), r> and <x, scatter(r)> are equal: each is the transpose of the other."""
    x = torch.randn(2, 3, 8, 6)
    rows = gather(x, stride)
    other = torch.randn_like(rows)
    back = scatter(other, 2, 6 // stride + 1, 4 // stride + 1, stride)
    assert torch.allclose((rows * other).sum(), (x * back).sum(), rtol=1e-4)


@pytest.mark.parametrize(
    ("precision", "side", "calls"), [(torch.float32, 4, 1), (torch.float32, 8, 0), (torch.bfloat16, 16, 1), (torch.bfloat16, 32, 0)]
)
def test_only_layers_with_few_positions_are_matrix_products(monkeypatch, precision, side, calls):
    assert 4 * 4 <= FEW < 8 * 8
    assert 16 * 16 <= MANY < 32 * 32
    conv, used = layer(nn.ConvTranspose2d), []
    use_matrices(conv)
    monkeypatch.setattr(matrix_convs, "as_matrix", lambda weight, real=matrix_convs.as_matrix: used.append(weight.dtype) or real(weight))
    with torch.autocast("cpu", precision, enabled=precision != torch.float32):
        conv(torch.randn(1, 6, side, side))
    assert used == [precision] * calls


def test_products_in_16_bits_are_about_as_close_to_32_bits_as_torchs_own_convolution():
    exact = layer(nn.Conv2d)
    plain, fast = copy.deepcopy(exact), copy.deepcopy(exact)
    use_matrices(fast)
    x = torch.randn(2, 6, 4, 4)
    expected = outputs_and_gradients(exact, x)
    with torch.autocast("cpu", torch.bfloat16):
        found, torchs = (outputs_and_gradients(conv, x) for conv in (fast, plain))
    assert [value.dtype for value in found] == [value.dtype for value in torchs]
    for true, one, other in zip(expected, found, torchs, strict=True):
        assert (one - true).abs().max() <= 2 * (other - true).abs().max()


def test_other_convolutions_are_left_to_torch():
    conv = nn.Conv2d(3, 4, 1)
    x = torch.randn(1, 3, 2, 2)
    before = conv(x)
    use_matrices(conv)
    assert torch.equal(conv(x), before)


def test_weights_keep_their_names():
    generator = Generator(depth=4, width=4)
    before = generator.state_dict()
    use_matrices(generator)
    assert generator.state_dict().keys() == before.keys()
