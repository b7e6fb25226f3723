import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from pix2pix_edu.discriminator import PATCHES, patch_convs
from pix2pix_edu.receptive_field import Conv, input_span, output_size, output_step, receptive_field, smallest_input


def conv_with(kernel, stride, padding):
    return Conv(kernel, min(stride, kernel), padding)  # a stride beyond the kernel would leave holes in what is seen


stacks = st.lists(st.builds(conv_with, st.integers(1, 5), st.integers(1, 3), st.integers(0, 2)), min_size=1, max_size=4)


def plain_network(convs):
    """The same convolutions in one dimension, all weights 1 and nothing between them, so that no gradient can vanish."""
    network = nn.Sequential(*[nn.Conv1d(1, 1, conv.kernel, conv.stride, conv.padding, bias=False, dtype=torch.float64) for conv in convs])
    for weight in network.parameters():
        nn.init.ones_(weight)
    return network


def touched_span(convs, size, index):
    """First input pixel that output `index` depends on, and the one after its last, by gradient."""
    line = torch.zeros(1, 1, size, dtype=torch.float64, requires_grad=True)
    plain_network(convs)(line)[0, 0, index].backward()
    touched = line.grad[0, 0].nonzero().flatten()
    return touched.min().item(), touched.max().item() + 1


@pytest.mark.parametrize("patch", PATCHES)
def test_each_patch_size_is_the_receptive_field_of_its_convolutions(patch):
    assert receptive_field(patch_convs(patch)) == patch


@pytest.mark.parametrize("patch", PATCHES)
def test_arithmetic_and_gradient_agree_on_what_a_patch_sees(patch):
    convs, size = patch_convs(patch), 640
    middle = output_size(convs, size) // 2
    assert touched_span(convs, size, middle) == input_span(convs, middle)
    first, after_last = input_span(convs, middle)
    assert after_last - first == patch


@given(stacks)
@settings(max_examples=200, deadline=None)
def test_for_any_stack_the_gradient_fills_the_receptive_field(convs):
    size = 8 * receptive_field(convs) + 200  # so large that the middle sees no padding
    middle = output_size(convs, size) // 2
    first, after_last = touched_span(convs, size, middle)
    assert (first, after_last) == input_span(convs, middle)
    assert after_last - first == receptive_field(convs)


@given(stacks, st.integers(1, 40))
@settings(max_examples=150, deadline=None)
def test_for_any_stack_the_output_size_is_torchs(convs, size):
    line = torch.zeros(1, 1, size, dtype=torch.float64)
    if size >= smallest_input(convs):
        assert plain_network(convs)(line).shape[-1] == output_size(convs, size)
    else:
        with pytest.raises(RuntimeError):
            plain_network(convs)(line)


def test_neighbouring_outputs_are_one_step_apart():
    convs = patch_convs(70)
    assert output_step(convs) == 8
    assert input_span(convs, 11)[0] - input_span(convs, 10)[0] == 8


@pytest.mark.parametrize(
    ("patch", "side", "whole"), [(1, 256, 65536), (16, 126, 14400), (34, 62, 3136), (70, 30, 576), (142, 14, 64), (286, 6, 0)]
)
def test_the_maps_at_256_pixels_are_those_counted_by_hand(patch, side, whole):
    convs = patch_convs(patch)
    spans = [input_span(convs, index) for index in range(output_size(convs, 256))]
    assert len(spans) == side
    assert sum(first >= 0 and after_last <= 256 for first, after_last in spans) ** 2 == whole


def test_the_smallest_input_gives_one_output_and_one_less_gives_none():
    for patch in PATCHES:
        convs = patch_convs(patch)
        assert output_size(convs, smallest_input(convs)) == 1
        assert output_size(convs, smallest_input(convs) - 1) == 0


def test_the_smallest_input_is_at_least_one_pixel():
    assert smallest_input([Conv(kernel=1, stride=1, padding=3)]) == 1


def test_a_convolution_cannot_be_changed():
    with pytest.raises(AttributeError):
        Conv(4, 2, 1).stride = 1
