"""Checks of lesson 02: losses and objectives, tested by their values and by their gradients."""

import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from pix2pix_edu.classroom.verdict import Misconception, Same, agrees, check
from pix2pix_edu.objective import CHANCE, fake_loss, real_loss

Loss = Callable[[Tensor], Tensor]
Wrong = tuple[Sequence[float] | Sequence[Tensor], str]  # the numbers that a misconception gives, and its message


def _within(tolerance: float) -> Same:
    near = partial(math.isclose, rel_tol=tolerance, abs_tol=tolerance)
    return lambda given, expected: all(map(near, given, expected))


def _one_number(loss: object, what: str) -> float:
    if not isinstance(loss, Tensor):
        raise Misconception(f"{what} must stay a tensor, or no gradient can flow back; yours is of type {type(loss).__name__}.")
    if loss.dim():
        raise Misconception(f"{what} is one number, the mean over all patches; yours has the shape {tuple(loss.shape)}: add .mean().")
    return loss.item()


# fmt: off
def _wrong_losses(z: Tensor) -> list[Wrong]:
    D, real, fake = z.sigmoid(), real_loss(z), fake_loss(z)
    return [
        ((fake, real),
         "the labels are flipped: real_loss should be small where the logit is large. Look at log D(x, y) in L_cGAN."),
        ((real * z.numel(), fake * z.numel()),
         "you sum over the patches, so the loss grows with the image. The paper's E[...] is a mean."),
        ((real_loss(D), fake_loss(D)),
         "sigmoid twice: BCE-with-logits contains one, so yours never falls below 0.31 (real) and 0.69 (fake). Pass it raw logits."),
        (((z - 1).square().mean(), z.square().mean()),
         "this is the squared error of LSGAN, another paper's loss. Here: -log D(x, y) and -log(1 - D(x, fake))."),
        (((D - 1).square().mean(), D.square().mean()),
         "a squared error on probabilities: a confident mistake costs 1 at most and its gradient vanishes. Use the logarithm."),
        ((-real, -fake),
         "the sign: D maximises log D, an optimizer minimises. The loss is minus the logarithm."),
        ((-fake, fake),
         "your real_loss is log(1 - D), the saturating form: at logit -8 its slope is 0.0003. Use -log D."),
        ((real, real),
         "both functions compare with the label 1: fake_loss needs zeros."),
        ((fake, fake),
         "both functions compare with the label 0: real_loss needs ones."),
        ((real / math.log(2), fake / math.log(2)),
         "you use log2, so these are bits. The paper's log is the natural one (chance is 0.693)."),
        ((-z.mean(), z.mean()),
         "this is the critic of a Wasserstein GAN: no logarithm, no lower bound. pix2pix uses -log D."),
    ]
# fmt: on


@check
def losses(real: Loss, fake: Loss) -> str:
    """Check the losses of real and fake pairs: -log sigmoid(logits) and -log(1 - sigmoid(logits)), averaged, finite for any logit."""
    logits = torch.tensor([[[[-2.0, 0.5], [3.0, -0.7]]]])
    given = _one_number(real(logits), "real_loss(logits)"), _one_number(fake(logits), "fake_loss(logits)")
    right = real_loss(logits).item(), fake_loss(logits).item()
    if not agrees(given, right, _wrong_losses(logits), _within(1e-4)):
        expected, yours = ("{:.4f} and {:.4f}".format(*pair) for pair in (right, given))
        raise Misconception(f"at the logits -2, 0.5, 3 and -0.7 the two losses are {expected}, yours are {yours}.")
    for name, loss, sign in (("real_loss", real, -1.0), ("fake_loss", fake, 1.0)):
        for size in (20.0, 200.0):
            _check_large(name, loss, sign * size)
    return "-log D and -log(1 - D) to four digits, and at logits of size 20 and 200 the losses are 20 and 200 with a slope of size 1."


def _check_large(name: str, loss: Loss, logit: float) -> None:
    """Check a logit where D is certain but wrong: the loss is |logit| and its slope has size 1."""
    z = torch.tensor([[[[logit]]]], requires_grad=True)
    value = loss(z)
    if not value.requires_grad:
        raise Misconception(f"{name} gives no gradient: something in it cuts the graph (detach, item, no_grad).")
    (slope,) = torch.autograd.grad(value, z)
    found = f"at logit {logit:g} your {name} is {value.item():g} with the slope {slope.item():g}"
    if not value.isfinite() or not slope.isfinite():
        raise Misconception(
            f"{found}: the sigmoid has rounded to 0 or 1 and you take a logarithm of 0. Use a form on logits (F.softplus, F.logsigmoid)."
        )
    if abs(value.item() - abs(logit)) > 1e-3 * abs(logit) or abs(slope.abs().item() - 1) > 1e-3:
        raise Misconception(
            f"{found}; they should be {abs(logit):g} and {math.copysign(1, logit):g}. "
            "A clamp or a small constant inside the logarithm hides the infinity, and the gradient with it."
        )


CONSTANT_LOSSES: dict[str, Callable[[float, Tensor], Tensor]] = {
    "L1, the mean absolute difference": lambda a, values: (values - a).abs().mean(),
    "L2, the mean squared difference": lambda a, values: (values - a).square().mean(),
    "the largest difference": lambda a, values: (values - a).abs().max(),
}


@check
def best_constant(answer: Callable[[Tensor, Callable[[float, Tensor], Tensor]], float]) -> str:
    """Check a function of (values, loss) that returns the one number a with the lowest loss(a, values)."""
    values = torch.tensor([-0.8, -0.7, -0.7, 0.4, 0.5, 0.6, 0.9, 0.2, -0.1])
    given = [float(answer(values, loss)) for loss in CONSTANT_LOSSES.values()]
    right = [values.median().item(), values.mean().item(), ((values.min() + values.max()) / 2).item()]
    same = _within(0.01)
    if not agrees(given, right, _wrong_constants(values), same):
        rows = zip(CONSTANT_LOSSES, right, given, strict=True)
        name, expected, yours = next(row for row in rows if not same(row[1:2], row[2:]))
        raise Misconception(f"for {name} the best number is {expected:.3f}, yours is {yours:.3f}.")
    return "one function found the median for L1, the mean for L2, and for the largest difference the middle between the extremes."


# fmt: off
def _wrong_constants(values: Tensor) -> list[Wrong]:
    losses = CONSTANT_LOSSES.values()
    grid = torch.linspace(values.min().item(), values.max().item(), 2001).tolist()
    fixed = [
        (values.mean(),
         "you return the mean whatever the loss: that answers L2. For L1 it makes no difference how far the outer values are. Use `loss`."),
        (values.median(),
         "you return the median whatever the loss: that answers L1 only. Try your function with squared differences."),
        (values.mode().values,
         "you return the most frequent value: it has neither the lowest L1 nor the lowest L2; the adversarial loss prefers it."),
        ((values.min() + values.max()) / 2,
         "you return the middle between the extremes: it answers the largest difference, not L1, not L2."),
        (values[0],
         "you return the first value, whatever the loss."),
    ]
    return [([number] * 3, message) for number, message in fixed] + [
        ([min(values.tolist(), key=lambda a: loss(a, values).item()) for loss in losses],
         "you try only the values themselves: enough for L1, but the best number for L2 is rarely one of them. Try numbers in between."),
        ([max(grid, key=lambda a: loss(a, values).item()) for loss in losses],
         "you return the number with the largest loss: argmin, not argmax."),
        ([min(loss(a, values).item() for a in grid) for loss in losses],
         "you return the least loss; return the number at which it is reached."),
    ]


def _wrong_objectives(z: Tensor, fake: Tensor, y: Tensor, x: Tensor, weight: float) -> list[Wrong]:
    adversarial, l1 = real_loss(z), F.l1_loss(fake, y)
    values = [
        (adversarial + weight * F.l1_loss(fake, x),
         "your L1 pulls towards the input x: G would learn to copy its label map. The paper's term is |y - G(x)|, towards the target."),
        (adversarial + weight * F.mse_loss(fake, y),
         "that is L2 (mse_loss): its best answer is the mean, which is blurrier. The paper's term is the absolute difference, F.l1_loss."),
        (weight * adversarial + l1,
         "lambda multiplies the wrong term: the paper weights L1, L_cGAN + lambda * L_L1."),
        (weight * (adversarial + l1),
         "lambda multiplies both terms: that changes no balance (Adam cancels it). It belongs to L1 alone."),
        (adversarial + l1,
         "lambda is missing: l1_weight is not in your sum."),
        (fake_loss(z) + weight * l1,
         "fake_loss trains G to be recognised. G should raise D's probability of real: real_loss(logits)."),
        (weight * l1 - fake_loss(z),
         "min log(1 - D) is the saturating form: at logit -8 its slope is 0.0003. Train G on -log D, which is real_loss(logits)."),
        (weight * l1 - adversarial,
         "the sign of the adversarial term: you punish G for every patch that D takes for real."),
        (adversarial + weight * l1 * fake.numel(),
         "you sum L1 over the pixels: lambda is then multiplied by their number. Average."),
        (adversarial * z.numel() + weight * l1,
         "you sum the adversarial term over the patches: L1 loses weight in large images. Average."),
        (adversarial + weight * F.l1_loss(y, x),
         "your L1 compares y with x: the fake is not in it, so G gets no gradient from it."),
        (weight * l1,
         "the adversarial term is missing: this is the paper's row L1."),
        (adversarial,
         "the L1 term is missing: this is the paper's row cGAN."),
    ]
    return [([value], message) for value, message in values]
# fmt: on


@check
def generator_objective(answer: Callable[..., Tensor]) -> str:
    """Check a function of (logits, fake, y, x, l1_weight) that returns what G minimises: -log D(x, fake) + lambda * |y - fake|."""
    for seed, weight in ((0, 100.0), (1, 7.0)):
        draw = torch.Generator().manual_seed(seed)
        logits = (2 * torch.randn(2, 1, 3, 3, generator=draw)).requires_grad_()
        fake, y, x = (2 * torch.rand(2, 3, 8, 8, generator=draw) - 1 for _ in range(3))
        total = answer(logits, fake.requires_grad_(), y, x, weight)
        right = real_loss(logits) + weight * F.l1_loss(fake, y)
        given, wrongs = _one_number(total, "the objective"), _wrong_objectives(logits.detach(), fake.detach(), y, x, weight)
        if not agrees([given], [right.item()], wrongs, _within(1e-4)):
            raise Misconception(f"at lambda {weight:g} the objective of this batch is {right.item():.3f}, yours is {given:.3f}.")
        _check_gradients(total, right, logits, fake)
    return "the value and both gradients are right: one through D's logits, one from |y - fake|, none from x."


def _check_gradients(total: Tensor, right: Tensor, logits: Tensor, fake: Tensor) -> None:
    if not total.requires_grad:
        raise Misconception("the number is right, but no gradient flows back: something cuts the graph (detach, item, no_grad).")
    given, expected = (torch.autograd.grad(loss, (logits, fake), allow_unused=True) for loss in (total, right))
    for name, yours, gradient in zip(("the logits", "the fake"), given, expected, strict=True):
        if yours is None:
            raise Misconception(f"the number is right, but no gradient reaches {name}: G learns nothing from that term. Remove the detach.")
        if not torch.allclose(yours, gradient, atol=1e-6):
            raise Misconception(f"the number is right, but the gradient that reaches {name} is not.")


D_LOSSES: list[Callable[[Tensor, Tensor], Tensor]] = [  # how write-ups add up D's two terms
    lambda real, fake: real_loss(real) + fake_loss(fake),
    lambda real, fake: (real_loss(real) + fake_loss(fake)) / 2,
    lambda real, fake: 3 * real_loss(real) + fake_loss(fake),
]


def _everywhere(logit: float) -> list[float]:
    z = torch.full((1, 1, 4, 4), logit)
    return [loss(z, z).item() for loss in D_LOSSES]


@check
def chance_line(answer: Callable[[Callable[[Tensor, Tensor], Tensor]], float]) -> str:
    """Check a function that returns d_loss(real_logits, fake_logits) for a D that guesses."""
    right = _everywhere(0.0)
    wrongs = [
        ([CHANCE] * 3, "0.693 is right for one term, or for half of two. A sum of terms has another line: call `d_loss`."),
        ([2 * CHANCE] * 3, "1.386 is right for the plain sum of two terms only. Others halve it, or weight a term: call `d_loss`."),
        ([0.5] * 3, "0.5 is the probability that a guess gives; return the loss at that probability."),
        ([0.0] * 3, "0 is the loss of a D that is always right, and certain; this D guesses."),
        ([1.0] * 3, "1 is the loss of a guess in bits (log2). These losses are in nats."),
        (_everywhere(0.5), "logits of 0.5: in a guess the probability is 0.5; the logit is then 0, because sigmoid(0) = 0.5."),
        (_everywhere(1.0), "logits of 1: sigmoid(1) = 0.73 is a D that considers everything real. A guess is the logit 0."),
        ([value / math.log(2) for value in right], "you converted nats into bits. Return what `d_loss` gives: the curve is in nats."),
    ]
    if not agrees([float(answer(loss)) for loss in D_LOSSES], right, wrongs, _within(1e-4)):
        raise Misconception("for the sum, for half of it and for 3 * real + fake the lines are 1.386, 0.693 and 2.773; yours are others.")
    return "1.386 for the sum, 0.693 for half of it, 2.773 for 3 * real + fake: you measured the line instead of remembering it."
