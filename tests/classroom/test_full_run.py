import math

import numpy as np
import pytest
import torch
from reactions import measure

from pix2pix_edu.classroom.display import as_html
from pix2pix_edu.classroom.full_run import checks, figures, runs, widgets
from pix2pix_edu.objective import Objective
from pix2pix_edu.run import loop
from pix2pix_edu.run.settings import Settings, build, open_pairs
from pix2pix_edu.speed.roofline import Machine, count_costs, floor_seconds
from pix2pix_edu.training import Batches, train_step

MACHINES = {"small": Machine(1e11, 2e10), "large": Machine(1e15, 3e12)}

# --- the exercises ------------------------------------------------------------------------------------------------------------------


def epochs_of(order, drop=False):
    """An answer that takes the pairs of each epoch in the order that order(epoch, count, seed) returns."""

    def answer(step, count, batch_size, seed):
        length = count // batch_size * batch_size if drop else count
        numbers = range(step * batch_size, (step + 1) * batch_size)
        return [order(number // length, count, seed)[number % length] for number in numbers]

    return answer


def shuffled(*seed):
    return lambda epoch, count, s: np.random.default_rng([{"epoch": epoch, "seed": s}[name] for name in seed]).permutation(count)


def shuffled_at_each_step(step, count, batch_size, seed):
    return np.random.default_rng([seed, step]).permutation(count)[:batch_size].tolist()


def drawn_with_replacement(step, count, batch_size, seed):
    return np.random.default_rng([seed, step]).integers(count, size=batch_size).tolist()


def with_torchs_global_numbers(step, count, batch_size, seed):
    torch.manual_seed(seed + step)
    return torch.randperm(count)[:batch_size].tolist()


def with_numpys_global_numbers(step, count, batch_size, seed):
    np.random.seed(seed + step)  # noqa: NPY002 - that is the mistake
    return np.random.permutation(count)[:batch_size].tolist()


def remembering():
    waiting = 20 * np.random.default_rng(0).permutation(10).tolist()
    return lambda step, count, batch_size, seed: [waiting.pop() for _ in range(batch_size)]


def cut_off(step, count, batch_size, seed):
    start = step * batch_size % count
    return np.random.default_rng(seed).permutation(count)[start : start + batch_size].tolist()


def per_operation(rule):
    return lambda costs, machine: sum(rule(cost.flops / machine.flops, cost.bytes / machine.bytes) for cost in costs)


def of_totals(costs, machine):
    return max(sum(cost.flops for cost in costs) / machine.flops, sum(cost.bytes for cost in costs) / machine.bytes)


def descends(loss_power, power, clears=True, skips="all", steps=True):
    """A descent that multiplies the loss and its gradients by powers of the factor, and skips overflows: of all, of each or nowhere."""

    def answer(loss, optimizer, factor):
        if clears:
            optimizer.zero_grad()
        (loss * factor**loss_power).backward()
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        for weight in weights:
            weight.grad *= factor**power
            if skips == "each" and not weight.grad.isfinite():
                weight.grad.zero_()
        if steps and (skips != "all" or all(weight.grad.isfinite() for weight in weights)):
            optimizer.step()

    return answer


WRONG = [
    ("decay", lambda t, a, b: 1 - t / b, "from the first step on"),
    ("decay", lambda t, a, b: 1, "never falls"),
    ("decay", lambda t, a, b: 1 - max(0, t - a) // (b - a), "whole numbers"),
    ("decay", lambda t, a, b: 1 if t < a else 0, "a cliff"),
    ("decay", lambda t, a, b: (b - t) / (b - a), "above the full one"),
    ("decay", lambda t, a, b: 1 - max(0, t - a) / b, "something is left"),
    ("decay", lambda t, a, b: max(0, t - a) / (b - a), "it rises"),
    ("decay", lambda t, a, b: 2e-4 * (1 - max(0, t - a) / (b - a)), "the rate itself"),
    ("decay", lambda t, a, b: 1 - max(0, t - a) / (b - a + 1), "without the 1"),
    ("decay", lambda t, a, b: 0.5 + 0.5 * math.cos(math.pi * max(0, t - a) / (b - a)), "it should be 1, 1, 1, 0.5"),
    ("pairs_of_step", epochs_of(lambda epoch, count, seed: range(count)), "in the order of their numbers"),
    ("pairs_of_step", epochs_of(shuffled("seed")), "every epoch has the same order"),
    ("pairs_of_step", epochs_of(shuffled("epoch")), "another seed gives the same"),
    ("pairs_of_step", epochs_of(shuffled("seed", "epoch"), drop=True), "left out of each epoch"),
    ("pairs_of_step", shuffled_at_each_step, "comes twice in epoch 0"),
    ("pairs_of_step", epochs_of(lambda epoch, count, seed: np.arange(count) // (1 + epoch)), "comes twice in epoch 1"),
    ("pairs_of_step", drawn_with_replacement, "comes twice in epoch 0"),
    ("pairs_of_step", with_torchs_global_numbers, "global random numbers"),
    ("pairs_of_step", with_numpys_global_numbers, "global random numbers"),
    ("pairs_of_step", remembering(), "called again"),
    ("pairs_of_step", cut_off, "2 pairs instead of 4"),
    ("pairs_of_step", lambda step, count, batch_size, seed: range(step, step + batch_size), "from 0 to 9"),
    ("floor", per_operation(lambda a, m: a + m), "you add the two"),
    ("floor", per_operation(lambda a, m: a), "memory is left out"),
    ("floor", per_operation(lambda a, m: m), "arithmetic is left out"),
    ("floor", per_operation(min), "the shorter"),
    ("floor", of_totals, "the larger of two totals"),
    ("floor", lambda costs, machine: sum(max(c.flops * machine.flops, c.bytes * machine.bytes) for c in costs), "divide by the rate"),
    ("floor", lambda costs, machine: max(floor_seconds([cost], machine) for cost in costs), "the slowest operation"),
    ("floor", lambda costs, machine: floor_seconds(costs, machine) / 3600, "take 24 s, and you return"),
    ("scaled", descends(1, -1, steps=False), "nothing moves"),
    ("scaled", descends(1, 0), "4096 times too long"),
    ("scaled", descends(0, 1), "4096 times too long"),
    ("scaled", descends(0, -1), "4096 times too short"),
    ("scaled", descends(0.5, 0), "moved by 16"),
    ("scaled", descends(0, 0), "1e-9 is lost"),
    ("scaled", descends(1, -1, clears=False), "clear the gradients"),
    ("scaled", descends(1, -1, skips="nowhere"), "overflowed to infinity"),
    ("scaled", descends(1, -1, skips="each"), "skip the whole step"),
]


@pytest.mark.parametrize(("name", "answer", "words"), WRONG)
def test_each_wrong_answer_gets_its_own_diagnosis(name, answer, words):
    verdict = getattr(checks, name)(answer)
    assert verdict.state == "not yet"
    assert words in verdict.message, verdict


def test_the_batches_of_the_library_pass_the_check_of_their_exercise():
    def answer(step, count, batch_size, seed):
        pairs = [(torch.full((1, 1, 1), float(i)),) * 2 for i in range(count)]
        return Batches(pairs, batch_size, seed)[step][0].flatten().int().tolist()

    assert checks.pairs_of_step(answer).state == "proved"


# --- figures and widget -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0005, "0.5 ms"), (0.25, "250 ms"), (90, "1.5 min"), (7200, "2 h"), (86400, "1 day"), (200000, "2.31 days")]
)
def test_a_duration_is_given_in_its_largest_unit(seconds, words):
    assert figures.duration(seconds) == words


@pytest.mark.parametrize("batch_size", [1, 4])
def test_costs_counted_without_memory_are_those_of_a_real_step(batch_size):
    model = build(Settings(size=64, depth=6, width=16, patch=70))
    x, y = torch.rand(2, batch_size, 3, 64, 64)
    train_step(model, x, y, Objective())  # the first step also creates Adam's state
    real = [sum(column) for column in zip(*count_costs(lambda: train_step(model, x, y, Objective())), strict=True)]
    counted = [sum(column) for column in zip(*widgets.costs_of_a_step(64, 16, batch_size), strict=True)]
    assert counted[0] == real[0]
    assert counted[1] == pytest.approx(real[1], rel=1e-4)


def test_the_caption_of_the_run_time_states_its_numbers():
    _, alt = widgets.draw_run_time(MACHINES, 128, 16, 4)
    costs = widgets.costs_of_a_step(128, 16, 4)
    seconds = 20_000 * floor_seconds(costs, MACHINES["small"])
    assert f"{sum(cost.flops for cost in costs) / 1e9:.3g} GFLOP" in alt
    assert f"20,000 steps for 80,000 pairs. small, floor {figures.duration(seconds)}" in alt


def test_a_control_redraws_its_picture():
    explorer = widgets.explore_run_time(MACHINES)
    controls, picture, _ = explorer.children
    before = picture.value
    controls.children[1].value = 16
    assert picture.value != before
    assert "width 16" in picture.value


def test_the_figures_draw():
    table = torch.rand(30, 3)
    curve = {name: [1.0, 2.0] for name in ("step", "discriminator", "adversarial", "l1")}
    drawn = [
        figures.draw_durations({"here": 1e5, "there, floor": 0.3}, {"here": "a note"}),
        figures.draw_precisions([table, table], [table]),
        figures.draw_movement({"constant": [0.1, 0.1], "decay": [0.1, 0.0]}, 1),
        figures.draw_records({str(number): curve for number in range(9)}),
    ]
    assert all(as_html(figure, "seen").startswith("<img") for figure in drawn)


def test_the_widget_answers_with_a_caption_that_follows_its_controls(record_property):
    widgets.explore_run_time(MACHINES)  # count the costs first
    sizes, batches = widgets.SIZES, widgets.BATCHES
    measure(record_property, {"run time": lambda i: widgets.draw_run_time(MACHINES, sizes[i % 3], widgets.WIDTHS[i % 2], batches[i // 4])})


def test_the_caption_shows_a_step_that_only_waits_for_memory():
    slow_memory = {"slow": Machine(flops=1e18, bytes=1e9)}
    assert "100% of it for memory" in widgets.draw_run_time(slow_memory)[1]


def test_what_a_run_left_is_read_as_columns_of_pictures_and_a_table_of_losses(tmp_path):
    settings = Settings(size=32, depth=3, width=4, patch=16, steps=6, count=4)
    history = list(loop.run(loop.resume(settings, tmp_path), settings, tmp_path, save_every=2))
    columns = runs.stages(tmp_path, 32)
    assert list(columns) == ["input x", "G(x), step 2", "G(x), step 4", "G(x), step 6", "target y"]
    assert {tuple(pictures.shape) for pictures in columns.values()} == {(2, 3, 32, 32)}
    x, y = open_pairs(settings, "val")[0]
    assert (columns["input x"][0] - x).abs().max() < 0.01
    assert (columns["target y"][0] - y).abs().max() < 0.01
    table = runs.read_losses(tmp_path)
    assert table.shape == (6, 3)
    assert table[3, 2] == pytest.approx(history[3].l1.item(), abs=1e-5)


def test_a_run_without_a_picture_says_so(tmp_path):
    with pytest.raises(ValueError, match="no picture yet"):
        runs.stages(tmp_path, 32)


def test_the_questions_of_the_forums_are_answered_from_the_losses(capsys):
    runs.print_answers(torch.tensor([0.7, 0.7, 0.4]), torch.tensor([0.05, 2.0, 0.1]), l1_of_new_pairs=0.3)
    answers = dict(line.split("? ") for line in capsys.readouterr().out.splitlines())
    assert answers["Is D near 0"].startswith("Yes")
    assert answers["Is L1 far lower than on new pairs"].startswith("Yes")
    assert answers["Is a number not finite"].startswith("No")
    runs.print_answers(torch.tensor([0.7, 0.7, 0.4]), torch.tensor([0.8, 0.6, 0.5]), l1_of_new_pairs=0.5)
    answers = dict(line.split("? ") for line in capsys.readouterr().out.splitlines())
    assert {answer[:2] for answer in answers.values()} == {"No"}


def test_fakes_are_watched_at_each_step_and_a_rate_of_0_moves_nothing():
    moved, l1 = runs.watched(lambda step: 0.0, seed=0)
    assert len(moved) == 59
    assert max(moved) < 1e-6
    assert 0.1 < l1 < 1
