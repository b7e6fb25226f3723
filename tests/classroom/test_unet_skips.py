"""The lesson about skips: its checks know right from wrong, its pictures say what they show."""

import pytest
import torch
from reactions import measure
from torch import nn

from pix2pix_edu.classroom.display import png
from pix2pix_edu.classroom.unet_skips import checks, figures, widgets
from pix2pix_edu.drawing.facades import draw_pair
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import to_tensor

# --- the right answers --------------------------------------------------------------------------------------------------------


def channels(depth, width):
    levels = [width * min(2**level, 8) for level in range(depth)]
    return [levels[-1]] + [2 * level for level in reversed(levels[:-1])]


def fits(size, depth):
    return all(side % 2**depth == 0 for side in size)


def mute(levels, k):
    return [torch.zeros_like(level) if number == k else level for number, level in enumerate(levels, start=1)]


def unet(x, down, up, last):
    levels = []
    for block in down:
        x = block(x)
        levels.append(x)
    for block in up:
        levels.pop()
        x = torch.cat([levels[-1], block(x)], dim=1)
    return last(x)


@pytest.mark.parametrize(("check", "answer"), [(checks.channels, channels), (checks.fits, fits), (checks.mute, mute), (checks.skips, unet)])
def test_the_right_answer_is_proved(check, answer):
    assert check(answer).state == "proved"


@pytest.mark.parametrize("check", [checks.channels, checks.fits, checks.mute, checks.skips])
def test_an_empty_stub_is_not_started(check):
    def stub(*arguments):
        raise NotImplementedError

    assert check(stub).state == "not started"


# --- wrong answers: each with the words that only its own diagnosis says ---------------------------------------------------------


def doubling_without_end(depth, width):
    levels = [width * 2**level for level in range(depth)]
    return [levels[-1]] + [2 * level for level in reversed(levels[:-1])]


def no_concatenation(depth, width):
    return [width * min(2**level, 8) for level in reversed(range(depth))]


def doubled_bottleneck(depth, width):
    return [2 * width * min(2**level, 8) for level in reversed(range(depth))]


def one_level_off(depth, width):
    levels = [width * min(2 ** (level + 1), 8) for level in range(depth)]
    return [levels[-1]] + [2 * level for level in reversed(levels[:-1])]


def outermost_first(depth, width):
    return channels(depth, width)[::-1]


def what_blocks_give(depth, width):
    return [width * min(2**level, 8) for level in reversed(range(depth - 1))] + [3]


def unchanged(levels, k):
    return list(levels)


def into_the_list(levels, k):
    levels[k - 1] = torch.zeros_like(levels[k - 1])
    return levels


def into_the_tensor(levels, k):
    levels[k - 1].zero_()
    return list(levels)


def counted_from_zero(levels, k):
    return mute(levels, k + 1)


def counted_from_the_bottleneck(levels, k):
    return mute(levels, len(levels) + 1 - k)


def ones(levels, k):
    return [torch.ones_like(level) if number == k else level for number, level in enumerate(levels, start=1)]


def left_out(levels, k):
    return [level for number, level in enumerate(levels, start=1) if number != k]


def solo(levels, k):
    return [level if number == k else torch.zeros_like(level) for number, level in enumerate(levels, start=1)]


def a_bare_zero(levels, k):
    return [torch.zeros(1) if number == k else level for number, level in enumerate(levels, start=1)]


def encode(x, down):
    levels = []
    for block in down:
        x = block(x)
        levels.append(x)
    return levels


def wired(join, choose=lambda skips, x: reversed(skips)):
    """A U-Net whose skips are chosen and joined in some way of its own."""

    def network(x, down, up, last):
        *skips, h = encode(x, down)
        for block, skip in zip(up, choose(skips, x), strict=False):
            h = join(skip, block(h))
        return last(h)

    return network


def skip_first(skip, h):
    return torch.cat([skip, h], dim=1)


def without_the_outermost(x, down, up, last):
    *skips, h = encode(x, down)
    for block, skip in zip(up[:-1], reversed(skips), strict=False):
        h = skip_first(skip, block(h))
    return last(up[-1](h))


def with_the_bottleneck(x, down, up, last):
    levels = encode(x, down)
    h = levels[-1]
    for block, skip in zip(up, reversed(levels), strict=False):
        h = skip_first(skip, block(h))
    return last(h)


def concatenating_first(x, down, up, last):
    *skips, h = encode(x, down)
    for block, skip in zip(up, reversed(skips), strict=True):
        h = block(skip_first(skip, h))
    return last(h)


def without_the_last_block(x, down, up, last):
    *skips, h = encode(x, down)
    for block, skip in zip(up, reversed(skips), strict=True):
        h = skip_first(skip, block(h))
    return h


def encoder_reading_x(x, down, up, last):
    return last(up[0](torch.cat([block(x) for block in down], dim=1)))


WRONG = [
    (checks.channels, doubling_without_end, "double without end"),
    (checks.channels, no_concatenation, "numbers of skips=False"),
    (checks.channels, doubled_bottleneck, "innermost block has no skip"),
    (checks.channels, one_level_off, "one level off: the first level"),
    (checks.channels, outermost_first, "the order is wrong: the decoder"),
    (checks.channels, what_blocks_give, "that each block gives"),
    (checks.channels, lambda depth, width: [1], "the live Generator reads"),
    (checks.fits, lambda size, depth: all(side % (2 * depth) == 0 for side in size), "you divide by 2 * depth"),
    (checks.fits, lambda size, depth: all(side % 2 ** (depth - 1) == 0 for side in size), "halve `depth` times"),
    (checks.fits, lambda size, depth: size[0] % 2**depth == 0, "the height only"),
    (checks.fits, lambda size, depth: size[1] % 2**depth == 0, "the width only"),
    (checks.fits, lambda size, depth: any(side % 2**depth == 0 for side in size), "one fitting side"),
    (checks.fits, lambda size, depth: min(size) >= 2**depth, "large enough is not enough"),
    (checks.fits, lambda size, depth: all(side >= 2**depth and side.bit_count() == 1 for side in size), "power of two"),
    (checks.fits, lambda size, depth: size[0] * size[1] % 2**depth == 0, "number of pixels"),
    (checks.fits, lambda size, depth: True, "but the live Generator raises"),
    (checks.mute, unchanged, "nothing is muted"),
    (checks.mute, into_the_list, "changed the list"),
    (checks.mute, into_the_tensor, "into the tensor itself"),
    (checks.mute, counted_from_zero, "Python counts from 0"),
    (checks.mute, counted_from_the_bottleneck, "count from the bottleneck"),
    (checks.mute, ones, "holds 1 now"),
    (checks.mute, left_out, "you return 4 of 5 levels"),
    (checks.mute, solo, "that is a solo"),
    (checks.mute, a_bare_zero, "lost its shape"),
    (checks.mute, lambda levels, k: None, "you return NoneType"),
    (checks.skips, wired(lambda skip, h: torch.cat([h, skip], dim=1)), "wrong order: nothing crashes"),
    (checks.skips, wired(lambda skip, h: skip + h), "you add the skip"),
    (checks.skips, wired(lambda skip, h: h), "no skip arrives"),
    (checks.skips, wired(lambda skip, h: torch.cat([skip, h], dim=0)), "along the batch"),
    (checks.skips, wired(skip_first, lambda skips, x: skips), "not reversed"),
    (checks.skips, wired(skip_first, lambda skips, x: [*skips[-2::-1], x]), "what goes into a block"),
    (checks.skips, without_the_outermost, "outermost skip is missing"),
    (checks.skips, with_the_bottleneck, "the bottleneck still stands"),
    (checks.skips, concatenating_first, "concatenate before upsampling"),
    (checks.skips, without_the_last_block, "run once each"),
    (checks.skips, encoder_reading_x, "a plain chain"),
]


@pytest.mark.parametrize(("check", "answer", "words"), WRONG)
def test_each_wrong_answer_gets_its_own_diagnosis(check, answer, words):
    verdict = check(answer)
    assert verdict.state == "not yet"
    assert words in verdict.message
    assert sum(other in verdict.message for _, _, other in WRONG) == 1


def test_a_network_that_only_traces_right_is_still_compared_with_the_library():
    def scaled(x, down, up, last):
        return unet(x, down, up, last) * 0.5

    assert "is not the library's" in checks.skips(scaled).message


# --- the pictures ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def generator():
    torch.manual_seed(0)
    return Generator(depth=4, width=8)


@pytest.fixture(scope="module")
def x():
    return to_tensor(draw_pair(3, 32)[0])[None]


def test_keeping_every_level_is_the_generator_itself(generator, x):
    torch.manual_seed(5)
    with torch.no_grad():
        levels, fake = generator.encode(x), generator(x)
    assert torch.equal(widgets.decode_kept(generator, levels, (1, 2, 3, 4), seed=5), fake)
    assert torch.equal(widgets.decode_kept(generator, levels, seed=5), fake)


def test_the_global_dice_are_left_where_they_were(generator, x):
    before = torch.get_rng_state()
    widgets.decode_kept(generator, widgets.passage(generator, x)[1:-1], (1,))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_caption_names_what_is_muted_and_how_much_changed(generator, x):
    _, alt = widgets.draw_skips(generator, x, (1, 3))
    _, *levels, full = widgets.passage(generator, x)
    part = widgets.decode_kept(generator, levels, (1, 3))
    assert alt == f"Muted: level 2, bottleneck. L1 between the two pictures: {nn.functional.l1_loss(full, part):.3f}."


def test_with_nothing_muted_nothing_changes(generator, x):
    assert widgets.draw_skips(generator, x, (1, 2, 3, 4))[1] == "Muted: none. L1 between the two pictures: 0.000."


def test_a_line_fills_its_columns_in_the_middle_third(x):
    changed = (widgets.with_line(x, 10, thickness=2) != x).any(dim=1)[0]
    rows, columns = changed.nonzero().unbind(1)
    assert set(columns.tolist()) == {10, 11}
    assert (rows.min(), rows.max()) == (10, 20)


def test_a_line_that_stays_changes_nothing(generator, x):
    before, after = (widgets.passage(generator, widgets.with_line(x, 9)) for _ in range(2))
    assert widgets.relative_changes(before, after) == [0.0] * 6


def test_the_caption_of_the_line_states_the_change_of_x(generator, x):
    before, after = widgets.with_line(x, 15), widgets.with_line(x, 16)
    _, alt = widgets.draw_moved_line({"skips": generator}, x, column=15)
    assert f"Change of x: {(after - before).norm() / before.norm():.1%}. skips: bottleneck " in alt


def test_one_seed_gives_one_picture(generator, x):
    assert "mean difference 0.000" in widgets.draw_two_rolls(generator, x, 4, 4)[1]
    assert "mean difference 0.000" not in widgets.draw_two_rolls(generator, x, 4, 5)[1]


def controls(box, kind):
    found = [box] if type(box).__name__ == kind else []
    return found + [control for child in getattr(box, "children", ()) for control in controls(child, kind)]


def test_a_switch_mutes_its_level(generator, x):
    box = widgets.explore_skips(generator, x)
    controls(box, "Checkbox")[1].value = False
    assert "Muted: level 2. L1" in controls(box, "HTML")[-1].value


def test_a_button_sets_all_switches_and_draws_once(generator, x, monkeypatch):
    drawn = []
    draw = widgets.draw_skips
    monkeypatch.setattr(widgets, "draw_skips", lambda *arguments: drawn.append(1) or draw(*arguments))
    box = widgets.explore_skips(generator, x)
    drawn.clear()
    controls(box, "Button")[1].click()
    assert [switch.value for switch in controls(box, "Checkbox")] == [False, False, False, True]
    assert "Muted: level 1, level 2, level 3. L1" in controls(box, "HTML")[-1].value
    assert len(drawn) == 1


@pytest.mark.parametrize("explore", ["line", "rolls"])
def test_the_other_explorers_answer_their_controls(generator, x, explore):
    box = widgets.explore_moved_line({"skips": generator}, x) if explore == "line" else widgets.explore_two_rolls(generator, x)
    before = controls(box, "HTML")[-1].value
    controls(box, "BoundedIntText")[0].value += 2
    assert controls(box, "HTML")[-1].value != before


def test_every_figure_becomes_a_picture(generator, x):
    with torch.no_grad():
        levels = [level[0] for level in generator.encode(x)]
        drawn = [
            figures.draw_levels(x[0], levels),
            figures.draw_network(generator, x),
            figures.draw_network(Generator(depth=3, width=4, skips=False), x),
            figures.draw_gallery([[x[0], x[0]]], ["input x", "target y"]),
            figures.draw_edges({"input x": x[0], "target y": x[0]}, [x[0, 0], x[0, 0]]),
            figures.draw_spread(x.expand(4, -1, -1, -1), x.expand(4, -1, -1, -1)),
        ]
    assert all(png(figure).startswith(b"\x89PNG") for figure in drawn)


def test_the_drawn_network_states_the_channels_of_the_live_one(generator, x):
    texts = {text.get_text() for text in figures.draw_network(generator, x).axes[0].texts}
    assert {"x: 3 x 32 x 32", "8 x 16 x 16", "64 x 2 x 2", "(32 + 32) x 4 x 4", "skip 1: 8 channels"} <= texts
    assert generator.last[1].in_channels == 8 + 8


def test_each_widget_answers_in_words_that_follow_its_controls(record_property):
    x = to_tensor(draw_pair(3, 64)[0])[None]
    generator = Generator(depth=5, width=24)
    networks = {"no skips": Generator(depth=5, width=24, skips=False), "skips": generator}
    draws = {
        "skips": lambda i: widgets.draw_skips(generator, x, (1 + i % 4,)),
        "moved line": lambda i: widgets.draw_moved_line(networks, x, column=20 + i),
        "two rolls": lambda i: widgets.draw_two_rolls(generator, x, i, i + 1),
    }
    measure(record_property, draws)
