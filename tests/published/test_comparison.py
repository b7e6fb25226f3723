import copy
import json
from dataclasses import replace
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from command_line import call
from tiny import same, weights
from torch import nn

from pix2pix_edu.images import open_image
from pix2pix_edu.objective import Objective
from pix2pix_edu.published import audit, comparison, trials
from pix2pix_edu.published.catalogue import SYSTEMS, VARIANTS, YARDSTICKS, find_system
from pix2pix_edu.published.comparison import compare, depth_for, read_system, report
from pix2pix_edu.published.paper_and_code import DIFFERENCES, distance_moved, measure_all
from pix2pix_edu.published.protocol import Protocol, read_protocol
from pix2pix_edu.published.steps import SQUARED, adversarial_step
from pix2pix_edu.receptive_field import receptive_field
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.evaluation import translate_each
from pix2pix_edu.speed.roofline import count_costs
from pix2pix_edu.training import train_step

BUDGET = trials.Budget(steps=4, width=4, batch_size=1)


@pytest.fixture
def few_pairs(monkeypatch):
    """Trials with few pairs and a hardly trained reader, so that a test takes seconds."""
    monkeypatch.setattr(trials, "TRAIN_PAIRS", 6)
    monkeypatch.setattr(trials, "READER_STEPS", 2)
    for cached in (trials.pairs_of, trials.reader_of):
        cached.cache_clear()
    yield
    for cached in (trials.pairs_of, trials.reader_of):
        cached.cache_clear()


@pytest.mark.parametrize(
    ("name", "protocol", "patch", "side"),
    [
        ("annotated_reading", ("D, G", "BCE of a probability", 0.5, "L1"), 70, 30),
        ("least_squares", ("G, D", "least squares", 0.5, "L1"), 94, 16),
        ("cross_entropy", ("D, G", "BCE of a probability", 0.5, "L1"), 94, 16),
        ("layer_tables", ("D, G", "BCE of a logit", 1.0, "L1"), 70, 30),
        ("layer_tables_by_strides", ("D, G", "BCE of a logit", 1.0, "L1"), 94, 8),
        ("layer_tables_by_formulas", ("D, G", "critic", None, "L1"), 70, 30),
        ("layer_tables_squared", ("D, G", "BCE of a logit", 0.5, "L2"), 70, 30),
        ("linked_code", ("D, G", "BCE of a logit", 0.5, "L1"), 70, 30),
        ("paper_words", ("D, G", "BCE of a probability", 0.5, "L1"), 94, 8),
        ("library", ("D, G", "BCE of a logit", 0.5, "L1"), 70, 30),
    ],
)
def test_the_step_and_the_patch_of_a_system_are_read_by_running_it(name, protocol, patch, side):
    discriminator = find_system(name).discriminator(4)
    assert read_protocol(find_system(name).step) == Protocol(*protocol)
    assert receptive_field(audit.convs_of(discriminator)) == patch
    assert audit.discriminator_layers(discriminator, 256)[-1].shape == (1, side, side)


def test_another_distance_is_called_unknown():
    step = partial(adversarial_step, distance=lambda fake, y: 7 * F.l1_loss(fake, y))
    assert read_protocol(step) == Protocol("D, G", "BCE of a logit", 0.5, "unknown")


def test_the_step_of_the_texts_with_the_librarys_losses_is_the_librarys_step():
    (one, other), (x, y) = (find_system("library").build(6, 4) for _ in range(2)), torch.rand(2, 2, 3, 64, 64)
    losses = []
    for model, step in ((one, train_step), (other, adversarial_step)):
        torch.manual_seed(1)
        losses.append(step(model, x, y, Objective()))
    assert losses[0] == losses[1]
    assert torch.equal(weights(one.generator), weights(other.generator))


def test_if_the_generator_is_first_its_loss_comes_from_the_discriminator_of_the_step_before():
    x, y = torch.rand(2, 1, 3, 64, 64)
    model = find_system("least_squares").build(6, 4)
    torch.manual_seed(1)
    before = F.mse_loss(model.discriminator(x, model.generator(x)), torch.ones(1, 1, 4, 4)).item()
    torch.manual_seed(1)
    after = adversarial_step(model, x, y, Objective(), SQUARED, generator_first=True).adversarial.item()
    assert after == pytest.approx(before, rel=1e-6)


def test_the_layers_of_a_network_are_listed_as_they_run_with_the_sizes_of_their_outputs():
    network = nn.Sequential(nn.Conv2d(3, 5, 4, 2, 1, padding_mode="reflect"), nn.Dropout(0.5), nn.Upsample(scale_factor=2))
    layers = audit.layers_of(network, audit.picture(8))
    assert [type(layer.module) for layer in layers] == [nn.Conv2d, nn.Dropout, nn.Upsample]
    assert [layer.shape for layer in layers] == [(5, 4, 4), (5, 4, 4), (5, 8, 8)]
    assert audit.table(layers).splitlines()[1].split() == ["1", "Conv2d", "4", "2", "1", "reflect", "5", "4", "x", "4", "245"]


def test_reading_a_network_leaves_it_as_it_is():
    generator = find_system("annotated_reading").generator(6, 4)
    before = copy.deepcopy(generator.state_dict())
    audit.generator_layers(generator, 64)
    assert same(before, generator.state_dict())
    assert not any(module._forward_hooks for module in generator.modules())


@pytest.mark.parametrize("name", ["library", "least_squares"])
def test_the_costs_counted_without_data_are_those_of_a_real_step(name):
    row, model = read_system(find_system(name), 64, 4), find_system(name).build(6, 4)
    x = torch.rand(1, 3, 64, 64)
    find_system(name).step(model, x, x, Objective())  # Adam allocates its averages in the first step
    costs = count_costs(lambda: find_system(name).step(model, x, x, Objective()))
    assert row.flops == sum(cost.flops for cost in costs)
    assert row.bytes == pytest.approx(sum(cost.bytes for cost in costs), rel=1e-3)  # Adam also has a step counter for each weight


def test_a_step_at_the_papers_size_takes_87_gflop():
    assert read_system(find_system("library"), 256, 64).flops / 1e9 == pytest.approx(87, abs=0.5)


def test_the_report_has_every_system_twice_and_times_where_they_were_asked_for():
    systems = [*SYSTEMS.values(), *YARDSTICKS.values(), *VARIANTS.values()]
    lines, names = report(compare(systems, 64, 4)).splitlines(), [system.name for system in systems]
    assert [line.split()[0] for line in lines if line] == ["generator", *names, "discriminator", *names]
    (row,) = compare([find_system("library")], 64, 4, "cpu")
    assert row.seconds > 0
    assert report([row]).splitlines()[-1].split()[-1] == f"{row.seconds * 1e3:.0f}"


@pytest.mark.parametrize(("size", "depth"), [(64, 6), (128, 7), (256, 8), (192, 6), (512, 8)])
def test_the_depth_halves_a_picture_down_to_one_pixel_or_as_often_as_its_side_allows(size, depth):
    assert depth_for(size) == depth


@pytest.mark.parametrize("size", [32, 100, 1024])
def test_sizes_that_the_networks_cannot_halve_are_refused(size):
    with pytest.raises(ValueError, match="size must be 64, 128, 256 or another multiple of 64 up to 512"):
        comparison.compare([find_system("library")], size)


def test_each_difference_between_words_and_code_shows_in_a_number():
    measured = {name: (d.measure(d.by_words), d.measure(d.by_code)) for name, d in DIFFERENCES.items()}
    assert measured["patch"] == (94, 70)
    assert 0 < measured["dropout"][0] < measured["dropout"][1]
    assert measured["half"][0] == pytest.approx(measured["half"][1], rel=1e-4)
    assert measured["schedule"][0] != measured["schedule"][1]
    assert measured["skips"][0] > 0.1 > measured["skips"][1] == 0
    assert measured["bottleneck"][0] < 1e-5 < 1e-2 < measured["bottleneck"][1]


def test_halving_the_loss_halves_the_way_of_plain_gradient_descent():
    half, whole = (distance_moved(share, lambda D, lr: torch.optim.SGD(D.parameters(), lr=0.01)) for share in (0.5, 1.0))
    assert half / whole == pytest.approx(0.5, abs=0.05)


def test_compare_prints_tables_and_differences(monkeypatch, capsys):
    call(monkeypatch, "compare", "--size", "64", "--width", "4", "--only", "least_squares", "--paper")
    printed = capsys.readouterr().out
    assert "least_squares" in printed
    assert "library" not in printed
    assert measure_all() in printed


@pytest.mark.usefixtures("few_pairs")
def test_trials_save_cells_results_and_sheets_and_a_repeated_command_changes_nothing(monkeypatch, tmp_path):
    words = ["compare", "--train", tmp_path / "cells", "--results", tmp_path / "out", "--only", "library", "cross_entropy"]
    words += ["--steps", "4", "--width", "4", "--batch-size", "1", "--seeds", "0", "1"]
    call(monkeypatch, *words)
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    cells = [("cross_entropy", 0), ("cross_entropy", 1), ("library", 0), ("library", 1)]
    assert [(cell["system"], cell["seed"]) for cell in results["cells"]] == cells
    assert results["budget"]["steps"] == 4
    assert results["command"].endswith("--steps 4 --size 64 --width 4 --batch-size 1 --lr 0.001 --l1-weight 100 --seeds 0 1")
    assert set(results["yardsticks"]) == {"0", "1"}
    assert set(results["yardsticks"]["0"]) == {"real_photos", "labels_of_another", "median_colours"}
    assert all(cell["seconds"] > 0 and 0 <= cell["reading"]["iou"] <= 1 for cell in results["cells"])
    assert open_image(tmp_path / "out" / "library.png").size == (6 * 64, 3 * 64)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("cells/*/*")}
    call(monkeypatch, *words)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("cells/*/*")} == before


@pytest.mark.usefixtures("few_pairs")
def test_a_cell_that_was_stopped_ends_as_one_that_was_not(tmp_path):
    def train_cell(name):
        return trials.train_cell(find_system("annotated_reading"), BUDGET, 0, tmp_path / name, save_every=2)

    assert len(list(train_cell("straight"))) == 4
    stopped = train_cell("stopped")
    for _ in range(3):
        next(stopped)
    stopped.close()  # this saves step 3
    assert len(list(train_cell("stopped"))) == 1
    assert same(*(checkpoint.read(tmp_path / name / "checkpoint.pt")["generator"] for name in ("straight", "stopped")))
    assert (tmp_path / "straight" / "losses.csv").read_text() == (tmp_path / "stopped" / "losses.csv").read_text()


@pytest.mark.usefixtures("few_pairs")
def test_a_cell_of_another_budget_is_refused_even_if_the_file_of_the_budget_is_lost(tmp_path):
    system = find_system("annotated_reading")
    next(stopped := trials.train_cell(system, BUDGET, 0, tmp_path / "cell"))
    stopped.close()
    with pytest.raises(ValueError, match=r"cell holds a training with other settings: lr was 0.001 and is now 0.1"):
        next(trials.train_cell(system, replace(BUDGET, lr=0.1), 0, tmp_path / "cell"))


def test_trials_of_another_budget_are_refused_by_what_changed(tmp_path):
    trials.claim(tmp_path, BUDGET)
    with pytest.raises(ValueError, match="holds trials with other settings: steps was 4 and is now 5"):
        trials.claim(tmp_path, trials.Budget(steps=5, width=4, batch_size=1))


def test_a_folder_without_a_finished_cell_has_no_results(tmp_path):
    with pytest.raises(ValueError, match="holds no finished cell: train one first"):
        trials.write_results(tmp_path, tmp_path / "out", "")


@pytest.mark.parametrize(("setting", "message"), [({"steps": 0}, "steps must be 1 or more"), ({"size": 100}, "size must be 64")])
def test_an_impossible_budget_is_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        trials.Budget(**setting)


def test_pictures_are_translated_one_at_a_time_with_dropout():
    torch.manual_seed(0)
    generator, xs = find_system("annotated_reading").build(6, 4).generator, torch.rand(2, 3, 64, 64)
    torch.manual_seed(1)
    together = translate_each(generator, xs)
    torch.manual_seed(1)
    assert torch.equal(together[:1], translate_each(generator, xs[:1]))
    assert not torch.equal(together[:1], translate_each(generator, xs[:1]))


def test_measuring_the_differences_of_paper_and_code_leaves_the_random_numbers_as_they_were():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    DIFFERENCES["skips"].measure(DIFFERENCES["skips"].by_code)
    DIFFERENCES["half"].measure(0.5)
    assert torch.equal(torch.rand(2), expected)
