"""Explorable objectives: a pixel in many photographs, their median and mean, G's slopes, and lambda for a lit or dark window."""

import ipywidgets
import torch
from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.classroom import explorer
from pix2pix_edu.classroom.display import draw_pictures
from pix2pix_edu.classroom.objective.figures import DARK, LIT, draw_pixel, draw_slopes, draw_two_answers, two_answers
from pix2pix_edu.measures.pixels import lab

PLACES = {  # what a pixel of building 3 shows: its row and column at 64 px
    "window pane": (36, 29),
    "shutter": (55, 41),
    "wall": (44, 43),
    "cornice": (26, 30),
    "pavement": (62, 30),
}
NEAR = 0.1  # photographs whose brightness differs by less are counted as near


def draw_place(photos: Tensor, place: str = "window pane") -> tuple[Figure, str]:
    """Draw the brightness of one pixel in photographs (count, 3, 64, 64), with its median (best for L1) and mean (best for L2)."""
    row, column = PLACES[place]
    values = photos[:, :, row, column].mean(dim=1)
    answers = {"L1 (median)": values.median().item(), "L2 (mean)": values.mean().item()}
    near = {name: int(((values - answer).abs() < NEAR).sum()) for name, answer in answers.items()}
    found = "; ".join(f"{name}: {answer:.2f}, with {near[name]} photographs within {NEAR}" for name, answer in answers.items())
    return draw_pixel(
        values, answers
    ), f"A pixel of the {place} in {len(values)} photographs; standard deviation {values.std():.2f}. {found}."


def explore_place(photos: Tensor) -> ipywidgets.VBox:
    """Choose the pixel by what it shows."""
    return explorer.explore(lambda place: draw_place(photos, place), place=explorer.choice("Pixel of the", list(PLACES), "window pane"))


def mean_chroma(pictures: Tensor) -> float:
    """Return how colourful pictures are: the mean distance of their pixels from grey, in units of Lab."""
    return lab(pictures)[:, 1:].norm(dim=1).mean().item()


def draw_averages(photos: Tensor, count: int = 101) -> tuple[Figure, str]:
    """Draw the first photograph beside the median and the mean of the first `count`."""
    some = photos[:count]
    median, mean = some.median(dim=0, keepdim=True).values, some.mean(dim=0, keepdim=True)
    alt = (
        f"One photograph, and the median and the mean of {count}. "
        f"Mean distance from grey (chroma): {mean_chroma(photos[:1]):.1f} in the photograph, "
        f"{mean_chroma(median):.1f} in the median, {mean_chroma(mean):.1f} in the mean."
    )
    return draw_pictures({"one photograph": photos[:1], f"median of {count}": median, f"mean of {count}": mean}), alt


def explore_averages(photos: Tensor) -> ipywidgets.VBox:
    """Choose how many photographs are averaged."""
    return explorer.explore(lambda count: draw_averages(photos, count), count=explorer.choice("Photographs", [1, 3, 11, 31, 101], 101))


def draw_logit(logit: float = -8) -> tuple[Figure, str]:
    """Draw both losses that G could descend, and their slopes where D gives the fake this logit."""
    D = torch.sigmoid(torch.tensor(float(logit), dtype=torch.float64)).item()
    alt = f"Logit {logit}: D gives the fake {D:.4f}. Slope of log(1 - D): {-D:.4f}; slope of -log D: {D - 1:.4f}."
    return draw_slopes(float(logit)), alt


def explore_logit() -> ipywidgets.VBox:
    """Choose D's logit for the fake."""
    return explorer.explore(draw_logit, logit=explorer.choice("Logit", [-8, -4, -2, 0, 2, 4, 8], -8))


def draw_l1_weight(l1_weight: float = 3, lit_share: float = 0.5, grain: float = 0.2) -> tuple[Figure, str]:
    """Draw the best answer of G for a window that is lit or dark, with the values that lead to it."""
    game = two_answers(lit_share, grain)
    best = game.best(l1_weight)
    g = game.g[best]
    look = "lit" if g > 0.75 * LIT else "dark" if g < 0.75 * DARK else "neither lit nor dark"
    alt = (
        f"Lambda {l1_weight:g}, {lit_share:.3g} of the windows lit: G's best answer is {g:.2f}, {look}. "
        f"There L_cGAN is {game.adversarial[best]:.3f} and lambda * L_L1 is {l1_weight * game.l1[best]:.3f}."
    )
    return draw_two_answers(game, l1_weight), alt
