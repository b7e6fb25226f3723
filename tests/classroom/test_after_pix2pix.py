import pytest
import torch

from pix2pix_edu.classroom.after_pix2pix import checks, figures, tables
from pix2pix_edu.experiments.successors import METHODS, score, unseen_houses
from pix2pix_edu.successors.flow import FlowNetwork


def spread(pictures, wall):
    return pictures[:, :, wall].mean(dim=2).std(dim=0).mean()


def mix(y, noise, t):
    share = t.view(-1, 1, 1, 1)
    return share * y + (1 - share) * noise


WRONG = {
    "wall_spread": {
        "sky and all": lambda pictures, wall: pictures.mean(dim=(2, 3)).std(dim=0).mean(),
        "each pixel": lambda pictures, wall: pictures[:, :, wall].std(dim=0).mean(),
        "one deviation of everything": lambda pictures, wall: pictures[:, :, wall].std(),
        "of one picture": lambda pictures, wall: pictures[:, :, wall].mean(dim=2).std(dim=1).mean(),
        "three numbers": lambda pictures, wall: pictures[:, :, wall].mean(dim=2).std(dim=0),
        "average the channels first": lambda pictures, wall: pictures[:, :, wall].mean(dim=(1, 2)).std(),
        "the variance": lambda pictures, wall: pictures[:, :, wall].mean(dim=2).var(dim=0).mean(),
        "not the deviation": lambda pictures, wall: torch.tensor(0.0),
    },
    "mixture": {
        "swapped": lambda y, noise, t: mix(noise, y, t),
        "never fades": lambda y, noise, t: noise + t.view(-1, 1, 1, 1) * y,
        "square roots": lambda y, noise, t: t.view(-1, 1, 1, 1).sqrt() * y + (1 - t.view(-1, 1, 1, 1)).sqrt() * noise,
        "direction is wrong": lambda y, noise, t: noise + t.view(-1, 1, 1, 1) * (noise - y),
        "gives each picture its own t": lambda y, noise, t: t * y + (1 - t) * noise,
        "not the mixture": lambda y, noise, t: y,
    },
    "one_step": {
        "never arrive": lambda mixture, guess, step, steps: mixture + (guess - mixture) / steps,
        "jump to the guess": lambda mixture, guess, step, steps: guess,
        "from the first noise": lambda mixture, guess, step, steps: mixture + (guess - mixture) * (step + 1) / steps,
        "away from the guess": lambda mixture, guess, step, steps: mixture - (guess - mixture) / (steps - step),
        "counts from 0": lambda mixture, guess, step, steps: mixture + (guess - mixture) / (steps - step + 1),
        "not the step": lambda mixture, guess, step, steps: mixture,
    },
}
RIGHT = {
    "wall_spread": spread,
    "mixture": mix,
    "one_step": lambda mixture, guess, step, steps: mixture + (guess - mixture) / (steps - step),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_is_proved(name):
    assert getattr(checks, name)(RIGHT[name]).state == "proved"


@pytest.mark.parametrize(("name", "words"), [(name, words) for name, wrong in WRONG.items() for words in wrong])
def test_a_wrong_answer_is_named(name, words):
    verdict = getattr(checks, name)(WRONG[name][words])
    assert verdict.state == "not yet"
    assert words in verdict.message


def test_another_error_of_the_learners_code_is_told_as_it_is():
    def broken(y, noise, t):
        raise RuntimeError("something else")

    assert "something else" in checks.mixture(broken).message


def test_every_method_has_three_records_with_every_measure():
    for name, method in METHODS.items():
        for seed, record in enumerate(tables.records(name)):
            assert (record["method"], record["seed"], record["steps"]) == (name, seed, method.steps)
            assert record["processor_seconds"] > 100
            assert set(tables.TITLES) <= set(record["scores"]["16" if name == "flow" else "1"])


def test_a_table_states_the_lowest_and_the_highest_value(capsys):
    tables.print_rows({"one": {"wall": [0.3, 0.1, 0.2]}, "other": {"wall": [0.5]}})
    head, one, other = capsys.readouterr().out.splitlines()
    assert head.split() == ["spread", "of", "walls"]
    assert one.split() == ["one", "0.100", "to", "0.300"]
    assert other.split() == ["other", "0.500"]


def test_photographs_are_scored_against_others_of_the_same_houses():
    houses = unseen_houses(houses=3, photographs=4)
    real = tables.of_photographs(houses)
    grey = score(
        torch.zeros_like(houses.photographs[:, :2]) + 0.1 * torch.rand(3, 2, 3, 64, 64),
        houses._replace(photographs=houses.photographs[:, 2:]),
    )
    assert real["wall"] > 5 * grey["wall"]
    assert real["fid"] < grey["fid"]


def test_the_guesses_are_those_of_the_network_for_each_mixture():
    torch.manual_seed(0)
    network, x, y = FlowNetwork(depth=3, width=8), torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16)
    pictures = figures.guesses(network, x, y, [0.0, 1.0])
    assert list(pictures) == ["t = 0.0", "t = 1.0"]
    torch.testing.assert_close(pictures["t = 1.0"][0], y[0])
    with torch.no_grad():
        torch.testing.assert_close(pictures["t = 1.0"][1], network(x, y, torch.tensor([1.0]))[0])
    assert not torch.equal(pictures["t = 0.0"][0], y[0])


def test_each_seed_and_each_value_to_compare_with_has_a_line():
    figure = figures.draw_steps((1, 2), {"a": [[1.0, 2.0], [1.5, 2.5]]}, {"real": {"a": 3.0}})
    assert [list(line.get_ydata()) for line in figure.axes[0].lines] == [[1.0, 2.0], [1.5, 2.5], [3.0, 3.0]]
