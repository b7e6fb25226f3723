"""Paint the parts of a facade: one function per class, each on the pixels of its box."""

import numpy as np

from pix2pix_edu.drawing.layout import GRID
from pix2pix_edu.drawing.look import ACCENTS, AMBER, CLOUD, CURTAIN, GLASS, LAMP, LEAVES, SHEEN, Look, disc, mix

CAT = ["#..#..", "####..", "####..", ".##..#", "####.#", "#####."]
CAT_NEARBY = [  # for pictures with two or more pixels per unit
    ".#....#.....",
    ".##..##.....",
    ".######.....",
    ".#o##o#.....",
    ".######.....",
    "..####....##",
    ".######....#",
    ".######....#",
    "########...#",
    "########..##",
    "########.##.",
    "##.##.####..",
]


def _paint_window(view: np.ndarray, look: Look, unit: int, rng: np.random.Generator) -> None:
    lit, blind, cat = rng.random() < look.lit, rng.random(), rng.random() < 0.1
    edge = max(1, unit * 3 // 4)
    view[:] = look.trim
    pane = view[edge:-edge, edge:-edge]
    height, width = pane.shape[:2]
    rows, columns = np.ogrid[:height, :width]
    if lit:
        pane[:] = mix(LAMP, AMBER, (rows * 100 // max(1, height))[..., None])
    else:
        pane[:] = np.where(((rows + columns) // (3 * unit) % 3 == 0)[..., None], SHEEN, GLASS)
    curtain = pane[: int(blind * height * 0.7)]
    curtain[:] = mix(CURTAIN, LAMP, 50) if lit else CURTAIN * 70 // 100
    if unit > 1:
        curtain[:, ::4] = curtain[:, ::4] * 88 // 100  # folds
    if cat and height > 6 * unit:
        paint_cat(pane[-6 * unit :, -7 * unit : -unit], unit)
    bar = max(1, unit // 2)
    if look.bars > 0:
        pane[:, (width - bar) // 2 : (width - bar) // 2 + bar] = look.trim
    if look.bars > 1:
        pane[height * 2 // 5 : height * 2 // 5 + bar] = look.trim
    pane[: max(1, unit // 2)] = pane[: max(1, unit // 2)] * 70 // 100


def paint_cat(view: np.ndarray, unit: int) -> None:
    """A sitting cat, in more detail in larger pictures."""
    shape = np.array([list(row) for row in (CAT_NEARBY if unit > 1 else CAT)])
    pixels = max(1, unit // 2)
    shape = shape.repeat(pixels, axis=0).repeat(pixels, axis=1)[: view.shape[0], : view.shape[1]]
    view[shape == "#"] = (44, 38, 42)
    view[shape == "o"] = LAMP


def _paint_door(view: np.ndarray, look: Look, unit: int, rng: np.random.Generator) -> None:
    lit = rng.random() < look.lit
    height, width = view.shape[:2]
    view[:] = look.door
    light = view[unit : height // 4, unit:-unit]
    light[:] = LAMP if lit else GLASS
    for top, bottom in ((height * 3 // 8, height * 5 // 8), (height * 6 // 8, height - unit)):
        for left in (2 * unit, width // 2 + max(1, unit // 2)):
            panel = view[top:bottom, left : left + width // 2 - 2 * unit - unit // 2]
            panel[:] = panel * 78 // 100
            panel[-max(1, unit // 2) :] = look.door * 112 // 100
    view[:unit], view[:, :unit], view[:, -unit:] = look.trim, look.trim, look.trim
    view[height * 5 // 8 : height * 5 // 8 + unit, -2 * unit - unit // 2 : -unit - unit // 2] = LAMP


def _paint_cornice(view: np.ndarray, look: Look, unit: int, rng: np.random.Generator) -> None:
    height = len(view)
    view[:] = look.trim
    teeth = view[height // 2 : height - unit // 2]
    teeth[:, np.arange(view.shape[1]) % (4 * max(1, unit // 2)) < 2 * max(1, unit // 2)] = look.trim * 76 // 100
    view[: max(1, unit // 2)] = mix(look.trim, CLOUD, 30)


def _paint_sill(view: np.ndarray, look: Look, unit: int, rng: np.random.Generator) -> None:
    view[:] = look.trim
    view[-max(1, unit // 2) :] = look.trim * 80 // 100
    if rng.random() < 0.5:
        _paint_flowers(view[: len(view) * 2 // 3], look, unit, rng)


def _paint_flowers(view: np.ndarray, look: Look, unit: int, rng: np.random.Generator) -> None:
    shift = int(rng.integers(3))
    rows, columns = np.ogrid[: len(view), : view.shape[1]]
    view[:] = LEAVES * look.sky[2] // 100
    view[(columns // unit + rows // unit * 2 + shift) % 3 == 0] = look.flower


def _paint_balcony(view: np.ndarray, look: Look, unit: int, rng: np.random.Generator) -> None:
    thin, period = max(1, unit // 2), 4 * max(1, unit // 2)
    view[np.broadcast_to(np.arange(view.shape[1]) % period < thin, view.shape[:2])] = look.railing
    view[:, -thin:] = look.railing
    if rng.random() < 0.5:
        _paint_flowers(view[unit : 2 * unit], look, unit, rng)
    view[:thin] = look.railing
    view[-unit:] = look.trim


def _paint_blind(view: np.ndarray, look: Look, unit: int, rng: np.random.Generator) -> None:
    view[:] = look.shutter
    view[np.arange(len(view)) % 4 < 2] = look.shutter * 84 // 100
    thin = max(1, unit // 2)
    if unit > 1:
        view[:thin], view[-thin:], view[:, :thin], view[:, -thin:] = (look.shutter * 108 // 100,) * 4
    view[-1] = look.shutter * 70 // 100


def _paint_deco(view: np.ndarray, look: Look, unit: int, rng: np.random.Generator) -> None:
    """An urn where the box is tall, a pediment where it is wide, else a round ornament."""
    height, width = view.shape[:2]
    paint = _paint_urn if height > width else _paint_pediment if width >= 2 * height else _paint_rosette
    paint(view, look, unit)


def _paint_rosette(view: np.ndarray, look: Look, unit: int) -> None:
    height, width = view.shape[:2]
    for radius, colour in ((height // 2, look.trim), (height // 2 - unit, look.trim * 80 // 100), (height // 4, look.shutter)):
        view[disc(view.shape, (height - 1) // 2, (width - 1) // 2, radius)] = colour


def _paint_urn(view: np.ndarray, look: Look, unit: int) -> None:
    height, width = view.shape[:2]
    view[disc(view.shape, height // 3, (width - 1) // 2, width // 2)] = LEAVES * look.sky[2] // 100
    view[height // 2 : height * 4 // 6] = look.trim
    view[height * 4 // 6 :, width // 4 : width - width // 4] = look.trim * 84 // 100
    view[-unit:] = look.trim


def _paint_pediment(view: np.ndarray, look: Look, unit: int) -> None:
    height, width = view.shape[:2]
    rows, columns = np.ogrid[:height, :width]
    inside = np.minimum(columns, width - 1 - columns) * height >= (height - 1 - rows) * (width // 2)
    view[inside] = look.trim * 84 // 100
    view[inside & ~np.roll(inside, 1, axis=0)] = mix(look.trim, CLOUD, 20)
    view[-max(1, unit // 2) :] = look.trim


def _paint_molding(view: np.ndarray, look: Look, unit: int, rng: np.random.Generator) -> None:
    view[:] = mix(look.wall, look.trim, 60)
    view[-max(1, unit // 2) :] = look.trim * 76 // 100


def _paint_pillar(view: np.ndarray, look: Look, unit: int, rng: np.random.Generator) -> None:
    stone = mix(look.wall, look.trim, 75)
    view[:] = stone
    view[:, : max(1, unit // 2)] = mix(stone, CLOUD, 30)
    view[:, -max(1, unit // 2) :] = stone * 72 // 100
    if unit > 1:
        view[:, 4:-2:4] = stone * 86 // 100  # flutes
    view[: 2 * unit], view[-2 * unit :] = look.trim, look.trim * 88 // 100


def _paint_shop(view: np.ndarray, look: Look, unit: int, rng: np.random.Generator) -> None:
    height, width = view.shape[:2]
    sign, fringe, sill = height * 3 // 15, height * 6 // 15, height * 13 // 15
    lit = rng.random() < look.lit
    view[:] = look.awning * 72 // 100
    letters = view[unit : sign - unit, 4 * unit : -4 * unit]
    letters[:, (rng.random(GRID).repeat(unit)[: letters.shape[1]] < 0.6) & (np.arange(letters.shape[1]) // unit % 4 != 3)] = CURTAIN
    glass = view[fringe:sill, unit:-unit]
    glass[:] = mix(LAMP, AMBER, 40) if lit else GLASS
    goods = rng.integers(0, len(ACCENTS), 16)
    for i, left in enumerate(range(unit, glass.shape[1], 4 * unit)):
        tall = (2 + int(goods[i]) % 3) * unit
        glass[-tall:, left : left + 2 * unit] = np.array(ACCENTS[goods[i]])
    glass[:, :: max(12 * unit, 1)] = look.trim
    glass[:unit] = glass[:unit] * 64 // 100
    stripe = 4 * max(1, unit // 2)
    striped = np.arange(width) // stripe % 2 == 0
    view[sign:fringe, striped] = look.awning * 108 // 100
    view[sign:fringe, ~striped] = CURTAIN * look.sky[2] // 100
    view[fringe - unit : fringe] = view[fringe - unit : fringe] * 82 // 100
    view[sill : sill + max(1, unit // 2)] = look.trim


PAINTERS = {
    "window": _paint_window,
    "door": _paint_door,
    "cornice": _paint_cornice,
    "sill": _paint_sill,
    "balcony": _paint_balcony,
    "blind": _paint_blind,
    "deco": _paint_deco,
    "molding": _paint_molding,
    "pillar": _paint_pillar,
    "shop": _paint_shop,
}
