import json
import re
from statistics import mean, stdev

import pytest
import torch
from repository import NOTEBOOKS

from pix2pix_edu.classroom.display import as_html
from pix2pix_edu.classroom.experiments import checks, figures
from pix2pix_edu.drawing.classes import label_ids
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.experiments import orders as results
from pix2pix_edu.measures.reader import labels_and_photos, median_colour_per_class

NOTEBOOK = NOTEBOOKS / "07_experiments.ipynb"

# --- the exercises ------------------------------------------------------------------------------------------------------------------


def solutions():
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        if "solution" in cell["metadata"].get("tags", []):
            code = re.search(r"```python\n(.*?)```", "".join(cell["source"]), re.DOTALL).group(1)
            yield re.findall(r"^def my_(\w+)", code, re.MULTILINE)[-1], code


SOLUTIONS = dict(solutions())


def solution(name):
    answer = {}
    exec(SOLUTIONS[name], answer)
    return answer[f"my_{name}"]


def test_the_lesson_has_its_three_exercises():
    assert list(SOLUTIONS) == ["ordering", "median_colours", "worth_choosing"]


@pytest.mark.parametrize("name", SOLUTIONS)
def test_every_solution_is_proved(name):
    verdict = getattr(checks, name)(solution(name))
    assert verdict.state == "proved", verdict


@pytest.mark.parametrize("name", SOLUTIONS)
def test_an_answer_not_yet_written_is_not_started(name):
    def stub(*_):
        raise NotImplementedError

    assert getattr(checks, name)(stub).state == "not started"


def verdict_of(above, below):
    return "holds" if above else "reversed" if below else "overlaps"


def by(end):
    return lambda a, b: verdict_of(end(a) < end(b), end(a) > end(b))


def seed_by_seed(a, b):
    pairs = list(zip(a, b, strict=True))
    return verdict_of(all(p < q for p, q in pairs), all(p > q for p, q in pairs))


def within_sd(a, b):
    return verdict_of(mean(a) + stdev(a) < mean(b) - stdev(b), mean(b) + stdev(b) < mean(a) - stdev(a))


def for_three(a, b):
    low, middle, high = b
    return results.ordering(a, [low, middle, high])


def painted(middle, labels, photos):
    """Colours of each class, `middle` of its pixels (count, 3)."""
    pixels, colours = photos.movedim(1, -1), torch.zeros(12, 3)
    for number in labels.unique():
        colours[number] = middle(pixels[labels == number])
    return colours


def the_median(pixels):
    return pixels.median(dim=0).values


def mixed_channels(labels, photos):
    count, _, height, width = photos.shape
    return painted(the_median, labels, photos.reshape(count, height, width, 3).movedim(-1, 1))


def of_pictures(labels, photos):
    each = [painted(the_median, label[None], photo[None]) for label, photo in zip(labels, photos, strict=True)]
    return torch.stack(each).median(dim=0).values


def white_where_absent(labels, photos):
    colours = painted(the_median, labels, photos)
    colours[0] = 1.0
    return colours


def unbeaten(beats):
    return lambda scores: [name for name, own in scores.items() if not any(beats(other, own) for other in scores.values())]


def best_of(key):
    return lambda scores: [name for name, own in scores.items() if key(own) == min(map(key, scores.values()))]


def right(other, own):
    return other[0] <= own[0] and other[1] >= own[1] and other != own


def as_good_beats(scores):
    return [
        name
        for name, own in scores.items()
        if not any(scores[other][0] <= own[0] and scores[other][1] >= own[1] for other in scores if other != name)
    ]


def all_but_the_last(scores):
    return unbeaten(right)(scores)[:-1]


WRONG = [
    ("ordering", by(mean), "you compare means"),
    ("ordering", by(max), "the best seeds"),
    ("ordering", by(min), "the worst seeds"),
    ("ordering", seed_by_seed, "seed with seed"),
    ("ordering", within_sd, "a standard deviation"),
    ("ordering", lambda a, b: verdict_of(max(a) <= min(b), max(b) <= min(a)), "ranges that touch"),
    ("ordering", lambda a, b: verdict_of(max(a) < min(b), False), "you never say reversed"),
    ("ordering", lambda a, b: results.ordering(b, a), "the other way round"),
    ("ordering", lambda a, b: verdict_of(min(a) < max(b), max(a) > min(b)), "the wrong ends"),
    ("ordering", lambda a, b: max(a) < min(b), "answer with one of holds"),
    ("ordering", lambda a, b: "overlaps", "holds, and you say overlaps"),
    ("ordering", for_three, "not enough values"),
    ("ordering", lambda a, b: results.ordering(a[:3], b) if len(a) >= 3 else "overlaps", "not for one, two or four"),
    ("median_colours", lambda labels, photos: painted(lambda pixels: pixels.mean(dim=0), labels, photos), "that is the mean"),
    ("median_colours", lambda labels, photos: the_median(photos.movedim(1, -1).reshape(-1, 3)).expand(12, 3), "the same colour"),
    ("median_colours", mixed_channels, "mixes the channels"),
    ("median_colours", lambda labels, photos: painted(lambda pixels: pixels.median(), labels, photos), "one grey for each class"),
    ("median_colours", of_pictures, "the pictures' medians"),
    ("median_colours", lambda labels, photos: painted(the_median, labels[:1], photos[:1]), "only the first picture"),
    ("median_colours", lambda labels, photos: painted(the_median, labels, photos)[labels.unique()], "a row of three colour values"),
    ("median_colours", white_where_absent, "never occurs stays 0"),
    ("median_colours", lambda labels, photos: painted(the_median, labels, photos) + 0.1, "the median colour is"),
    ("worth_choosing", best_of(lambda own: own[0]), "the nearest to y alone"),
    ("worth_choosing", best_of(lambda own: -own[1]), "the best read alone"),
    (
        "worth_choosing",
        lambda scores: best_of(lambda own: own[0])(scores) + best_of(lambda own: -own[1])(scores),
        "the two ends",
    ),
    ("worth_choosing", best_of(lambda own: own[0] - own[1]), "you add the two"),
    ("worth_choosing", unbeaten(lambda a, b: a[0] >= b[0] and a[1] >= b[1] and a != b), "the farther one"),
    ("worth_choosing", unbeaten(lambda a, b: a[0] <= b[0] and a[1] <= b[1] and a != b), "read worse"),
    ("worth_choosing", unbeaten(lambda a, b: a[0] < b[0] and a[1] > b[1]), "equal in one measure"),
    ("worth_choosing", unbeaten(lambda a, b: a[0] < b[0] or a[1] > b[1]), "beaten in one of the two"),
    ("worth_choosing", lambda scores: set(scores) - set(unbeaten(right)(scores)), "asked are the rest"),
    ("worth_choosing", as_good_beats, "do not beat each other"),
    ("worth_choosing", all_but_the_last, "stay; you keep"),
    ("worth_choosing", lambda scores: scores["10"], "stopped with KeyError"),
]


@pytest.mark.parametrize(("name", "wrong", "diagnosis"), WRONG, ids=[diagnosis for *_, diagnosis in WRONG])
def test_a_wrong_answer_hears_its_own_misconception(name, wrong, diagnosis):
    verdict = getattr(checks, name)(wrong)
    assert verdict.state == "not yet"
    assert diagnosis in verdict.message


def test_the_median_colours_of_the_exercise_paint_the_baseline_of_every_table():
    pairs = SyntheticPairs(6, 32, seed=3)
    labels, photos = labels_and_photos(pairs)
    colours = solution("median_colours")(labels, photos)
    x = pairs[0][0]
    assert torch.equal(colours[label_ids(x)].movedim(-1, 0), median_colour_per_class(pairs)(x))


def test_a_choice_among_the_lambdas_of_the_gallery_is_never_empty_and_holds_the_nearest_and_the_best_read():
    distance, reading = (results.table("lambda", measure) for measure in ("l1", "per_class"))
    scores = {weight: (mean(distance[weight]), mean(reading[weight])) for weight in distance}
    chosen = solution("worth_choosing")(scores)
    assert min(scores, key=lambda weight: scores[weight][0]) in chosen
    assert max(scores, key=lambda weight: scores[weight][1]) in chosen
    assert set(chosen) == {"30", "100", "300", "1000"}  # as the lesson's answer says


# --- figures ------------------------------------------------------------------------------------------------------------------------

OURS = {"per class": {"L1": [0.6, 0.62, 0.61], "cGAN": [0.3, 0.4, 0.35]}, "IoU": {"L1": [0.5, 0.5, 0.5], "cGAN": [0.2, 0.2, 0.3]}}


def panels_of(figure):
    return figure.axes


def test_a_table_has_a_panel_for_each_measure_and_a_dot_for_each_seed():
    drawn = panels_of(figures.draw_table(OURS))
    assert [axes.get_title() for axes in drawn] == ["per class", "IoU"]
    dots = [line.get_xdata() for line in drawn[0].lines if line.get_marker() == "o"]
    assert [list(row) for row in dots] == [[0.6, 0.62, 0.61], [0.3, 0.4, 0.35]]


def test_the_bar_behind_the_dots_reaches_from_the_lowest_to_the_highest_seed():
    axes, _ = panels_of(figures.draw_table(OURS))
    bars = [list(line.get_xdata()) for line in axes.lines if line.get_marker() != "o"]
    assert bars == [[0.6, 0.62], [0.3, 0.4]]


def test_the_papers_diamonds_stand_in_the_rows_of_their_names():
    axes, other = panels_of(figures.draw_table(OURS, paper={"per class": {"cGAN": 0.7, "a row that is not ours": 0.1}}))
    assert axes.collections[0].get_offsets().tolist() == [[0.7, 1.0]]
    assert not other.collections


def test_your_point_and_the_yardsticks_are_named_in_the_legend():
    lines = {"per class": {"real photos": 0.9, "labels of another": 0.3, "median colours": 0.2}}
    figure = figures.draw_table(OURS, lines=lines, yours={"per class": {"L1": 0.5}}, label="share")
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == ["real photos", "labels of another", "median colours", "ours, a seed each", "yours"]


def test_beside_the_papers_numbers_the_yardsticks_are_named_as_ours():
    figure = figures.draw_table(OURS, paper={"per class": {"L1": 0.7}}, lines={"per class": {"real photos": 0.9}})
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == ["ours: real photos", "ours, a seed each", "the paper"]


def test_every_panel_of_a_table_starts_at_0():
    assert [axes.get_xlim()[0] for axes in panels_of(figures.draw_table(OURS))] == [0, 0]


def test_the_yardsticks_differ_in_their_strokes_not_only_in_their_places():
    lines = {"per class": {"real photos": 0.9, "labels of another": 0.3, "median colours": 0.2}}
    axes, _ = panels_of(figures.draw_table(OURS, lines=lines))
    assert len({line.get_linestyle() for line in axes.lines[:3]}) == 3


def test_a_band_reaches_over_all_seeds_of_every_moment():
    figure = figures.draw_moments({"L1": {100: [0.1, 0.3], 200: [0.2, 0.6]}}, "read per class", {"real photos": 0.9}, {150: 0.5})
    (axes,) = figure.axes
    assert axes.lines[0].get_ydata() == pytest.approx([0.2, 0.4])
    corners = axes.collections[0].get_paths()[0].vertices
    assert corners[:, 1].min() == pytest.approx(0.1)
    assert corners[:, 1].max() == pytest.approx(0.6)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["L1", "real photos", "yours"]


def test_the_curves_of_five_losses_can_be_told_apart_without_colour():
    figure = figures.draw_moments({name: {100: [0.1], 200: [0.2]} for name in "abcde"}, "read per class")
    looks = {(str(line.get_linestyle()), line.get_marker()) for line in figure.axes[0].lines}
    assert len(looks) == 5


def test_a_trade_off_names_every_point():
    figure = figures.draw_trade_off({"1": [0.3, 0.4], "10": [0.2, 0.2]}, {"1": [0.5, 0.6], "10": [0.7, 0.8]}, ("near", "read"))
    assert [text.get_text() for text in figure.axes[0].texts] == ["1", "10"]
    assert as_html(figure, "seen").startswith("<img")
