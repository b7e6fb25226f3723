import math

import pytest
import torch
from reactions import measure
from torch import nn

from pix2pix_edu.classroom.display import as_html
from pix2pix_edu.classroom.patchgan import checks, figures, local, widgets
from pix2pix_edu.discriminator import PATCHES, PatchDiscriminator, patch_convs
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.held_norms import with_norms_of
from pix2pix_edu.receptive_field import Conv, input_span, output_size, receptive_field
from pix2pix_edu.training import stack_pairs


@pytest.fixture(scope="module")
def pair():
    return SyntheticPairs(1, 64)[0]


@pytest.fixture(scope="module")
def pictures():
    x, y = stack_pairs(SyntheticPairs(2, 64))
    return x, y, y.flip(-1)


@pytest.fixture(scope="module")
def discriminator():
    torch.manual_seed(0)
    return PatchDiscriminator(16, width=8)


# The numbers that figures and widgets show, compared with counts that do not use the library's arithmetic.


@pytest.mark.parametrize(("patch", "height", "width"), [(16, 32, 48), (34, 64, 64), (70, 64, 96), (1, 8, 8)])
def test_the_vote_map_is_the_one_that_gradients_give(patch, height, width):
    layers = [nn.Conv2d(1, 1, conv.kernel, conv.stride, conv.padding, dtype=torch.float64) for conv in patch_convs(patch)]
    for layer in layers:
        nn.init.ones_(layer.weight)
    picture = torch.zeros(1, 1, height, width, dtype=torch.float64, requires_grad=True)
    votes = torch.zeros(height, width, dtype=torch.long)
    for logit in nn.Sequential(*layers)(picture).flatten():
        (gradient,) = torch.autograd.grad(logit, picture, retain_graph=True)
        votes += gradient[0, 0] > 0
    assert torch.equal(figures.vote_map(patch_convs(patch), height, width), votes)


def test_a_corner_is_seen_by_9_patches_and_the_middle_by_64_to_81():
    votes = figures.vote_map(patch_convs(70), 256, 256)
    assert votes[0, 0] == 9
    assert (votes[120:136, 120:136].min(), votes[120:136, 120:136].max()) == (64, 81)


@pytest.mark.parametrize(("patch", "whole"), [(1, 65536), (16, 14400), (34, 3136), (70, 576), (142, 64), (286, 0)])
def test_the_number_of_patches_wholly_inside_is_what_was_counted_by_hand(patch, whole):
    assert figures.wholly_inside(patch_convs(patch), 256, 256).sum() == whole


def test_fixed_statistics_keep_every_logit_and_stop_the_leak(discriminator, pictures):
    x, y, _ = (side[:1] for side in pictures)
    fixed = with_norms_of(discriminator, x, y)
    assert torch.allclose(fixed(x, y), discriminator(x, y), atol=1e-5)
    elsewhere = y.clone()
    elsewhere[..., 40:, 40:] = 0.0
    first, after_last = input_span(discriminator.convs, 5)
    assert after_last <= 40
    assert fixed(x, elsewhere)[0, 0, 5, 5] == fixed(x, y)[0, 0, 5, 5]
    assert discriminator(x, elsewhere)[0, 0, 5, 5] != discriminator(x, y)[0, 0, 5, 5]


# Figures.


def test_the_yellow_square_is_the_input_span(pair):
    figure = figures.draw_patch(pair[1], patch_convs(34), 7, 8)
    square = figure.axes[0].patches[-1]
    top, left = input_span(patch_convs(34), 7)[0], input_span(patch_convs(34), 8)[0]
    assert (square.get_x(), square.get_y(), square.get_width(), square.get_height()) == (left - 0.5, top - 0.5, 34, 34)


def test_the_figure_states_how_far_a_patch_overhangs(pair):
    (hint,) = figures.draw_patch(pair[1], patch_convs(34), 0, 13).axes[0].texts
    assert hint.get_text() == "overhangs: top 11, right 11 px"
    assert not figures.draw_patch(pair[1], patch_convs(34), 7, 7).axes[0].texts


def test_every_figure_can_be_drawn(pair, discriminator):
    x, y = pair
    logits = discriminator(x[None], y[None])
    energy = torch.zeros(64, 64).index_fill_(0, torch.arange(10), 1.0)
    change = torch.zeros(30, 30).index_fill_(0, torch.arange(10, 20), 1.0)
    drawn = [
        figures.draw_vote_map(patch_convs(16), 64, 48),
        figures.draw_cone(patch_convs(70)),
        figures.draw_patch_sizes(y, {patch: patch_convs(patch) for patch in PATCHES[:5]}),
        figures.draw_gradients({"one": energy, "two": energy}, (3, 20), (4, 21)),
        figures.draw_occlusion(y, (16, 24), change),
        figures.draw_judgement(y, logits[0, 0], discriminator.convs),
    ]
    assert all(as_html(figure, "alt").startswith('<img alt="alt"') for figure in drawn)


def test_only_the_pixels_of_its_patch_move_a_logit():
    torch.manual_seed(0)
    bare = strip(PatchDiscriminator(16, width=4))
    x, y = torch.randn(2, 1, 3, 48, 48)
    energy = local.gradient_energy(bare, x, y, row=4, column=5)
    (top, bottom), (left, right) = (input_span(bare.convs, index) for index in (4, 5))
    assert energy[top:bottom, left:right].gt(0).all()
    energy[top:bottom, left:right] = 0
    assert energy.max() == 0


def test_texture_is_the_difference_between_rows_of_a_wall_alone():
    pictures = torch.zeros(1, 3, 8, 8)
    pictures[:, :, ::2] = 0.5  # stripes
    pictures[..., 4:] = torch.rand(4)  # no wall
    wall = torch.zeros(1, 8, 8, dtype=torch.bool)
    wall[..., :4] = True
    assert local.texture(pictures, wall) == 0.5
    assert local.texture(torch.ones(1, 3, 8, 8), wall) == 0


# Widgets: their alt texts.


def test_damage_changes_the_logits_that_see_it_and_with_batch_statistics_all(discriminator, pictures):
    _, local = widgets.draw_logits(discriminator, pictures, house=1, damage="noise", row=24, column=24, fixed=True)
    _, leaking = widgets.draw_logits(discriminator, pictures, house=1, damage="noise", row=24, column=24, fixed=False)
    covered = sum(first < 40 and after_last > 24 for first, after_last in (input_span(discriminator.convs, i) for i in range(30)))
    assert f"changes {covered**2} of 900" in local
    assert "changes 900 of 900" in leaking


@pytest.mark.parametrize("damage", widgets.DAMAGES)
@pytest.mark.parametrize("judged", widgets.PICTURES)
def test_every_picture_and_damage_can_be_judged(discriminator, pictures, judged, damage):
    figure, alt = widgets.draw_logits(discriminator, pictures, house=1, judged=judged, damage=damage, row=60, column=0)
    assert alt.startswith(f"House 1, {judged}: mean logit ")
    assert as_html(figure, alt)


def test_controls_redraw_the_picture(discriminator, pictures):
    row, picture, _ = widgets.explore_logits(discriminator, *pictures).children
    for chosen in row.children:
        before = picture.value
        chosen.value = chosen.options[-1] if hasattr(chosen, "options") else 1
        assert picture.value != before


def test_the_alt_text_of_each_widget_follows_its_controls(discriminator, pictures, record_property):
    rows = {
        "logits": lambda i: widgets.draw_logits(discriminator, pictures, damage=widgets.DAMAGES[i % 4], row=i, fixed=bool(i % 2)),
    }
    measure(record_property, rows)


# The checks: other right answers than the solutions in the notebook are proved, each wrong one is named.


def walk(convs, step, start=1):
    for conv in convs:
        start = step(start, conv.kernel, conv.stride, conv.padding)
    return start


def from_the_logit(step, start=1):
    return lambda convs: walk(reversed(convs), step, start)


def reach(convs, scale):
    total, step = 1, 1
    for conv in convs:
        total += (conv.kernel - 1) * scale(step, conv.stride)
        step *= conv.stride
    return total


def slow_receptive_field(convs):
    return reach(convs, lambda step, stride: step)


def ends(first_of):
    return lambda convs, index: (first_of(convs, index), first_of(convs, index) + slow_receptive_field(convs))


def step_of(convs):
    return math.prod(conv.stride for conv in convs)


def seeing(convs, size, pixel, also=lambda first, after_last: True, until=0):
    spans = [input_span(convs, index) for index in range(output_size(convs, size))]
    return len([1 for first, end in spans if first <= pixel < end + until and also(first, end)])


def stack(*strides, kernel=4, padding=1):
    return [Conv(kernel, stride, padding) for stride in strides]


def twos(patch):
    return round(math.log2((patch + 2) / 9))


def with_norms(network, norm):
    """Return a new D with other norm layers; `norm` makes one of a number of channels."""
    changed = PatchDiscriminator(network.patch, width=8)
    layers = [norm(layer.num_features) if isinstance(layer, nn.BatchNorm2d) else layer for layer in changed.layers]
    changed.layers = nn.Sequential(*layers)
    return changed


def strip(network):
    network.layers = nn.Sequential(*[layer for layer in network.layers if not isinstance(layer, nn.BatchNorm2d)])
    return network


def only_convolutions(network):
    changed = PatchDiscriminator(network.patch, width=8)
    changed.layers = nn.Sequential(*[layer for layer in changed.layers if isinstance(layer, nn.Conv2d)])
    return changed


WRONG = {
    checks.receptive_field: {
        "multiply the kernels": lambda convs: math.prod(conv.kernel for conv in convs),
        "add up the kernels": lambda convs: sum(conv.kernel for conv in convs),
        "leave out the strides": from_the_logit(lambda r, k, s, p: r + k - 1),
        "wrong direction": lambda convs: walk(convs, lambda r, k, s, p: (r - 1) * s + k),
        "how many logits a side of the map has": lambda convs: walk(convs, lambda n, k, s, p: (n + 2 * p - k) // s + 1, start=256),
        "the -1 is missing": from_the_logit(lambda r, k, s, p: r * s + k),
        "you add the padding": from_the_logit(lambda r, k, s, p: (r - 1) * s + k + 2 * p),
        "you subtract the padding": from_the_logit(lambda r, k, s, p: (r - 1) * s + k - 2 * p),
        "only the layers of stride 2": from_the_logit(lambda r, k, s, p: (r - 1) * s + k if s == 2 else r),
        "start from r = 0": from_the_logit(lambda r, k, s, p: (r - 1) * s + k, start=0),
        "its own stride only": lambda convs: reach(convs, lambda step, stride: stride),
        "grows too early": lambda convs: reach(convs, lambda step, stride: step * stride),
        "the area": lambda convs: slow_receptive_field(convs) ** 2,
        "9 * 2^n - 2 holds": lambda convs: 9 * 2 ** len([conv for conv in convs if conv.stride == 2]) - 2,
        "returns nothing": lambda convs: None,
        "walk back from one logit, layer by layer": lambda convs: 71,
        "stopped with TypeError": lambda convs: sum(convs),
    },
    checks.span: {
        "leave out the padding": ends(lambda convs, i: i * step_of(convs)),
        "off by one": lambda convs, i: (input_span(convs, i)[0], input_span(convs, i)[0] + slow_receptive_field(convs) - 1),
        "the first layer only": ends(lambda convs, i: i * step_of(convs) - convs[0].padding),
        "add up the paddings": ends(lambda convs, i: i * step_of(convs) - sum(conv.padding for conv in convs)),
        "like tiles": ends(lambda convs, i: i * slow_receptive_field(convs)),
        "centre the patch": ends(lambda convs, i: i * step_of(convs) - slow_receptive_field(convs) // 2),
        "clip at the border": lambda convs, i: tuple(max(0, end) for end in input_span(convs, i)),
        "wrong direction": ends(lambda convs, i: walk(convs, lambda first, k, s, p: first * s - p, start=i)),
        "returns nothing": lambda convs, i: None,
    },
    checks.votes: {
        "every logit of the map": lambda convs, size, row, column: output_size(convs, size) * output_size(convs, size),
        "you add rows and columns": lambda convs, size, row, column: seeing(convs, size, row) + seeing(convs, size, column),
        "along one side": lambda convs, size, row, column: seeing(convs, size, row),
        "only patches that are wholly inside": lambda convs, size, row, column: math.prod(
            seeing(convs, size, pixel, lambda first, end: first >= 0 and end <= size) for pixel in (row, column)
        ),
        "off by one": lambda convs, size, row, column: seeing(convs, size, row, until=1) * seeing(convs, size, column, until=1),
        "every pixel the same number": lambda convs, size, row, column: round((slow_receptive_field(convs) / step_of(convs)) ** 2),
        "returns nothing": lambda convs, size, row, column: None,
    },
    checks.convs_for: {
        "every layer has stride 2": lambda patch: stack(*[2] * (twos(patch) + 2)),
        "see 94 px, not 70. The last *two* need stride 1": lambda patch: stack(*[2] * (twos(patch) + 1), 1),
        "see 46 px, not 70. The last *two* need stride 1": lambda patch: stack(*[2] * twos(patch), 1),
        "one layer of stride 2 too many: strides [2, 2, 2, 2, 1, 1] see 142": lambda patch: stack(*[2] * (twos(patch) + 1), 1, 1),
        "a layer of stride 2 is missing": lambda patch: stack(*[2] * (twos(patch) - 1), 1, 1),
        "come too early": lambda patch: stack(1, 1, *[2] * twos(patch)),
        "70x70 has 4900 weights": lambda patch: stack(1, kernel=patch),
        "without padding 1": lambda patch: stack(*[2] * twos(patch), 1, 1, padding=0),
        "right for 70, but strides [2, 2, 2, 1, 1] see 70 px, not 16": lambda patch: stack(2, 2, 2, 1, 1),
        "return a list of Conv": lambda patch: [2] * twos(patch) + [1, 1],
        "walk back from one logit": lambda patch: stack(2, 1, 1, 1),
    },
    checks.local: {
        "still outside the square": lambda network: network,
        "eval() changes nothing here": lambda network: network.eval(),
        "InstanceNorm2d takes its mean over the whole picture": lambda network: with_norms(network, nn.InstanceNorm2d),
        "GroupNorm takes its mean over the whole picture": lambda network: with_norms(network, lambda channels: nn.GroupNorm(1, channels)),
        "you changed the D": strip,
        "the LeakyReLUs are gone": only_convolutions,
    },
}


@pytest.mark.parametrize(("check", "words"), [(check, words) for check, answers in WRONG.items() for words in answers])
def test_each_wrong_answer_is_named(check, words):
    verdict = check(WRONG[check][words])
    assert verdict.state == "not yet"
    assert words in verdict.message


X, Y = torch.randn(2, 1, 3, 48, 48, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        (checks.receptive_field, slow_receptive_field),
        (checks.receptive_field, receptive_field),
        (checks.span, lambda convs, index: list(input_span(convs, index))),
        (checks.votes, lambda convs, size, row, column: int(figures.vote_map(convs, size, size)[row, column])),
        (checks.local, lambda network: with_norms_of(network, X, Y)),
    ],
)
def test_another_right_answer_is_proved(check, answer):
    assert check(answer).state == "proved"
