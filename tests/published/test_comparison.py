import json
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from pix2pix_edu import __main__
from pix2pix_edu.images import open_image
from pix2pix_edu.objective import Objective
from pix2pix_edu.published import audit, comparison, trials
from pix2pix_edu.published.catalogue import SYSTEMS, VARIANTS, YARDSTICKS, find_system
from pix2pix_edu.published.comparison import compare, depth_for, read_system, report
from pix2pix_edu.published.paper_and_code import DIFFERENCES, distance_moved, measure_all
from pix2pix_edu.published.protocol import Protocol, read_protocol
from pix2pix_edu.published.steps import SQUARED, discriminator_first, generator_first
from pix2pix_edu.run import checkpoint
from pix2pix_edu.speed.roofline import count_costs
from pix2pix_edu.training import train_step

BUDGET = trials.Budget(steps=4, width=4, batch_size=1)


@pytest.fixture
def few_pairs(monkeypatch):
    """Trials that read and judge with less, so that a test takes seconds."""
    monkeypatch.setattr(trials, "TRAIN_PAIRS", 6)
    monkeypatch.setattr(trials, "READER_STEPS", 2)
    trials.pairs_of.cache_clear()
    trials.reader_of.cache_clear()
    yield
    trials.pairs_of.cache_clear()
    trials.reader_of.cache_clear()


@pytest.mark.parametrize(
    ("name", "protocol"),
    [
        ("annotated_reading", ("D, G", "BCE of a probability", 0.5, "L1")),
        ("least_squares", ("G, D", "least squares", 0.5, "L1")),
        ("cross_entropy", ("D, G", "BCE of a probability", 0.5, "L1")),
        ("layer_tables", ("D, G", "BCE of a logit", 1.0, "L1")),
        ("layer_tables_by_formulas", ("D, G", "critic", None, "L1")),
        ("layer_tables_squared", ("D, G", "BCE of a logit", 0.5, "L2")),
        ("linked_code", ("D, G", "BCE of a logit", 0.5, "L1")),
        ("paper_words", ("D, G", "BCE of a probability", 0.5, "L1")),
        ("library", ("D, G", "BCE of a logit", 0.5, "L1")),
    ],
)
def test_the_protocol_of_a_system_is_found_by_running_its_step(name, protocol):
    assert read_protocol(find_system(name).step) == Protocol(*protocol)


def test_a_protocol_that_nobody_knows_is_called_unknown():
    def step(model, x, y, objective):
        return discriminator_first(model, x, y, objective, distance=lambda fake, y: 7 * F.l1_loss(fake, y))

    assert read_protocol(step) == Protocol("D, G", "BCE of a logit", 0.5, "unknown")


def test_discriminator_first_with_the_librarys_losses_is_the_librarys_step():
    (one, other), (x, y) = (find_system("library").build(6, 4) for _ in range(2)), torch.rand(2, 2, 3, 64, 64)
    losses = []
    for model, step in ((one, train_step), (other, discriminator_first)):
        torch.manual_seed(1)
        losses.append(step(model, x, y, Objective()))
    assert losses[0] == losses[1]
    assert all(torch.equal(a, b) for a, b in zip(one.generator.parameters(), other.generator.parameters(), strict=True))


def test_in_the_order_g_d_the_generator_is_judged_by_the_discriminator_of_the_step_before():
    x, y = torch.rand(2, 1, 3, 64, 64)
    model = find_system("least_squares").build(6, 4)
    torch.manual_seed(1)
    before = F.mse_loss(model.discriminator(x, model.generator(x)), torch.ones(1, 1, 4, 4)).item()
    torch.manual_seed(1)
    assert generator_first(model, x, y, Objective(), SQUARED).adversarial.item() == pytest.approx(before, rel=1e-6)


def test_the_layers_of_a_network_are_listed_as_they_run_with_the_sizes_that_they_give():
    network = nn.Sequential(nn.Conv2d(3, 5, 4, 2, 1, padding_mode="reflect"), nn.Dropout(0.5), nn.Upsample(scale_factor=2))
    layers = audit.layers_of(network, audit.picture(8))
    assert [(type(layer.module), layer.shape) for layer in layers] == [
        (nn.Conv2d, (5, 4, 4)),
        (nn.Dropout, (5, 4, 4)),
        (nn.Upsample, (5, 8, 8)),
    ]
    assert audit.table(layers).splitlines()[1].split() == ["1", "Conv2d", "4", "2", "1", "reflect", "5", "4", "x", "4", "245"]


def test_reading_a_network_leaves_it_as_it_is():
    generator = find_system("annotated_reading").generator(6, 4)
    before = {key: value.clone() for key, value in generator.state_dict().items()}
    audit.generator_layers(generator, 64)
    assert all(torch.equal(value, before[key]) for key, value in generator.state_dict().items())
    assert not any(module._forward_hooks for module in generator.modules())


@pytest.mark.parametrize("name", ["library", "least_squares"])
def test_what_is_counted_without_calculating_is_what_a_real_step_costs(name):
    row, model = read_system(find_system(name), 64, 4), find_system(name).build(6, 4)
    x = torch.rand(1, 3, 64, 64)
    find_system(name).step(model, x, x, Objective())  # Adam makes its memory in the first
    costs = count_costs(lambda: find_system(name).step(model, x, x, Objective()))
    assert row.flops == sum(cost.flops for cost in costs)
    assert row.bytes == pytest.approx(sum(cost.bytes for cost in costs), rel=1e-3)  # Adam also counts its steps for each weight


def test_a_step_at_the_papers_size_takes_87_gflop():
    assert read_system(find_system("library"), 256, 64).flops / 1e9 == pytest.approx(87, abs=0.5)


def test_the_report_has_every_system_twice_and_times_where_they_were_asked_for():
    systems = [*SYSTEMS.values(), *YARDSTICKS.values(), *VARIANTS.values()]
    lines = report(compare(systems, 64, 4)).splitlines()
    assert [line.split()[0] for line in lines if line] == [
        "generator",
        *(s.name for s in systems),
        "discriminator",
        *(s.name for s in systems),
    ]
    (row,) = compare([find_system("library")], 64, 4, "cpu")
    assert row.seconds > 0
    assert report([row]).splitlines()[-1].split()[-1] == f"{row.seconds * 1e3:.0f}"


@pytest.mark.parametrize(("size", "depth"), [(64, 6), (128, 7), (256, 8), (192, 6), (512, 8)])
def test_the_depth_brings_a_picture_down_to_a_pixel_or_as_far_as_its_side_can_be_halved(size, depth):
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


def test_halving_the_loss_slows_plain_descent_down():
    half, whole = (distance_moved(share, lambda D, lr: torch.optim.SGD(D.parameters(), lr=0.01)) for share in (0.5, 1.0))
    assert half / whole == pytest.approx(0.5, abs=0.05)


def test_compare_prints_tables_and_differences(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["pix2pix_edu", "compare", "--size", "64", "--width", "4", "--only", "least_squares", "--paper"])
    __main__.main()
    printed = capsys.readouterr().out
    assert "least_squares" in printed
    assert "library" not in printed
    assert measure_all() in printed


@pytest.mark.usefixtures("few_pairs")
def test_trials_leave_cells_results_and_sheets_and_do_nothing_twice(monkeypatch, tmp_path, capsys):
    folders = ["--train", f"{tmp_path / 'cells'}", "--results", f"{tmp_path / 'out'}"]
    words = ["--only", "library", "cross_entropy", "--steps", "4", "--width", "4", "--batch-size", "1", "--seeds", "0", "1"]
    monkeypatch.setattr(sys, "argv", ["pix2pix_edu", "compare", *folders, *words])
    __main__.main()
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert [(cell["system"], cell["seed"]) for cell in results["cells"]] == [
        ("cross_entropy", 0),
        ("cross_entropy", 1),
        ("library", 0),
        ("library", 1),
    ]
    assert results["budget"]["steps"] == 4
    assert set(results["yardsticks"]) == {"0", "1"}
    assert set(results["yardsticks"]["0"]) == {"real_photos", "labels_of_another", "median_colours"}
    assert all(cell["seconds"] > 0 and 0 <= cell["reading"]["iou"] <= 1 for cell in results["cells"])
    assert open_image(tmp_path / "out" / "library.png").size == (6 * 64, 3 * 64)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("cells/*/*")}
    __main__.main()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("cells/*/*")} == before


@pytest.mark.usefixtures("few_pairs")
def test_a_cell_that_was_stopped_ends_as_one_that_was_not(tmp_path):
    system = find_system("annotated_reading")
    assert len(list(trials.train_cell(system, BUDGET, 0, tmp_path / "straight", save_every=2))) == 4
    stopped = trials.train_cell(system, BUDGET, 0, tmp_path / "stopped", save_every=2)
    for _ in range(3):
        next(stopped)
    stopped.close()
    assert len(list(trials.train_cell(system, BUDGET, 0, tmp_path / "stopped", save_every=2))) == 2
    one, other = (checkpoint.read(tmp_path / name / "checkpoint.pt")["generator"] for name in ("straight", "stopped"))
    assert all(torch.equal(one[key], other[key]) for key in one)
    assert (tmp_path / "straight" / "losses.csv").read_text() == (tmp_path / "stopped" / "losses.csv").read_text()


def test_trials_of_another_budget_are_refused_by_what_changed(tmp_path):
    trials.claim(tmp_path, BUDGET)
    with pytest.raises(ValueError, match="holds trials of another budget: steps was 4 and is now 5"):
        trials.claim(tmp_path, trials.Budget(steps=5, width=4, batch_size=1))


def test_a_folder_without_a_finished_cell_has_no_results(tmp_path):
    with pytest.raises(ValueError, match="holds no finished cell: train one first"):
        trials.write_results(tmp_path, tmp_path / "out", "")


@pytest.mark.parametrize(("setting", "message"), [({"steps": 0}, "steps must be 1 or more"), ({"size": 100}, "size must be 64")])
def test_a_budget_that_cannot_be_spent_is_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        trials.Budget(**setting)


def test_all_systems_of_a_seed_are_translated_with_dropout_and_the_statistics_of_one_picture():
    torch.manual_seed(0)
    model, xs = find_system("annotated_reading").build(6, 4), torch.rand(2, 3, 64, 64)
    torch.manual_seed(1)
    together = trials.translate_each(model.generator, xs)
    torch.manual_seed(1)
    assert torch.equal(together[:1], trials.translate_each(model.generator, xs[:1]))
    assert not torch.equal(together[:1], trials.translate_each(model.generator, xs[:1]))
