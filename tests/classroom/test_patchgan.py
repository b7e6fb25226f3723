import math

import pytest
import torch
from reactions import measure
from torch import nn

from pix2pix_edu.classroom.display import as_html
from pix2pix_edu.classroom.patchgan import checks
from pix2pix_edu.classroom.patchgan.figures import (
    draw_cone,
    draw_gradients,
    draw_judgement,
    draw_occlusion,
    draw_patch,
    draw_patch_map,
    draw_patch_sizes,
    draw_vote_map,
    vote_map,
    wholly_inside,
)
from pix2pix_edu.classroom.patchgan.widgets import (
    DAMAGES,
    OVERLAYS,
    PICTURES,
    draw_logits,
    draw_patch_view,
    draw_strides,
    explore_logits,
    explore_patch,
    explore_strides,
    parameters,
    with_fixed_statistics,
)
from pix2pix_edu.discriminator import PATCHES, PatchDiscriminator, patch_convs
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.receptive_field import Conv, input_span, output_size, receptive_field
from pix2pix_edu.training import stack_pairs


@pytest.fixture(scope="module")
def pair():
    return SyntheticPairs(1, 64)[0]


@pytest.fixture(scope="module")
def pictures():
    pairs = SyntheticPairs(2, 64)
    x, y = stack_pairs(pairs)
    return x, y, y.flip(-1)


@pytest.fixture(scope="module")
def discriminator():
    torch.manual_seed(0)
    return PatchDiscriminator(16, width=8)


# The numbers that figures and widgets show, against counts that do not use the library's arithmetic.


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
    assert torch.equal(vote_map(patch_convs(patch), height, width), votes)


def test_a_corner_is_seen_by_9_patches_and_the_middle_by_64_to_81():
    votes = vote_map(patch_convs(70), 256, 256)
    assert votes[0, 0] == 9
    assert (votes[120:136, 120:136].min(), votes[120:136, 120:136].max()) == (64, 81)


@pytest.mark.parametrize(("patch", "whole"), [(1, 65536), (16, 14400), (34, 3136), (70, 576), (142, 64), (286, 0)])
def test_the_patches_wholly_inside_are_as_many_as_were_counted_by_hand(patch, whole):
    assert wholly_inside(patch_convs(patch), 256, 256).sum() == whole


def test_parameters_are_those_of_the_living_network():
    assert parameters(70) == sum(weight.numel() for weight in PatchDiscriminator(70).parameters()) == 2_768_705


def test_fixed_statistics_leave_every_logit_as_it_was_and_stop_the_leak(discriminator, pictures):
    x, y, _ = (side[:1] for side in pictures)
    fixed = with_fixed_statistics(discriminator, x, y)
    assert torch.allclose(fixed(x, y), discriminator(x, y), atol=1e-5)
    elsewhere = y.clone()
    elsewhere[..., 40:, 40:] = 0.0
    first, after_last = input_span(discriminator.convs, 5)
    assert after_last <= 40
    assert fixed(x, elsewhere)[0, 0, 5, 5] == fixed(x, y)[0, 0, 5, 5]
    assert discriminator(x, elsewhere)[0, 0, 5, 5] != discriminator(x, y)[0, 0, 5, 5]


# Figures.


def test_the_yellow_square_stands_where_the_span_says(pair):
    figure = draw_patch(pair[1], patch_convs(34), 7, 8)
    square = figure.axes[0].patches[-1]
    top, left = input_span(patch_convs(34), 7)[0], input_span(patch_convs(34), 8)[0]
    assert (square.get_x(), square.get_y(), square.get_width(), square.get_height()) == (left - 0.5, top - 0.5, 34, 34)


def test_a_patch_that_overhangs_says_by_how_much(pair):
    (hint,) = draw_patch(pair[1], patch_convs(34), 0, 13).axes[0].texts
    assert hint.get_text() == "overhangs: top 11, right 11 px"
    assert not draw_patch(pair[1], patch_convs(34), 7, 7).axes[0].texts


def test_every_figure_can_be_drawn(pair, discriminator):
    x, y = pair
    logits = discriminator(x[None], y[None])
    energy = torch.zeros(64, 64).index_fill_(0, torch.arange(10), 1.0)
    change = torch.zeros(30, 30).index_fill_(0, torch.arange(10, 20), 1.0)
    figures = [
        draw_patch_map(logits),
        draw_vote_map(patch_convs(16), 64, 48),
        draw_cone(patch_convs(70)),
        draw_patch_sizes(y, {patch: patch_convs(patch) for patch in PATCHES[:5]}),
        draw_gradients({"one": energy, "two": energy}, (3, 20), (4, 21)),
        draw_occlusion(y, (16, 24), change),
        draw_judgement(y, logits[0, 0], discriminator.convs),
    ]
    for figure in figures:
        assert as_html(figure, "alt").startswith('<img alt="alt"')


# Widgets: what they say in words.


def test_the_patch_view_states_every_number():
    _, alt = draw_patch_view(patch=70, size=256, row=15, column=0)
    for words in ("30 x 30 logits, 8 px", "rows 97 to 166", "columns -23 to 46", "padding", "576 of 900", "by 9 to 81", "2,768,705"):
        assert words in alt


def test_a_logit_beyond_the_map_becomes_the_last_one():
    _, alt = draw_patch_view(patch=142, size=256, row=255, column=0)
    assert "Logit (13, 0)" in alt


def test_a_patch_that_fits_nowhere_passes_on_what_the_library_says():
    _, alt = draw_patch_view(patch=286, size=64)
    assert "no output at all" in alt
    assert "needs an image of at least 96 pixels a side, got 64 x 64" in alt


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("patch", PATCHES[:3])
def test_every_overlay_can_be_shown(patch, overlay):
    figure, _ = draw_patch_view(patch, 64, 0, 3, overlay)
    assert as_html(figure, "alt")


def test_the_strides_view_states_the_chain():
    _, alt = draw_strides()
    assert "1, 4, 7, 16, 34, 70 pixels. Patch 70, 8 px" in alt
    _, alt = draw_strides(fourth=2, fifth=2)
    assert "Patch 94, 32 px from patch to patch, 8 x 8 logits" in alt


def test_damage_moves_the_patches_that_see_it_and_with_batch_statistics_all(discriminator, pictures):
    _, local = draw_logits(discriminator, pictures, house=1, damage="noise", row=24, column=24, fixed=True)
    _, leaking = draw_logits(discriminator, pictures, house=1, damage="noise", row=24, column=24, fixed=False)
    covered = sum(first < 40 and after_last > 24 for first, after_last in (input_span(discriminator.convs, i) for i in range(30)))
    assert f"moves {covered**2} of 900" in local
    assert "moves 900 of 900" in leaking


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("judged", PICTURES)
def test_every_picture_and_damage_can_be_judged(discriminator, pictures, judged, damage):
    figure, alt = draw_logits(discriminator, pictures, house=1, judged=judged, damage=damage, row=60, column=0)
    assert alt.startswith(f"House 1, {judged}: mean logit ")
    assert as_html(figure, alt)


def test_controls_redraw_the_picture(discriminator, pictures):
    for widget, control in ((explore_patch(), 2), (explore_strides(), 3), (explore_logits(discriminator, *pictures), 0)):
        row, picture = widget.children
        before, chosen = picture.value, row.children[control]
        chosen.value = chosen.options[0] if hasattr(chosen, "options") else 1
        assert picture.value != before


def test_each_widget_answers_in_words_that_follow_its_controls(discriminator, pictures, record_property):
    rows = {
        "explore_patch": lambda i: draw_patch_view(PATCHES[i % 5], 256, i, 3, OVERLAYS[i % 3]),
        "explore_strides": lambda i: draw_strides(first=1 + i % 2, fourth=1 + i % 2),
        "explore_logits": lambda i: draw_logits(discriminator, pictures, damage=DAMAGES[i % 4], row=i, fixed=bool(i % 2)),
    }
    measure(record_property, rows)


# Checks: the right answer is proved, every known wrong one gets its own diagnosis.


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


WRONG_FIELDS = {
    "multiply the kernels": lambda convs: math.prod(conv.kernel for conv in convs),
    "add up the kernels": lambda convs: sum(conv.kernel for conv in convs),
    "leave out the strides": from_the_logit(lambda r, k, s, p: r + k - 1),
    "wrong direction": lambda convs: walk(convs, lambda r, k, s, p: (r - 1) * s + k),
    "how many logits the map has": lambda convs: walk(convs, lambda n, k, s, p: (n + 2 * p - k) // s + 1, start=256),
    "the -1 is missing": from_the_logit(lambda r, k, s, p: r * s + k),
    "you add the padding": from_the_logit(lambda r, k, s, p: (r - 1) * s + k + 2 * p),
    "you subtract the padding": from_the_logit(lambda r, k, s, p: (r - 1) * s + k - 2 * p),
    "only the layers of stride 2": from_the_logit(lambda r, k, s, p: (r - 1) * s + k if s == 2 else r),
    "start from r = 0": from_the_logit(lambda r, k, s, p: (r - 1) * s + k, start=0),
    "its own stride only": lambda convs: reach(convs, lambda step, stride: stride),
    "grows too early": lambda convs: reach(convs, lambda step, stride: step * stride),
    "the area": lambda convs: reach(convs, lambda step, stride: step) ** 2,
    "9 * 2^n - 2 holds": lambda convs: 9 * 2 ** len([conv for conv in convs if conv.stride == 2]) - 2,
    "gives nothing back": lambda convs: None,
    "walk back from one logit, layer by layer": lambda convs: 71,
    "stopped with TypeError": lambda convs: sum(convs),
}


def test_a_walk_from_the_picture_to_the_logit_with_growing_steps_is_right_too():
    assert checks.receptive_field(lambda convs: reach(convs, lambda step, stride: step)).state == "proved"
    assert checks.receptive_field(receptive_field).state == "proved"


@pytest.mark.parametrize("says", WRONG_FIELDS)
def test_each_wrong_receptive_field_has_its_own_diagnosis(says):
    verdict = checks.receptive_field(WRONG_FIELDS[says])
    assert verdict.state == "not yet"
    assert says in verdict.message


def through(step):
    return lambda convs, size: walk(convs, step, start=size)


def slow_receptive_field(convs):
    return reach(convs, lambda step, stride: step)


WRONG_SIZES = {
    "leave out the padding": through(lambda n, k, s, p: (n - k) // s + 1),
    "you round up": through(lambda n, k, s, p: math.ceil((n + 2 * p - k) / s) + 1),
    "the +1 is missing": through(lambda n, k, s, p: (n + 2 * p - k) // s),
    "how many pixels one logit sees": lambda convs, size: slow_receptive_field(convs),
    "only divide by the strides": lambda convs, size: size // math.prod(conv.stride for conv in convs),
    "one side only": through(lambda n, k, s, p: (n + p - k) // s + 1),
    "you do not round": through(lambda n, k, s, p: (n + 2 * p - k) / s + 1),
    "into tiles": lambda convs, size: size // slow_receptive_field(convs),
    "pixel by pixel": lambda convs, size: size - slow_receptive_field(convs) + 1,
}


@pytest.mark.parametrize("says", WRONG_SIZES)
def test_each_wrong_map_size_has_its_own_diagnosis(says):
    verdict = checks.output_size(WRONG_SIZES[says])
    assert verdict.state == "not yet"
    assert says in verdict.message


def ends(first_of):
    return lambda convs, index: (first_of(convs, index), first_of(convs, index) + slow_receptive_field(convs))


def step_of(convs):
    return math.prod(conv.stride for conv in convs)


WRONG_SPANS = {
    "leave out the padding": ends(lambda convs, i: i * step_of(convs)),
    "off by one": lambda convs, i: (input_span(convs, i)[0], input_span(convs, i)[0] + slow_receptive_field(convs) - 1),
    "the first layer only": ends(lambda convs, i: i * step_of(convs) - convs[0].padding),
    "add up the paddings": ends(lambda convs, i: i * step_of(convs) - sum(conv.padding for conv in convs)),
    "like tiles": ends(lambda convs, i: i * slow_receptive_field(convs)),
    "centre the patch": ends(lambda convs, i: i * step_of(convs) - slow_receptive_field(convs) // 2),
    "clip at the border": lambda convs, i: tuple(max(0, end) for end in input_span(convs, i)),
    "wrong direction": ends(lambda convs, i: walk(convs, lambda first, k, s, p: first * s - p, start=i)),
    "gives nothing back": lambda convs, i: None,
}


@pytest.mark.parametrize("says", WRONG_SPANS)
def test_each_wrong_span_has_its_own_diagnosis(says):
    verdict = checks.span(WRONG_SPANS[says])
    assert verdict.state == "not yet"
    assert says in verdict.message


def seeing(convs, size, pixel, also=lambda first, after_last: True, until=0):
    spans = [input_span(convs, index) for index in range(output_size(convs, size))]
    return len([1 for first, end in spans if first <= pixel < end + until and also(first, end)])


WRONG_VOTES = {
    "every logit of the map": lambda convs, size, row, column: output_size(convs, size) * output_size(convs, size),
    "you add rows and columns": lambda convs, size, row, column: seeing(convs, size, row) + seeing(convs, size, column),
    "along one side": lambda convs, size, row, column: seeing(convs, size, row),
    "only patches that lie wholly inside": lambda convs, size, row, column: math.prod(
        seeing(convs, size, pixel, lambda first, end: first >= 0 and end <= size) for pixel in (row, column)
    ),
    "off by one": lambda convs, size, row, column: seeing(convs, size, row, until=1) * seeing(convs, size, column, until=1),
    "every pixel the same number": lambda convs, size, row, column: round((slow_receptive_field(convs) / step_of(convs)) ** 2),
    "gives nothing back": lambda convs, size, row, column: None,
}


@pytest.mark.parametrize("says", WRONG_VOTES)
def test_each_wrong_vote_count_has_its_own_diagnosis(says):
    verdict = checks.votes(WRONG_VOTES[says])
    assert verdict.state == "not yet"
    assert says in verdict.message


def stack(*strides, kernel=4, padding=1):
    return [Conv(kernel, stride, padding) for stride in strides]


def twos(patch):
    return round(math.log2((patch + 2) / 9))


WRONG_DESIGNS = {
    "every layer has stride 2": lambda patch: stack(*[2] * (twos(patch) + 2)),
    "see 94 px, not 70. The last *two* take stride 1": lambda patch: stack(*[2] * (twos(patch) + 1), 1),
    "see 46 px, not 70. The last *two* take stride 1": lambda patch: stack(*[2] * twos(patch), 1),
    "one layer of stride 2 too many: strides [2, 2, 2, 2, 1, 1] see 142": lambda patch: stack(*[2] * (twos(patch) + 1), 1, 1),
    "a layer of stride 2 is missing": lambda patch: stack(*[2] * (twos(patch) - 1), 1, 1),
    "come too early": lambda patch: stack(1, 1, *[2] * twos(patch)),
    "70x70 has 4900 weights": lambda patch: stack(1, kernel=patch),
    "without padding 1": lambda patch: stack(*[2] * twos(patch), 1, 1, padding=0),
    "right for 70, but strides [2, 2, 2, 1, 1] see 70 px, not 16": lambda patch: stack(2, 2, 2, 1, 1),
    "give a list of Conv": lambda patch: [2] * twos(patch) + [1, 1],
    "walk back from one logit": lambda patch: stack(2, 1, 1, 1),
}


@pytest.mark.parametrize("says", WRONG_DESIGNS)
def test_each_wrong_design_has_its_own_diagnosis(says):
    verdict = checks.convs_for(WRONG_DESIGNS[says])
    assert verdict.state == "not yet"
    assert says in verdict.message


def with_norms(network, norm):
    """A new D in which each norm layer is another one, or is left out."""
    mended = PatchDiscriminator(network.patch, width=8)
    layers = [norm(layer) if isinstance(layer, nn.BatchNorm2d) else layer for layer in mended.layers]
    mended.layers = nn.Sequential(*[layer for layer in layers if layer is not None])
    return mended


def strip(network):
    network.layers = nn.Sequential(*[layer for layer in network.layers if not isinstance(layer, nn.BatchNorm2d)])
    return network


def only_convolutions(network):
    mended = PatchDiscriminator(network.patch, width=8)
    mended.layers = nn.Sequential(*[layer for layer in mended.layers if isinstance(layer, nn.Conv2d)])
    return mended


WRONG_MENDINGS = {
    "still lies outside the square": lambda network: network,
    "eval() changes nothing here": lambda network: network.eval(),
    "InstanceNorm2d takes its mean over the whole picture": lambda network: with_norms(
        network, lambda norm: nn.InstanceNorm2d(norm.num_features)
    ),
    "GroupNorm takes its mean over the whole picture": lambda network: with_norms(network, lambda norm: nn.GroupNorm(1, norm.num_features)),
    "you changed the D": strip,
    "the LeakyReLUs are gone": only_convolutions,
}


@pytest.mark.parametrize("says", WRONG_MENDINGS)
def test_each_mending_that_leaks_or_breaks_has_its_own_diagnosis(says):
    verdict = checks.local(WRONG_MENDINGS[says])
    assert verdict.state == "not yet"
    assert says in verdict.message


def test_the_right_answers_are_proved():
    def votes(convs, size, row, column):
        return int(vote_map(convs, size, size)[row, column])

    x, y = torch.randn(2, 1, 3, 48, 48, generator=torch.Generator().manual_seed(1))
    verdicts = [
        checks.output_size(output_size),
        checks.span(input_span),
        checks.span(lambda convs, index: list(input_span(convs, index))),
        checks.votes(votes),
        checks.convs_for(lambda patch: stack(*[2] * twos(patch), 1, 1)),
        checks.local(lambda network: with_norms(network, lambda norm: None)),
        checks.local(lambda network: with_fixed_statistics(network, x, y)),
    ]
    assert [verdict.state for verdict in verdicts] == ["proved"] * len(verdicts)


def not_written(*_):
    raise NotImplementedError


@pytest.mark.parametrize("check", [checks.receptive_field, checks.output_size, checks.span, checks.votes, checks.convs_for, checks.local])
def test_an_empty_stub_is_not_started(check):
    assert check(not_written).state == "not started"
