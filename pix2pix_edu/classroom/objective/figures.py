"""Figures of the best answer to each loss: one pixel in many photographs, a window that is lit or dark, gradients of each term."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from pix2pix_edu.classroom.curves import running_mean
from pix2pix_edu.classroom.display import COLOURS, new_figure

LOSS_COLOURS = {"L1": COLOURS["L1"], "L2": "#999999", "adversarial": COLOURS["fake"], "D": COLOURS["D"]}
LIT, DARK = 0.6, -0.6  # the two brightnesses of a real window
NIGHT, LAMP, FRAME = np.array([[0.17, 0.22, 0.33], [1.00, 0.87, 0.55], [0.54, 0.50, 0.45]])  # the colours of a drawn window


def _place_axes(figure: Figure, **borders: float) -> None:
    """Set fixed borders, as shares of the figure: the layout engine would double the drawing time of a widget."""
    figure.set_layout_engine(None)
    figure.subplots_adjust(**borders)


def draw_pixel(values: Tensor, answers: Mapping[str, float]) -> Figure:
    """Draw how often a pixel has each brightness in many photographs, and the number that is best for each loss."""
    figure, (ax,) = new_figure(7, 2.6)
    _place_axes(figure, left=0.11, right=0.72 if answers else 0.98, bottom=0.2, top=0.96)
    ax.hist(values.numpy(), bins=40, range=(-1, 1), color=COLOURS["y"], alpha=0.55)
    for name, answer in answers.items():
        colour = next((LOSS_COLOURS[loss] for loss in LOSS_COLOURS if name.startswith(loss)), "black")
        ax.axvline(answer, color=colour, linewidth=2.5, label=f"{name}: {answer:.2f}")
    ax.set(xlabel="brightness of the pixel (-1 black, 1 white)", ylabel="photographs", xlim=(-1, 1), xticks=(-1, -0.5, 0, 0.5, 1))
    if answers:
        ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def draw_sight(histories: Mapping[str, Sequence[float]], chance: float, window: int = 1) -> Figure:
    """Draw the loss of up to two discriminators, averaged over the last `window` steps, and the loss of a guess as a dotted line."""
    figure, (ax,) = new_figure(6, 2.6)
    for (name, history), style in zip(histories.items(), ("-", "--"), strict=False):
        ax.plot(range(1, len(history) + 1), running_mean(torch.as_tensor(history), window), color=COLOURS["D"], linestyle=style, label=name)
    ax.axhline(chance, color="grey", linestyle=":", label=f"chance: {chance:.3f}")
    ax.set(xlabel="step of D", ylabel="D's loss (nats per patch)", ylim=(0, 0.85))
    ax.legend(fontsize=8, loc="lower left")
    return figure


def draw_slopes(logit: float) -> Figure:
    """Draw the two losses that G could descend, over D's logit for the fake, and their slopes; `logit` is marked."""
    figure, axes = new_figure(8, 2.8, columns=2)
    _place_axes(figure, left=0.085, right=0.99, bottom=0.19, top=0.97, wspace=0.24)
    z = torch.linspace(-10, 10, 201, dtype=torch.float64)
    D = torch.sigmoid(z)
    curves = {
        "min log(1 - D)": (-torch.nn.functional.softplus(z), -D, "--"),
        "min -log D": (torch.nn.functional.softplus(-z), D - 1, "-"),
    }
    for name, (loss, slope, style) in curves.items():
        axes[0].plot(z, loss, color=COLOURS["fake"], linestyle=style, label=name)
        axes[1].plot(z, slope, color=COLOURS["fake"], linestyle=style)
    here = torch.sigmoid(torch.tensor(logit, dtype=torch.float64)).item()
    for ax, heights in zip(axes, ((np.log1p(-here), -np.log(here)), (-here, here - 1)), strict=True):
        ax.axvline(logit, color="grey", linewidth=1)
        ax.plot([logit] * 2, heights, "o", color=COLOURS["D"])
        ax.set(xlabel="D's logit for the fake  (left: fake, right: real)", xticks=(-10, -5, 0, 5, 10))
    axes[0].set(ylabel="loss of G (nats)", yticks=(-10, -5, 0, 5, 10))
    axes[0].legend(fontsize=8)
    axes[1].set(ylabel="slope", yticks=(-1, -0.5, 0))
    return figure


class TwoAnswers(NamedTuple):
    """The solved game of one window: for each brightness g that G could output, the terms of its objective against the best D."""

    lit_share: float
    grain: float
    g: np.ndarray  # from 1 down to -1, so that argmin picks the lit one of two equal optima
    adversarial: np.ndarray  # max over D of L_cGAN
    l1: np.ndarray  # the mean of |y - fake|
    l2: np.ndarray  # the mean of (y - fake)^2
    v: np.ndarray  # brightness
    real: np.ndarray  # the density of y at each v
    fakes: np.ndarray  # the density of the fake at each v, one row per g

    def total(self, l1_weight: float, gan_weight: float = 1.0) -> np.ndarray:
        """Return what G minimises: gan_weight * max_D L_cGAN + lambda * L_L1."""
        return gan_weight * self.adversarial + l1_weight * self.l1

    def best(self, l1_weight: float, gan_weight: float = 1.0) -> int:
        """Return the index in `g` with the lowest total."""
        return int(np.argmin(self.total(l1_weight, gan_weight).round(9)))


@lru_cache(maxsize=32)
def two_answers(lit_share: float, grain: float) -> TwoAnswers:
    """Solve the game of a window that is lit in a share of the photographs; `grain` is the standard deviation of real and fake."""
    v, g = np.linspace(-2.6, 2.6, 521), np.linspace(1, -1, 201)
    dv = v[1] - v[0]

    def bell(middle: np.ndarray | float) -> np.ndarray:
        return np.exp(-(((v - middle) / grain) ** 2) / 2) / (grain * np.sqrt(2 * np.pi))

    real, fakes = lit_share * bell(LIT) + (1 - lit_share) * bell(DARK), bell(g[:, None])
    both = real + fakes
    adversarial = (real * np.log(real / both) + fakes * np.log(fakes / both)).sum(axis=1) * dv  # D = real / both
    l1, l2 = (fakes @ (real @ np.abs(v[:, None] - v) ** power * dv) * dv for power in (1, 2))  # first the mean over y, then over fakes
    return TwoAnswers(lit_share, grain, g, adversarial, l1, l2, v, real, fakes)


def draw_two_answers(game: TwoAnswers, l1_weight: float) -> Figure:
    """Draw what D sees at the optimum, both terms over G's answer, and the windows."""
    figure, axes = new_figure(8.6, 2.9, columns=3)
    _place_axes(figure, left=0.05, right=0.99, bottom=0.18, top=0.9, wspace=0.38)
    best = game.best(l1_weight)
    _draw_densities(axes[0], game, best)
    _draw_terms(axes[1], game, l1_weight, best)
    _draw_windows(axes[2], game.lit_share, game.g[best])
    return figure


def _draw_densities(ax: Axes, game: TwoAnswers, best: int) -> None:
    fake = game.fakes[best]
    ax.fill_between(game.v, game.real, color=COLOURS["y"], alpha=0.5, label="real y")
    ax.plot(game.v, fake, color=COLOURS["fake"], label="fake")
    ax.plot(game.v, game.real / (game.real + fake), color=COLOURS["D"], linestyle=":", label="best D")
    ax.set(xlabel="brightness v", xlim=(-1.4, 1.4), ylim=(0, 1.3 * max(fake.max(), 1)), title="what D sees", xticks=(DARK, 0, LIT))
    ax.yaxis.set_major_locator(MaxNLocator(3))
    ax.legend(fontsize=7, ncols=3, loc="upper center", handlelength=1.2, columnspacing=0.8)


def _draw_terms(ax: Axes, game: TwoAnswers, l1_weight: float, best: int) -> None:
    curves = {"L_cGAN": (game.adversarial, COLOURS["fake"]), "λ L_L1": (l1_weight * game.l1, COLOURS["L1"])}
    total = game.total(l1_weight)
    for name, (term, colour) in curves.items():
        ax.plot(game.g, term - term.min(), color=colour, label=name)
    ax.plot(game.g, total - total.min(), color="black", label="sum")
    ax.plot(game.g[best], 0, "o", color="black", clip_on=False)
    ax.set(xlabel="G's answer g", ylabel="above its minimum (nats)", ylim=(0, 1.3 * np.ptp(total)), title="what G minimises")
    ax.set_xticks((-1, DARK, 0, LIT, 1))
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.legend(fontsize=7, ncols=3, loc="upper center", handlelength=1.2, columnspacing=0.8)


def _draw_windows(ax: Axes, lit_share: float, answer: float) -> None:
    lit = round(8 * lit_share)
    wall = np.ones((40, 39, 3))
    for i in range(8):
        top, left = 10 * (i // 4), 10 * (i % 4)
        wall[top : top + 9, left : left + 9] = paint_window(LIT if i < lit else DARK)
    wall[22:40, 10:28] = paint_window(answer).repeat(2, axis=0).repeat(2, axis=1)
    ax.imshow(wall, interpolation="nearest")
    ax.set_title(f"{lit} of 8 real windows are lit", fontsize=10)
    ax.text(18.5, 41, f"G's window: {answer:.2f}", ha="center", va="top", fontsize=10)
    ax.set_axis_off()


def paint_window(value: float) -> np.ndarray:
    """Return a window of 9 by 9 pixels whose glass has this brightness, from dark to lit."""
    share = np.clip((value - DARK) / (LIT - DARK), 0, 1)
    window = np.full((9, 9, 3), FRAME)
    for rows in (slice(1, 4), slice(5, 8)):
        for columns in (slice(1, 4), slice(5, 8)):
            window[rows, columns] = NIGHT + share * (LAMP - NIGHT)
    return window


def draw_pulls(pulls: Mapping[str, tuple[float, float]]) -> Figure:
    """Draw the norms of the gradients at the fake, on a log axis: for each objective, those of its adversarial and its L1 term."""
    figure, (ax,) = new_figure(7, 2.8)
    for row, (adversarial, l1) in enumerate(pulls.values()):
        ax.barh(row - 0.19, adversarial, height=0.36, color=COLOURS["fake"], label="adversarial" if row == 0 else None)
        ax.barh(row + 0.19, l1, height=0.36, color=COLOURS["L1"], label="L1" if row == 0 else None)
    ax.set(xscale="log", xlim=(1e-4, 10), xlabel="norm of the gradient at the fake")
    ax.set_yticks(range(len(pulls)), labels=list(pulls))
    ax.invert_yaxis()
    ax.legend(fontsize=8)
    return figure
