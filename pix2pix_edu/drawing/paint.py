"""Paint the photograph of a facade: sky, street, wall, parts; in some, a lantern, flowers or a cat."""

import numpy as np

from pix2pix_edu.drawing.layout import GRID, STREET, Box
from pix2pix_edu.drawing.look import CLOUD, IRON, LAMP, LEAVES, MOON, STONE, Look, disc, mix
from pix2pix_edu.drawing.parts import PAINTERS, paint_cat
from pix2pix_edu.drawing.surroundings import Surroundings, random_surroundings


def paint_facade(boxes: list[Box], look: Look, size: int, rng: np.random.Generator, around: Surroundings | None = None) -> np.ndarray:
    """Paint the photograph of a layout with this look. The boxes are in pixels; without `around`, clouds and trees are random."""
    unit = max(1, size // GRID)
    grain = np.random.default_rng(rng.integers(2**32))  # separate, because how many numbers it draws depends on the size
    picture = np.empty((size, size, 3), dtype=np.int64)
    _paint_sky(picture, look, around or random_surroundings(rng))
    _paint_street(picture, look)
    wall = _wall(look, size, grain)
    for box in boxes:
        area = np.s_[box.top : box.bottom, box.left : box.right]
        if box.kind == "facade":
            picture[area] = wall[area]
            continue
        PAINTERS[box.kind](picture[area], look, unit, rng)
        if box.kind in ("cornice", "sill", "balcony", "deco"):  # a shadow below
            below = picture[box.bottom : box.bottom + unit, box.left + unit : box.right - unit]
            below[:] = below * 72 // 100
    _paint_visitors(picture, next(box for box in boxes if box.kind == "door"), look, rng)
    light = 100 + look.slope * (2 * np.arange(size) - size) // size
    picture = picture * light[None, :, None] // 100 + grain.integers(-3, 4, (size, size, 1))
    return picture.clip(0, 255).astype(np.uint8)


def _paint_sky(picture: np.ndarray, look: Look, around: Surroundings) -> None:
    size, (top, horizon, light) = len(picture), look.sky
    top, horizon = np.array(top), np.array(horizon)
    picture[:] = mix(top, horizon, (np.arange(size) * 160 // size).clip(0, 100)[:, None, None])
    picture[around.moon_mask(size)] = MOON
    if light < 90:  # at night, stars
        for row, column in around.stars:
            picture[row * size // GRID, column * size // GRID] = horizon + 80
    for cloud in around.cloud_masks(size):
        picture[cloud] = mix(horizon, CLOUD * light // 100, 60)
    for trunk, crown, bright in around.tree_masks(size):
        picture[trunk] = LEAVES * light // 200
        picture[crown] = LEAVES * light // 120
        picture[bright] = LEAVES * light // 100


def _paint_street(picture: np.ndarray, look: Look) -> None:
    size = len(picture)
    street = picture[STREET * size // GRID :]
    street[:] = STONE * look.sky[2] // 100
    street[1:, :: max(8, size // 16)] -= 18
    street[: max(1, size // 128)] += 24


def _wall(look: Look, size: int, grain: np.random.Generator) -> np.ndarray:
    """A wall of bricks or boards, the size of the picture."""
    course = max(4, size // 32)  # 4 or 8 pixels: a period that stride-2 convolutions can reproduce
    length = 2 * course if look.bricks else size
    rows = (np.arange(size) + int(look.phase[0] * course))[:, None]
    columns = np.arange(size) + int(look.phase[1] * length) + rows // course % 2 * (length // 2)
    spread = 20 if look.bricks else 9
    tints = grain.integers(-spread, spread + 1, (size // course + 2, size // length + 3, 3))  # each brick has a colour of its own
    wall = look.wall + tints[rows // course, columns // length]
    level, upright = rows % course == 0, columns % length == 0
    joints = level | upright if look.bricks else np.broadcast_to(level, upright.shape)
    wall[joints] = mix(look.wall, np.array((238, 228, 212)), 45) if look.bricks else look.wall * 74 // 100
    if size > GRID:
        wall[np.broadcast_to(rows % course == 1, joints.shape) & ~joints] += 8  # the upper edge catches the light
    return wall


def _paint_visitors(picture: np.ndarray, door: Box, look: Look, rng: np.random.Generator) -> None:
    """A lantern, a flower pot and a cat on the pavement, each in some of the pictures."""
    size = len(picture)
    unit, street = max(1, size // GRID), STREET * size // GRID
    lantern, pot, cat, place = rng.random() < 0.5, rng.random() < 0.5, rng.random() < 0.25, int(rng.integers(8, 50)) * size // GRID
    if lantern:
        light = picture[door.top + 2 * unit : door.top + 5 * unit, door.left - 4 * unit : door.left - 2 * unit]
        light[:], light[: max(1, unit // 2)] = LAMP, IRON
    if pot:
        x = door.right + 4 * unit
        picture[disc(picture.shape, street - 4 * unit, x, 2 * unit)] = LEAVES * look.sky[2] // 100
        picture[street - 4 * unit : street - 3 * unit, x : x + unit] = look.flower
        picture[street - 2 * unit : street, x - unit : x + 2 * unit] = np.array((176, 96, 66)) * look.sky[2] // 100
    if cat:
        paint_cat(picture[street - 5 * unit : street + unit, place : place + 6 * unit], unit)
