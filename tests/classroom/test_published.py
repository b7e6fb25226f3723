import copy
import io
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from reactions import measure
from torch import nn
from written_steps import RIGHT_STEP, edited, step_from

from pix2pix_edu.classroom.display import draw_named_pictures, png
from pix2pix_edu.classroom.published import checks, figures, widgets
from pix2pix_edu.classroom.small_runs import short_run
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.images import to_image
from pix2pix_edu.published.catalogue import SYSTEMS, VARIANTS, YARDSTICKS, find_system
from pix2pix_edu.receptive_field import Conv
from pix2pix_edu.training import train_step

# --- the exercise: audit ------------------------------------------------------------------------------------------------------------


def convs(discriminator):
    return [module for module in discriminator.modules() if isinstance(module, nn.Conv2d)]


def walk(layers, gap=1, kernel=None):
    """The patch counted back from the last layer; with `kernel`, as if every kernel had that size."""
    side = 1
    for conv in reversed(layers):
        side = (side - gap) * conv.stride[0] + (kernel or conv.kernel_size[0])
    return side


def reach(discriminator, size=256):
    """Measure how many columns of y change the value in the middle of the map."""
    x, y = torch.randn(2, 1, 3, size, size, generator=torch.Generator().manual_seed(0))
    logits = discriminator(x, y.requires_grad_())
    logits[0, 0, logits.shape[-2] // 2, logits.shape[-1] // 2].backward()
    return int((y.grad != 0).any(dim=(0, 1, 2)).sum())


def without_norms(discriminator):
    bare = copy.deepcopy(discriminator)
    for module in list(bare.modules()):
        for name, child in module.named_children():
            if isinstance(child, (nn.BatchNorm2d, nn.InstanceNorm2d)):
                setattr(module, name, nn.Identity())
    return bare


def map_side(discriminator, size=256):
    for conv in convs(discriminator):
        size = (size + 2 * conv.padding[0] - conv.kernel_size[0]) // conv.stride[0] + 1
    return size


def outermost(discriminator):
    return walk([layer for layer in next(discriminator.children()) if isinstance(layer, nn.Conv2d)])


WRONG_AUDITS = [
    (lambda D: 70, "what the texts say"),
    (outermost, "outermost layers only"),
    (map_side, "side of the map at 256 px"),
    (lambda D: 256 // map_side(D), "as many tiles as there are values"),
    (lambda D: math.prod(conv.stride[0] for conv in convs(D)), "the step from one patch to the next"),
    (lambda D: walk(convs(D)[::-1]), "wrong direction"),
    (lambda D: walk(convs(D), gap=0), "the -1 is missing"),
    (lambda D: walk(convs(D), kernel=4), "read kernel_size"),
    (lambda D: walk(convs(D)[:-1]), "the last convolution is missing"),
    (lambda D: walk([conv for conv in convs(D) if conv.stride[0] > 1]), "a stride above 1 only"),
    (lambda D: 9 * 2 ** sum(conv.stride[0] == 2 for conv in convs(D)) - 2, "and some of these texts end in one"),
    (lambda D: walk(convs(D)) ** 2, "this is the area"),
    (reach, "through norm layers"),
    (lambda D: None, "does it end with `return`"),
    (lambda D: walk(convs(D)) + (len(convs(D)) == 3), "walk back from it, layer by layer"),
]


def test_a_patch_walked_back_from_the_modules_convolutions_is_proved():
    verdict = checks.audit(lambda D: walk(convs(D)))
    assert verdict.state == "proved"
    assert "least_squares 94" in verdict.message


def test_a_patch_measured_by_gradient_without_norms_is_proved_too():
    assert checks.audit(lambda D: reach(without_norms(D))).state == "proved"


@pytest.mark.parametrize(("answer", "words"), WRONG_AUDITS)
def test_each_wrong_audit_gets_its_diagnosis(answer, words):
    verdict = checks.audit(answer)
    assert verdict.state == "not yet"
    assert words in verdict.message, verdict


# --- the exercise: the sixth fragment -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [1, 3, 4, 5, 6, 7, 8])
def test_each_sound_line_is_called_sound_with_its_reason(line):
    verdict = checks.sixth_line(lambda: line)
    assert verdict.state == "not yet"
    assert f"line {line} is sound: {checks.SOUND_LINES[line]}" in verdict.message


def test_the_faulty_line_is_proved_and_a_number_without_a_line_is_rejected():
    assert checks.sixth_line(lambda: 2).state == "proved"
    assert "there is no line 9" in checks.sixth_line(lambda: 9).message


PICTURE_FIRST = edited(RIGHT_STEP, ("D(x, y)", "D(y, x)"), ("D(x, fake.detach())", "D(fake.detach(), x)"), ("D(x, fake)", "D(fake, x)"))
SIXTH_STEP = edited(RIGHT_STEP, ("D(x, y)", "D(y, x)"))


@pytest.mark.parametrize("source", [RIGHT_STEP, PICTURE_FIRST])
def test_either_order_is_proved_if_it_is_the_same_everywhere(source):
    assert checks.mended(step_from(source)).state == "proved"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (SIXTH_STEP, "x comes second, first, first"),
        (edited(RIGHT_STEP, ("D(x, fake)", "D(fake, x)")), "x comes first, first, second"),
        (edited(PICTURE_FIRST, ("D(fake, x)", "D(x, fake)")), "x comes second, second, first"),
        (edited(RIGHT_STEP, ("D(x, y)", "D(y, y)")), "does not get x"),
        (edited(PICTURE_FIRST, ("fake.detach()", "fake")), "not detached"),
        (edited(PICTURE_FIRST, ("real_loss(D(y, x)) + fake_loss", "fake_loss(D(y, x)) + real_loss")), "the wrong way round"),
        (edited(RIGHT_STEP, ("real_loss(D(x, fake))", "fake_loss(D(x, fake))")), "taught to be recognised"),
        (edited(PICTURE_FIRST, (" + objective.l1_weight * l1", "")), "L1 is missing"),
        (edited(PICTURE_FIRST, ("    model.step += 1\n", "")), "does not count this step"),
    ],
)
def test_each_wrong_sixth_step_gets_its_diagnosis(source, words):
    verdict = checks.mended(step_from(source))
    assert verdict.state == "not yet"
    assert words in verdict.message, verdict


def test_the_sixth_step_lets_d_win_by_the_place_of_x():
    sixth, healthy = (short_run(step, steps=150)[1][-1] for step in (step_from(SIXTH_STEP), train_step))
    assert sixth.discriminator < healthy.discriminator / 2


# --- stand-ins that get the losses out of a step ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("linked_code", lambda z: F.softplus(-z)),
        ("annotated_reading", lambda z: F.softplus(-z)),
        ("annotated_reading_sigmoid_twice", lambda z: F.softplus(-torch.sigmoid(z))),
        ("least_squares", lambda z: (z - 1) ** 2),
        ("cross_entropy", lambda z: F.softplus(-z)),
        ("layer_tables_by_formulas", lambda z: -z),
    ],
)
def test_what_g_pays_is_the_systems_formula(name, formula):
    assert torch.allclose(widgets.paid_by_g(name), formula(figures.SCORES), atol=1e-4)


def test_two_sigmoids_keep_both_losses_within_their_limits():
    floor, low, high = widgets.loss_range("annotated_reading_sigmoid_twice")
    at_most = math.log(1 + math.exp(0.0))  # a sigmoid is between 0 and 1
    at_least = math.log(1 + math.exp(-1.0))
    assert (low, high) == pytest.approx((at_least, at_most), abs=1e-6)
    assert floor == pytest.approx((at_least + at_most) / 2, abs=1e-6)


def test_ds_loss_has_no_floor_for_a_critic_and_the_floor_zero_in_the_five_texts():
    assert widgets.loss_range("layer_tables_by_formulas").discriminator_floor < -50
    for name in (*SYSTEMS, "layer_tables_by_strides", "layer_tables_squared"):
        assert widgets.loss_range(name).discriminator_floor == pytest.approx(0, abs=1e-6)


def test_one_loss_of_g_has_no_floor_and_one_has_a_ceiling():
    limits = {name: widgets.loss_range(name) for name in [*SYSTEMS, *YARDSTICKS, *VARIANTS]}
    assert [name for name, limit in limits.items() if limit.generator_floor < -50] == ["layer_tables_by_formulas"]
    assert [name for name, limit in limits.items() if limit.generator_ceiling < 50] == ["annotated_reading_sigmoid_twice"]


def test_measuring_a_system_changes_neither_its_losses_nor_the_random_numbers():
    widgets._head.cache_clear()
    before = torch.get_rng_state()
    widgets.draw_published("layer_tables", 70, 64)
    first = widgets.losses_at(find_system("layer_tables"), 1.0, -1.0)
    assert widgets.losses_at(find_system("layer_tables"), 1.0, -1.0) == first
    assert first == pytest.approx((2 * math.log(1 + math.exp(-1.0)), math.log(1 + math.e)), abs=1e-6)
    assert torch.equal(torch.get_rng_state(), before)


# --- figures and widgets ------------------------------------------------------------------------------------------------------------


def test_the_caption_follows_the_controls():
    assert "counted 94 pixels, 16 x 16 values" in widgets.draw_published("least_squares", 70, 256)[1]
    assert "counted 70 pixels, 30 x 30 values" in widgets.draw_published("linked_code", 70, 256)[1]
    assert "counted 94 pixels, 8 x 8 values" in widgets.draw_published("layer_tables_by_strides", 70, 256)[1]
    assert "meant 286, counted 118 pixels" in widgets.draw_published("annotated_reading", 286, 256)[1]
    assert "This text has no D for 142" in widgets.draw_published("least_squares", 142, 64)[1]
    assert "G pays 0.313 to 0.693" in widgets.draw_published("annotated_reading_sigmoid_twice", 70, 64)[1]
    assert "D's loss has no floor; G pays anything" in widgets.draw_published("layer_tables_by_formulas", 70, 64)[1]


def test_every_control_redraws_its_figure():
    row, picture, _ = widgets.explore_published().children
    for control, value in zip(reversed(row.children), (128, 142, "least_squares"), strict=True):
        before = picture.value
        control.value = value
        assert picture.value != before


def test_every_system_is_offered_with_its_variants():
    row, *_ = widgets.explore_published().children
    assert set(row.children[0].options) >= {*SYSTEMS, *VARIANTS}


def test_figures_draw_what_they_are_given():
    house = SyntheticPairs(1, 64)[0][1]
    stack = [Conv(4, 2, 1), Conv(4, 1, 1), Conv(4, 1, 1)]
    assert figures.draw_claims(house, {"one": (stack, 70)}).axes[0].get_title() == "one\nmeant 70, counted 16"
    assert "3 x 3: -1.00 to 2.00" in figures.draw_maps({"D": torch.tensor([[-1.0, 0, 0], [0, 2, 0], [0, 0, 0]])}).axes[0].get_title()


def test_results_show_a_dot_for_each_seed_and_a_line_for_each_yardstick():
    results = {"one": {"read": [0.4, 0.5, 0.6], "L1": [0.3, 0.3, 0.3]}, "two": {"read": [0.2, 0.2, 0.5], "L1": [0.1, 0.2, 0.3]}}
    sticks = {"read": {"real_photos": 0.9, "median_colours": 0.3, "labels_of_another": 0.1}}
    read, l1 = figures.draw_results(results, sticks, best={"L1": 0.0}).axes
    dots = [sorted(line.get_xdata().tolist()) for line in read.lines if line.get_marker() == "o"]
    assert dots == [[0.4, 0.5, 0.6], [0.2, 0.2, 0.5]]
    labels = [line.get_label() for line in read.lines if not line.get_label().startswith("_")]
    assert labels == ["real photos", "median colours", "labels of another"]
    spread = read.lines[0].get_xdata()
    assert [float(value) for value in spread] == pytest.approx([0.4, 0.6])  # mean 0.5, sd 0.1
    assert 0.0 in [line.get_xdata()[0] for line in l1.lines]


def test_under_its_name_each_pixel_of_a_picture_is_three_pixels_wide():
    pictures = {name: torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(number)) for number, name in enumerate("xyzw")}
    drawn = np.asarray(Image.open(io.BytesIO(png(draw_named_pictures(pictures, scale=3)))).convert("RGB"))
    for place, picture in enumerate(pictures.values()):
        row, column = divmod(place, 3)
        top, left = row * (48 + 24) + 24, column * (48 + 8)
        enlarged = np.asarray(to_image(picture).resize((48, 48), Image.Resampling.NEAREST))
        assert np.array_equal(drawn[top : top + 48, left : left + 48], enlarged)


def test_the_widget_answers_with_a_caption_that_follows_its_controls(record_property):
    widgets.explore_published()  # computes in advance what no click should wait for
    names = [*SYSTEMS, *VARIANTS]
    measure(record_property, {"published": lambda i: widgets.draw_published(names[i % len(names)], 70, widgets.SIZES[i % 3])})


def test_a_range_in_words_states_which_end_is_open():
    assert figures.range_in_words(figures.LossRange(0.0, 0.0, 100.0)) == "0.000 or more, without end"
    assert figures.range_in_words(figures.LossRange(-200.0, -100.0, 100.0)) == "anything, below 0 too"
