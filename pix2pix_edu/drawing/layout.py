"""The layout of a drawn facade: boxes of the 12 classes. The label map is drawn from it alone."""

from typing import NamedTuple

import numpy as np

GRID = 64  # layouts are in 64ths of the image's side, so that a seed gives the same building at every size
STREET = 60  # the row where the pavement begins


class Box(NamedTuple):
    """A rectangle of one class. The row `bottom` and the column `right` are just outside it."""

    kind: str
    top: int
    left: int
    bottom: int
    right: int

    def scaled(self, size: int) -> "Box":
        """The same rectangle in the pixels of an image of side `size`, at least one pixel wide and high."""
        top, left, bottom, right = ((side * size + GRID // 2) // GRID for side in self[1:])
        return Box(self.kind, top, left, max(bottom, top + 1), max(right, left + 1))


class Style(NamedTuple):
    """The style that all windows of a building share."""

    shutters: bool
    frame: int  # the width of the molding around a window
    sills: bool
    pediments: bool
    balcony_floor: int  # -1: no balcony


def facade_layout(rng: np.random.Generator) -> list[Box]:
    """The boxes of one building, those in front last."""
    left = int(rng.integers(3, 7))
    right, ground = GRID - left, STREET - int(rng.integers(15, 17))
    floors = 1 if rng.random() < 0.3 else 2
    height = int(rng.integers(17, 20)) if floors == 1 else int(rng.integers(14, 16))
    top = ground - floors * height
    columns = _columns(rng, left, right)
    style = _style(rng, floors)

    boxes = [Box("facade", top, left, STREET, right), *_roof(rng, top, left, right), *_pillars(rng, top, ground, left, right)]
    if rng.random() < 0.5:
        boxes += [Box("cornice", ground - floor * height - 1, left, ground - floor * height + 1, right) for floor in range(floors)]
    for floor in range(floors):
        ceiling, walled_up = ground - (floor + 1) * height, int(rng.integers(0, 12))
        for i, column in enumerate(columns):
            boxes += _ornament(ceiling, height, column) if i == walled_up else _window(ceiling, height, column, style, floor)
    return boxes + _ground_floor(rng, ground, left, right, columns, style)


def _style(rng: np.random.Generator, floors: int) -> Style:
    return Style(
        shutters=rng.random() < 0.5,
        frame=1 if rng.random() < 0.5 else 0,
        sills=rng.random() < 0.75,
        pediments=rng.random() < 0.45,
        balcony_floor=int(rng.integers(-1, floors)),
    )


def _columns(rng: np.random.Generator, left: int, right: int) -> list[tuple[int, int]]:
    """The left and right side of the windows, column by column."""
    count = 2 if rng.random() < 0.45 else 3
    width = int(rng.integers(9, 12)) if count == 2 else int(rng.integers(7, 9))
    pitch = (right - left - 4) // count
    first = (left + right - pitch * count + pitch - width) // 2
    return [(first + i * pitch, first + i * pitch + width) for i in range(count)]


def _roof(rng: np.random.Generator, top: int, left: int, right: int) -> list[Box]:
    """One of three skylines: a chimney, a stepped gable, a neck between two ornaments."""
    skyline = rng.random()
    if skyline < 0.4:
        return _chimney(top, int(rng.integers(left + 3, right - 8)), left, right)
    if skyline < 0.7:
        return _stepped_gable(top, int(rng.integers(5, 8)), int(rng.integers(2, 4)), left, right)
    return _neck_gable(top, int(rng.integers(8, 12)), int(rng.integers(8, 11)), left, right)


def _chimney(top: int, x: int, left: int, right: int) -> list[Box]:
    eaves = Box("cornice", top - 2, left - 1, top + 1, right + 1)
    return [Box("facade", top - 7, x, top - 2, x + 5), Box("cornice", top - 8, x - 1, top - 6, x + 6), eaves]


def _stepped_gable(top: int, step: int, count: int, left: int, right: int) -> list[Box]:
    """Tiers of four rows, a cap on each step, and a small window."""
    boxes = []
    for i in range(count + 1):
        row, start, end = top - 4 * i, left + step * i, right - step * i
        caps = [(start - 1, start + step), (end - step, end + 1)] if i < count else [(start - 1, end + 1)]
        boxes += [Box("facade", row, start, top + 1, end)] + [Box("cornice", row - 1, first, row + 1, last) for first, last in caps]
    return [*boxes, Box("window", top - 6, GRID // 2 - 3, top, GRID // 2 + 3)]


def _neck_gable(top: int, half: int, height: int, left: int, right: int) -> list[Box]:
    """A narrow top with a small window, an urn on either side."""
    start, end, summit = GRID // 2 - half, GRID // 2 + half, top - height
    return [
        Box("facade", summit, start, top, end),
        Box("deco", top - 7, start - 6, top - 1, start - 2),
        Box("deco", top - 7, end + 2, top - 1, end + 6),
        Box("window", summit + 2, GRID // 2 - 3, top - 2, GRID // 2 + 3),
        Box("cornice", summit - 2, start - 1, summit, end + 1),
        Box("cornice", top - 1, left - 1, top + 1, right + 1),
    ]


def _pillars(rng: np.random.Generator, top: int, ground: int, left: int, right: int) -> list[Box]:
    """Two pillars at the corners of the upper floors, in half of the buildings."""
    if rng.random() < 0.5:
        return []
    return [Box("pillar", top + 1, left, ground, left + 3), Box("pillar", top + 1, right - 3, ground, right)]


def _ornament(ceiling: int, height: int, column: tuple[int, int]) -> list[Box]:
    """An ornament in place of a window."""
    middle, centre = ceiling + (height + 1) // 2, sum(column) // 2
    return [Box("deco", middle - 4, centre - 4, middle + 4, centre + 4)]


def _window(ceiling: int, height: int, column: tuple[int, int], style: Style, floor: int) -> list[Box]:
    """A window with its shutters, molding, pediment, sill or balcony."""
    (left, right), frame = column, style.frame
    shutter, balcony = 2 + (right - left) // 9, floor == style.balcony_floor
    pediment = style.pediments and not balcony
    top, bottom = ceiling + (5 if pediment else 3), ceiling + height - 3
    boxes = []
    if style.shutters:
        boxes += [Box("blind", top, left - frame - shutter, bottom, left), Box("blind", top, right, bottom, right + frame + shutter)]
    if frame:
        boxes += [Box("molding", top - frame, left - frame, bottom + frame, right + frame)]
    if pediment:
        boxes += [Box("deco", top - frame - 3, left - 1, top - frame, right + 1)]
    boxes += [Box("window", top, left, bottom, right)]
    if balcony:
        return [*boxes, Box("balcony", bottom - 3, left - 2, bottom + 2, right + 2)]
    return [*boxes, Box("sill", bottom, left - 1, bottom + 2, right + 1)] if style.sills else boxes


def _ground_floor(rng: np.random.Generator, ground: int, left: int, right: int, columns: list[tuple[int, int]], style: Style) -> list[Box]:
    """The ground floor: a door in a shop, or between windows."""
    place = int(rng.integers(len(columns)))
    centre = sum(columns[place]) // 2
    door = Box("door", ground + 5, centre - 4, STREET, centre + 4)
    if rng.random() < 0.55:
        return [Box("shop", ground + 1, left + 1, STREET, right - 1), door]
    boxes = []
    for i, column in enumerate(columns):
        if i != place:
            boxes += _window(ground, STREET - ground - 1, column, style._replace(pediments=False), floor=-9)
    if rng.random() < 0.5:
        boxes += [Box("pillar", door.top, door.left - 2, STREET, door.left), Box("pillar", door.top, door.right, STREET, door.right + 2)]
        boxes += [Box("deco", door.top - 3, door.left - 2, door.top, door.right + 2)]
    return [*boxes, door]
