"""What the home page and the slides show: figures, and sentences whose numbers are computed here or read from recorded runs."""

from collections.abc import Callable
from functools import cache

import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor
from torch.nn.utils import parameters_to_vector

from pix2pix_edu.classroom.clinic.patients import Patient, consult
from pix2pix_edu.classroom.clinic.signs import mean_of_end
from pix2pix_edu.classroom.display import draw_named_pictures, draw_pictures, draw_translations, new_figure
from pix2pix_edu.classroom.objective.photographs import same_house
from pix2pix_edu.classroom.objective.widgets import draw_averages
from pix2pix_edu.classroom.patchgan.figures import outline
from pix2pix_edu.classroom.small_runs import small_batches, small_model
from pix2pix_edu.classroom.training_step.widgets import draw_factor, draw_gradient_flow, first_step
from pix2pix_edu.classroom.unet_skips.widgets import draw_skips
from pix2pix_edu.discriminator import patch_convs
from pix2pix_edu.drawing.facades import SyntheticPairs, draw_pair
from pix2pix_edu.experiments.cells import TABLES
from pix2pix_edu.experiments.gallery import fakes, moments, shown_pairs
from pix2pix_edu.experiments.orders import table
from pix2pix_edu.images import to_tensor
from pix2pix_edu.objective import CHANCE, fake_loss, real_loss
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.receptive_field import input_span, output_size, output_step, receptive_field
from pix2pix_edu.training import descend, stack_pairs
from pix2pix_edu.weights.bundled import load_pretrained
from publishing.site.site_figures import as_svg

SIZE, LOGIT = 256, 14  # of the picture, and the row and the column of one logit
HOUSE = 7
UNSEEN = 1000  # the seed of houses on which no network was trained


class Measured:
    """A figure as SVG with its alt text, and a sentence with the numbers in it."""

    def __init__(self, figure: Figure, alt: str, sentence: str = ""):
        self.svg, self.alt, self.sentence = as_svg(figure, alt), alt, sentence


@cache
def patch() -> Measured:
    """A patch of 70 pixels, and a square of 30 for comparison."""
    convs = patch_convs(70)
    logits, side, step = output_size(convs, SIZE), receptive_field(convs), output_step(convs)
    figure, (axes,) = new_figure(3.0, 3.0)
    axes.set_position((0, 0, 1, 1))
    figure.set_layout_engine(None)
    axes.imshow(draw_pair(HOUSE, SIZE)[1])
    axes.set_axis_off()
    first, end = input_span(convs, LOGIT)
    outline(axes, (first, end), (first, end))
    centre = (first + end) / 2
    axes.add_patch(_square(centre, logits))
    alt = f"A house of {SIZE} pixels. One logit sees the square of {side} pixels in yellow; the dashed one has {logits} pixels."
    sentence = (
        f"There are {logits} x {logits} numbers, one every {step} pixels, and each sees {side} x {side} pixels: neighbours share "
        f"{side - step} of their {side} columns. How many patches there are and how large each one is are two different numbers."
    )
    return Measured(figure, alt, sentence)


def _square(centre: float, side: float) -> Rectangle:
    return Rectangle((centre - side / 2, centre - side / 2), side, side, facecolor="none", edgecolor="white", linestyle="--", linewidth=2)


@cache
def half_loss() -> Measured:
    """How long D's first step is on half of its loss."""
    adam, sgd = ((first_step(name, 0.5).norm() / first_step(name, 1.0).norm()).item() for name in ("Adam", "SGD"))
    sentence = (
        f"Under Adam, D's step on half the loss is {adam:.4f} times as long, because Adam divides the gradient by its own size. Under "
        f"plain gradient descent it is {sgd:.4f} times as long. To slow D, lower its learning rate."
    )
    return Measured(*draw_factor("Adam", 0.5), sentence)


@cache
def weights_of_l1() -> Measured:
    """The same house from trainings that differ in lambda alone, and how much fine detail each has."""
    weights = ("10", "100", "1000")
    detail = {weight: sum(values) / len(values) for weight, values in table("lambda", "sharpness").items()}
    cells = {weight: TABLES["lambda"][weight] for weight in weights}
    pictures = {f"λ = {weight}": fakes(cell, 0, moments(cell, 0)[-1])[:1] for weight, cell in cells.items()}
    _, y = shown_pairs(cells["100"])
    numbers = ", ".join(f"{detail[weight]:.2f} at λ = {weight}" for weight in weights)
    alt = f"One house from three runs that differ in λ alone, and its photograph. The larger λ, the blurrier: fine detail {numbers}."
    sentence = (
        f"A larger λ is blurrier. Fine detail, with 1 for real photographs, mean of three runs each: {numbers}. "
        f"L1 asks for the median of all possible pictures, and that is a blurred one."
    )
    return Measured(draw_pictures(pictures | {"photograph y": y[:1]}), alt, sentence)


@cache
def detach() -> Measured:
    """How far back the gradient of D's loss flows, and G's weights after a step with detach() and without."""
    figure, alt = draw_gradient_flow("D's loss", detach=False)
    difference = (_after_one_step(detached=True) - _after_one_step(detached=False)).abs().max().item()
    sentence = (
        f"The gradient does reach G, but D's optimizer has only D's weights, and G's next zero_grad() erases it. After one step with "
        f"detach() and one without, G's weights differ by {difference:g}. detach() saves time, and it protects you when both share "
        f"an optimizer."
    )
    return Measured(figure, alt, sentence)


def _after_one_step(detached: bool) -> Tensor:
    """G's weights after one step of D and one of G, in which D's loss sees the fake with or without detach()."""
    with own_random_numbers(0):
        model = small_model()
        G, D = model.generator, model.discriminator
        x, y = small_batches()[0]
        torch.manual_seed(0)
        fake = G(x)
        d_loss = (real_loss(D(x, y)) + fake_loss(D(x, fake.detach() if detached else fake))) / 2
        model.discriminator_optimizer.zero_grad()
        d_loss.backward()  # without `inputs`, as most programs call it: its gradient reaches G unless the fake was detached
        model.discriminator_optimizer.step()
        torch.manual_seed(0)
        descend(real_loss(D(x, G(x))), model.generator_optimizer)
        return parameters_to_vector(G.parameters()).detach()


@cache
def d_at_zero() -> Measured:
    """A recorded run whose D finds every fake, beside a healthy one."""
    healthy, perfect = (consult(Patient(name, 0)) for name in ("healthy", "L1 alone teaches G"))
    of_healthy, of_perfect = (mean_of_end(run.log.discriminator) for run in (healthy, perfect))
    of_fake = mean_of_end(perfect.log.on_fake)
    pictures = {f"D's loss {of_healthy:.2f}": healthy.fakes[:2], f"D's loss {of_perfect:.2f}": perfect.fakes[:2]}
    alt = f"Two houses of a healthy run, whose D ends at {of_healthy:.2f}, and of one whose D ends at {of_perfect:.2f}: they are blurred."
    sentence = (
        f"It means that D finds every fake. In a recorded run its loss ended at {of_perfect:.2f}, the probability it gave to fakes at "
        f"{of_fake:.2f}, and the pictures stayed blurred: what D said did not reach G. In a healthy run D ended at {of_healthy:.2f}, "
        f"a little below chance, {CHANCE:.2f}."
    )
    return Measured(draw_pictures(pictures), alt, sentence)


@cache
def translations() -> Measured:
    """Three houses of the largest bundled network."""
    G, _ = load_pretrained("houses_128")
    x, y = stack_pairs(SyntheticPairs(3, 128, UNSEEN))
    with torch.no_grad(), own_random_numbers(0):
        fake = torch.cat([G(each[None]) for each in x])
    return Measured(draw_translations(x, fake, y), "Three drawings x, what the network G makes of each, and the real photographs y.")


@cache
def averages() -> Measured:
    """One photograph of a house, and the median and the mean of many."""
    return Measured(*draw_averages(same_house(101)[1]))


@cache
def skips() -> Measured:
    """The largest bundled network with all levels, and with the innermost alone."""
    G, _ = load_pretrained("houses_128")
    return Measured(*draw_skips(G, SyntheticPairs(1, 128, UNSEEN)[0][0][None], kept=[G.depth]))


@cache
def two_houses() -> Measured:
    """A photograph and a fake, in an order that the caption does not give away."""
    G, _ = load_pretrained("houses_128")
    x, y = SyntheticPairs(5, 128, UNSEEN)[4]
    with torch.no_grad(), own_random_numbers(0):
        fake = G(x[None])[0]
    return Measured(
        draw_named_pictures({"A": fake, "B": y}, scale=3, columns=2),
        "Two pictures of one house, A and B: one is a photograph, the other a fake.",
    )


@cache
def fixed_house() -> Measured:
    """A house as a drawing and as a photograph."""
    x, y = (to_tensor(side) for side in draw_pair(HOUSE, 128))
    return Measured(draw_pictures({"drawing x": x[None], "photograph y": y[None]}), "A drawing x, and a photograph y that fits it.")


FIGURES: dict[str, Callable[[], Measured]] = {
    each.__name__: each
    for each in (patch, half_loss, weights_of_l1, detach, d_at_zero, translations, averages, skips, two_houses, fixed_house)
}
MYTHS = {
    "The 30 x 30 map means patches of 30 pixels.": patch,
    "Halving D's loss slows D.": half_loss,
    "A larger λ makes sharper pictures.": weights_of_l1,
    "Without detach(), G learns from D's loss.": detach,
    "D's loss at 0 means it works.": d_at_zero,
}
