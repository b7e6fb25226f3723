import pytest
import torch
from tiny import parameters

from pix2pix_edu.discriminator import PATCHES, PatchDiscriminator, patch_convs
from pix2pix_edu.receptive_field import Conv, input_span, output_size


def test_every_patch_has_as_many_parameters_as_the_reference():
    counted = [parameters(PatchDiscriminator(patch)) for patch in PATCHES]
    assert counted == [9_024, 139_585, 666_433, 2_768_705, 6_964_033, 11_159_361]


@pytest.mark.parametrize("patch", PATCHES)
def test_the_network_is_built_from_the_list_that_states_its_patch(patch):
    built = [m for m in PatchDiscriminator(patch, width=4).modules() if isinstance(m, torch.nn.Conv2d)]
    assert [Conv(m.kernel_size[0], m.stride[0], m.padding[0]) for m in built] == patch_convs(patch)


@pytest.mark.parametrize("patch", PATCHES)
def test_it_gives_one_logit_per_patch_for_any_rectangle(patch):
    x, y = torch.randn(2, 1, 3, 160, 192)
    logits = PatchDiscriminator(patch, width=4)(x, y)
    assert logits.shape == (1, 1, output_size(patch_convs(patch), 160), output_size(patch_convs(patch), 192))


def test_logits_are_not_squashed():
    x, y = torch.randn(2, 2, 3, 32, 32)
    discriminator = PatchDiscriminator(16, width=8)
    torch.nn.init.constant_(discriminator.layers[-1].bias, 7.0)
    assert discriminator(x, y).mean().item() == pytest.approx(7.0, abs=1.0)


def test_a_conditional_discriminator_looks_at_x():
    discriminator = PatchDiscriminator(16, width=4)
    x, other, y = torch.randn(3, 1, 3, 32, 32)
    assert not torch.equal(discriminator(x, y), discriminator(other, y))


def test_an_unconditional_discriminator_never_looks_at_x():
    discriminator = PatchDiscriminator(16, width=4, conditional=False)
    x, other, y = torch.randn(3, 1, 3, 32, 32)
    assert torch.equal(discriminator(x, y), discriminator(other, y))


def test_a_patch_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(ValueError, match=r"patch must be one of \(1, 16, 34, 70, 142, 286\), got 94"):
        PatchDiscriminator(94)


def test_an_image_too_small_for_the_patch_is_refused_with_the_size_that_would_do():
    x, y = torch.randn(2, 1, 3, 64, 64)
    with pytest.raises(ValueError, match="a patch of 286 needs images of at least 96 x 96 pixels, got 64 x 64"):
        PatchDiscriminator(286, width=4)(x, y)
    assert PatchDiscriminator(286, width=4)(*torch.randn(2, 1, 3, 96, 96)).shape == (1, 1, 1, 1)


def gradient_energy_outside(discriminator, index, first, after_last, size=128):
    """Share of a logit's input gradient that lies outside the square it is said to see."""
    x = torch.zeros(1, 3, size, size)
    y = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0)).requires_grad_()
    discriminator(x, y)[0, 0, index, index].backward()
    energy = y.grad.square().sum(dim=(0, 1))
    total = energy.sum()
    energy[first:after_last, first:after_last] = 0
    return (energy.sum() / total).item()


def test_batch_statistics_leak_beyond_the_patch_and_fixed_ones_do_not():
    torch.manual_seed(0)
    leaky = PatchDiscriminator(34, width=8)
    assert gradient_energy_outside(leaky, 14, *input_span(leaky.convs, 14)) > 0
    local = torch.nn.Sequential(*[m for m in leaky.layers if not isinstance(m, torch.nn.BatchNorm2d)])
    leaky.layers = local
    assert gradient_energy_outside(leaky, 14, *input_span(leaky.convs, 14)) == 0


@pytest.mark.parametrize("sides", [(160, 16), (16, 160)])
def test_height_and_width_must_both_fit_the_patch(sides):
    x, y = torch.randn(2, 1, 3, *sides)
    with pytest.raises(ValueError, match=f"got {sides[0]} x {sides[1]}"):
        PatchDiscriminator(70, width=4)(x, y)


def test_weights_start_as_in_the_paper():
    torch.manual_seed(0)
    state = PatchDiscriminator(70, width=32).state_dict()
    convs = torch.cat([value.flatten() for value in state.values() if value.dim() == 4])
    scales = torch.cat([value for key, value in state.items() if value.dim() == 1 and key.endswith("weight")])
    assert convs.std().item() == pytest.approx(0.02, rel=0.01)
    assert scales.mean().item() == pytest.approx(1.0, abs=3e-3)
    assert all((value == 0).all() for key, value in state.items() if key.endswith("bias"))


def test_every_leaky_relu_has_the_slope_of_the_paper():
    slopes = {module.negative_slope for module in PatchDiscriminator(70, width=4).modules() if isinstance(module, torch.nn.LeakyReLU)}
    assert slopes == {0.2}


def test_without_arguments_it_is_the_papers_of_70_pixels():
    assert parameters(PatchDiscriminator()) == 2_768_705
    assert PatchDiscriminator().patch == 70
