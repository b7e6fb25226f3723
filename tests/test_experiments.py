from dataclasses import asdict, replace

import pytest
import torch

from pix2pix_edu import experiments, runs
from pix2pix_edu.commands.experiments import flat
from pix2pix_edu.experiments import CELLS, TABLES, find, moments, run_cell
from pix2pix_edu.images import to_tensor
from pix2pix_edu.records import read_record

TINY = replace(find("L1+cGAN", 0), size=32, width=2, steps=6, count=4)
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
        find("L2", 0)


def test_nothing_is_judged_by_pairs_that_some_run_learns_from():
    drawn = {2 * seed + part for seed in experiments.SEEDS for part in (0, 1)}
    assert drawn.isdisjoint({experiments.TEST_SEED, experiments.READER_SEED})


def test_a_record_scores_every_moment(cell):
    assert list(read_record(cell / "record.json")["scores"]) == ["2", "4", "6"]


def test_the_kept_fakes_are_those_of_the_shown_pairs(cell):
    from PIL import Image

    model = runs.resume(TINY, cell)
    pairs = experiments.unseen_pairs("facades", 32)[: experiments.SHOWN]
    torch.manual_seed(0)
    with torch.no_grad():
        first = model.generator(pairs[0][0][None])[0]
    kept = to_tensor(Image.open(cell / "fakes_000006.png"))
    assert kept.shape == (3, 32, 32 * len(pairs))
    assert (kept[..., :32] - first).abs().max() < 1.01 / 127.5  # one level of a byte


def test_keeping_fakes_leaves_the_training_as_it_is(cell, tmp_path):
    model = runs.resume(TINY, tmp_path)
    list(runs.run(model, TINY, tmp_path))
    kept = runs.resume(TINY, cell)
    assert all(torch.equal(a, b) for a, b in zip(model.generator.state_dict().values(), kept.generator.state_dict().values(), strict=True))


@pytest.mark.parametrize("stop_at", [1, 4, 6])
def test_a_cell_that_was_stopped_goes_on_to_the_same_scores(cell, tmp_path, stop_at, monkeypatch):
    run = runs.run
    monkeypatch.setattr(experiments, "run", lambda model, settings, folder, save_every: run(model, settings, folder, save_every=2))
    going = run_cell(TINY, tmp_path)
    for _ in range(stop_at):
        next(going)
    going.close()
    list(run_cell(TINY, tmp_path))
    for again, once in zip(*(experiments.read_scores(folder).values() for folder in (tmp_path, cell)), strict=True):
        assert flat(again) == pytest.approx(flat(once), rel=1e-5)


def test_label_maps_are_read_by_their_colours(tmp_path):
    settings = replace(TINY, drawn="facade_labels")
    ys = torch.stack([y for _, y in experiments.unseen_pairs("facade_labels", 32)])
    assert experiments.score(ys, settings)["reading"] == {"per_pixel": 1.0, "per_class": 1.0, "iou": 1.0}


def test_real_photos_have_the_score_of_the_ceiling():
    ys = torch.stack([y for _, y in experiments.unseen_pairs("facades", 32)])
    found = experiments.score(ys, TINY)
    assert found["reading"] == experiments.judge(32)[1].real_photos._asdict()
    assert (found["l1"], found["sharpness"], found["blotchiness"]) == (0.0, pytest.approx(1.0), pytest.approx(1.0))


def test_scores_are_printed_without_their_groups():
    assert flat({"l1": 0.3, "reading": {"iou": 0.5}}) == {"l1": 0.3, "reading.iou": 0.5}
