"""The paper's data sets: names, sizes, direction of translation, licence and citation."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pix2pix_edu.files import DATA

MANIFESTS = DATA / "manifests"


@dataclass(frozen=True)
class DataSet:
    """What is known about a data set of side-by-side pictures before it is downloaded."""

    name: str
    shows: str  # x -> y, as the paper translates it
    splits: dict[str, int]  # the folders, with the stated number of pairs in each
    direction: str
    megabytes: int  # size of the archive as listed by its host; a copy that was packed again may differ
    licence: str
    citation: str
    manifest: Path | None = None  # a file with the checksum of every picture, if known

    @property
    def pairs(self) -> int:
        return sum(self.splits.values())

    @property
    def check(self) -> str:
        """How a fetched copy is verified."""
        if self.manifest:
            return f"each of the {self.pairs} pictures has its recorded checksum"
        return (
            "no checksums are published; every picture has the size of two squares side by side, "
            "and the first and the last of each folder are complete"
        )


# The direction is the paper's: from the half with less information to the half with more.
DATA_SETS = {
    data_set.name: data_set
    for data_set in (
        DataSet(
            "facades",
            "labels -> photo",
            {"train": 400, "val": 100, "test": 106},
            "right_to_left",  # the photograph is the left half
            30,
            "none stated; its makers ask to be cited",
            "R. Tylecek, R. Sara: Spatial Pattern Templates for Recognition of Objects with Regular Structure, GCPR 2013",
            MANIFESTS / "facades.MANIFEST.sha256",
        ),
        DataSet(
            "maps",
            "map -> aerial photo",
            {"train": 1096, "val": 1098},
            "right_to_left",  # the photograph is the left half; the paper translates both ways
            250,
            "pictures from Google Maps, under its terms: for study only",
            "P. Isola et al.: Image-to-Image Translation with Conditional Adversarial Networks, CVPR 2017",
        ),
        DataSet(
            "cityscapes",
            "labels -> photo",
            {"train": 2975, "val": 500},
            "right_to_left",  # the photograph is the left half
            104,
            "Cityscapes terms: research and teaching, not to be passed on",
            "M. Cordts et al.: The Cityscapes Dataset for Semantic Urban Scene Understanding, CVPR 2016",
        ),
        DataSet(
            "edges2shoes",
            "edges -> photo",
            {"train": 49825, "val": 200},
            "left_to_right",  # the edges are the left half
            2100,
            "UT Zappos50K: academic use only",
            "A. Yu, K. Grauman: Fine-Grained Visual Comparisons with Local Learning, CVPR 2014",
        ),
        DataSet(
            "edges2handbags",
            "edges -> photo",
            {"train": 138567, "val": 200},
            "left_to_right",  # the edges are the left half
            8600,
            "none stated; product photographs: for study only",
            "J.-Y. Zhu et al.: Generative Visual Manipulation on the Natural Image Manifold, ECCV 2016",
        ),
        DataSet(
            "night2day",
            "day -> night",
            {"train": 17823, "val": 10, "test": 2287},
            "right_to_left",  # named after its halves, night on the left; the paper goes from day to night
            2000,
            "none stated; its makers ask to be cited",
            "P.-Y. Laffont et al.: Transient Attributes for High-Level Understanding and Editing of Outdoor Scenes, SIGGRAPH 2014",
        ),
    )
}


def find_data_set(name: str) -> DataSet:
    if name not in DATA_SETS:
        raise ValueError(f"there is no data set named {name!r}: choose one of {', '.join(DATA_SETS)}")
    return DATA_SETS[name]


def listing() -> str:
    """The data sets as a table."""
    rows = [("name", "x -> y", "pairs", "MB", "direction", "licence")]
    rows += [(s.name, s.shows, str(s.pairs), str(s.megabytes), s.direction, s.licence) for s in DATA_SETS.values()]
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as lines with straight columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
