"""The paper's sets of paired pictures: their names, their size, which way they are translated, whose they are."""

from dataclasses import dataclass
from pathlib import Path

from pix2pix_edu.files import DATA

MANIFESTS = DATA / "manifests"


@dataclass(frozen=True)
class DataSet:
    """What is known of a set of side-by-side pictures before you have it."""

    name: str
    shows: str  # x -> y, as the paper translates it
    splits: dict[str, int]  # the folders and how many pairs each is said to hold
    direction: str
    megabytes: int  # of the packed set, as its host listed it; a copy that was packed anew differs, so this is no check
    licence: str
    citation: str
    manifest: Path | None = None  # the checksum of every picture, where known

    @property
    def pairs(self) -> int:
        """How many pairs the set is said to hold."""
        return sum(self.splits.values())

    @property
    def check(self) -> str:
        """What a fetched copy is held against."""
        if self.manifest:
            return f"every one of the {self.pairs} pictures has the checksum that is on record for it"
        return "nothing published exists to check the content against; every picture opens as two squares side by side"


# The direction is the one that the paper shows: from the half that says less to the half that has to be invented.
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
    """The set of this name."""
    if name not in DATA_SETS:
        raise ValueError(f"there is no data set named {name!r}: choose one of {', '.join(DATA_SETS)}")
    return DATA_SETS[name]


def listing() -> str:
    """The sets as a table."""
    rows = [("name", "x -> y", "pairs", "MB", "direction", "licence")]
    rows += [(s.name, s.shows, str(s.pairs), str(s.megabytes), s.direction, s.licence) for s in DATA_SETS.values()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
