"""Build the page of a run: its network in the browser, with a board to draw on or pictures to choose from."""

import copy
import html
import json
from pathlib import Path
from string import Template

import torch
from PIL import Image
from torch import Tensor

from pix2pix_edu.files import HERE
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import to_image, to_tensor
from pix2pix_edu.page.build import MARK, new_page, write_figure
from pix2pix_edu.page.offline import write_manifest
from pix2pix_edu.photos.bundled import BUNDLED
from pix2pix_edu.play.data import board
from pix2pix_edu.play.pictures import webp
from pix2pix_edu.play.subjects import SUBJECTS, sample_sketches
from pix2pix_edu.run.networks import open_generator
from pix2pix_edu.run.samples import changed_pairs, has_unseen_pairs, sample_inputs, task
from pix2pix_edu.run.settings import Settings, read_settings
from pix2pix_edu.weights.onnx_graph import without_dropout, write_onnx

NETWORK = "generator"  # its name on the page
SAMPLES = 6
CHANNELS = (1, 3)  # that a browser shows
TEMPLATE = HERE / "page" / "run.html"


def build_run(folder: Path, run: Path) -> float:
    """Write the page of a run to a folder. Return the difference between the network there and torch's."""
    settings, generator = read_settings(run), open_generator(run)
    if not {settings.x_channels, settings.y_channels} <= set(CHANNELS):
        raise ValueError(
            f"a web page shows pictures of 1 or 3 channels, and in {run} x has {settings.x_channels} and y has {settings.y_channels}: "
            "use the commands translate or export --onnx instead"
        )
    # The page has the weights in half precision, as files for sharing have: half the size to load.
    generator = without_dropout(copy.deepcopy(generator).half().float())
    figure, xs, content = _pictures(settings) if _subject(settings) not in SUBJECTS else _board(settings)
    changed = changed_pairs(run, settings)
    if changed:
        print(changed)
    with new_page(folder) as unfinished:
        for place in ("networks", "figures"):
            (unfinished / place).mkdir()
        network = unfinished / "networks" / f"{NETWORK}.onnx"
        difference = write_onnx(generator, xs[0], network)
        content |= {"network": NETWORK, "megabytes": round(network.stat().st_size / 1e6, 1), "fake": _fake(generator, xs[0])}
        write_figure(unfinished / "figures", figure, content)
        (unfinished / "index.html").write_text(_index(run, settings, figure, bool(changed)), "utf-8")
        write_manifest(unfinished, run.resolve().name, "A network that was trained with pix2pix. It runs in the browser.")
        (unfinished / MARK).write_text(json.dumps({"run": run.resolve().name}), "utf-8")
    return difference


def _subject(settings: Settings) -> str:
    """What the inputs show, by the name that the board knows; empty for pairs of one's own."""
    return settings.photographs or ("" if settings.pairs else settings.drawn)


def _board(settings: Settings) -> tuple[str, Tensor, dict]:
    """The board for flat label maps, with the sample that it begins with as x."""
    subject = _subject(settings)
    last = to_tensor(list(sample_sketches(settings.size, subject).values())[-1])
    return "draw", last[None], board(settings.size, subject)


def _pictures(settings: Settings) -> tuple[str, Tensor, dict]:
    """Inputs of the run to choose from."""
    xs = sample_inputs(settings, SAMPLES)
    samples = [webp(_in_colours(x), lossless=True) for x in xs]
    return "pictures", xs, {"size": settings.size, "planes": settings.x_channels, "samples": samples}


def _fake(generator: Generator, x: Tensor) -> str:
    with torch.no_grad():
        return webp(_in_colours(generator(x[None])[0]), lossless=True)


def _in_colours(picture: Tensor) -> Image.Image:
    return to_image(picture).convert("RGB")


def _index(run: Path, settings: Settings, figure: str, changed: bool) -> str:
    of, size = task(settings), f"{settings.size} x {settings.size} pixels"
    trained = f"A network that was trained with pix2pix{f' to translate {of}' if of else ''}, on pairs of {size}."
    texts = {"title": run.resolve().name, "description": f"{trained} It runs in this browser tab."}
    if figure == "draw":
        texts |= {"heading": "Draw, see its translation"}
        texts |= {"words": "Begin with a sample, or clear the board and paint. Nothing that you draw leaves this page."}
    else:
        seen = "was not trained on the samples" if has_unseen_pairs(settings) else "was trained on the samples"
        seen = "may have been trained on the samples" if changed else seen
        texts |= {"heading": "Choose a picture, see its translation"}
        texts |= {
            "words": f"Take a sample, or a picture of yours: its middle square is scaled to {size}. It does not leave this page. "
            f"The network {seen}."
        }
    credit = BUNDLED[settings.photographs].credit() if settings.photographs else ""
    texts["credit"] = f"Made with pix2pix-edu, a course on image-to-image translation. {credit}".strip()
    return Template(TEMPLATE.read_text("utf-8")).substitute({name: html.escape(text) for name, text in texts.items()}, figure=figure)
