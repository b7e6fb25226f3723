"""Checks of lesson 10: the spread of a wall's colour, the mixture that a flow is trained on, and a step of its walk."""

from collections.abc import Callable

import torch
from torch import Tensor

from pix2pix_edu.classroom.verdict import Misconception, agrees, check
from pix2pix_edu.measures.variety import variety


def _close(one: object, other: object) -> bool:
    one, other = (torch.as_tensor(side).float() for side in (one, other))
    return one.shape == other.shape and torch.allclose(one, other, atol=1e-5)


def _all_close(one: list[object], other: list[object]) -> bool:
    return all(_close(*pair) for pair in zip(one, other, strict=True))


@check
def wall_spread(answer: Callable[[Tensor, Tensor], object]) -> str:
    """Prove that `answer` returns how much a wall's mean colour varies over pictures (count, 3, height, width), given its mask."""
    pictures = torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(0)) + 0.3 * torch.arange(6)[:, None, None, None]
    wall = torch.zeros(8, 8, dtype=torch.bool)
    wall[2:6, 1:7] = True
    inside = pictures[:, :, wall]  # (count, 3, pixels)
    means = inside.mean(dim=2)
    wrongs = [
        (pictures.mean(dim=(2, 3)).std(dim=0).mean(), "you average the whole picture, sky and all: keep pictures[:, :, wall]."),
        (inside.std(dim=0).mean(), "that is the deviation of each pixel, which bricks change too: first the mean colour of each wall."),
        (inside.std(), "that is one deviation of everything: first the mean over the pixels, then the deviation over the pictures."),
        (means.std(dim=1).mean(), "that compares red, green and blue of one picture: the deviation goes over the pictures, dim=0."),
        (means.std(dim=0), "these are three numbers, one for each channel: take their mean."),
        (means.mean(dim=1).std(), "you average the channels first: then a red wall equals a blue one that is as bright."),
        (means.var(dim=0).mean(), "this is the variance: the deviation is its square root."),
    ]
    if agrees(answer(pictures, wall), variety(pictures[None], wall[None]).wall, wrongs, _close):
        return "the deviation of the wall's mean colour over the pictures. It is 0 if all walls are alike."
    raise Misconception(
        "this is not the deviation: the wall's mean colour in each picture, their deviation, the mean of the three channels."
    )


@check
def mixture(answer: Callable[[Tensor, Tensor, Tensor], object]) -> str:
    """Prove that `answer` mixes photographs y with noise, given the share t (batch,) of each photograph."""
    random = torch.Generator().manual_seed(0)
    y, noise = torch.rand(3, 3, 4, 5, generator=random), torch.randn(3, 3, 4, 5, generator=random)
    t = torch.tensor([0.0, 0.3, 1.0])
    share = t.view(-1, 1, 1, 1)
    wrongs = [
        (share * noise + (1 - share) * y, "the shares are swapped: t = 0 is only noise, t = 1 only the photograph."),
        (noise + share * y, "the noise never fades: its share is 1 - t."),
        (share.sqrt() * y + (1 - share).sqrt() * noise, "square roots belong to another method. Here it is a straight line: t and 1 - t."),
        (noise + share * (noise - y), "the direction is wrong: from the noise to y it is y - noise."),
    ]
    try:
        given = answer(y, noise, t)
    except RuntimeError as error:
        if "size of tensor" not in str(error):
            raise
        raise Misconception("t has shape (3,), and y has four dimensions: t.view(-1, 1, 1, 1) gives each picture its own t.") from error
    if agrees(given, (1 - share) * noise + share * y, wrongs, _close):
        return "a straight line from the noise, at t = 0, to the photograph, at t = 1."
    raise Misconception("this is not the mixture: t of the photograph and 1 - t of the noise, each picture with its own t.")


@check
def one_step(answer: Callable[[Tensor, Tensor, int, int], object]) -> str:
    """Prove that `answer` takes step number `step` of `steps` from a mixture towards the guess."""
    random = torch.Generator().manual_seed(0)
    mixture, guess = torch.randn(2, 3, 4, 4, generator=random), torch.rand(2, 3, 4, 4, generator=random)
    way, steps = guess - mixture, range(4)
    wrongs = [
        ([mixture + way / 4] * 4, "you go a quarter of what is left each time, and never arrive: divide by steps - step."),
        ([guess] * 4, "you jump to the guess at once. Only the last step ends there."),
        ([mixture + way * (step + 1) / 4 for step in steps], "that share is counted from the first noise: divide by the steps left."),
        ([mixture - way / (4 - step) for step in steps], "you walk away from the guess: the direction is guess - mixture."),
        ([mixture + way / (5 - step) for step in steps], "`step` counts from 0: at step = steps - 1, one step is left."),
    ]
    if agrees([answer(mixture, guess, step, 4) for step in steps], [mixture + way / (4 - step) for step in steps], wrongs, _all_close):
        return "one of the steps that are left. The last one ends at the guess itself."
    raise Misconception("this is not the step: the way from the mixture to the guess, divided by the steps that are left, steps - step.")
