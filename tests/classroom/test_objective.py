import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from reactions import measure

from pix2pix_edu.classroom.display import draw_pictures
from pix2pix_edu.classroom.objective import checks
from pix2pix_edu.classroom.objective.figures import DARK, LIT, draw_optimum, draw_pixel, draw_pulls, draw_sight, paint_window, two_answers
from pix2pix_edu.classroom.objective.widgets import (
    L1_WEIGHTS,
    PLACES,
    chroma,
    draw_averages,
    draw_l1_weight,
    draw_logit,
    draw_place,
    explore_averages,
    explore_l1_weight,
    explore_logit,
    explore_place,
)
from pix2pix_edu.drawing.facades import draw_pair
from pix2pix_edu.images import to_tensor
from pix2pix_edu.objective import fake_loss, real_loss


@pytest.fixture(scope="module")
def photos():
    return torch.stack([to_tensor(draw_pair(3, 64, appearance=k)[1]) for k in range(31)])


# The window with two answers: the numbers of the widget against theory that it does not use.


def test_the_best_discriminator_guesses_where_the_fakes_are_the_real_ones():
    game = two_answers(1.0, 0.2)
    assert game.adversarial[game.g == LIT] == pytest.approx(-2 * math.log(2), abs=1e-6)


def test_against_the_best_discriminator_the_adversarial_term_is_twice_the_jensen_shannon_divergence_less_log_four():
    game = two_answers(0.6, 0.3)
    mixture = (game.real + game.fakes) / 2
    divergence = (game.real * np.log(game.real / mixture) + game.fakes * np.log(game.fakes / mixture)).sum(1) * (game.v[1] - game.v[0]) / 2
    assert game.adversarial == pytest.approx(2 * divergence - math.log(4), abs=1e-6)


def test_no_other_discriminator_does_better_than_the_closed_form():
    game = two_answers(0.5, 0.2)
    row = int(np.argmin(np.abs(game.g - 0.3)))
    step = game.v[1] - game.v[0]
    logits = torch.zeros(len(game.v), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.1)
    real, fake = torch.tensor(game.real), torch.tensor(game.fakes[row])
    for _ in range(600):
        loss = ((real * F.softplus(-logits) + fake * F.softplus(logits)) * step).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert -loss.item() <= game.adversarial[row] + 1e-9
    assert -loss.item() == pytest.approx(game.adversarial[row], abs=2e-3)


def test_the_l1_term_is_the_mean_distance_of_drawn_samples():
    game, draw = two_answers(0.75, 0.2), np.random.default_rng(0)
    y = np.where(draw.random(200_000) < 0.75, LIT, DARK) + 0.2 * draw.standard_normal(200_000)
    fake = 0.3 + 0.2 * draw.standard_normal(200_000)
    assert game.l1[int(np.argmin(np.abs(game.g - 0.3)))] == pytest.approx(np.abs(y - fake).mean(), abs=5e-3)


def test_without_l1_the_best_answer_is_a_window_that_exists_and_with_much_l1_the_grey_between():
    game = two_answers(0.5, 0.2)
    assert abs(game.g[game.best(0)] - LIT) <= 0.01
    assert game.g[game.best(100)] == pytest.approx(0, abs=1e-9)
    best = [game.g[game.best(weight)] for weight in L1_WEIGHTS]
    assert best == sorted(best, reverse=True)


def test_a_window_is_painted_dark_or_lit_or_between():
    dark, between, lit = (paint_window(value)[2, 2] for value in (DARK, 0, LIT))
    assert between == pytest.approx((dark + lit) / 2)
    assert lit.sum() > dark.sum()


# Figures and widgets: what is drawn is said.


def test_the_figures_draw_what_they_are_given(photos):
    assert len(draw_pictures({"x": photos[:2], "y": photos[2:4]}).axes) == 4
    assert draw_pixel(photos[:, 0, 36, 29], {}).axes[0].get_legend() is None
    assert len(draw_pixel(photos[:, 0, 36, 29], {"L1": 0.1, "another": 0.3}).axes[0].get_legend().get_texts()) == 2
    assert len(draw_sight({"cGAN": [0.7, 0.6], "GAN": [0.7, 0.7]}, math.log(2)).axes[0].lines) == 3
    assert len(draw_optimum([two_answers(0.5, 0.2)], [0.1, 1, 10]).axes[0].lines) == 3
    assert [label.get_text() for label in draw_pulls({"L1": (0.0, 0.45), "cGAN": (0.002, 0.0)}).axes[0].get_yticklabels()] == ["L1", "cGAN"]


def test_the_alt_text_of_a_place_states_median_and_mean(photos):
    values = photos[:, :, 36, 29].mean(dim=1)
    _, alt = draw_place(photos)
    assert f"{values.median():.2f}" in alt
    assert f"{values.mean():.2f}" in alt


def test_the_alt_text_of_the_averages_states_how_grey_they_are(photos):
    _, alt = draw_averages(photos, 31)
    assert f"{chroma(photos.median(dim=0, keepdim=True).values):.1f} in the median" in alt


def test_grey_has_no_chroma():
    assert chroma(torch.full((1, 3, 4, 4), 0.2)) == pytest.approx(0, abs=0.01)


def test_the_alt_text_of_a_logit_states_both_slopes():
    assert draw_logit(-8)[1] == "Logit -8: D gives the fake 0.0003. Slope of log(1 - D): -0.0003; slope of -log D: -0.9997."


def test_the_alt_text_of_lambda_states_the_optimum_and_what_it_looks_like():
    assert "best answer is 0.00, neither lit nor dark" in draw_l1_weight(100, 0.5, 0.2)[1]
    assert "best answer is 0.60, lit" in draw_l1_weight(0, 0.625, 0.1)[1]


def test_each_widget_redraws_when_its_control_moves(photos):
    for box in (explore_place(photos), explore_averages(photos), explore_logit(), explore_l1_weight()):
        controls, picture = box.children
        before = picture.value
        control = controls.children[0]
        values = [option[1] if isinstance(option, tuple) else option for option in control.options]
        control.value = next(value for value in values if value != control.value)
        assert picture.value != before


def test_each_widget_answers_in_words_that_follow_its_controls(photos, record_property):
    draws = {
        "place": lambda i: draw_place(photos, list(PLACES)[i % len(PLACES)]),
        "averages": lambda i: draw_averages(photos, (1, 3, 11, 31)[i % 4]),
        "logit": lambda i: draw_logit((-8, 0, 4)[i % 3]),
        "l1_weight": lambda i: draw_l1_weight(L1_WEIGHTS[i % 7], (0.5, 0.75)[i % 2], (0.1, 0.2, 0.3)[i % 3]),
    }
    measure(record_property, draws)


# Checks: the right answer is proved, each wrong one hears its own name.


def proved(verdict):
    assert verdict.state == "proved", verdict.message


def not_yet(verdict, word):
    assert verdict.state == "not yet"
    assert word in verdict.message, verdict.message


def by_hand(z):
    return -(1 - z.sigmoid()).log().mean()


def softplus_pair(sign=1):
    return lambda z: F.softplus(-sign * z).mean(), lambda z: F.softplus(sign * z).mean()


def bce(z, label):
    return F.binary_cross_entropy(z.sigmoid(), torch.full_like(z, label))


LOSSES = {
    "labels are flipped": softplus_pair(-1),
    "sum over the patches": (lambda z: F.softplus(-z).sum(), lambda z: F.softplus(z).sum()),
    "sigmoid twice": (lambda z: real_loss(z.sigmoid()), lambda z: fake_loss(z.sigmoid())),
    "LSGAN": (lambda z: ((z - 1) ** 2).mean(), lambda z: (z**2).mean()),
    "squared error on probabilities": (lambda z: ((z.sigmoid() - 1) ** 2).mean(), lambda z: (z.sigmoid() ** 2).mean()),
    "the sign": (lambda z: F.logsigmoid(z).mean(), lambda z: F.logsigmoid(-z).mean()),
    "saturating": (lambda z: -F.softplus(z).mean(), lambda z: F.softplus(z).mean()),
    "needs zeros": (real_loss, real_loss),
    "needs ones": (fake_loss, fake_loss),
    "log2": (lambda z: -z.sigmoid().log2().mean(), lambda z: -(1 - z.sigmoid()).log2().mean()),
    "Wasserstein": (lambda z: -z.mean(), lambda z: z.mean()),
    "logarithm of 0": (lambda z: -z.sigmoid().log().mean(), by_hand),
    "clamp": (lambda z: bce(z, 1.0), lambda z: bce(z, 0.0)),
    "small constant": (lambda z: -(z.sigmoid() + 1e-8).log().mean(), lambda z: -(1 - z.sigmoid() + 1e-8).log().mean()),
    "shape": (lambda z: F.softplus(-z), lambda z: F.softplus(z)),
    "must stay a tensor": (lambda z: F.softplus(-z).mean().item(), lambda z: F.softplus(z).mean().item()),
    "cuts the graph": (lambda z: F.softplus(-z.detach()).mean(), lambda z: F.softplus(z.detach()).mean()),
    "yours are": (lambda z: 2 * real_loss(z), lambda z: 2 * fake_loss(z)),
}


def test_losses_on_logits_are_proved():
    proved(checks.losses(real_loss, fake_loss))
    proved(checks.losses(*softplus_pair()))
    proved(checks.losses(lambda z: -F.logsigmoid(z).mean(), lambda z: -F.logsigmoid(-z).mean()))


@pytest.mark.parametrize("word", LOSSES)
def test_wrong_losses_hear_their_name(word):
    not_yet(checks.losses(*LOSSES[word]), word)


def grid_search(values, loss):
    return min(torch.linspace(values.min(), values.max(), 2001).tolist(), key=lambda a: loss(a, values).item())


def descent(values, loss):
    a = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.SGD([a], lr=0.1)
    for step in range(1000):
        optimizer.param_groups[0]["lr"] = 0.1 * 0.99**step
        optimizer.zero_grad()
        loss(a, values).backward()
        optimizer.step()
    return a.item()


CONSTANTS = {
    "the mean whatever": lambda values, loss: values.mean().item(),
    "the median whatever": lambda values, loss: values.median(),
    "most frequent": lambda values, loss: values.mode().values.item(),
    "middle between the extremes": lambda values, loss: ((values.min() + values.max()) / 2).item(),
    "first value": lambda values, loss: values[0].item(),
    "only the values themselves": lambda values, loss: min(values.tolist(), key=lambda a: loss(a, values)),
    "argmin, not argmax": lambda values, loss: max(torch.linspace(-0.8, 0.9, 500).tolist(), key=lambda a: loss(a, values)),
    "the least loss": lambda values, loss: loss(grid_search(values, loss), values).item(),
    "the best number is": lambda values, loss: grid_search(values, loss) + 0.1,
}


def test_a_search_and_a_descent_both_find_the_best_constant():
    proved(checks.best_constant(grid_search))
    proved(checks.best_constant(descent))


@pytest.mark.parametrize("word", CONSTANTS)
def test_wrong_constants_hear_their_name(word):
    not_yet(checks.best_constant(CONSTANTS[word]), word)


def right_objective(logits, fake, y, x, l1_weight):
    return real_loss(logits) + l1_weight * F.l1_loss(fake, y)


OBJECTIVES = {
    "towards the input": lambda z, fake, y, x, w: real_loss(z) + w * F.l1_loss(fake, x),
    "L2": lambda z, fake, y, x, w: real_loss(z) + w * F.mse_loss(fake, y),
    "wrong term": lambda z, fake, y, x, w: w * real_loss(z) + F.l1_loss(fake, y),
    "both terms": lambda z, fake, y, x, w: w * (real_loss(z) + F.l1_loss(fake, y)),
    "lambda is missing": lambda z, fake, y, x, w: real_loss(z) + F.l1_loss(fake, y),
    "to be recognised": lambda z, fake, y, x, w: fake_loss(z) + w * F.l1_loss(fake, y),
    "saturating": lambda z, fake, y, x, w: torch.log(1 - z.sigmoid()).mean() + w * F.l1_loss(fake, y),
    "the sign": lambda z, fake, y, x, w: z.sigmoid().log().mean() + w * F.l1_loss(fake, y),
    "over the pixels": lambda z, fake, y, x, w: real_loss(z) + w * (fake - y).abs().sum(),
    "over the patches": lambda z, fake, y, x, w: F.softplus(-z).sum() + w * F.l1_loss(fake, y),
    "compares y with x": lambda z, fake, y, x, w: real_loss(z) + w * F.l1_loss(y, x),
    "row L1": lambda z, fake, y, x, w: w * F.l1_loss(fake, y),
    "row cGAN": lambda z, fake, y, x, w: real_loss(z),
    "no gradient reaches the fake": lambda z, fake, y, x, w: real_loss(z) + w * F.l1_loss(fake.detach(), y),
    "no gradient reaches the logits": lambda z, fake, y, x, w: real_loss(z.detach()) + w * F.l1_loss(fake, y),
    "no gradient flows back": lambda *parts: right_objective(*parts).detach(),
    "must stay a tensor": lambda *parts: right_objective(*parts).item(),
    "yours is": lambda z, fake, y, x, w: (real_loss(z) + w * F.l1_loss(fake, y)) / 2,
}


def test_the_papers_objective_is_proved():
    proved(checks.generator_objective(right_objective))


@pytest.mark.parametrize("word", OBJECTIVES)
def test_wrong_objectives_hear_their_name(word):
    not_yet(checks.generator_objective(OBJECTIVES[word]), word)


def at(logit):
    def line(d_loss):
        z = torch.full((1, 1, 2, 2), logit)
        return d_loss(z, z).item()

    return line


CHANCES = {
    "for one term": lambda d_loss: math.log(2),
    "plain sum": lambda d_loss: 2 * math.log(2),
    "the probability": lambda d_loss: 0.5,
    "always right": lambda d_loss: 0.0,
    "in bits": lambda d_loss: 1.0,
    "logits of 0.5": at(0.5),
    "logits of 1": at(1.0),
    "nats into bits": lambda d_loss: at(0.0)(d_loss) / math.log(2),
    "yours are others": at(-3.0),
}


def test_a_measured_chance_line_is_proved():
    proved(checks.chance_line(at(0.0)))


@pytest.mark.parametrize("word", CHANCES)
def test_wrong_chance_lines_hear_their_name(word):
    not_yet(checks.chance_line(CHANCES[word]), word)


def unfinished(*answer):
    raise NotImplementedError


@pytest.mark.parametrize("check", [checks.best_constant, checks.generator_objective, checks.chance_line])
def test_what_is_not_started_is_not_called_wrong(check):
    assert check(unfinished).state == "not started"
    assert checks.losses(unfinished, unfinished).state == "not started"
