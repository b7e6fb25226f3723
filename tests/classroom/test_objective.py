import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from reactions import measure

from pix2pix_edu.classroom.display import draw_pictures
from pix2pix_edu.classroom.objective import checks, figures, widgets
from pix2pix_edu.classroom.objective.photographs import HOUSE, same_house
from pix2pix_edu.drawing.unpainted import draw_unpainted_pair
from pix2pix_edu.images import to_tensor
from pix2pix_edu.objective import fake_loss, real_loss

L1_WEIGHTS = [0, 0.1, 0.3, 1, 3, 10, 100]


@pytest.fixture(scope="module")
def photos():
    return torch.stack([to_tensor(draw_unpainted_pair(3, 64, appearance=k)[1]) for k in range(31)])


# The window that is lit or dark: the numbers of the widget, compared with theory that it does not use.


def test_the_best_discriminator_guesses_if_fakes_are_distributed_like_real_ones():
    game = figures.two_answers(1.0, 0.2)
    assert game.adversarial[game.g == figures.LIT] == pytest.approx(-2 * math.log(2), abs=1e-6)


def test_against_the_best_discriminator_the_adversarial_term_is_twice_the_jensen_shannon_divergence_less_log_four():
    game = figures.two_answers(0.6, 0.3)
    mixture = (game.real + game.fakes) / 2
    divergence = (game.real * np.log(game.real / mixture) + game.fakes * np.log(game.fakes / mixture)).sum(1) * (game.v[1] - game.v[0]) / 2
    assert game.adversarial == pytest.approx(2 * divergence - math.log(4), abs=1e-6)


def test_no_other_discriminator_does_better_than_the_closed_form():
    game = figures.two_answers(0.5, 0.2)
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


def test_the_l1_and_l2_terms_are_the_mean_distances_of_random_samples():
    game, rng = figures.two_answers(0.75, 0.2), np.random.default_rng(0)
    y = np.where(rng.random(200_000) < 0.75, figures.LIT, figures.DARK) + 0.2 * rng.standard_normal(200_000)
    fake = 0.3 + 0.2 * rng.standard_normal(200_000)
    here = int(np.argmin(np.abs(game.g - 0.3)))
    assert game.l1[here] == pytest.approx(np.abs(y - fake).mean(), abs=5e-3)
    assert game.l2[here] == pytest.approx(((y - fake) ** 2).mean(), abs=5e-3)


def test_the_best_answer_without_l1_is_a_real_window_and_with_much_l1_the_grey_between():
    game = figures.two_answers(0.5, 0.2)
    assert abs(game.g[game.best(0)] - figures.LIT) <= 0.01
    assert game.g[game.best(100)] == pytest.approx(0, abs=1e-9)
    best = [game.g[game.best(weight)] for weight in L1_WEIGHTS]
    assert best == sorted(best, reverse=True)


def test_a_window_is_painted_dark_or_lit_or_between():
    dark, between, lit = (figures.paint_window(value)[2, 2] for value in (figures.DARK, 0, figures.LIT))
    assert between == pytest.approx((dark + lit) / 2)
    assert lit.sum() > dark.sum()


# Figures and widgets: the words agree with the picture.


def test_the_figures_draw_what_they_are_given(photos):
    assert len(draw_pictures({"x": photos[:2], "y": photos[2:4]}).axes) == 4
    assert figures.draw_pixel(photos[:, 0, 36, 29], {}).axes[0].get_legend() is None
    assert len(figures.draw_pixel(photos[:, 0, 36, 29], {"L1": 0.1, "another": 0.3}).axes[0].get_legend().get_texts()) == 2
    assert len(figures.draw_sight({"cGAN": [0.7, 0.6], "GAN": [0.7, 0.7]}, math.log(2)).axes[0].lines) == 3
    pulls = figures.draw_pulls({"L1": (0.0, 0.45), "cGAN": (0.002, 0.0)})
    assert [label.get_text() for label in pulls.axes[0].get_yticklabels()] == ["L1", "cGAN"]


def test_a_curve_is_averaged_over_the_window_of_steps_before_it():
    line = figures.draw_sight({"D": [0.8, 0.6, 0.1]}, math.log(2), window=2).axes[0].lines[0]
    assert list(line.get_ydata()) == pytest.approx([0.8, 0.7, 0.35])


def test_the_alt_text_of_a_place_states_median_and_mean(photos):
    values = photos[:, :, 36, 29].mean(dim=1)
    _, alt = widgets.draw_place(photos)
    assert f"{values.median():.2f}" in alt
    assert f"{values.mean():.2f}" in alt


def test_the_alt_text_of_the_averages_states_how_grey_they_are(photos):
    _, alt = widgets.draw_averages(photos, 31)
    assert f"{widgets.mean_chroma(photos.median(dim=0, keepdim=True).values):.1f} in the median" in alt


def test_grey_has_no_chroma():
    assert widgets.mean_chroma(torch.full((1, 3, 4, 4), 0.2)) == pytest.approx(0, abs=0.01)


def test_the_alt_text_of_a_logit_states_both_slopes():
    assert widgets.draw_logit(-8)[1] == "Logit -8: D gives the fake 0.0003. Slope of log(1 - D): -0.0003; slope of -log D: -0.9997."


def test_the_alt_text_of_lambda_states_the_optimum_and_its_look():
    assert "best answer is 0.00, neither lit nor dark" in widgets.draw_l1_weight(100, 0.5, 0.2)[1]
    assert "best answer is 0.60, lit" in widgets.draw_l1_weight(0, 0.625, 0.1)[1]


def test_each_widget_redraws_when_a_control_changes(photos):
    for box in (widgets.explore_place(photos), widgets.explore_averages(photos), widgets.explore_logit()):
        controls, picture, _ = box.children
        before = picture.value
        control = controls.children[0]
        values = [option[1] if isinstance(option, tuple) else option for option in control.options]
        control.value = next(value for value in values if value != control.value)
        assert picture.value != before


def test_the_alt_text_of_each_widget_follows_its_controls(photos, record_property):
    draws = {
        "place": lambda i: widgets.draw_place(photos, list(widgets.PLACES)[i % len(widgets.PLACES)]),
        "averages": lambda i: widgets.draw_averages(photos, (1, 3, 11, 31)[i % 4]),
        "logit": lambda i: widgets.draw_logit((-8, 0, 4)[i % 3]),
        "l1_weight": lambda i: widgets.draw_l1_weight(L1_WEIGHTS[i % 7], (0.5, 0.75)[i % 2], (0.1, 0.2, 0.3)[i % 3]),
    }
    measure(record_property, draws)


# The checks: other right answers than the solutions in the notebook are proved, each wrong one is named.


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


@pytest.mark.parametrize(
    ("check", "answers"),
    [
        (checks.losses, (real_loss, fake_loss)),
        (checks.losses, (lambda z: -F.logsigmoid(z).mean(), lambda z: -F.logsigmoid(-z).mean())),
        (checks.best_constant, (descent,)),
    ],
)
def test_another_right_answer_is_proved(check, answers):
    verdict = check(*answers)
    assert verdict.state == "proved", verdict.message


def bce(z, label):
    return F.binary_cross_entropy(z.sigmoid(), torch.full_like(z, label))


def at(logit):
    z = torch.full((1, 1, 2, 2), logit)
    return lambda d_loss: d_loss(z, z).item()


WRONG = {
    checks.losses: {
        "labels are flipped": (lambda z: F.softplus(z).mean(), lambda z: F.softplus(-z).mean()),
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
        "logarithm of 0": (lambda z: -z.sigmoid().log().mean(), lambda z: -(1 - z.sigmoid()).log().mean()),
        "clamp": (lambda z: bce(z, 1.0), lambda z: bce(z, 0.0)),
        "small constant": (lambda z: -(z.sigmoid() + 1e-8).log().mean(), lambda z: -(1 - z.sigmoid() + 1e-8).log().mean()),
        "shape": (lambda z: F.softplus(-z), lambda z: F.softplus(z)),
        "must stay a tensor": (lambda z: F.softplus(-z).mean().item(), lambda z: F.softplus(z).mean().item()),
        "cuts the graph": (lambda z: F.softplus(-z.detach()).mean(), lambda z: F.softplus(z.detach()).mean()),
        "yours are": (lambda z: 2 * real_loss(z), lambda z: 2 * fake_loss(z)),
    },
    checks.best_constant: {
        "the mean whatever": lambda values, loss: values.mean().item(),
        "the median whatever": lambda values, loss: values.median(),
        "most frequent": lambda values, loss: values.mode().values.item(),
        "middle between the extremes": lambda values, loss: ((values.min() + values.max()) / 2).item(),
        "first value": lambda values, loss: values[0].item(),
        "only the values themselves": lambda values, loss: min(values.tolist(), key=lambda a: loss(a, values)),
        "argmin, not argmax": lambda values, loss: max(torch.linspace(-0.8, 0.9, 500).tolist(), key=lambda a: loss(a, values)),
        "the least loss": lambda values, loss: loss(grid_search(values, loss), values).item(),
        "the best number is": lambda values, loss: grid_search(values, loss) + 0.1,
    },
    checks.generator_objective: {
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
        "no gradient flows back": lambda z, fake, y, x, w: (real_loss(z) + w * F.l1_loss(fake, y)).detach(),
        "must stay a tensor": lambda z, fake, y, x, w: (real_loss(z) + w * F.l1_loss(fake, y)).item(),
        "yours is": lambda z, fake, y, x, w: (real_loss(z) + w * F.l1_loss(fake, y)) / 2,
    },
    checks.chance_line: {
        "for one term": lambda d_loss: math.log(2),
        "plain sum": lambda d_loss: 2 * math.log(2),
        "the probability": lambda d_loss: 0.5,
        "always right": lambda d_loss: 0.0,
        "in bits": lambda d_loss: 1.0,
        "logits of 0.5": at(0.5),
        "logits of 1": at(1.0),
        "nats into bits": lambda d_loss: at(0.0)(d_loss) / math.log(2),
        "yours are others": at(-3.0),
    },
}


@pytest.mark.parametrize(("check", "words"), [(check, words) for check, answers in WRONG.items() for words in answers])
def test_each_wrong_answer_is_named(check, words):
    answer = WRONG[check][words]
    verdict = check(*answer) if isinstance(answer, tuple) else check(answer)
    assert verdict.state == "not yet"
    assert words in verdict.message


def test_photographs_of_one_house_fit_its_label_map_and_differ():
    label_map, photos = same_house(4)
    assert label_map.shape == (3, 64, 64)
    assert photos.shape == (4, 3, 64, 64)
    assert torch.equal(photos[2], to_tensor(draw_unpainted_pair(HOUSE, 64, appearance=2)[1]))
    assert torch.equal(label_map, to_tensor(draw_unpainted_pair(HOUSE, 64)[0]))
    assert (photos[0] - photos[1]).abs().mean() > 0.05
