import argparse
import json
import shutil
from dataclasses import asdict, replace

import pytest
import torch

from pix2pix_edu.commands import experiments as command
from pix2pix_edu.experiments import cells as experiments
from pix2pix_edu.experiments.cells import CELLS, TABLES, cell_settings, moments, run_cell
from pix2pix_edu.experiments.orders import measures
from pix2pix_edu.images import to_tensor
from pix2pix_edu.run import loop
from pix2pix_edu.run.record import read_record

TINY = replace(cell_settings("L1+cGAN", 0), size=32, width=2, steps=6, count=4)
VARIED = {
    "loss": {"loss"},
    "lambda": {"l1_weight", "loss"},
    "generator": {"skips", "loss"},
    "patch": {"patch"},
    "photo to labels": {"loss"},
}


@pytest.fixture(autouse=True)
def three_moments(monkeypatch):
    monkeypatch.setattr(experiments, "MOMENTS", (2, 4))


@pytest.fixture(scope="module", autouse=True)
def quick_reader():
    patch = pytest.MonkeyPatch()
    train_reader = experiments.train_reader
    patch.setattr(experiments, "train_reader", lambda pairs: train_reader(pairs, steps=5))
    yield
    patch.undo()
    experiments.judge.cache_clear()


@pytest.fixture(scope="module")
def cell(tmp_path_factory):
    patch, folder = pytest.MonkeyPatch(), tmp_path_factory.mktemp("cell")
    patch.setattr(experiments, "MOMENTS", (2, 4))
    list(run_cell(TINY, folder))
    patch.undo()
    return folder


@pytest.mark.parametrize("table", TABLES)
def test_the_rows_of_a_table_differ_in_nothing_but_what_it_asks_about(table):
    rows = [asdict(CELLS[cell]) for cell in TABLES[table].values()]
    assert {name for name in rows[0] if len({row[name] for row in rows}) > 1} == VARIED[table]


def test_every_cell_answers_for_some_table():
    assert {cell for rows in TABLES.values() for cell in rows.values()} == set(CELLS)


@pytest.mark.parametrize(("table", "field"), [("lambda", "l1_weight"), ("patch", "patch")])
def test_a_row_is_named_after_its_value(table, field):
    values = {value: CELLS[cell] for value, cell in TABLES[table].items() if value != "0"}
    assert all(getattr(settings, field) == float(value) for value, settings in values.items())


def test_lambda_0_is_a_loss_without_l1():
    assert CELLS[TABLES["lambda"]["0"]].loss == "cGAN"


def test_the_last_step_is_always_a_moment():
    assert (moments(6), moments(4), moments(3)) == ([2, 4, 6], [2, 4], [2, 3])


def test_an_unknown_cell_is_answered_with_those_that_are_known():
    with pytest.raises(ValueError, match="no cell 'L2': choose from L1, GAN, cGAN"):
        cell_settings("L2", 0)


def test_nothing_is_judged_by_pairs_that_some_run_learns_from():
    drawn = {2 * seed + part for seed in experiments.SEEDS for part in (0, 1)}
    assert drawn.isdisjoint({experiments.TEST_SEED, experiments.READER_SEED})


def test_a_record_scores_every_moment(cell):
    assert list(read_record(cell / "record.json")["scores"]) == ["2", "4", "6"]


def test_the_kept_fakes_are_those_of_the_shown_pairs(cell):
    from PIL import Image

    model = loop.resume(TINY, cell)
    pairs = experiments.unseen_pairs("facades", 32)[: experiments.SHOWN]
    torch.manual_seed(0)
    with torch.no_grad():
        first = model.generator(pairs[0][0][None])[0]
    kept = to_tensor(Image.open(cell / "fakes_000006.png"))
    assert kept.shape == (3, 32, 32 * len(pairs))
    assert (kept[..., :32] - first).abs().max() < 1.01 / 127.5  # one level of a byte


def test_keeping_fakes_leaves_the_training_as_it_is(cell, tmp_path):
    model = loop.resume(TINY, tmp_path)
    list(loop.run(model, TINY, tmp_path))
    kept = loop.resume(TINY, cell)
    assert all(torch.equal(a, b) for a, b in zip(model.generator.state_dict().values(), kept.generator.state_dict().values(), strict=True))


@pytest.mark.parametrize("stop_at", [1, 4, 6])
def test_a_cell_that_was_stopped_goes_on_to_the_same_scores(cell, tmp_path, stop_at, monkeypatch):
    run = loop.run
    monkeypatch.setattr(experiments, "run", lambda model, settings, folder, save_every: run(model, settings, folder, save_every=2))
    going = run_cell(TINY, tmp_path)
    for _ in range(stop_at):
        next(going)
    going.close()
    list(run_cell(TINY, tmp_path))
    for again, once in zip(*(experiments.read_scores(folder).values() for folder in (tmp_path, cell)), strict=True):
        assert measures(again) == pytest.approx(measures(once), rel=1e-5)


def test_label_maps_are_read_by_their_colours(tmp_path):
    settings = replace(TINY, drawn="facade_labels")
    ys = torch.stack([y for _, y in experiments.unseen_pairs("facade_labels", 32)])
    assert experiments.score(ys, settings)["reading"] == {"per_pixel": 1.0, "per_class": 1.0, "iou": 1.0}


def test_real_photos_have_the_score_of_the_ceiling():
    ys = torch.stack([y for _, y in experiments.unseen_pairs("facades", 32)])
    found = experiments.score(ys, TINY)
    assert found["reading"] == experiments.judge(32)[1].real_photos._asdict()
    assert (found["l1"], found["sharpness"], found["blotchiness"]) == (0.0, pytest.approx(1.0), pytest.approx(1.0))


@pytest.mark.parametrize("seed", [500])
def test_a_seed_that_would_train_on_the_judged_pairs_is_refused(seed):
    with pytest.raises(ValueError, match="learn from the pairs that all runs are judged by"):
        cell_settings("L1", seed)


@pytest.mark.parametrize("save_every", [2, 3, 6])
def test_a_cell_killed_between_its_checkpoint_and_its_scores_keeps_them_when_it_goes_on(cell, tmp_path, save_every, monkeypatch):
    run, keep = loop.run, experiments.keep

    def killed(model, settings, folder):
        if model.step == 6:
            raise KeyboardInterrupt
        keep(model, settings, folder)

    monkeypatch.setattr(experiments, "run", lambda model, settings, folder, save_every=save_every: run(model, settings, folder, save_every))
    monkeypatch.setattr(experiments, "keep", killed)
    with pytest.raises(KeyboardInterrupt):
        list(run_cell(TINY, tmp_path))
    monkeypatch.setattr(experiments, "keep", keep)
    list(run_cell(TINY, tmp_path))
    again, once = (experiments.read_scores(folder) for folder in (tmp_path, cell))
    assert list(again) == list(once)
    assert measures(again["6"]) == pytest.approx(measures(once["6"]), rel=1e-5)


def call(folder, *options):
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    command.run(parser.parse_args([str(folder), "--cells", "L1", "--seeds", "0", *map(str, options)]))


@pytest.fixture
def done(cell, tmp_path, monkeypatch):
    monkeypatch.setitem(CELLS, "L1", TINY)
    shutil.copytree(cell, tmp_path / "runs" / "L1-0")
    return tmp_path / "runs"


def test_a_cell_made_again_is_compared_with_what_came_along_before_it_is_hung(done, tmp_path, monkeypatch, capsys):
    shipped = tmp_path / "gallery"
    call(done, "--gallery", shipped)
    record = json.loads((shipped / "L1-0.json").read_text())
    record["scores"]["6"]["l1"] += 1.0
    (shipped / "L1-0.json").write_text(json.dumps(record))
    monkeypatch.setattr(command.gallery, "record", lambda name, seed: read_record(shipped / f"{name}-{seed}.json"))
    call(done, "--gallery", shipped, "--compare")
    lines = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")}
    assert lines["l1"][2] == "-1.0000"
    assert lines["iou"][2] == "+0.0000"


def test_a_finished_cell_with_other_settings_is_not_taken_for_this_one(done, tmp_path, monkeypatch):
    monkeypatch.setitem(CELLS, "L1", replace(TINY, loss="cGAN"))
    with pytest.raises(ValueError, match="L1-0 holds a cell with other settings than L1 has now"):
        call(done, "--gallery", tmp_path / "gallery")
    assert not (tmp_path / "gallery").exists()
