"""Make the pairs in openmoji/ again: python data/make_openmoji.py [FOLDER]. It takes about two minutes.

It needs npm, which downloads the package, and CairoSVG, which draws the emoji: pip install cairosvg.
"""

import csv
import io
import re
import sys
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from make import checksums
from packages import OPENMOJI, fetch, new_file, remove_pictures
from PIL import Image, ImageFilter

SIDE = 128
VAL_EVERY = 10
GROUPS = ("smileys-emotion", "people-body", "animals-nature", "food-drink", "travel-places", "activities", "objects")
RUDE = ("middle finger",)
MOST_ALIKE = 0.88  # of two outlines; clock faces and the moods of one face are more alike than that


class Emoji(NamedTuple):
    name: str
    character: str
    designer: str
    outline: Image.Image
    colour: Image.Image


def draw(svg: bytes) -> Image.Image:
    """An SVG drawing on white."""
    import cairosvg  # here, because the tests do without it

    drawn = Image.open(io.BytesIO(cairosvg.svg2png(svg, output_width=SIDE, output_height=SIDE))).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")


def small(picture: Image.Image) -> Image.Image:
    """A drawing in 32 colours, which is less than half the file and looks the same."""
    return picture.quantize(32, dither=Image.Dither.NONE)


def is_pair(outline: Image.Image, colour: Image.Image) -> bool:
    """Whether the outline is in the coloured picture too, there is enough of it, and there is something to colour."""
    ink = np.asarray(outline.convert("L")) < 110
    kept = np.asarray(colour.convert("L"))[ink] < 140
    coloured = np.abs(np.asarray(outline, np.int16) - np.asarray(colour, np.int16)).max(axis=2) > 40
    return ink.mean() > 0.015 and kept.mean() > 0.9 and coloured.mean() > 0.04


def look(outline: Image.Image) -> np.ndarray:
    """An outline, blurred and small, to compare it with others."""
    small = outline.convert("L").filter(ImageFilter.GaussianBlur(3)).resize((32, 32), Image.Resampling.BOX)
    return 1 - np.asarray(small, np.float32).ravel() / 255


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """1 for the same outline, 0 for two that share nothing."""
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def read_emoji(archive: Path) -> Iterator[Emoji]:
    """The emoji of the package, without skin tones, flags and symbols, whose two drawings make a pair."""
    with tarfile.open(archive) as package:
        members = {member.name.removeprefix("package/"): member for member in package}

        def read(name: str) -> bytes:
            return package.extractfile(members[name]).read()

        for row in csv.DictReader(io.StringIO(read("data/openmoji.csv").decode())):
            if row["group"] not in GROUPS or row["skintone"] or row["annotation"] in RUDE:
                continue
            outline, colour = (draw(read(f"{kind}/svg/{row['hexcode']}.svg")) for kind in ("black", "color"))
            if is_pair(outline, colour):
                yield Emoji(row["annotation"], row["emoji"], row["openmoji_author"], outline.convert("L"), colour)


def without_twins(emoji: Iterable[Emoji]) -> list[Emoji]:
    """The emoji that are not too much like an earlier one, so that none for validation has a twin that is trained on."""
    kept: list[Emoji] = []
    looks: list[np.ndarray] = []
    for one in emoji:
        this = look(one.outline)
        if all(likeness(this, other) <= MOST_ALIKE for other in looks):
            kept.append(one)
            looks.append(this)
    return kept


def file_name(number: int, name: str) -> str:
    return f"{number:03d}_{re.sub('[^a-z0-9]+', '_', name.lower()).strip('_')}.png"


def write_emoji(emoji: list[Emoji], target: Path) -> None:
    """Write the pictures in a random order, every tenth for validation, and the table that names the designer of each."""
    rows = [("split", "file", "emoji", "name", "designer")]
    for number, index in enumerate(np.random.default_rng(0).permutation(len(emoji))):
        one, split = emoji[index], "train" if (number + 1) % VAL_EVERY else "val"
        name = file_name(number, one.name)
        rows.append((split, name, one.character, one.name, one.designer))
        for kind, picture in (("outline", one.outline), ("colour", one.colour)):
            small(picture).save(new_file(target, kind, split, name), optimize=True)
    with open(target / "emoji.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "openmoji"
    emoji = without_twins(read_emoji(fetch(OPENMOJI)))
    remove_pictures(target, ("outline", "colour"))
    write_emoji(emoji, target)
    (target / "MANIFEST.sha256").write_text(checksums(target))
