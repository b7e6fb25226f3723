"""Lesson 03: its checks name each wrong answer, and its captions agree with its pictures."""

import pytest
import torch
from reactions import measure
from torch import nn

from pix2pix_edu.classroom.display import png
from pix2pix_edu.classroom.unet_skips import checks, edges, figures, levels, modes, widgets
from pix2pix_edu.drawing.facades import draw_pair
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import to_tensor
from pix2pix_edu.random_numbers import own_random_numbers

# --- wrong answers: each with words that are in its own diagnosis only -----------------------------------------------------------


def reads(levels):
    return [levels[-1]] + [2 * level for level in reversed(levels[:-1])]


def widths(depth, width):
    return [width * min(2**level, 8) for level in range(depth)]


def into_the_list(levels, k):
    levels[k - 1] = torch.zeros_like(levels[k - 1])
    return levels


def into_the_tensor(levels, k):
    levels[k - 1].zero_()
    return list(levels)


def replace(change):
    return lambda levels, k: [change(level) if number == k else level for number, level in enumerate(levels, start=1)]


zero = replace(torch.zeros_like)


def zero_the_others(levels, k):
    return [level if number == k else torch.zeros_like(level) for number, level in enumerate(levels, start=1)]


def encode(x, down):
    levels = []
    for block in down:
        x = block(x)
        levels.append(x)
    return levels


def wired(join, choose=lambda levels, x: levels[-2::-1]):
    """Return a U-Net with another choice of skips, or another way to join them."""

    def network(x, down, up, last):
        levels = encode(x, down)
        h = levels[-1]
        for block, skip in zip(up, choose(levels, x), strict=False):
            h = join(skip, block(h))
        return last(h)

    return network


def skip_first(skip, h):
    return torch.cat([skip, h], dim=1)


def unless_missing(skip, h):
    return h if skip is None else skip_first(skip, h)


def concatenating_first(x, down, up, last):
    *skips, h = encode(x, down)
    for block, skip in zip(up, reversed(skips), strict=True):
        h = block(skip_first(skip, h))
    return last(h)


def encoder_reading_x(x, down, up, last):
    return last(up[0](torch.cat([block(x) for block in down], dim=1)))


WRONG = [
    (checks.channels, lambda depth, width: reads([width * 2**level for level in range(depth)]), "double without end"),
    (checks.channels, lambda depth, width: widths(depth, width)[::-1], "numbers of skips=False"),
    (checks.channels, lambda depth, width: widths(depth, 2 * width)[::-1], "innermost block has no skip"),
    (checks.channels, lambda depth, width: reads(widths(depth + 1, width)[1:]), "one level off: the first level"),
    (checks.channels, lambda depth, width: reads(widths(depth, width))[::-1], "the order is wrong: the decoder"),
    (checks.channels, lambda depth, width: widths(depth - 1, width)[::-1] + [3], "that each block outputs"),
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
    (checks.zero_level, lambda levels, k: list(levels), "no level has changed"),
    (checks.zero_level, into_the_list, "changed the list"),
    (checks.zero_level, into_the_tensor, "into the tensor itself"),
    (checks.zero_level, lambda levels, k: zero(levels, k + 1), "Python counts from 0"),
    (checks.zero_level, lambda levels, k: zero(levels, len(levels) + 1 - k), "not from the bottleneck"),
    (checks.zero_level, replace(torch.ones_like), "holds 1 now"),
    (checks.zero_level, lambda levels, k: [*levels[: k - 1], *levels[k:]], "you return 4 of 5 levels"),
    (checks.zero_level, zero_the_others, "every level but"),
    (checks.zero_level, replace(lambda level: torch.zeros(1)), "lost its shape"),
    (checks.zero_level, lambda levels, k: None, "you return NoneType"),
    (checks.zero_level, lambda levels, k: [torch.zeros_like(level) for level in levels], "and nothing else"),
    (checks.skips, wired(lambda skip, h: torch.cat([h, skip], dim=1)), "wrong order: nothing crashes"),
    (checks.skips, wired(lambda skip, h: skip + h), "you add the skip"),
    (checks.skips, wired(lambda skip, h: h), "no skip arrives"),
    (checks.skips, wired(lambda skip, h: torch.cat([skip, h], dim=0)), "along the batch"),
    (checks.skips, wired(skip_first, lambda levels, x: levels[:-1]), "not reversed"),
    (checks.skips, wired(skip_first, lambda levels, x: [*levels[-3::-1], x]), "the input of a block"),
    (checks.skips, wired(unless_missing, lambda levels, x: [*levels[-2:0:-1], None]), "outermost skip is missing"),
    (checks.skips, wired(skip_first, lambda levels, x: levels[::-1]), "the bottleneck is still"),
    (checks.skips, concatenating_first, "concatenate before upsampling"),
    (checks.skips, lambda x, down, up, last: wired(skip_first)(x, down, up, last=lambda h: h), "run once each"),
    (checks.skips, encoder_reading_x, "a plain chain"),
]


@pytest.mark.parametrize(("check", "answer", "words"), WRONG)
def test_each_wrong_answer_is_named(check, answer, words):
    verdict = check(answer)
    assert verdict.state == "not yet"
    assert words in verdict.message
    assert sum(other in verdict.message for _, _, other in WRONG) == 1


def test_the_output_of_a_network_with_the_right_wiring_is_compared_with_the_library():
    assert "is not the library's" in checks.skips(lambda *parts: wired(skip_first)(*parts) * 0.5).message


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


def test_the_global_random_numbers_are_left_unchanged(generator, x):
    before = torch.get_rng_state()
    widgets.decode_kept(generator, widgets.passage(generator, x)[1:-1], (1,))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_caption_names_the_zeroed_levels_and_the_change(generator, x):
    _, alt = widgets.draw_skips(generator, x, (1, 3))
    _, *levels, full = widgets.passage(generator, x)
    part = widgets.decode_kept(generator, levels, (1, 3))
    assert alt == f"Set to zero: level 2, bottleneck. L1 between the two pictures: {nn.functional.l1_loss(full, part):.3f}."


def test_with_every_level_kept_nothing_changes(generator, x):
    assert widgets.draw_skips(generator, x, (1, 2, 3, 4))[1] == "Set to zero: none. L1 between the two pictures: 0.000."


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


@pytest.mark.parametrize("explore", ["line", "rolls"])
def test_the_other_explorers_follow_their_controls(generator, x, explore):
    box = widgets.explore_moved_line({"skips": generator}, x) if explore == "line" else widgets.explore_two_rolls(generator, x)
    before = controls(box, "HTML")[-1].value
    controls(box, "BoundedIntText")[0].value += 2
    assert controls(box, "HTML")[-1].value != before


def test_every_figure_can_be_drawn(generator, x):
    with torch.no_grad():
        levels = [level[0] for level in generator.encode(x)]
        drawn = [
            figures.draw_levels(x[0], levels),
            figures.draw_network(generator, x),
            figures.draw_network(Generator(depth=3, width=4, skips=False), x),
            figures.draw_rows([[x[0], x[0]]], ["input x", "target y"]),
            figures.draw_spread(x.expand(4, -1, -1, -1), x.expand(4, -1, -1, -1)),
        ]
    assert all(png(figure).startswith(b"\x89PNG") for figure in drawn)


def test_the_drawn_network_states_the_channels_of_the_live_one(generator, x):
    texts = {text.get_text() for text in figures.draw_network(generator, x).axes[0].texts}
    assert {"x: 3 x 32 x 32", "8 x 16 x 16", "64 x 2 x 2", "(32 + 32) x 4 x 4", "skip 1: 8 channels"} <= texts
    assert generator.last[1].in_channels == 8 + 8


def test_the_alt_text_of_each_widget_follows_its_controls(record_property):
    x = to_tensor(draw_pair(3, 64)[0])[None]
    generator = Generator(depth=5, width=24)
    networks = {"no skips": Generator(depth=5, width=24, skips=False), "skips": generator}
    draws = {
        "skips": lambda i: widgets.draw_skips(generator, x, (1 + i % 4,)),
        "moved line": lambda i: widgets.draw_moved_line(networks, x, column=20 + i),
        "two rolls": lambda i: widgets.draw_two_rolls(generator, x, i, i + 1),
    }
    measure(record_property, draws)


def test_edges_in_place_are_those_where_the_label_map_has_them():
    label_map = torch.zeros(1, 3, 16, 16)
    label_map[..., 8:] = 1.0  # one edge, at column 8
    same, elsewhere = label_map * 0.5 + 0.01 * torch.rand(1, 3, 16, 16), label_map.roll(4, dims=-1) + 0.01 * torch.rand(1, 3, 16, 16)
    assert edges.in_place(same, label_map) > 10
    assert edges.in_place(elsewhere, label_map) < 1
    assert edges.edge_map(label_map)[0, :, 7].eq(1).all()  # the map begins at the second column
    assert edges.edge_map(label_map).sum() == 15


def test_the_tables_of_levels_and_layers_are_those_of_the_live_network(generator, x, capsys):
    levels.print_levels(x, generator.encode(x))
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split()[1:6] == ["3", "x", "32", "x", "32"]
    assert rows[1].split()[:6] == ["1", "8", "x", "16", "x", "16"]
    assert len(rows) == generator.depth + 1
    levels.print_layers(generator, x)
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.split() == ["down.0.0", "reads", "3", "x", "32", "x", "32", "gives", "8", "x", "16", "x", "16"]
    assert last.split() == ["last.1", "reads", "16", "x", "16", "x", "16", "gives", "3", "x", "32", "x", "32"]
    assert not any(module._forward_hooks for module in generator.modules())


def test_three_ways_to_test_differ_and_leave_the_network_as_it_was(generator, x):
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    tests = modes.three_ways_to_test(generator, x, averaged_over=2)
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())
    torch.manual_seed(0)
    with own_random_numbers(0), torch.no_grad():
        assert torch.equal(tests["train()"], generator(x))  # the paper's own way
    assert len({picture.mean().item() for picture in tests.values()}) == 3


def test_mean_changes_are_the_changes_of_one_line_averaged(generator, x):
    one = widgets.relative_changes(*(widgets.passage(generator, widgets.with_line(x, place)) for place in (9, 10)))
    assert widgets.mean_changes(generator, x.repeat(2, 1, 1, 1), [9]) == pytest.approx(one, rel=1e-4)


def test_a_grid_of_two_pixels_is_measured_and_a_ramp_has_none():
    ramp = torch.linspace(-1, 1, 32).expand(2, 3, 32, 32)
    squares = 0.1 * torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).tile(16, 16)
    assert edges.grid(ramp) < 0.005
    assert edges.grid(ramp + squares) == pytest.approx(torch.tensor([0.1, -0.1, -0.1, 0.1]).std().item(), rel=0.1)


def test_the_figure_of_maps_writes_whole_numbers_only():
    figure = figures.draw_maps({"counts": torch.tensor([[1.0, 2.0], [2.0, 4.0]]), "values": torch.tensor([[0.1, 0.2], [0.3, 0.4]])})
    counts, values = figure.axes
    assert [text.get_text() for text in counts.texts] == ["1", "2", "2", "4"]
    assert not values.texts
