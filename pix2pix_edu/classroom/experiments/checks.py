"""Checks of lesson 07: when an order of two cells may be claimed, the median-colour baseline, which losses are worth choosing."""

from collections.abc import Callable, Mapping, Sequence
from statistics import mean, stdev

import torch
from torch import Tensor

from pix2pix_edu.classroom.verdict import Misconception, agrees, check
from pix2pix_edu.drawing.classes import CLASSES
from pix2pix_edu.experiments import orders

Ordering = Callable[[Sequence[float], Sequence[float]], str]
CASES = (  # lower, higher; no verdict of a wrong ordering depends on how a mean is rounded
    ([0.5, 0.6, 0.7], [0.8, 0.9, 0.85]),  # apart
    ([0.8, 0.9, 0.85], [0.5, 0.6, 0.7]),  # apart, the other way round
    ([0.1, 0.2, 0.3], [0.25, 0.35, 0.45]),  # every seed grows, the ranges overlap
    ([0.25, 0.35, 0.45], [0.1, 0.2, 0.3]),
    ([0.3, 0.2, 0.1], [0.15, 0.35, 0.25]),  # the mean grows, not every seed
    ([0.1, 0.9, 0.12], [0.85, 0.87, 0.89]),  # one outlier
    ([0.4, 0.5, 0.6], [0.45, 0.46, 0.55]),  # one within the other
    ([0.4, 0.45, 0.6], [0.6, 0.75, 0.8]),  # they touch
    ([0.6, 0.75, 0.8], [0.4, 0.45, 0.6]),
    ([0.50, 0.51, 0.60], [0.61, 0.62, 0.90]),  # apart, though wide
)


def _three(below: bool, above: bool) -> str:
    return "holds" if below else "reversed" if above else "overlaps"


WRONG_ORDERINGS: list[tuple[Ordering, str]] = [
    (lambda a, b: _three(mean(a) < mean(b), mean(a) > mean(b)), "you compare means, which always differ a little: compare ranges"),
    (lambda a, b: _three(max(a) < max(b), max(a) > max(b)), "you compare the best seeds: that is how lucky runs get into tables"),
    (lambda a, b: _three(min(a) < min(b), min(a) > min(b)), "you compare only the worst seeds: a range has two ends"),
    (
        lambda a, b: _three(all(p < q for p, q in zip(a, b, strict=False)), all(p > q for p, q in zip(a, b, strict=False))),
        "you compare seed with seed: compare every seed of one list with every seed of the other, that is, the ranges",
    ),
    (
        lambda a, b: _three(mean(a) + stdev(a) < mean(b) - stdev(b), mean(b) + stdev(b) < mean(a) - stdev(a)),
        "that is the mean plus and minus a standard deviation: a range goes from the lowest to the highest seed",
    ),
    (lambda a, b: _three(max(a) <= min(b), max(b) <= min(a)), "ranges that touch share a value, so they overlap: use < and not <="),
    (lambda a, b: _three(max(a) < min(b), False), "you never return reversed: return it if `higher` is entirely below `lower`"),
    (lambda a, b: _three(max(b) < min(a), max(a) < min(b)), 'the other way round: "holds" means that `higher` is above `lower`'),
    (lambda a, b: _three(min(a) < max(b), max(a) > min(b)), "the wrong ends: compare the highest of one with the lowest of the other"),
]


@check
def ordering(fn: Ordering) -> str:
    """Check a function that returns whether the ranges of two lists of seeds are apart, and which one is above."""
    given = [fn(list(lower), list(higher)) for lower, higher in CASES]
    if unknown := [verdict for verdict in given if verdict not in orders.VERDICTS]:
        raise Misconception(f"return one of {', '.join(orders.VERDICTS)}; you return {unknown[0]!r}")
    if not agrees(given, orders.ordering, WRONG_ORDERINGS, lambda given, rule: given == [rule(*case) for case in CASES]):
        (lower, higher), verdict = next(pair for pair in zip(CASES, given, strict=True) if pair[1] != orders.ordering(*pair[0]))
        raise Misconception(f"{lower} and {higher}: the answer is {orders.ordering(lower, higher)}, and you return {verdict}")
    if fn([0.1], [0.3, 0.2]) != "holds" or fn([0.1, 0.2, 0.3, 0.4], [0.25]) != "overlaps":
        raise Misconception("it works for three seeds, but not for one, two or four: take the ends of a list of any length")
    return "ranges that are apart, reversed, overlapping, touching, or one within the other, and for any number of seeds"


@check
def median_colours(fn: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Check the median colour of each class's pixels: labels (count, height, width), photos (count, 3, height, width)."""
    labels, photos = _pairs()
    given = torch.as_tensor(fn(labels.clone(), photos.clone())).float()
    if given.shape != (len(CLASSES), 3):
        raise Misconception(f"return a row of three colour values for each of the {len(CLASSES)} classes; yours is {tuple(given.shape)}")
    present = labels.unique()
    if not agrees(given[present], _colours, WRONG_COLOURS, lambda given, rule: torch.allclose(given, rule(labels, photos), atol=1e-4)):
        right = _colours(labels, photos)
        worst = (given[present] - right).abs().amax(dim=1).argmax()
        expected, yours = ("(" + ", ".join(f"{value:.3f}" for value in row[worst].tolist()) + ")" for row in (right, given[present]))
        raise Misconception(f"class {present[worst]}: the median colour is {expected}, and you return {yours}")
    if given.index_fill(0, present, 0.0).any():
        raise Misconception("a class without pixels keeps the value 0, the middle grey")
    return f"the median of every colour channel in each of {len(present)} classes; the others stay grey"


def _pairs() -> tuple[Tensor, Tensor]:
    """Five label maps with an odd number of pixels per class, and skewed colours: their mean, median and mode differ."""
    rng = torch.Generator().manual_seed(7)
    numbers = torch.tensor([1] * 31 + [4] * 27 + [6] * 35 + [9] * 7)  # 100 pixels
    labels = torch.stack([numbers[torch.randperm(100, generator=rng)] for _ in range(5)]).view(5, 10, 10)
    photos = 2 * torch.rand(5, 3, 10, 10, generator=rng) ** 3 - 1
    return labels, photos + 0.05 * labels[:, None] * torch.tensor([1.0, 0.5, -0.5]).view(3, 1, 1)


def _median(pixels: Tensor) -> Tensor:
    return pixels.median(dim=0).values


def _colours(labels: Tensor, photos: Tensor, middle: Callable[[Tensor], Tensor] = _median) -> Tensor:
    """Return `middle` of the pixels (count, 3) of each class that has any."""
    pixels = photos.movedim(1, -1)
    return torch.stack([middle(pixels[labels == number]) for number in labels.unique()])


WRONG_COLOURS: list[tuple[Callable[[Tensor, Tensor], Tensor], str]] = [
    (
        lambda labels, photos: _colours(labels, photos, lambda pixels: pixels.mean(dim=0)),
        "that is the mean, which minimises L2: L1 is smallest at the median (lesson 02)",
    ),
    (
        lambda labels, photos: _median(photos.movedim(1, -1).reshape(-1, 3)).expand(len(labels.unique()), 3),
        "every class gets the same colour: choose the pixels of the class first, photos[labels == number]",
    ),
    (
        lambda labels, photos: _colours(labels, photos.reshape(len(photos), 10, 10, 3).movedim(-1, 1)),
        "reshape does not move an axis: it keeps the order of the numbers and mixes the channels. photos.movedim(1, -1) puts colours last",
    ),
    (
        lambda labels, photos: _colours(labels, photos, lambda pixels: pixels.median().expand(3)),
        "one grey for each class: take the median of each colour channel, dim=0",
    ),
    (
        lambda labels, photos: _median(torch.stack([_colours(one[None], other[None]) for one, other in zip(labels, photos, strict=True)])),
        "that is a median of the pictures' medians: take all pixels of a class in all pictures together",
    ),
    (
        lambda labels, photos: _colours(labels[:1], photos[:1]),
        "only the first picture counts: take all pixels of a class in all pictures together",
    ),
]

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
    (_at_best(lambda own: own[0]), "that is only the nearest to y: how well it is read counts too"),
    (_at_best(lambda own: -own[1]), "that is only the one that is read best: the distance counts too"),
    (
        _at_best(lambda own: own[0], lambda own: -own[1]),
        "those are the two ends: one in between is worth choosing too, if nothing beats it in both measures",
    ),
    (
        _at_best(lambda own: own[0] - own[1]),
        "you add the two measures: how much distance is a point of reading worth? That is for the person who chooses to decide",
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
        "one that is equal in one measure and better in the other beats it too",
    ),
    (
        _unbeaten(lambda other, own: other[0] < own[0] or other[1] > own[1]),
        "you drop what is beaten in one of the two: drop it only if another is better in one and worse in none",
    ),
    (
        lambda scores: set(scores) - _unbeaten(lambda other, own: other[0] <= own[0] and other[1] >= own[1] and other != own)(scores),
        "those are the ones that another beats: return the rest",
    ),
]


@check
def worth_choosing(fn: Callable[[Scores], object]) -> str:
    """Check a function that returns the names that no other beats: at least as good in both measures, and better in one."""
    given, right = [set(fn(dict(scores))) for scores, _ in CHOICES], [names for _, names in CHOICES]
    if not agrees(given, right, [([rule(scores) for scores, _ in CHOICES], message) for rule, message in WRONG_CHOICES]):
        if given[:2] == right[:2] and given[2] != right[2]:
            raise Misconception("two with the same scores do not beat each other: both stay")
        (scores, names), kept = next((case, kept) for case, kept in zip(CHOICES, given, strict=True) if kept != case[1])
        raise Misconception(f"of {scores}, {', '.join(sorted(names))} stay; you keep {', '.join(map(str, kept)) or 'none'}")
    return "whatever is left out is beaten by one that stays; which of those to take, no score can tell"
