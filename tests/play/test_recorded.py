import base64
import io

import numpy as np
import pytest
from PIL import Image

from pix2pix_edu.experiments.cells import SEEDS, TABLES
from pix2pix_edu.experiments.gallery import fakes, record, shown_pairs
from pix2pix_edu.images import to_image
from pix2pix_edu.play.pictures import sheet
from pix2pix_edu.play.recorded import GRID, recorded_runs


def opened(url):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))).convert("RGB"), dtype=int)


def in_a_row(tensors):
    return np.asarray(sheet([to_image(tensor) for tensor in tensors], len(tensors)), dtype=int)


@pytest.mark.parametrize("table", TABLES)
def test_every_cell_of_a_table_has_its_place_and_its_scores(table):
    content = recorded_runs(table)
    assert {cell["name"] for cell in content["cells"]} == set(TABLES[table].values())
    places = [(cell["column"], cell["row"]) for cell in content["cells"]]
    assert len(set(places)) == len(places)
    assert {place[0] for place in places} == set(content["columns"])
    assert {place[1] for place in places} == set(content["rows"])
    cell, step = content["cells"][-1], content["steps"][1]
    for number, seed in enumerate(SEEDS):
        kept = record(cell["name"], seed)["scores"][str(step)]
        assert cell["scores"]["per_class"][number][1] == pytest.approx(kept["reading"]["per_class"], abs=5e-4)
        assert cell["scores"]["l1"][number][1] == pytest.approx(kept["l1"], abs=5e-4)
    assert all(len(cell["scores"][measure["name"]][0]) == len(content["steps"]) for measure in content["measures"])


@pytest.mark.parametrize("table", TABLES)
def test_the_pictures_are_those_of_the_table_and_label_maps_are_exact(table):
    content = recorded_runs(table)
    x, y = (in_a_row(side) for side in shown_pairs(content["cells"][0]["name"]))
    label_maps, photos = ("y", "x") if table == "photo to labels" else ("x", "y")
    sides = {"x": x, "y": y}
    assert np.array_equal(opened(content[label_maps]), sides[label_maps])
    assert 0 < abs(opened(content[photos]) - sides[photos]).mean() < 8
    runs = [(cell["name"], SEEDS[0]) for cell in content["cells"]] + [(content["start"], seed) for seed in SEEDS[1:]]
    shown = in_a_row([fakes(name, seed, content["steps"][-1])[0] for name, seed in runs])
    assert abs(opened(content["cover"]) - shown).mean() < 4


def test_the_first_training_shown_is_the_papers_where_the_table_has_it():
    starts = {table: recorded_runs(table)["start"] for table in TABLES}
    assert starts[GRID] == starts["loss"] == starts["lambda"] == "L1+cGAN"
    assert all(start in TABLES[table].values() for table, start in starts.items())


def test_an_unknown_table_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="there is no table 'losses': choose from loss, lambda, generator"):
        recorded_runs("losses")


def test_a_sheet_has_its_pictures_row_by_row():
    colours = [(10 * number, 0, 0) for number in range(5)]
    pixels = np.asarray(sheet([Image.new("RGB", (2, 2), colour) for colour in colours], 3))
    assert pixels.shape == (4, 6, 3)
    assert [tuple(pixels[2 * (number // 3), 2 * (number % 3)]) for number in range(5)] == colours
    assert pixels[2:, 4:].max() == 0
