"""Columns of pictures above a table of their scores: one PNG and HTML text, drawn fast enough to follow a control."""

import base64
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from pix2pix_edu.classroom.display import data_url

SCALE = 3  # how many times the pictures are enlarged, without smoothing
GAP = 1  # transparent pixels around each picture, before they are enlarged
# The table's columns are as wide as the pictures above them; on a phone the text shrinks with them.
FONT = "font-size: clamp(9.5px, 2.2vw, 14px); line-height: 1.3; overflow-wrap: anywhere"
CELL = "padding: 2px min(4px, 0.3vw); text-align: center; vertical-align: top; max-width: none; white-space: normal"


@dataclass(frozen=True)
class PictureTable:
    """Pictures and table as HTML. As the value of a notebook cell it also gives its picture and alt text, where HTML is not shown."""

    html: str
    png: bytes
    alt: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "image/png": base64.b64encode(self.png).decode(), "text/plain": self.alt}


def make_picture_table(
    columns: Mapping[str, Sequence[np.ndarray]], head: Sequence[str], rows: Mapping[str, Sequence[str]], notes: str, alt: str
) -> PictureTable:
    """Draw a column of pictures (side, side, 3) under each heading, and below them a table with as many columns: its head and its rows."""
    picture = _join(list(columns.values()))
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", compress_level=1)
    headings = "".join(f'<div style="align-self: end">{html.escape(heading)}</div>' for heading in columns)
    page = (
        f'<figure style="margin: 0; max-width: {picture.width}px; {FONT}">'
        f'<div style="display: grid; grid-template-columns: repeat({len(columns)}, minmax(0, 1fr)); text-align: center">{headings}</div>'
        f'<img alt="{html.escape(alt)}" src="{data_url(buffer.getvalue())}" '
        f'style="display: block; width: 100%; height: auto">{_table(head, rows)}'
        f'<p style="margin: 4px 0">{html.escape(notes)}</p>'
        f'<figcaption aria-live="polite">{html.escape(alt)}</figcaption></figure>'
    )
    return PictureTable(page, buffer.getvalue(), alt)


def _join(columns: Sequence[Sequence[np.ndarray]]) -> Image.Image:
    """Join columns of pictures of one size on a transparent background, and enlarge them."""
    side = columns[0][0].shape[0]
    step = side + 2 * GAP
    pixels = np.zeros((step * max(map(len, columns)), step * len(columns), 4), dtype=np.uint8)
    for column, pictures in enumerate(columns):
        for row, picture in enumerate(pictures):
            top, left = row * step + GAP, column * step + GAP
            pixels[top : top + side, left : left + side, :3] = picture
            pixels[top : top + side, left : left + side, 3] = 255
    image = Image.fromarray(pixels)
    return image.resize((image.width * SCALE, image.height * SCALE), Image.Resampling.NEAREST)


def _table(head: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    """Return an HTML table with columns of equal width."""
    top = "".join(f'<th scope="col" style="{CELL}">{html.escape(text)}</th>' for text in head)
    body = ""
    for name, values in rows.items():
        cells = "".join(f'<td style="{CELL}">{_unbroken(value)}</td>' for value in values)
        body += f'<tr><th scope="row" style="{CELL}; font-weight: normal">{html.escape(name)}</th>{cells}</tr>'
    style = f"width: 100%; margin: 0; table-layout: fixed; border-collapse: collapse; {FONT}"
    return f'<table style="{style}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def _unbroken(text: str) -> str:
    """Return text as HTML that breaks only between words. Otherwise a range could break at its dash."""
    return " ".join(f'<span style="display: inline-block">{html.escape(word)}</span>' for word in text.split())
