"""Checks of the exercises about experiments: when an order may be claimed, the median-colour baseline, what is worth choosing."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from pix2pix_edu.classroom.verdict import Misconception, check
from pix2pix_edu.drawing.classes import CLASSES
from pix2pix_edu.experiments import orders as results

Ordering = Callable[[Sequence[float], Sequence[float]], str]
CASES = (  # lower, higher
    ([0.5, 0.6, 0.7], [0.8, 0.9, 0.85]),  # apart
    ([0.8, 0.9, 0.85], [0.5, 0.6, 0.7]),  # apart, the other way round
    ([0.1, 0.2, 0.3], [0.25, 0.35, 0.45]),  # every seed grows, the ranges overlap
    ([0.25, 0.35, 0.45], [0.1, 0.2, 0.3]),
    ([0.3, 0.2, 0.1], [0.15, 0.35, 0.25]),  # the mean grows, not every seed
    ([0.1, 0.9, 0.2], [0.85, 0.95, 1.0]),  # one outlier
    ([0.4, 0.5, 0.6], [0.45, 0.5, 0.55]),  # one within the other
    ([0.4, 0.5, 0.6], [0.6, 0.7, 0.8]),  # they touch
    ([0.6, 0.7, 0.8], [0.4, 0.5, 0.6]),
    ([0.50, 0.51, 0.60], [0.61, 0.70, 0.90]),  # apart, though wide
)


def _three(below: bool, above: bool) -> str:
    return "holds" if below else "reversed" if above else "overlaps"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _sd(values: Sequence[float]) -> float:
    return (sum((value - _mean(values)) ** 2 for value in values) / (len(values) - 1)) ** 0.5


WRONG_ORDERINGS: list[tuple[Ordering, str]] = [
    (lambda a, b: _three(_mean(a) < _mean(b), _mean(a) > _mean(b)), "you compare means: they always differ a little. Compare ranges"),
    (lambda a, b: _three(max(a) < max(b), max(a) > max(b)), "you compare the best seeds: that is how lucky runs get into tables"),
    (lambda a, b: _three(min(a) < min(b), min(a) > min(b)), "you compare the worst seeds only: a range has two ends"),
    (
        lambda a, b: _three(all(p < q for p, q in zip(a, b, strict=False)), all(p > q for p, q in zip(a, b, strict=False))),
        "you compare seed with seed: asked is every seed of the one against every seed of the other, the ranges",
    ),
    (
        lambda a, b: _three(_mean(a) + _sd(a) < _mean(b) - _sd(b), _mean(b) + _sd(b) < _mean(a) - _sd(a)),
        "that is mean plus and minus a standard deviation: asked is from the lowest to the highest seed",
    ),
    (lambda a, b: _three(max(a) <= min(b), max(b) <= min(a)), "ranges that touch share a value: that is an overlap, so < and not <="),
    (
        lambda a, b: _three(max(a) < min(b), False),
        "you never say reversed: if all of `higher` lies below, the order is the other way round",
    ),
    (lambda a, b: _three(max(b) < min(a), max(a) < min(b)), 'the other way round: "holds" means that `higher` lies above'),
    (
        lambda a, b: _three(min(a) < max(b), max(a) > min(b)),
        "you compare the wrong ends: apart means that the highest of one is below the lowest of the other",
    ),
]


@check
def ordering(fn: Ordering) -> str:
    """Whether the ranges of two lists of seeds lie apart, and which is above."""
    said = [fn(list(lower), list(higher)) for lower, higher in CASES]
    if any(verdict not in results.VERDICTS for verdict in said):
        raise Misconception(
            f"answer with one of {', '.join(results.VERDICTS)}; you said {next(v for v in said if v not in results.VERDICTS)!r}"
        )
    for rule, misconception in WRONG_ORDERINGS:
        if said == [rule(*case) for case in CASES]:
            raise Misconception(misconception)
    for case, verdict in zip(CASES, said, strict=True):
        if verdict != results.ordering(*case):
            raise Misconception(f"{case[0]} against {case[1]}: {results.ordering(*case)}, and you say {verdict}")
    if fn([0.1], [0.3, 0.2]) != "holds" or fn([0.1, 0.2, 0.3, 0.4], [0.25]) != "overlaps":
        raise Misconception("it works for three seeds and not for one, two or four: take the ends of whatever list comes")
    return "apart, reversed, overlapping, touching, one within the other, and for any number of seeds"


@check
def median_colours(fn: Callable[[Tensor, Tensor], Tensor]) -> str:
    """The median colour of each class's pixels: labels (count, height, width), photos (count, 3, height, width)."""
    labels, photos = _pairs()
    given = torch.as_tensor(fn(labels.clone(), photos.clone()))
    if given.shape != (len(CLASSES), 3):
        raise Misconception(f"asked is a row of three colour values for each of the {len(CLASSES)} classes; yours is {tuple(given.shape)}")
    colours, present = _colours_by(lambda pixels: pixels.median(dim=0).values, labels, photos)
    said = given[present].float()
    if torch.allclose(said, colours, atol=1e-4):
        if given[~present].any():
            raise Misconception("a class that never occurs stays 0, the middle grey")
        return f"the median of every colour channel in each of {int(present.sum())} classes; the others stay grey"
    for rule, misconception in WRONG_COLOURS:
        wrong = rule(labels, photos)
        if torch.allclose(said, wrong, atol=1e-4):
            raise Misconception(misconception)
    off = (said - colours).abs().amax(dim=1).argmax()
    number = int(torch.arange(len(CLASSES))[present][off])
    raise Misconception(f"class {number}: the median colour is {_told(colours[off])}, and you say {_told(said[off])}")


def _pairs() -> tuple[Tensor, Tensor]:
    """Five label maps whose classes come in odd numbers of pixels, and skewed colours: mean, median and mode differ."""
    dice = torch.Generator().manual_seed(7)
    numbers = torch.tensor([1] * 31 + [4] * 27 + [6] * 35 + [9] * 7)  # 100 pixels
    numbers = torch.cat([numbers[torch.randperm(100, generator=dice)] for _ in range(5)])
    photos = 2 * torch.rand(5, 3, 10, 10, generator=dice) ** 3 - 1
    labels = numbers.view(5, 10, 10)
    return labels, photos + 0.05 * labels[:, None] * torch.tensor([1.0, 0.5, -0.5]).view(3, 1, 1)


def _colours_by(middle: Callable[[Tensor], Tensor], labels: Tensor, photos: Tensor) -> tuple[Tensor, Tensor]:
    """What `middle` makes of the pixels (count, 3) of each class that is present, and which are."""
    pixels = photos.movedim(1, -1)
    present = torch.tensor([bool((labels == number).any()) for number in range(len(CLASSES))])
    return torch.stack([middle(pixels[labels == number]) for number in range(len(CLASSES)) if present[number]]), present


def _of_picture_medians(labels: Tensor, photos: Tensor) -> Tensor:
    rows = [
        _colours_by(lambda pixels: pixels.median(dim=0).values, label[None], photo[None])[0]
        for label, photo in zip(labels, photos, strict=True)
    ]
    return torch.stack(rows).median(dim=0).values


WRONG_COLOURS: list[tuple[Callable[[Tensor, Tensor], Tensor], str]] = [
    (
        lambda labels, photos: _colours_by(lambda pixels: pixels.mean(dim=0), labels, photos)[0],
        "that is the mean, which L2 likes best: L1 likes the median (lesson 02)",
    ),
    (
        lambda labels, photos: photos.movedim(1, -1).reshape(-1, 3).median(dim=0).values.expand(len(labels.unique()), 3),
        "every class gets the same colour: choose the pixels of the class first, photos[labels == number]",
    ),
    (
        lambda labels, photos: _colours_by(
            lambda pixels: pixels.median(dim=0).values, labels, photos.reshape(len(photos), 10, 10, 3).movedim(-1, 1)
        )[0],
        "reshape does not move an axis, it cuts the numbers anew and mixes the channels: photos.movedim(1, -1) puts colours last",
    ),
    (
        lambda labels, photos: _colours_by(lambda pixels: pixels.median().expand(3), labels, photos)[0],
        "one grey for each class: the median is taken for each colour channel, dim=0",
    ),
    (_of_picture_medians, "that is a median of the pictures' medians: take all pixels of a class in all pictures together"),
    (
        lambda labels, photos: _colours_by(lambda pixels: pixels.median(dim=0).values, labels[:1], photos[:1])[0],
        "only the first picture counts: take all pixels of a class in all pictures together",
    ),
]


def _told(colour: Tensor) -> str:
    return "(" + ", ".join(f"{value:.3f}" for value in colour.tolist()) + ")"


Scores = Mapping[str, tuple[float, float]]
CHOICES: tuple[tuple[Scores, set[str]], ...] = (  # (distance to y: less is better, how well it is read: more is better)
    ({"0": (0.40, 0.30), "1": (0.35, 0.60), "10": (0.33, 0.70), "100": (0.30, 0.65), "1000": (0.31, 0.55)}, {"10", "100"}),
    ({"a": (0.2, 0.5), "b": (0.3, 0.5), "c": (0.2, 0.4)}, {"a"}),
    ({"a": (0.2, 0.5), "b": (0.2, 0.5), "c": (0.1, 0.1)}, {"a", "b", "c"}),
    ({"a": (0.1, 0.1), "b": (0.2, 0.2), "c": (0.3, 0.3), "d": (0.25, 0.15)}, {"a", "b", "c"}),
    ({"only": (0.5, 0.5)}, {"only"}),
)


def _unbeaten(beats: Callable[[tuple[float, float], tuple[float, float]], bool]) -> Callable[[Scores], set[str]]:
    return lambda scores: {name for name, own in scores.items() if not any(beats(other, own) for other in scores.values())}


def _at_best(*keys: Callable[[tuple[float, float]], float]) -> Callable[[Scores], set[str]]:
    return lambda scores: {name for key in keys for name, own in scores.items() if key(own) == min(map(key, scores.values()))}


WRONG_CHOICES: list[tuple[Callable[[Scores], set[str]], str]] = [
    (_at_best(lambda own: own[0]), "that is the nearest to y alone: how well it is read counts as well"),
    (_at_best(lambda own: -own[1]), "that is the best read alone: the distance counts as well"),
    (
        _at_best(lambda own: own[0], lambda own: -own[1]),
        "those are the two ends: what lies between them is worth choosing too, if nothing beats it in both",
    ),
    (
        _at_best(lambda own: own[0] - own[1]),
        "you add the two: how much distance is a point of reading worth? That is what the chooser decides",
    ),
    (
        _unbeaten(lambda other, own: other[0] >= own[0] and other[1] >= own[1] and other != own),
        "for the distance, less is better: you let the farther one win",
    ),
    (
        _unbeaten(lambda other, own: other[0] <= own[0] and other[1] <= own[1] and other != own),
        "for the reading, more is better: you let the one that is read worse win",
    ),
    (
        _unbeaten(lambda other, own: other[0] < own[0] and other[1] > own[1]),
        "one that is equal in one measure and better in the other beats it, too",
    ),
    (
        _unbeaten(lambda other, own: other[0] < own[0] or other[1] > own[1]),
        "you throw out what is beaten in one of the two: it must lose in one and win in none",
    ),
    (
        lambda scores: set(scores) - _unbeaten(lambda other, own: other[0] <= own[0] and other[1] >= own[1] and other != own)(scores),
        "those are the ones that another beats: asked are the rest",
    ),
]


@check
def worth_choosing(fn: Callable[[Scores], object]) -> str:
    """The names that no other beats: nearer or as near, read better or as well, and better in one of the two."""
    said = [set(fn(dict(scores))) for scores, _ in CHOICES]
    for rule, misconception in WRONG_CHOICES:
        if said == [rule(scores) for scores, _ in CHOICES]:
            raise Misconception(misconception)
    if said[2] != CHOICES[2][1] and said[:2] == [right for _, right in CHOICES[:2]]:
        raise Misconception("two with the same scores do not beat each other: both stay")
    for (scores, right), names in zip(CHOICES, said, strict=True):
        if names != right:
            kept = ", ".join(map(str, names)) or "none"
            raise Misconception(f"of {dict(scores)}, {', '.join(sorted(right))} stay; you keep {kept}")
    return "whatever is left out is beaten by one that stays; which of those to take, no score can say"
