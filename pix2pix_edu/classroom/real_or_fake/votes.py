"""Which pairs a player of the game sees, the answers, and how often a fake was taken for the real picture."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

SIDES = ("left", "right")
USUAL_SECONDS = 1.0  # as in the paper


class Trial(NamedTuple):
    """A pair: on the side `fake` what a model drew for a building, on the other side the real picture.

    If only a patch is shown, `down` and `across` are its position: 0 is the top or left end, 1 the bottom or right end.
    """

    model: str
    run: int
    building: int
    fake: str
    down: float
    across: float


class Vote(NamedTuple):
    """A trial, and the side that the player called fake."""

    trial: Trial
    said: str


class Tally(NamedTuple):
    """The number of trials, and of those in which the fake was taken for the real picture."""

    fooled: int
    shown: int

    @property
    def percent(self) -> float:
        return 100 * self.fooled / self.shown

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% confidence interval of the share of trials in which the player was fooled, in percent."""
        low, high = wilson(self.fooled, self.shown)
        return 100 * low, 100 * high


@dataclass(frozen=True)
class Game:
    """The answers of one player in one game, and what was shown. `name` is a random identifier."""

    name: str
    seed: int
    seconds: float
    patch: int | None  # side in pixels; None if whole pictures were shown
    nickname: str
    votes: tuple[Vote, ...]


def deal(seed: int, models: Sequence[str], count: int, runs: Sequence[int], buildings: int, practice: int = 4) -> list[Trial]:
    """Return the trials of a game, practice first. Models and sides are balanced in both parts; no building comes twice in a row."""
    if count < 1 or not models or not runs or buildings < 2:
        raise ValueError("a game needs at least one trial, one model with one run, and two buildings")
    rng = np.random.default_rng(seed)
    asked = _balanced(models, practice, rng) + _balanced(models, count, rng)
    first_runs = rng.integers(len(runs), size=buildings)
    trials = []
    for place, ((model, fake), building) in enumerate(zip(asked, _decks(len(asked), buildings, rng), strict=True)):
        run = runs[(first_runs[building] + place // buildings) % len(runs)]  # a building that is repeated comes from another run
        trials.append(Trial(model, run, building, fake, *rng.random(2).round(3).tolist()))
    return trials


def _balanced(models: Sequence[str], count: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Return models and sides in random order, each as often as the others or once more."""
    models, first = rng.permutation(models).tolist(), rng.integers(2)
    rounds = [divmod(place, len(models)) for place in range(count)]
    pairs = [(models[number], SIDES[(first + turn + number) % 2]) for turn, number in rounds]
    return [pairs[place] for place in rng.permutation(count)]


def _decks(count: int, buildings: int, rng: np.random.Generator) -> list[int]:
    """Return buildings in random order; none is repeated before all have been used."""
    order: list[int] = []
    while len(order) < count:
        deck = rng.permutation(buildings).tolist()
        order += deck[1:] + deck[:1] if order and deck[0] == order[-1] else deck
    return order[:count]


def wilson(fooled: int, shown: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval for a share p = k / n: (k + z^2 / 2 -+ z sqrt(k (n - k) / n + z^2 / 4)) / (n + z^2).

    Unlike p -+ z sqrt(p (1 - p) / n), it stays within 0 and 1, and its width is not 0 when nobody was fooled.
    It assumes independent answers, and those of one player are not quite independent.
    """
    if not 0 <= fooled <= shown or shown == 0:
        raise ValueError(f"{fooled} fooled of {shown} shown is not a share: it needs 0 <= fooled <= shown, and at least one trial")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = (fooled + z**2 / 2) / (shown + z**2)
    reach = z * math.sqrt(fooled * (shown - fooled) / shown + z**2 / 4) / (shown + z**2)
    return max(centre - reach, 0.0), min(centre + reach, 1.0)  # rounding may put the limit for 0 of n just below 0


def tally(games: Iterable[Game]) -> dict[str, Tally]:
    """Count how often each model fooled the players. Patches, and pairs shown for an unusual time, are counted separately."""
    counts: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    for game in games:
        view = "" if game.seconds == USUAL_SECONDS else f", {game.seconds:g} s"
        view += f", {game.patch} px" if game.patch else ""
        for trial, said in game.votes:
            counts[trial.model, view].append(said != trial.fake)
    return {model + view: Tally(sum(fooled), len(fooled)) for (model, view), fooled in sorted(counts.items())}
