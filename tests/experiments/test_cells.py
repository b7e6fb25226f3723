import shutil
from dataclasses import asdict, replace

import pytest
import torch
from command_line import call, refusal
from PIL import Image
from tiny import same

from pix2pix_edu.experiments import cells, gallery
from pix2pix_edu.experiments.cells import CELLS, TABLES, cell_settings, moments, run_cell, save_scores
from pix2pix_edu.experiments.orders import measures
from pix2pix_edu.images import to_tensor
from pix2pix_edu.run import loop
from pix2pix_edu.run.record import read_record, write_record
from pix2pix_edu.training import stack_pairs

TINY = replace(cell_settings("L1+cGAN", 0), size=32, width=2, steps=6, count=4)
VARIED = {
    "loss": {"loss"},
    "lambda": {"l1_weight", "loss"},
    "generator": {"skips", "loss"},
    "patch": {"patch"},
    "photo to labels": {"loss"},
    "pairs": {"count"},
    "unpainted": {"loss"},
    "unpainted lambda": {"l1_weight", "loss"},
    "lambda x patch": {"l1_weight", "loss", "patch"},
}


@pytest.fixture(scope="module", autouse=True)
def three_moments_and_a_quick_reader():
    with pytest.MonkeyPatch.context() as patch:
        train_reader = cells.train_reader
        patch.setattr(cells, "train_reader", lambda pairs, colours: train_reader(pairs, steps=5, colours=colours))
        patch.setattr(cells, "MOMENTS", (2, 4))
        yield
    cells.reader_of.cache_clear()


@pytest.fixture(scope="module")
def cell(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cell")
    list(run_cell(TINY, folder))
    return folder


@pytest.mark.parametrize("table", TABLES)
def test_the_rows_of_a_table_differ_only_in_the_settings_that_it_compares(table):
    rows = [asdict(CELLS[cell]) for cell in TABLES[table].values()]
    assert {name for name in rows[0] if len({row[name] for row in rows}) > 1} == VARIED[table]


def test_every_cell_belongs_to_a_table():
    assert {cell for rows in TABLES.values() for cell in rows.values()} == set(CELLS)


@pytest.mark.parametrize(
    ("table", "field"), [("lambda", "l1_weight"), ("patch", "patch"), ("pairs", "count"), ("unpainted lambda", "l1_weight")]
)
def test_a_row_is_named_after_its_value(table, field):
    values = {value: CELLS[cell] for value, cell in TABLES[table].items() if value != "0"}
    assert all(getattr(settings, field) == float(value) for value, settings in values.items())


def test_lambda_0_is_a_loss_without_l1():
    assert CELLS[TABLES["lambda"]["0"]].loss == "cGAN"


def test_the_last_step_is_always_a_moment():
    assert (moments(6), moments(4), moments(3)) == ([2, 4, 6], [2, 4], [2, 3])


def test_an_unknown_cell_is_refused_with_the_names_of_the_known_ones():
    with pytest.raises(ValueError, match="no cell 'L2': choose from L1, GAN, cGAN"):
        cell_settings("L2", 0)


def test_no_run_trains_on_the_pairs_that_score_it_or_train_the_reader():
    drawn = {2 * seed + part for seed in cells.SEEDS for part in (0, 1)}
    assert drawn.isdisjoint({cells.TEST_SEED, cells.READER_SEED})


def test_a_record_scores_every_moment(cell):
    assert list(read_record(cell / "record.json")["scores"]) == ["2", "4", "6"]


def test_the_saved_fakes_are_those_of_the_shown_pairs(cell):
    model = loop.resume(TINY, cell)
    torch.manual_seed(0)
    with torch.no_grad():
        first = model.generator(cells.unseen_pairs(TINY.drawn, 32)[0][0][None])[0]
    saved = to_tensor(Image.open(cell / "fakes_000006.png"))
    assert saved.shape == (3, 32, 32 * cells.SHOWN)
    assert (saved[..., :32] - first).abs().max() < 1.01 / 127.5  # one level of a byte


def test_saving_scores_does_not_change_the_training(cell, tmp_path):
    model = loop.resume(TINY, tmp_path)
    list(loop.run(model, TINY, tmp_path))
    assert same(model.generator.state_dict(), loop.resume(TINY, cell).generator.state_dict())


def save_every(steps, monkeypatch):
    monkeypatch.setattr(cells, "run", lambda model, settings, folder, save_every: loop.run(model, settings, folder, steps))


def same_scores(cell, other):
    for again, once in zip(*(cells.read_scores(folder).items() for folder in (cell, other)), strict=True):
        assert again[0] == once[0]
        assert measures(again[1]) == pytest.approx(measures(once[1]), rel=1e-5)


@pytest.mark.parametrize("stop_at", [1, 4, 6])
def test_a_cell_that_was_stopped_ends_with_the_same_scores(cell, tmp_path, stop_at, monkeypatch):
    save_every(2, monkeypatch)
    running = run_cell(TINY, tmp_path)
    for _ in range(stop_at):
        next(running)
    running.close()
    list(run_cell(TINY, tmp_path))
    same_scores(tmp_path, cell)


@pytest.mark.parametrize("steps", [2, 3, 6])
def test_a_cell_killed_between_a_checkpoint_and_its_scores_has_them_after_it_is_resumed(cell, tmp_path, steps, monkeypatch):
    def killed(model, settings, folder):
        if model.step == 6:
            raise KeyboardInterrupt
        save_scores(model, settings, folder)

    save_every(steps, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(cells, "save_scores", killed)
        with pytest.raises(KeyboardInterrupt):
            list(run_cell(TINY, tmp_path))
    list(run_cell(TINY, tmp_path))
    same_scores(tmp_path, cell)


def test_label_maps_are_read_by_their_colours():
    settings = replace(TINY, drawn="painted_labels")
    _, ys = stack_pairs(cells.unseen_pairs("painted_labels", 32))
    assert cells.score(ys, settings)["reading"] == {"per_pixel": 1.0, "per_class": 1.0, "iou": 1.0}


def test_real_photos_have_the_score_of_the_ceiling():
    _, ys = stack_pairs(cells.unseen_pairs(TINY.drawn, 32))
    found = cells.score(ys, TINY)
    assert found["reading"] == cells.reader_of(TINY.drawn, 32)[1].real_photos._asdict()
    assert (found["l1"], found["sharpness"], found["blotchiness"]) == (0.0, pytest.approx(1.0), pytest.approx(1.0))


def test_a_seed_that_would_train_on_the_scored_pairs_is_refused():
    with pytest.raises(ValueError, match="with seed 500 a run would train on the pairs that score all runs"):
        cell_settings("L1", 500)


@pytest.fixture
def done(cell, tmp_path, monkeypatch):
    """The words of a command whose only cell is finished."""
    monkeypatch.setitem(CELLS, "L1", TINY)
    shutil.copytree(cell, tmp_path / "runs" / "L1-0")
    return ["experiments", tmp_path / "runs", "--cells", "L1", "--seeds", "0", "--gallery", tmp_path / "gallery"]


def test_a_cell_made_again_is_compared_with_the_bundled_one_before_the_gallery_is_changed(done, tmp_path, monkeypatch, capsys):
    bundled = tmp_path / "gallery" / "L1-0.json"
    call(monkeypatch, *done)
    record = read_record(bundled)
    record["scores"]["6"]["l1"] += 1.0
    write_record(record, bundled)
    monkeypatch.setattr(gallery, "record", lambda name, seed: read_record(bundled))
    call(monkeypatch, *done, "--compare")
    lines = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")}
    assert lines["l1"][2] == "-1.0000"
    assert lines["iou"][2] == "+0.0000"


def test_a_finished_cell_with_other_settings_is_refused(done, tmp_path, monkeypatch):
    monkeypatch.setitem(CELLS, "L1", replace(TINY, loss="cGAN"))
    assert "L1-0 holds a cell with other settings: loss was L1+cGAN and is now cGAN" in refusal(monkeypatch, *done)
    assert not (tmp_path / "gallery").exists()
