import operator
from functools import partial, reduce
from math import fsum, sqrt
from statistics import mean, stdev

import numpy as np
import pytest
import torch

from pix2pix_edu.classroom.display import as_html
from pix2pix_edu.classroom.experiments import checks, figures
from pix2pix_edu.drawing.classes import CLASSES, label_ids
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.experiments import orders
from pix2pix_edu.measures.reader import labels_and_photos, median_colour_per_class


def verdict_of(above, below):
    return "holds" if above else "reversed" if below else "overlaps"


def one_by_one(values):
    """The sum as Python before 3.12 rounds it: after every addition."""
    return reduce(operator.add, values)


def by_hand(add, others=1):
    """A mean and a standard deviation from their formulas; the squares are divided by the count less `others`."""

    def middle(values):
        return add(values) / len(values)

    def deviation(values):
        return sqrt(add([(value - middle(values)) ** 2 for value in values]) / (len(values) - others))

    return middle, deviation


WAYS_TO_ROUND = {
    "statistics": (mean, stdev),
    "exact sum": by_hand(fsum),
    "sum one by one": by_hand(one_by_one),
    "divided by the count": by_hand(one_by_one, others=0),
    "numpy": (np.mean, partial(np.std, ddof=1)),
    "numpy, divided by the count": (np.mean, np.std),
    "32 bits": (lambda values: torch.tensor(values).mean().item(), lambda values: torch.tensor(values).std().item()),
}


def by(end):
    return lambda a, b: verdict_of(end(a) < end(b), end(a) > end(b))


def seed_by_seed(a, b):
    pairs = list(zip(a, b, strict=True))
    return verdict_of(all(p < q for p, q in pairs), all(p > q for p, q in pairs))


def within_sd(a, b):
    return verdict_of(mean(a) + stdev(a) < mean(b) - stdev(b), mean(b) + stdev(b) < mean(a) - stdev(a))


def for_three(a, b):
    low, middle, high = b
    return orders.ordering(a, [low, middle, high])


def class_colours(labels, photos, middle=lambda pixels: pixels.median(dim=0).values):
    """For each class, `middle` of its pixels (count, 3)."""
    pixels, colours = photos.movedim(1, -1), torch.zeros(len(CLASSES), 3)
    for number in labels.unique():
        colours[number] = middle(pixels[labels == number])
    return colours


def mixed_channels(labels, photos):
    count, _, height, width = photos.shape
    return class_colours(labels, photos.reshape(count, height, width, 3).movedim(-1, 1))


def of_pictures(labels, photos):
    each = [class_colours(label[None], photo[None]) for label, photo in zip(labels, photos, strict=True)]
    return torch.stack(each).median(dim=0).values


def white_where_absent(labels, photos):
    colours = class_colours(labels, photos)
    colours[0] = 1.0
    return colours


def unbeaten(beats):
    return lambda scores: [name for name, own in scores.items() if not any(beats(other, own) for other in scores.values())]


def best_of(key):
    return lambda scores: [name for name, own in scores.items() if key(own) == min(map(key, scores.values()))]


nearest, best_read = best_of(lambda own: own[0]), best_of(lambda own: -own[1])


def beats(other, own):
    return other[0] <= own[0] and other[1] >= own[1] and other != own


def as_good_beats(scores):
    return [
        name
        for name, own in scores.items()
        if not any(scores[other][0] <= own[0] and scores[other][1] >= own[1] for other in scores if other != name)
    ]


WRONG = [
    ("ordering", by(mean), "you compare means"),
    ("ordering", by(max), "the best seeds"),
    ("ordering", by(min), "only the worst seeds"),
    ("ordering", seed_by_seed, "seed with seed"),
    ("ordering", within_sd, "a standard deviation"),
    ("ordering", lambda a, b: verdict_of(max(a) <= min(b), max(b) <= min(a)), "ranges that touch"),
    ("ordering", lambda a, b: verdict_of(max(a) < min(b), False), "you never return reversed"),
    ("ordering", lambda a, b: orders.ordering(b, a), "the other way round"),
    ("ordering", lambda a, b: verdict_of(min(a) < max(b), max(a) > min(b)), "the wrong ends"),
    ("ordering", lambda a, b: max(a) < min(b), "return one of holds"),
    ("ordering", lambda a, b: "overlaps", "holds, and you return overlaps"),
    ("ordering", for_three, "not enough values"),
    ("ordering", lambda a, b: orders.ordering(a[:3], b) if len(a) >= 3 else "overlaps", "not for one, two or four"),
    ("median_colours", lambda labels, photos: class_colours(labels, photos, lambda pixels: pixels.mean(dim=0)), "that is the mean"),
    ("median_colours", lambda labels, photos: class_colours(0 * labels, photos)[:1].expand(len(CLASSES), 3), "the same colour"),
    ("median_colours", mixed_channels, "mixes the channels"),
    ("median_colours", lambda labels, photos: class_colours(labels, photos, lambda pixels: pixels.median()), "one grey for each class"),
    ("median_colours", of_pictures, "the pictures' medians"),
    ("median_colours", lambda labels, photos: class_colours(labels[:1], photos[:1]), "only the first picture"),
    ("median_colours", lambda labels, photos: class_colours(labels, photos)[labels.unique()], "a row of three colour values"),
    ("median_colours", white_where_absent, "without pixels keeps the value 0"),
    ("median_colours", lambda labels, photos: class_colours(labels, photos) + 0.1, "the median colour is"),
    ("worth_choosing", nearest, "only the nearest to y"),
    ("worth_choosing", best_read, "only the one that is read best"),
    ("worth_choosing", lambda scores: nearest(scores) + best_read(scores), "the two ends"),
    ("worth_choosing", best_of(lambda own: own[0] - own[1]), "you add the two measures"),
    ("worth_choosing", unbeaten(lambda a, b: a[0] >= b[0] and a[1] >= b[1] and a != b), "the farther one"),
    ("worth_choosing", unbeaten(lambda a, b: a[0] <= b[0] and a[1] <= b[1] and a != b), "read worse"),
    ("worth_choosing", unbeaten(lambda a, b: a[0] < b[0] and a[1] > b[1]), "equal in one measure"),
    ("worth_choosing", unbeaten(lambda a, b: a[0] < b[0] or a[1] > b[1]), "beaten in one of the two"),
    ("worth_choosing", lambda scores: set(scores) - set(unbeaten(beats)(scores)), "return the rest"),
    ("worth_choosing", as_good_beats, "do not beat each other"),
    ("worth_choosing", lambda scores: unbeaten(beats)(scores)[:-1], "stay; you keep"),
    ("worth_choosing", lambda scores: scores["10"], "stopped with KeyError"),
]


@pytest.mark.parametrize(("name", "wrong", "words"), WRONG, ids=[words for *_, words in WRONG])
def test_each_wrong_answer_gets_its_own_message(name, wrong, words):
    verdict = getattr(checks, name)(wrong)
    assert verdict.state == "not yet"
    assert words in verdict.message


@pytest.mark.parametrize(("middle", "deviation"), WAYS_TO_ROUND.values(), ids=WAYS_TO_ROUND)
def test_the_named_mistake_does_not_depend_on_how_means_and_deviations_are_rounded(middle, deviation):
    def within(a, b):
        return verdict_of(middle(a) + deviation(a) < middle(b) - deviation(b), middle(b) + deviation(b) < middle(a) - deviation(a))

    assert "a standard deviation" in checks.ordering(within).message
    assert "you compare means" in checks.ordering(by(middle)).message


def test_the_median_colours_of_the_exercise_are_those_of_the_baseline_in_every_table():
    assert checks.median_colours(class_colours).state == "proved"
    pairs = SyntheticPairs(6, 32, seed=3)
    colours, x = class_colours(*labels_and_photos(pairs)), pairs[0][0]
    assert torch.equal(colours[label_ids(x)].movedim(-1, 0), median_colour_per_class(pairs)(x))


def test_the_lambdas_worth_choosing_in_the_gallery_include_the_nearest_and_the_best_read():
    assert checks.worth_choosing(unbeaten(beats)).state == "proved"
    distance, reading = (orders.table("lambda", measure) for measure in ("l1", "per_class"))
    scores = {weight: (mean(distance[weight]), mean(reading[weight])) for weight in distance}
    chosen = unbeaten(beats)(scores)
    assert min(scores, key=lambda weight: scores[weight][0]) in chosen
    assert max(scores, key=lambda weight: scores[weight][1]) in chosen
    assert set(chosen) == {"100", "300", "1000"}  # as in the lesson's answer


OURS = {"per class": {"L1": [0.6, 0.62, 0.61], "cGAN": [0.3, 0.4, 0.35]}, "IoU": {"L1": [0.5, 0.5, 0.5], "cGAN": [0.2, 0.2, 0.3]}}
YARDSTICKS = {"per class": {"real photos": 0.9, "labels of another": 0.3, "median colours": 0.2}}


def test_a_table_has_a_panel_for_each_measure_and_a_dot_for_each_seed():
    drawn = figures.draw_table(OURS).axes
    assert [axes.get_title() for axes in drawn] == ["per class", "IoU"]
    dots = [line.get_xdata() for line in drawn[0].lines if line.get_marker() == "o"]
    assert [list(row) for row in dots] == [[0.6, 0.62, 0.61], [0.3, 0.4, 0.35]]


def test_the_bar_behind_the_dots_reaches_from_the_lowest_to_the_highest_seed():
    axes, _ = figures.draw_table(OURS).axes
    bars = [list(line.get_xdata()) for line in axes.lines if line.get_marker() != "o"]
    assert bars == [[0.6, 0.62], [0.3, 0.4]]


def test_the_papers_diamonds_are_in_the_rows_of_their_names():
    axes, other = figures.draw_table(OURS, paper={"per class": {"cGAN": 0.7, "a row that is not ours": 0.1}}).axes
    assert axes.collections[0].get_offsets().tolist() == [[0.7, 1.0]]
    assert not other.collections


def test_the_yardsticks_are_named_in_the_legend():
    figure = figures.draw_table(OURS, lines=YARDSTICKS, label="share")
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == ["real photos", "labels of another", "median colours", "ours, one per seed"]


def test_next_to_the_papers_numbers_the_yardsticks_are_called_ours():
    figure = figures.draw_table(OURS, paper={"per class": {"L1": 0.7}}, lines={"per class": {"real photos": 0.9}})
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == ["ours: real photos", "ours, one per seed", "the paper"]


def test_every_panel_of_a_table_starts_at_0():
    assert [axes.get_xlim()[0] for axes in figures.draw_table(OURS).axes] == [0, 0]


def test_the_yardsticks_differ_in_their_strokes():
    axes, _ = figures.draw_table(OURS, lines=YARDSTICKS).axes
    assert len({line.get_linestyle() for line in axes.lines[:3]}) == 3


def test_the_band_covers_all_seeds_at_every_step():
    figure = figures.draw_moments({"L1": {100: [0.1, 0.3], 200: [0.2, 0.6]}}, "read per class", {"real photos": 0.9})
    (axes,) = figure.axes
    assert axes.lines[0].get_ydata() == pytest.approx([0.2, 0.4])
    corners = axes.collections[0].get_paths()[0].vertices
    assert corners[:, 1].min() == pytest.approx(0.1)
    assert corners[:, 1].max() == pytest.approx(0.6)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["L1", "real photos"]


def test_a_curve_over_logarithmic_scales_names_its_own_numbers_and_needs_no_legend_alone():
    figure = figures.draw_moments({"FID": {50: [10.0, 8.0], 10_000: [0.1, 0.2]}}, "FID", across="houses", log="xy")
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_yscale(), axes.get_xlabel()) == ("log", "log", "houses")
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["50", "10,000"]
    assert axes.get_legend() is None
    plain = figures.draw_moments({"FID": {50: [10.0], 100: [5.0]}}, "FID", {"real photos": 1.0})
    assert (plain.axes[0].get_xscale(), plain.axes[0].get_yscale(), plain.axes[0].get_xlabel()) == ("linear", "linear", "step")
    assert plain.axes[0].get_legend()


def test_the_curves_of_five_losses_can_be_told_apart_without_colour():
    figure = figures.draw_moments({name: {100: [0.1], 200: [0.2]} for name in "abcde"}, "read per class")
    looks = {(str(line.get_linestyle()), line.get_marker()) for line in figure.axes[0].lines}
    assert len(looks) == 5


def test_a_trade_off_names_every_point():
    figure = figures.draw_trade_off({"1": [0.3, 0.4], "10": [0.2, 0.2]}, {"1": [0.5, 0.6], "10": [0.7, 0.8]}, ("near", "read"))
    assert [text.get_text() for text in figure.axes[0].texts] == ["1", "10"]
    assert as_html(figure, "seen").startswith("<img")
